/*
 * spread - the range of numbers and a sample of them, in which each number is
 * equally likely, in bounded memory.  What is kept depends on the numbers and
 * their order alone.
 */
#ifndef NEST_GEN_LIKE_SPREAD_H
#define NEST_GEN_LIKE_SPREAD_H

#include "lib/base/buffer.h"

/* A zeroed struct has no numbers. */
struct spread {
	int64_t *kept; /* owned */
	uint32_t count, capacity;
	uint64_t seen;
	int64_t low, high; /* of all that were seen */
};

/* A number and how often it came. */
struct point {
	int64_t value;
	uint64_t count;
};

/* Adds VALUE; at most MOST numbers, 1 or more, are kept. */
bool spread_add(struct spread *spread, int64_t value, uint32_t most, struct nest_error *error);

/* The numbers kept, each once, sorted; the caller frees *POINTS, which may be NULL if there are none. */
bool spread_points(
    const struct spread *spread, struct point **points, size_t *count, struct nest_error *error);
void spread_free(struct spread *spread);

/* The integers that stand for doubles, in the same order. */
int64_t spread_of_double(double real);
double spread_to_double(int64_t number);

#endif
