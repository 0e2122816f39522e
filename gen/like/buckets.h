/*
 * buckets - ranges of numbers, each with its share, that approximate a distribution.
 *
 * A range is cut where numbers are least even, and so on, until all are even enough or there are MOST
 * ranges.
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
	int64_t low, high;    /* of all buckets; all points are in between */
	size_t most;          /* 1 to BUCKETS_MOST */
	double nearness;      /* the share of all numbers that may be misplaced */
	double mean_nearness; /* the share of the mean by which a bucket may shift it; 0: any */
	bool is_exact;        /* cuts may be at any number; otherwise only at round ones, */
	int64_t ends[2];      /* which must not show these, */
	int64_t slack;        /* nor any within this distance of them */
};

/* Fills BUCKETS, from the lowest on; returns how many.  There must be points. */
size_t buckets_fit(const struct point *points, size_t count, const struct bucket_rules *rules,
    struct bucket buckets[BUCKETS_MOST]);

/* 1, 2 or 5 times a power of ten: the greatest that is at most SIZE, or 1. */
int64_t buckets_step(double size);

/* The greatest multiple of STEP that is at most VALUE, or the nearest that 64 bits hold. */
int64_t buckets_floor(int64_t value, int64_t step);

#endif
