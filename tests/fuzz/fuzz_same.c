/*
 * fuzz_same - records as JSON and as msgpack through both walks.
 *
 * The input is as in records.h, its records being JSON, of which msgpack with
 * names is made here.  Where both walks take a record its columns must be the
 * same bytes.  Left out is what the notations mean differently: DECIMAL, whose
 * integers are unscaled in msgpack, JSON leaves, which keep the text, and
 * numbers that round twice on their way through a double.
 */
#include "lib/base/utf8.h"
#include "shred/walk_json.h"
#include "shred/walk_pack.h"

#include "tests/fuzz/records.h"

#include <endian.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- JSON to msgpack; the text is known to be JSON ---- */

struct packer {
	struct json json;
	struct buffer out;
	bool is_inexact; /* a number of which a double makes something else than its leaf would */
};

static const uint8_t *pack_value(struct packer *packer, const uint8_t *at);

static void
put(struct packer *packer, const void *bytes, size_t size)
{
	struct nest_error error;
	must(buffer_append(&packer->out, bytes, size, &error));
}

/* A head of one byte and SIZE bytes of OPERAND, the highest first. */
static void
put_head(struct packer *packer, uint8_t head, uint64_t operand, size_t size)
{
	uint64_t wide = htobe64(operand);
	put(packer, &head, 1);
	put(packer, (const uint8_t *)&wide + 8 - size, size);
}

static const uint8_t *
pack_string(struct packer *packer, const uint8_t *at)
{
	static const uint8_t room[1] = {0};
	bool escaped;
	const uint8_t *end = json_string_end(&packer->json, at + 1, &escaped);
	must(end != NULL);
	struct view inside = {at + 1, (size_t)(end - at - 1)};
	uint8_t *text = malloc(inside.size + sizeof room);
	must(text != NULL);
	size_t size = json_unescape(inside, text);
	/* Short heads and long ones, by the first character. */
	if (size < 32 && (size == 0 || text[0] % 4 != 0))
		put_head(packer, (uint8_t)(0xa0 | size), 0, 0);
	else
		put_head(packer, 0xdb, size, 4);
	put(packer, text, size);
	free(text);
	return end + 1;
}

static void
put_integer(struct packer *packer, uint64_t magnitude, bool is_negative)
{
	if (is_negative)
		put_head(packer, 0xd3, 0 - magnitude, 8);
	else if (magnitude < 128)
		put_head(packer, (uint8_t)magnitude, 0, 0);
	else
		put_head(packer, 0xcf, magnitude, 8);
}

static const uint8_t *
pack_number(struct packer *packer, const uint8_t *at)
{
	struct number number;
	uint64_t magnitude, bits;
	const uint8_t *end = json_number(&packer->json, at, &number);
	must(end != NULL);
	bool is_integer = number_integer(&number, &magnitude) &&
	                  (number.is_negative ? magnitude > 0 && magnitude <= (uint64_t)1 << 63 : true);
	for (; at < end; at++)
		is_integer = is_integer && *at != '.' && (*at | 0x20) != 'e';
	if (is_integer) {
		put_integer(packer, magnitude, number.is_negative);
		return end;
	}
	double real = number_double(&number);
	float narrow = number_float(&number), twice = (float)real;
	packer->is_inexact |=
	    narrow < twice || narrow > twice || number_half(&number) != half_of_double(real);
	memcpy(&bits, &real, sizeof bits);
	put_head(packer, 0xcb, bits, 8);
	return end;
}

/* The members between brackets, behind a head that says how many. */
static const uint8_t *
pack_members(struct packer *packer, const uint8_t *at, bool is_object)
{
	size_t head = packer->out.size;
	uint32_t count = 0;
	put_head(packer, is_object ? 0xdf : 0xdd, 0, 4);
	at = json_blanks(&packer->json, at);
	while (*at != '}' && *at != ']') {
		count++;
		if (is_object) {
			at = json_blanks(&packer->json, pack_string(packer, at));
			at = json_blanks(&packer->json, at + 1);
		}
		at = json_blanks(&packer->json, pack_value(packer, at));
		if (*at == ',')
			at = json_blanks(&packer->json, at + 1);
	}
	uint32_t wide = htobe32(count);
	memcpy(packer->out.data + head + 1, &wide, 4);
	/* A short head where it fits, which is what walks expect. */
	if (count < 16) {
		packer->out.data[head] = (uint8_t)((is_object ? 0x80 : 0x90) | count);
		memmove(
		    packer->out.data + head + 1, packer->out.data + head + 5, packer->out.size - head - 5);
		packer->out.size -= 4;
	}
	return at + 1;
}

static const uint8_t *
pack_value(struct packer *packer, const uint8_t *at)
{
	const uint8_t *first = at;
	switch (*at) {
	case '{':
	case '[':
		return pack_members(packer, at + 1, *at == '{');
	case '"':
		return pack_string(packer, at);
	case 't':
	case 'f':
	case 'n':
		put_head(packer, *first == 't' ? 0xc3 : *first == 'f' ? 0xc2 : 0xc0, 0, 0);
		return json_word(&packer->json, at);
	default:
		return pack_number(packer, at);
	}
}

/* ---- what comes of both ---- */

static bool
means_one_thing(const struct taking *taking, uint32_t leaf)
{
	uint32_t node = taking->shredder.schema.leaves[leaf];
	return taking->shredder.schema.nodes[node].logical.kind != LOGICAL_JSON &&
	       node != taking->walk.rest_node;
}

static void
check_same(const struct taking *json, const struct taking *pack)
{
	for (uint32_t i = 0; i < json->shredder.schema.leaf_count; i++) {
		const struct stripe *a = &json->shredder.stripes[i], *b = &pack->shredder.stripes[i];
		size_t entries = stripe_entry_count(a), bytes = stripe_value_bytes(a);
		must(entries == stripe_entry_count(b) &&
		     (entries == 0 || memcmp(a->entries, b->entries, entries * sizeof *a->entries) == 0));
		if (means_one_thing(json, i))
			must(bytes == stripe_value_bytes(b) &&
			     (bytes == 0 || memcmp(a->values, b->values, bytes) == 0));
	}
}

/* In memory of its own size, so that a sanitizer sees a step behind it. */
static bool
take_packed(struct taking *taking, const struct buffer *packed)
{
	uint8_t *bytes = malloc(packed->size);
	must(bytes != NULL);
	memcpy(bytes, packed->data, packed->size);
	taking->walk.end = bytes + packed->size;
	const uint8_t *end = taking_walk(taking, walk_pack_record, bytes);
	must(end == NULL || end == taking->walk.end);
	must(end != NULL || taking->walk.problem == WALK_INVALID);
	free(bytes);
	return end != NULL;
}

static void
take_both(struct taking *json, struct taking *pack, const uint8_t *at)
{
	struct packer packer = {.json = {.spans_lines = true}};
	shredder_clear(&json->shredder);
	shredder_clear(&pack->shredder);
	const uint8_t *end = taking_walk(json, walk_json_record, at);
	if (end == NULL || !utf8_valid(at, (size_t)(end - at)))
		return;
	must(pack_value(&packer, at) == end);
	if (!packer.is_inexact && take_packed(pack, &packer.out))
		check_same(json, pack);
	buffer_free(&packer.out);
}

static bool
has_decimal(const struct schema *schema)
{
	for (uint32_t i = 0; i < schema->node_count; i++)
		if (schema->nodes[i].logical.kind == LOGICAL_DECIMAL)
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input;
	struct taking json, pack;
	if (!fuzz_input_take(&input, data, size) || !taking_init(&json, input.schema, &input.rules))
		return 0;
	must(taking_init(&pack, input.schema, &input.rules));
	uint8_t *text = calloc(1, input.records.size + JSON_SLACK);
	must(text != NULL);
	memcpy(text, input.records.data, input.records.size);
	json.walk.end = text + input.records.size;
	json.walk.json.spans_lines = true;
	if (input.records.size > 0 && !has_decimal(&json.shredder.schema))
		take_both(&json, &pack, text);
	free(text);
	taking_free(&json);
	taking_free(&pack);
	return 0;
}
