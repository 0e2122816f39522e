#include "gen/chance/poisson.h"

#include "gen/chance/draw.h"
#include "gen/chance/reals.h"

#include <math.h>

#define TABLE_MEAN 10.0

enum { TRIES_MOST = 128 }; /* this many are never rejected in practice */

/* ln k!, beyond 9 by Stirling's series, to 14 digits. */
static double
log_factorial(double k)
{
	static const double small[] = {0, 0, 0.6931471805599453, 1.791759469228055, 3.1780538303479458,
	    4.787491742782046, 6.579251212010101, 8.525161361065415, 10.60460290274525, 12.801827480081469};
	static const double series[] = {1. / 12, -1. / 360, 1. / 1260, -1. / 1680, 1. / 1188};
	if (k < 10)
		return small[(size_t)k];
	double tail = real_polynomial(1 / (k * k), series, sizeof series / sizeof *series) / k;
	return (k + 0.5) * real_log(k) - k + 0.9189385332046728 + tail;
}

static void
fill_table(struct poisson *poisson)
{
	double each = real_exp(-poisson->mean), sum = each;
	for (size_t k = 0; k < POISSON_TABLE; k++) {
		poisson->below[k] = sum;
		each = each * poisson->mean / (double)(k + 1);
		sum += each;
	}
}

bool
poisson_init(struct poisson *poisson, double mean, uint64_t most, struct nest_error *error)
{
	if (!(mean >= 0 && mean <= POISSON_MEAN_MOST))
		return nest_error_set(error, NEST_USAGE,
		    "the mean of a Poisson distribution is from 0 to %.0f, not %.10g", POISSON_MEAN_MOST,
		    mean);
	*poisson = (struct poisson){.mean = mean, .most = most};
	if (mean < TABLE_MEAN) {
		fill_table(poisson);
		return true;
	}
	poisson->b = 0.931 + 2.53 * sqrt(mean);
	poisson->a = -0.059 + 0.02483 * poisson->b;
	poisson->accept = real_log(1.1239 + 1.1328 / (poisson->b - 3.4));
	poisson->v_r = 0.9277 - 3.6224 / (poisson->b - 2);
	poisson->log_mean = real_log(mean);
	return true;
}

static uint64_t
invert(const struct poisson *poisson, uint64_t word)
{
	double unit = draw_unit(word);
	uint64_t k = 0;
	while (k < POISSON_TABLE && unit >= poisson->below[k])
		k++;
	return k;
}

/* One try, of two words; false if it is rejected. */
static inline bool
try_once(const struct poisson *poisson, uint64_t word, uint64_t second, double *value)
{
	double u = draw_unit(word) - 0.5, v = draw_unit(second) + 0x1p-54;
	double size = 0.5 - (u < 0 ? -u : u) + 0x1p-54;
	double k = floor((2 * poisson->a / size + poisson->b) * u + poisson->mean + 0.43);
	*value = k;
	if (size >= 0.07 && v <= poisson->v_r)
		return true;
	if (k < 0 || (size < 0.013 && v > size))
		return false;
	double above = real_log(v / (poisson->a / (size * size) + poisson->b)) + poisson->accept;
	return above <= k * poisson->log_mean - poisson->mean - log_factorial(k);
}

static uint64_t
reject(const struct poisson *poisson, uint64_t word)
{
	double value;
	bool stands = try_once(poisson, word, draw(word, 1), &value);
	for (uint64_t try = 1; !stands && try <= TRIES_MOST; try++)
		stands = try_once(poisson, draw(word, 2 * try), draw(word, 2 * try + 1), &value);
	return value < 0 ? 0 : (uint64_t)value;
}

void
poisson_draw(const struct poisson *poisson, const uint64_t *words, size_t count, uint64_t *values)
{
	bool table = poisson->mean < TABLE_MEAN;
	for (size_t i = 0; i < count; i++) {
		uint64_t value = table ? invert(poisson, words[i]) : reject(poisson, words[i]);
		values[i] = value < poisson->most ? value : poisson->most;
	}
}
