/*
 * fuzz_jsonl - a schema and rows, printed as JSON Lines.
 *
 * The input is the schema's text, a zero byte, a byte that says how bytes stand
 * in JSON, and the rows.  What is printed is a line for each row; nest-shred
 * takes the rows, and what it takes of the lines is the same.  A TIME that is in
 * no day is printed as the number that it is, and nest-shred refuses it.
 */
#include "lib/print/jsonl.h"
#include "shred/walk_json.h"
#include "shred/walk_pack.h"

#include "tests/fuzz/must.h"
#include "tests/shared/taking.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
print(const struct schema *schema, struct view rows, enum jsonl_binary binary, struct buffer *text)
{
	struct jsonl *jsonl;
	struct nest_error error;
	must(jsonl_open(&jsonl, schema, binary, &error));
	bool fine = jsonl_append(jsonl, rows, text, &error);
	must(fine || (error.status == NEST_INVALID && error.text[0] != '\0'));
	jsonl_close(jsonl);
	return fine;
}

static uint64_t
count_lines(const struct buffer *text)
{
	uint64_t count = 0;
	for (size_t i = 0; i < text->size; i++)
		count += text->data[i] == '\n';
	must(text->size == 0 || text->data[text->size - 1] == '\n');
	return count;
}

/* Whether a value has another one that means the same, or a text that need not be JSON. */
static bool
means_one_thing(const struct schema_node *leaf)
{
	switch (leaf->physical) {
	case PHYSICAL_FLOAT:
	case PHYSICAL_DOUBLE:
		return false;
	case PHYSICAL_BYTE_ARRAY:
		return leaf->logical.kind != LOGICAL_DECIMAL;
	default:
		return leaf->logical.kind != LOGICAL_FLOAT16;
	}
}

/* Whether the lines may be no JSON, or where a key comes twice be another map. */
static bool
is_loose(const struct schema *schema)
{
	for (uint32_t i = 0; i < schema->node_count; i++)
		if (schema->nodes[i].form == FORM_MAP || schema->nodes[i].logical.kind == LOGICAL_JSON)
			return true;
	return false;
}

static void
check_same(const struct shredder *rows, const struct shredder *lines)
{
	for (uint32_t i = 0; i < rows->schema.leaf_count; i++) {
		const struct stripe *a = &rows->stripes[i], *b = &lines->stripes[i];
		size_t entries = stripe_entry_count(a), bytes = stripe_value_bytes(a);
		must(entries == stripe_entry_count(b) &&
		     (entries == 0 || memcmp(a->entries, b->entries, entries * sizeof *a->entries) == 0));
		if (means_one_thing(&rows->schema.nodes[rows->schema.leaves[i]]))
			must(bytes == stripe_value_bytes(b) &&
			     (bytes == 0 || memcmp(a->values, b->values, bytes) == 0));
	}
}

static void
take_lines(struct taking *taking, const struct buffer *lines)
{
	uint8_t *text = calloc(1, lines->size + JSON_SLACK);
	must(text != NULL);
	if (lines->size > 0)
		memcpy(text, lines->data, lines->size);
	taking->walk.end = text + lines->size;
	for (const uint8_t *at = text; at < taking->walk.end; at++) {
		at = taking_walk(taking, walk_json_record, at);
		must(at != NULL && *at == '\n');
	}
	free(text);
}

static bool
has_times(const struct schema *schema)
{
	for (uint32_t i = 0; i < schema->node_count; i++)
		if (schema->nodes[i].logical.kind == LOGICAL_TIME)
			return true;
	return false;
}

static void
check_printed(struct taking *taking, struct view rows, const struct buffer *lines)
{
	struct shredder *shredder = &taking->shredder, packed;
	struct pack_reader reader = {rows.data, rows.data + rows.size};
	struct nest_error error;
	uint64_t done = 0, count = count_lines(lines);
	must(shredder_init(&packed, view_of_text(shredder->schema.text), &error));
	bool takes_all = walk_pack_rows(&packed, &reader, 0, count, SIZE_MAX, &done, &error);
	must(takes_all || has_times(&shredder->schema));
	must(!takes_all || (done == count && reader.at == reader.end));
	if (takes_all && !is_loose(&shredder->schema)) {
		take_lines(taking, lines);
		check_same(&packed, shredder);
	}
	shredder_free(&packed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct taking taking;
	struct buffer lines = {0};
	const uint8_t *zero = size > 0 ? memchr(data, '\0', size) : NULL;
	if (zero == NULL || zero + 1 == data + size)
		return 0;
	/* The two count alike. */
	enum jsonl_binary binary = (enum jsonl_binary)(zero[1] % 3);
	struct walk_rules rules = {.scalars = {.binary = binary, .non_finite = true}};
	if (!taking_init(&taking, (struct view){data, (size_t)(zero - data)}, &rules))
		return 0;
	/* In memory of their own size, so that a sanitizer sees a step behind them. */
	size_t row_bytes = size - (size_t)(zero + 2 - data);
	uint8_t *rows = malloc(row_bytes + (row_bytes == 0));
	must(rows != NULL);
	memcpy(rows, zero + 2, row_bytes);
	if (print(&taking.shredder.schema, (struct view){rows, row_bytes}, binary, &lines))
		check_printed(&taking, (struct view){rows, row_bytes}, &lines);
	free(rows);
	buffer_free(&lines);
	taking_free(&taking);
	return 0;
}
