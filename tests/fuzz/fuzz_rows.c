/*
 * fuzz_rows - a schema and a body of rows through the shredder.
 *
 * The input is the schema's text, a zero byte, and the rows.  Whatever is
 * taken must have levels within the schema's and values that add up.
 */
#include "shred/walk_pack.h"

#include "tests/fuzz/must.h"
#include "tests/shared/taking.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS_MOST = 1000, TARGET_BYTES = 1 << 20 };

static void
shred(struct shredder *shredder, struct view rows)
{
	struct pack_reader reader = {rows.data, rows.data + rows.size};
	struct nest_error error;
	uint64_t done = 0;
	do {
		shredder_clear(shredder);
		if (!walk_pack_rows(shredder, &reader, 0, ROWS_MOST, TARGET_BYTES, &done, &error)) {
			must(error.status == NEST_INVALID && error.text[0] != '\0');
			return;
		}
		for (uint32_t i = 0; i < shredder->schema.leaf_count; i++)
			must(taking_leaf_adds_up(&shredder->stripes[i],
			    &shredder->schema.nodes[shredder->schema.leaves[i]], done));
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
