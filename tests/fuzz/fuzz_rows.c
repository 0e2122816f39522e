/*
 * fuzz_rows - a schema and a body of rows through the shredder.
 *
 * The input is the schema's text, a zero byte, and the rows.  Whatever is
 * taken must have levels within the schema's and values that add up.
 */
#include "shred/shredder.h"

#include <endian.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS_MOST = 1000, TARGET_BYTES = 1 << 20 };

static void
must(bool condition)
{
	if (!condition)
		abort();
}

/* The bytes of the value at AT. */
static size_t
value_bytes(const struct schema_node *leaf, const uint8_t *at, size_t left)
{
	uint32_t length;
	if (leaf->physical != PHYSICAL_BYTE_ARRAY)
		return schema_value_bytes(leaf);
	must(left >= 4);
	memcpy(&length, at, 4);
	return 4 + (size_t)le32toh(length);
}

static void
check_stripe(const struct stripe *stripe, const struct schema_node *leaf, uint64_t rows)
{
	const uint8_t *at = stripe->values;
	uint64_t begun = 0;
	for (size_t i = 0; i < stripe_entry_count(stripe); i++) {
		unsigned rep = stripe->entries[i] & 0xffu, def = stripe->entries[i] >> 8;
		must(rep <= leaf->max_rep && def <= leaf->max_def);
		begun += rep == 0;
		if (def < leaf->max_def)
			continue;
		size_t left = (size_t)(stripe->value - at), needed = value_bytes(leaf, at, left);
		must(needed <= left);
		at += needed;
	}
	must(begun == rows && at == stripe->value);
}

static void
shred(struct shredder *shredder, struct view rows)
{
	struct pack_reader reader = {rows.data, rows.data + rows.size};
	struct nest_error error;
	uint64_t done = 0;
	do {
		shredder_clear(shredder);
		if (!shredder_rows(shredder, &reader, 0, ROWS_MOST, TARGET_BYTES, &done, &error)) {
			must(error.status == NEST_INVALID && error.text[0] != '\0');
			return;
		}
		for (uint32_t i = 0; i < shredder->schema.leaf_count; i++)
			check_stripe(
			    &shredder->stripes[i], &shredder->schema.nodes[shredder->schema.leaves[i]], done);
	} while (reader.at < reader.end && done > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct shredder shredder;
	struct nest_error error;
	const uint8_t *zero = size > 0 ? memchr(data, '\0', size) : NULL;
	if (zero == NULL)
		return 0;
	size_t text_size = (size_t)(zero - data);
	if (!shredder_init(&shredder, (struct view){data, text_size}, &error))
		return 0;
	shred(&shredder, (struct view){zero + 1, size - text_size - 1});
	shredder_free(&shredder);
	return 0;
}
