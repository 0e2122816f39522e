/*
 * tally - finds the frequent ones of many values, in bounded memory.
 *
 * Values are counted as long as there is room.  Then all lives shrink by the
 * median one, and values that have none left go.  So a value that is more than one
 * in CAPACITY / 2 stays from its first time on, and its count is exact.  What stays
 * depends on the values and their order alone.
 */
#ifndef NEST_GEN_LIKE_TALLY_H
#define NEST_GEN_LIKE_TALLY_H

#include "lib/base/buffer.h"

enum {
	TALLY_VALUE_MOST = 8192, /* bytes of a value that is counted */
	TALLY_BYTES_EACH = 128,  /* of a value on average; there is no room for more */
};

struct tally_value {
	uint8_t *bytes; /* owned */
	uint32_t size;
	uint64_t count;  /* since it came */
	uint64_t shrunk; /* how much lives had shrunk when it came */
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

/* Counts VALUE, of at most TALLY_VALUE_MOST bytes; there is room for MOST values, 2 or more. */
bool tally_add(struct tally *tally, struct view value, uint32_t most, struct nest_error *error);

/* Sorts the values, the most frequent first, equally frequent ones by value; none can be added afterwards. */
void tally_sort(struct tally *tally);
void tally_free(struct tally *tally);

#endif
