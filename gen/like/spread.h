/*
 * spread - where numbers lie: the least and the greatest of them, and some of all,
 * each as likely kept as any other, in bounded memory.  What is kept depends on
 * the numbers and their order alone.
 */
#ifndef NEST_GEN_LIKE_SPREAD_H
#define NEST_GEN_LIKE_SPREAD_H

#include "lib/base/buffer.h"

/* A zeroed struct is one of no numbers. */
struct spread {
	int64_t *kept; /* owned */
	uint32_t count, capacity;
	uint64_t seen;
	int64_t low, high; /* of all that were seen */
};

/* So many come. */
struct point {
	int64_t value;
	uint64_t count;
};

/* MOST numbers are kept, 1 or more. */
bool spread_add(struct spread *spread, int64_t value, uint32_t most, struct nest_error *error);

/* The numbers kept, each once, in order; *POINTS is the caller's to free, and may be NULL where there are
 * none. */
bool spread_points(
    const struct spread *spread, struct point **points, size_t *count, struct nest_error *error);
void spread_free(struct spread *spread);

/* The integers that stand for doubles, in the same order. */
int64_t spread_of_double(double real);
double spread_to_double(int64_t number);

#endif
