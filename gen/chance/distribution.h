/*
 * distribution - standard variates, each from one word of random bits.
 *
 * The caller scales them: a normal value is mean + deviation * standard
 * normal, a log-normal one is real_exp() of that, an exponential one is mean *
 * standard exponential, a uniform one is low + (high - low) * standard
 * uniform.  The results are the same bits on every host (gen/chance/reals.h).  VALUES
 * has room for COUNT; words and values must not overlap.
 *
 * Drawing is inlined, so that it is compiled for what a processor does at a time (gen/batch/wide.h).
 */
#ifndef NEST_GEN_DISTRIBUTION_H
#define NEST_GEN_DISTRIBUTION_H

#include "gen/chance/draw.h"
#include "gen/chance/reals.h"
#include "lib/base/error.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* Values are made in blocks that stay in the cache; there, what is rare is done after what is common. */
enum { DISTRIBUTION_BLOCK = 256 };

/* Of 52 bits: inside 0 and 1, at odd multiples of 2^-53. */
static inline double
inside_unit(uint64_t word)
{
	return real_of_bits(word >> 12 | 0x3ff0000000000000u) - (1 - 0x1p-53);
}

/* From 0 up to, but excluding, 1: the upper 53 bits of the word, evenly. */
static inline void
distribution_uniform(const uint64_t *words, size_t count, double *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = draw_unit(words[i]);
}

#define DISTRIBUTION_RATIO(x, above, below)                           \
	(real_polynomial(x, above, sizeof(above) / sizeof *(above)) / \
	    real_polynomial(x, below, sizeof(below) / sizeof *(below)))

/* Of q, the probability less a half, up to 0.425 on either side. */
static inline double
normal_near_the_mean(double q)
{
	static const double above[] = {3.3871328727963666080e0, 1.3314166789178437745e2,
	    1.9715909503065514427e3, 1.3731693765509461125e4, 4.5921953931549871457e4,
	    6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3};
	static const double below[] = {1, 4.2313330701600911252e1, 6.8718700749205790830e2,
	    5.3941960214247511077e3, 2.1213794301586595867e4, 3.9307895800092710610e4,
	    2.8729085735721942674e4, 5.2264952788528545610e3};
	double r = 0.180625 - q * q;
	return q * DISTRIBUTION_RATIO(r, above, below);
}

/* How far a tail of this probability, below 0.075, is from the mean. */
static inline double
normal_tail(double probability)
{
	static const double above[] = {1.42343711074968357734e0, 4.63033784615654529590e0,
	    5.76949722146069140550e0, 3.64784832476320460504e0, 1.27045825245236838258e0,
	    2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4};
	static const double below[] = {1, 2.05319162663775882187e0, 1.67638483018380384940e0,
	    6.89767334985100004550e-1, 1.48103976427480074590e-1, 1.51986665636164571966e-2,
	    5.47593808499534494600e-4, 1.05075007164441684324e-9};
	static const double far_above[] = {6.65790464350110377720e0, 5.46378491116411436990e0,
	    1.78482653991729133580e0, 2.96560571828504891230e-1, 2.65321895265761230930e-2,
	    1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7};
	static const double far_below[] = {1, 5.99832206555887937690e-1, 1.36929880922735805310e-1,
	    1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5,
	    1.42151175831644588870e-7, 2.04426310338993978564e-15};
	double r = sqrt(-real_log(probability));
	return r <= 5 ? DISTRIBUTION_RATIO(r - 1.6, above, below)
	              : DISTRIBUTION_RATIO(r - 5, far_above, far_below);
}

/* The sign is the last bit; the upper ones are the probability of the nearer tail. */
static inline void
normal_block(const uint64_t *words, size_t count, double *values)
{
	uint32_t tails[DISTRIBUTION_BLOCK];
	size_t tail_count = 0;
	for (size_t i = 0; i < count; i++) {
		double value = normal_near_the_mean(0.5 - 0.5 * inside_unit(words[i]));
		values[i] = real_of_bits(real_bits(value) | words[i] << 63);
	}
	for (size_t i = 0; i < count; i++) {
		tails[tail_count] = (uint32_t)i;
		tail_count += 0.5 * inside_unit(words[i]) < 0.075;
	}
	for (size_t k = 0; k < tail_count; k++) {
		size_t i = tails[k];
		double value = normal_tail(0.5 * inside_unit(words[i]));
		values[i] = real_of_bits(real_bits(value) | words[i] << 63);
	}
}

/*
 * The inverse of the normal distribution (Wichura, algorithm AS 241, Applied
 * Statistics 37, 1988), to 16 digits; from -8.3 to 8.3, and never 0.
 */
static inline void
distribution_normal(const uint64_t *words, size_t count, double *values)
{
	for (size_t i = 0; i < count; i += DISTRIBUTION_BLOCK)
		normal_block(
		    words + i, count - i < DISTRIBUTION_BLOCK ? count - i : DISTRIBUTION_BLOCK, values + i);
}

/* -ln of an even number between 0 and 1; the mean is 1, the maximum 36.8. */
static inline void
distribution_exponential(const uint64_t *words, size_t count, double *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = -real_log_and(inside_unit(words[i]), 0);
}

/* How many tries fail before the first that succeeds. */
struct geometric {
	double scale;  /* of a standard exponential */
	uint64_t most; /* replaces anything greater */
};

/* SUCCESS is the probability that a try succeeds: above 0, up to 1; NEST_USAGE otherwise. */
bool geometric_init(struct geometric *geometric, double success, uint64_t most, struct nest_error *error);

static inline void
geometric_draw(const struct geometric *geometric, const uint64_t *words, size_t count, uint64_t *values)
{
	double waits[DISTRIBUTION_BLOCK];
	for (size_t from = 0; from < count; from += DISTRIBUTION_BLOCK) {
		size_t some = count - from < DISTRIBUTION_BLOCK ? count - from : DISTRIBUTION_BLOCK;
		distribution_exponential(words + from, some, waits);
		for (size_t i = 0; i < some; i++) {
			double failed = waits[i] * geometric->scale;
			uint64_t whole = failed < 0x1p64 ? (uint64_t)failed : UINT64_MAX;
			values[from + i] = whole < geometric->most ? whole : geometric->most;
		}
	}
}

#endif
