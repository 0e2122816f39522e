/*
 * zipf - ranks 1 ... n, where the probability of rank k is proportional to k^-exponent.
 *
 * By rejection-inversion (Hoermann and Derflinger, "Rejection-inversion to
 * generate variates from monotone discrete distributions", ACM TOMACS 6,
 * 1996): without a table, however large n is.  A rank takes about 1.1 tries; the words of
 * further tries follow from the first.
 */
#ifndef NEST_GEN_ZIPF_H
#define NEST_GEN_ZIPF_H

#include "lib/base/error.h"

#include <stddef.h>
#include <stdint.h>

#define ZIPF_RANKS_MOST (1ull << 40)

struct zipf {
	double exponent;
	double slope;     /* 1 - exponent: x^slope / slope is the area below x^-exponent, up to x */
	double low, high; /* between which areas lie: those at rank 1, and at the upper end of rank n */
	double squeeze;   /* nearer than this to its rank, an inverse needs no further test */
	uint64_t ranks;
};

/* NEST_USAGE unless EXPONENT is above 0 and finite, and RANKS is from 1 to ZIPF_RANKS_MOST. */
bool zipf_init(struct zipf *zipf, double exponent, uint64_t ranks, struct nest_error *error);

/* Draws COUNT ranks from as many words. */
void zipf_draw(const struct zipf *zipf, const uint64_t *words, size_t count, uint64_t *ranks);

#endif
