#include "gen/chance/zipf.h"

#include "gen/chance/draw.h"
#include "gen/chance/reals.h"

enum {
	BLOCK = 256,     /* ranks are made in blocks that stay in the cache */
	TRIES_MOST = 64, /* after the first; this many are never rejected in practice */
};

/* The area below x^-exponent from 1 to x. */
static double
area(const struct zipf *zipf, double x)
{
	double log = real_log(x);
	return zipf->slope == 0 ? log : real_expm1(zipf->slope * log) / zipf->slope;
}

/* The x at which the area is OF_AREA. */
static inline double
inverse(double slope, double of_area)
{
	/* With an exponent above 1, areas end at -1 / slope, as rounded: times slope, that is never beyond
	 * -1. */
	return real_exp(real_log1p(slope * of_area) / slope);
}

static inline uint64_t
nearest_rank(const struct zipf *zipf, double x)
{
	uint64_t rank = x + 0.5 < 0x1p62 ? (uint64_t)(int64_t)(x + 0.5) : zipf->ranks;
	rank = rank < 1 ? 1 : rank;
	return rank < zipf->ranks ? rank : zipf->ranks;
}

static inline double
area_of_word(const struct zipf *zipf, uint64_t word)
{
	return zipf->high + draw_unit(word) * (zipf->low - zipf->high);
}

/* Whether RANK, the nearest to X where the area is OF_AREA, is accepted. */
static bool
accepts(const struct zipf *zipf, uint64_t rank, double x, double of_area)
{
	double k = (double)rank;
	return k - x <= zipf->squeeze ||
	       of_area >= area(zipf, k + 0.5) - real_exp(-zipf->exponent * real_log(k));
}

bool
zipf_init(struct zipf *zipf, double exponent, uint64_t ranks, struct nest_error *error)
{
	if (!(exponent > 0 && exponent < real_infinity()))
		return nest_error_set(
		    error, NEST_USAGE, "the exponent of a Zipf distribution is above 0, not %g", exponent);
	if (ranks < 1 || ranks > ZIPF_RANKS_MOST)
		return nest_error_set(error, NEST_USAGE,
		    "a Zipf distribution has from 1 to %llu ranks, not %llu", ZIPF_RANKS_MOST,
		    (unsigned long long)ranks);
	*zipf = (struct zipf){.exponent = exponent, .slope = 1 - exponent, .ranks = ranks};
	zipf->low = area(zipf, 1.5) - 1;
	zipf->high = area(zipf, (double)ranks + 0.5);
	double second = area(zipf, 2.5) - real_exp(-exponent * real_log(2));
	zipf->squeeze = 2 - (zipf->slope == 0 ? real_exp(second) : inverse(zipf->slope, second));
	return true;
}

/* Draws again for a rank that was rejected. */
static uint64_t
draw_again(const struct zipf *zipf, uint64_t word)
{
	uint64_t rank = 1;
	for (unsigned try = 1; try <= TRIES_MOST; try++) {
		double of_area = area_of_word(zipf, draw(word, try));
		double x = zipf->slope == 0 ? real_exp(of_area) : inverse(zipf->slope, of_area);
		rank = nearest_rank(zipf, x);
		if (accepts(zipf, rank, x, of_area))
			break;
	}
	return rank;
}

static void
draw_block(const struct zipf *zipf, const uint64_t *words, size_t count, uint64_t *ranks)
{
	double areas[BLOCK], x[BLOCK];
	for (size_t i = 0; i < count; i++)
		areas[i] = area_of_word(zipf, words[i]);
	if (zipf->slope == 0)
		reals_exp(areas, count, x);
	else
		for (size_t i = 0; i < count; i++)
			x[i] = inverse(zipf->slope, areas[i]);
	for (size_t i = 0; i < count; i++)
		ranks[i] = nearest_rank(zipf, x[i]);
	for (size_t i = 0; i < count; i++)
		if (!accepts(zipf, ranks[i], x[i], areas[i]))
			ranks[i] = draw_again(zipf, words[i]);
}

void
zipf_draw(const struct zipf *zipf, const uint64_t *words, size_t count, uint64_t *ranks)
{
	for (size_t i = 0; i < count; i += BLOCK)
		draw_block(zipf, words + i, count - i < BLOCK ? count - i : BLOCK, ranks + i);
}
