/* often - which numbers come more often than those around them, and so are told for themselves. */
#ifndef NEST_GEN_LIKE_OFTEN_H
#define NEST_GEN_LIKE_OFTEN_H

#include "gen/like/spread.h"

enum { OFTEN_MOST = 128 };

struct often {
	struct point *points; /* the caller's; those told are taken out */
	size_t count;
	int64_t low, high;
	double kept; /* how many the points were */
	int64_t told[OFTEN_MOST];
	size_t told_count;
};

/* POINTS stand in order. */
void often_open(struct often *often, struct point *points, size_t count);

/*
 * Tells VALUE for itself, which has so large a part of all, where it stands out among those around it that
 * are not told so; whether it did.
 */
bool often_tell(struct often *often, int64_t value, double part);

#endif
