/*
 * buckets - ranges of numbers, each with its share, that come near to how numbers lie.
 *
 * One range is cut where numbers differ most from evenness, and so on, until all is near enough or there are
 * MOST.
 */
#ifndef NEST_GEN_LIKE_BUCKETS_H
#define NEST_GEN_LIKE_BUCKETS_H

#include "gen/like/spread.h"

enum { BUCKETS_MOST = 64 };

struct bucket {
	int64_t low, high; /* both included */
	double weight;
};

struct bucket_rules {
	int64_t low, high;    /* of all buckets; all points lie there */
	size_t most;          /* 1 to BUCKETS_MOST */
	double nearness;      /* of all, the part that may lie elsewhere */
	double mean_nearness; /* of the mean, the part that a bucket may put it wrong by; 0: any */
	bool is_exact;        /* cuts may be at any number, else at round ones, */
	int64_t ends[2];      /* which do not show these, */
	int64_t slack;        /* nor any that is so near to them */
};

/* Fills BUCKETS, from the lowest on; returns how many.  There are points. */
size_t buckets_fit(const struct point *points, size_t count, const struct bucket_rules *rules,
    struct bucket buckets[BUCKETS_MOST]);

/* 1, 2 or 5 times a power of ten: the greatest up to SIZE, or 1. */
int64_t buckets_step(double size);

/* The greatest multiple of STEP up to VALUE, or what 64 bits hold. */
int64_t buckets_floor(int64_t value, int64_t step);

#endif
