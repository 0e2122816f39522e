#include "tests/unit/walking.h"

#include "tests/unit/column_text.h"
#include "tests/unit/packing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

const struct walk_rules ignore = {.unknown = UNKNOWN_IGNORE}, fail_unknown = {.unknown = UNKNOWN_FAIL},
			keep = {.unknown = UNKNOWN_KEEP, .keep = "rest"},
			fail_twice = {.duplicates_fail = true};

const char abc[] = "message m { optional int32 a; optional binary b (STRING); optional int32 c; }";

void
begin(struct taking *taking, const char *schema, const struct walk_rules *rules)
{
	if (!taking_init(taking, view_of_text(schema), rules))
		fail_msg("%s: %s", schema, taking->error.text);
}

/* The text with zeros behind it, the caller's. */
uint8_t *
lend(struct taking *taking, const char *text)
{
	size_t size = strlen(text);
	uint8_t *bytes = calloc(1, size + JSON_SLACK);
	assert_non_null(bytes);
	memcpy(bytes, text, size);
	taking->walk.end = bytes + size;
	return bytes;
}

/* In memory of its own size, so that a sanitizer sees a step behind it. */
static uint8_t *
lend_bytes(struct taking *taking, struct view packed)
{
	uint8_t *bytes = malloc(packed.size + (packed.size == 0));
	assert_non_null(bytes);
	if (packed.size > 0)
		memcpy(bytes, packed.data, packed.size);
	taking->walk.end = bytes + packed.size;
	return bytes;
}

uint8_t *
lend_packed(struct taking *taking, const char *text)
{
	struct buffer packed = {0};
	pack_text(&packed, text);
	uint8_t *bytes = lend_bytes(taking, (struct view){packed.data, packed.size});
	buffer_free(&packed);
	return bytes;
}

static void
take_all(struct taking *taking, record_walker *walker, const uint8_t *at, const char *const *columns)
{
	uint64_t rows = 0;
	for (; at < taking->walk.end; rows++) {
		at = taking_walk(taking, walker, at);
		if (at == NULL)
			fail_msg("%s", taking->error.text);
		while (walker == walk_json_record && (*at == '\n' || *at == ' '))
			at++;
	}
	assert_true(taking_adds_up(taking, rows));
	for (uint32_t i = 0; i < taking->shredder.schema.leaf_count; i++)
		assert_string_equal(describe_column(&taking->shredder, i).text, columns[i]);
	assert_null(columns[taking->shredder.schema.leaf_count]);
}

/* The records in TEXT, separated by line feeds, become these columns, one text a leaf. */
void
expect_json(const char *schema, const struct walk_rules *rules, const char *text, const char *const *columns)
{
	struct taking taking;
	begin(&taking, schema, rules);
	uint8_t *bytes = lend(&taking, text);
	take_all(&taking, walk_json_record, bytes, columns);
	free(bytes);
	taking_free(&taking);
}

/* The records in TEXT, as packing.h has them. */
void
expect_pack(const char *schema, const struct walk_rules *rules, const char *text, const char *const *columns)
{
	struct taking taking;
	begin(&taking, schema, rules);
	uint8_t *bytes = lend_packed(&taking, text);
	take_all(&taking, walk_pack_record, bytes, columns);
	free(bytes);
	taking_free(&taking);
}

/* Both, where a text is both. */
void
expect_both(const char *schema, const struct walk_rules *rules, const char *text, const char *const *columns)
{
	expect_json(schema, rules, text, columns);
	expect_pack(schema, rules, text, columns);
}

static void
check_refusal(struct taking *taking, record_walker *walker, const uint8_t *bytes, const char *field,
    size_t at, const char *sentence)
{
	char path[256];
	assert_null(taking_walk(taking, walker, bytes));
	assert_int_equal(taking->error.status, NEST_INVALID);
	assert_string_equal(taking->error.text, sentence);
	schema_path(&taking->shredder.schema, taking->walk.failed_node, path, sizeof path);
	assert_string_equal(path, field);
	assert_int_equal(taking->walk.failed_at - bytes, at);
	assert_int_equal(shredder_body_bytes(&taking->shredder), 0);
}

void
refuse_json(const char *schema, const struct walk_rules *rules, const char *text, const char *field,
    size_t at, enum walk_problem problem, const char *sentence)
{
	struct taking taking;
	begin(&taking, schema, rules);
	uint8_t *bytes = lend(&taking, text);
	check_refusal(&taking, walk_json_record, bytes, field, at, sentence);
	assert_int_equal(taking.walk.problem, problem);
	free(bytes);
	taking_free(&taking);
}

void
refuse_packed(const char *schema, const struct walk_rules *rules, struct view packed, const char *field,
    size_t at, enum walk_problem problem, const char *sentence)
{
	struct taking taking;
	begin(&taking, schema, rules);
	uint8_t *bytes = lend_bytes(&taking, packed);
	check_refusal(&taking, walk_pack_record, bytes, field, at, sentence);
	assert_int_equal(taking.walk.problem, problem);
	free(bytes);
	taking_free(&taking);
}

void
refuse_pack(const char *schema, const struct walk_rules *rules, const char *text, const char *field,
    size_t at, const char *sentence)
{
	struct buffer packed = {0};
	pack_text(&packed, text);
	refuse_packed(
	    schema, rules, (struct view){packed.data, packed.size}, field, at, WALK_INVALID, sentence);
	buffer_free(&packed);
}
