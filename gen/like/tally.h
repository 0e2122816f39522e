/*
 * tally - which of many values come often, in bounded memory.
 *
 * So many values as there is room for are counted. Where there is no more, all
 * lives shrink by that of the one in the middle, and those that have none left
 * go. So a value that comes in more than one of CAPACITY / 2 stays from its first time on,
 * and its count is exact.  What stays depends on the values and their order alone.
 */
#ifndef NEST_GEN_LIKE_TALLY_H
#define NEST_GEN_LIKE_TALLY_H

#include "lib/base/buffer.h"

enum {
	TALLY_VALUE_MOST = 8192, /* bytes of a value that is counted */
	TALLY_BYTES_EACH = 128,  /* of values on the average, where there is no room for more */
};

struct tally_value {
	uint8_t *bytes; /* owned */
	uint32_t size;
	uint64_t count;  /* since it came */
	uint64_t shrunk; /* by how much lives had shrunk when it came */
};

/* A zeroed struct is an empty tally. */
struct tally {
	struct tally_value *values;
	uint32_t *slots; /* 1 + a value, or 0 */
	uint32_t count, capacity;
	size_t bytes; /* of the values */
	uint64_t shrunk;
	bool is_partial; /* some values have gone */
};

/* Counts VALUE, of TALLY_VALUE_MOST bytes at most; there is room for MOST values, 2 or more. */
bool tally_add(struct tally *tally, struct view value, uint32_t most, struct nest_error *error);

/* Puts what came most often first, and of what came equally often the less; nothing is added behind it. */
void tally_sort(struct tally *tally);
void tally_free(struct tally *tally);

#endif
