/*
 * zipf - ranks 1 ... n, where the probability of rank k is proportional to k^-exponent.
 *
 * By rejection-inversion (Hoermann and Derflinger, "Rejection-inversion to
 * generate variates from monotone discrete distributions", ACM TOMACS 6,
 * 1996): without a table, however large n is.  A rank takes about 1.1 tries; the words of
 * further tries follow from the first.
 *
 * Drawing is inlined, so that it is compiled for what a processor does at a time (gen/batch/wide.h).
 */
#ifndef NEST_GEN_ZIPF_H
#define NEST_GEN_ZIPF_H

#include "gen/chance/draw.h"
#include "gen/chance/reals.h"
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

enum {
	ZIPF_BLOCK = 256,     /* ranks are made in blocks that stay in the cache */
	ZIPF_TRIES_MOST = 64, /* after the first; that so many are rejected does not happen */
};

/* The area below x^-exponent from 1 to x. */
static inline double
zipf_area(const struct zipf *zipf, double x)
{
	double log = real_log(x);
	return zipf->slope == 0 ? log : real_expm1(zipf->slope * log) / zipf->slope;
}

/* Where the area is AREA. */
static inline double
zipf_inverse(double slope, double of_area)
{
	/* With an exponent above 1, areas end at -1 / slope, as rounded: times slope, that is never beyond
	 * -1. */
	return real_exp(real_log1p(slope * of_area) / slope);
}

static inline uint64_t
zipf_nearest_rank(const struct zipf *zipf, double x)
{
	uint64_t rank = x + 0.5 < 0x1p62 ? (uint64_t)(int64_t)(x + 0.5) : zipf->ranks;
	rank = rank < 1 ? 1 : rank;
	return rank < zipf->ranks ? rank : zipf->ranks;
}

static inline double
zipf_area_of_word(const struct zipf *zipf, uint64_t word)
{
	return zipf->high + draw_unit(word) * (zipf->low - zipf->high);
}

/* Whether the nearest rank to X stands without a further test, as most do. */
static inline bool
zipf_is_near(const struct zipf *zipf, uint64_t rank, double x)
{
	return (double)(int64_t)rank - x <= zipf->squeeze;
}

/* The further test, of a rank that is the nearest to where an area is. */
static inline bool
zipf_accepts(const struct zipf *zipf, uint64_t rank, double of_area)
{
	double k = (double)(int64_t)rank;
	return of_area >= zipf_area(zipf, k + 0.5) - real_exp(-zipf->exponent * real_log(k));
}

/* What stands in for a rank that was rejected. */
static inline uint64_t
zipf_draw_again(const struct zipf *zipf, uint64_t word)
{
	uint64_t rank = 1;
	for (unsigned try = 1; try <= ZIPF_TRIES_MOST; try++) {
		double of_area = zipf_area_of_word(zipf, draw(word, try));
		double x = zipf->slope == 0 ? real_exp(of_area) : zipf_inverse(zipf->slope, of_area);
		rank = zipf_nearest_rank(zipf, x);
		if (zipf_is_near(zipf, rank, x) || zipf_accepts(zipf, rank, of_area))
			break;
	}
	return rank;
}

static inline void
zipf_draw_block(const struct zipf *zipf, const uint64_t *words, size_t count, uint64_t *ranks)
{
	double areas[ZIPF_BLOCK], x[ZIPF_BLOCK];
	uint32_t doubtful[ZIPF_BLOCK];
	size_t doubtful_count = 0;
	for (size_t i = 0; i < count; i++)
		areas[i] = zipf_area_of_word(zipf, words[i]);
	if (zipf->slope == 0)
		reals_exp(areas, count, x);
	else
		for (size_t i = 0; i < count; i++)
			x[i] = zipf_inverse(zipf->slope, areas[i]);
	for (size_t i = 0; i < count; i++)
		ranks[i] = zipf_nearest_rank(zipf, x[i]);
	for (size_t i = 0; i < count; i++) {
		doubtful[doubtful_count] = (uint32_t)i;
		doubtful_count += !zipf_is_near(zipf, ranks[i], x[i]);
	}
	for (size_t k = 0; k < doubtful_count; k++) {
		size_t i = doubtful[k];
		if (!zipf_accepts(zipf, ranks[i], areas[i]))
			ranks[i] = zipf_draw_again(zipf, words[i]);
	}
}

/* Draws COUNT ranks from as many words. */
static inline void
zipf_draw(const struct zipf *zipf, const uint64_t *words, size_t count, uint64_t *ranks)
{
	for (size_t i = 0; i < count; i += ZIPF_BLOCK)
		zipf_draw_block(zipf, words + i, count - i < ZIPF_BLOCK ? count - i : ZIPF_BLOCK, ranks + i);
}

#endif
