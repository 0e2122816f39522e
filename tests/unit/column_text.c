#include "tests/unit/column_text.h"

#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void __attribute__((format(printf, 2, 3))) add(struct column_text *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	out->size += (size_t)vsnprintf(out->text + out->size, COLUMN_TEXT_BYTES - out->size, format, args);
	va_end(args);
	assert_true(out->size < COLUMN_TEXT_BYTES);
}

static void
add_hexadecimal(struct column_text *out, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		add(out, "%02x", bytes[i]);
}

/* Adds the PLAIN value at AT, returns the byte behind it. */
static const uint8_t *
add_value(struct column_text *out, const struct schema_node *leaf, const uint8_t *at)
{
	uint32_t word = 0;
	uint64_t wide = 0;
	float single;
	double real;
	size_t size = schema_value_bytes(leaf);
	add(out, "=");
	switch (leaf->physical) {
	case PHYSICAL_BOOLEAN:
		add(out, "%s", *at == 1 ? "true" : *at == 0 ? "false" : "neither");
		break;
	case PHYSICAL_INT32:
		memcpy(&word, at, 4);
		add(out, "%d", (int32_t)le32toh(word));
		break;
	case PHYSICAL_INT64:
		memcpy(&wide, at, 8);
		add(out, "%lld", (long long)le64toh(wide));
		break;
	case PHYSICAL_FLOAT:
		memcpy(&single, at, 4);
		add(out, "%.9g", (double)single);
		break;
	case PHYSICAL_DOUBLE:
		memcpy(&real, at, 8);
		add(out, "%.17g", real);
		break;
	case PHYSICAL_BYTE_ARRAY:
		memcpy(&word, at, 4);
		size = 4 + le32toh(word);
		add(out, "%.*s", (int)(size - 4), (const char *)at + 4);
		break;
	default:
		add_hexadecimal(out, at, size);
	}
	return at + size;
}

struct column_text
describe_column(const struct shredder *shredder, uint32_t leaf)
{
	const struct schema_node *node = &shredder->schema.nodes[shredder->schema.leaves[leaf]];
	const struct stripe *stripe = &shredder->stripes[leaf];
	const uint8_t *at = stripe->values;
	struct column_text out = {.size = 0};
	for (size_t i = 0; i < stripe_entry_count(stripe); i++) {
		unsigned rep = stripe->entries[i] & 0xffu, def = stripe->entries[i] >> 8;
		add(&out, "%s%u,%u", i > 0 ? " " : "", rep, def);
		if (def == node->max_def)
			at = add_value(&out, node, at);
	}
	assert_int_equal(at - stripe->values, stripe_value_bytes(stripe));
	return out;
}
