/*
 * distribution - standard variates, each from one word of random bits.
 *
 * The caller scales them: a normal value is mean + deviation * standard
 * normal, a log-normal one is real_exp() of that, an exponential one is mean *
 * standard exponential, a uniform one is low + (high - low) * standard
 * uniform.  The results are the same bits on every host (gen/chance/reals.h).  VALUES
 * has room for COUNT; words and values must not overlap.
 */
#ifndef NEST_GEN_DISTRIBUTION_H
#define NEST_GEN_DISTRIBUTION_H

#include "lib/base/error.h"

#include <stddef.h>
#include <stdint.h>

/* From 0 up to, but excluding, 1: the upper 53 bits of the word, evenly. */
void distribution_uniform(const uint64_t *words, size_t count, double *values);

/*
 * The inverse of the normal distribution (Wichura, algorithm AS 241, Applied
 * Statistics 37, 1988), to 16 digits; from -8.3 to 8.3, and never 0.
 */
void distribution_normal(const uint64_t *words, size_t count, double *values);

/* -ln of an even number between 0 and 1; the mean is 1, the maximum 36.8. */
void distribution_exponential(const uint64_t *words, size_t count, double *values);

/* How many tries fail before the first that succeeds. */
struct geometric {
	double scale;  /* of a standard exponential */
	uint64_t most; /* replaces anything greater */
};

/* SUCCESS is the probability that a try succeeds: above 0, up to 1; NEST_USAGE otherwise. */
bool geometric_init(struct geometric *geometric, double success, uint64_t most, struct nest_error *error);
void geometric_draw(const struct geometric *geometric, const uint64_t *words, size_t count, uint64_t *values);

#endif
