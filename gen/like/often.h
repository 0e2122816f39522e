/* often - singles out numbers that come more often than those around them. */
#ifndef NEST_GEN_LIKE_OFTEN_H
#define NEST_GEN_LIKE_OFTEN_H

#include "gen/like/spread.h"

enum { OFTEN_MOST = 128 };

struct often {
	struct point *points; /* the caller's; those singled out are removed */
	size_t count;
	int64_t low, high;
	double kept; /* how many numbers the points were */
	int64_t told[OFTEN_MOST];
	size_t told_count;
};

/* POINTS are sorted. */
void often_open(struct often *often, struct point *points, size_t count);

/*
 * Singles out VALUE, which is PART of all, if it stands out among those around it that are not singled out;
 * returns whether it did.
 */
bool often_tell(struct often *often, int64_t value, double part);

#endif
