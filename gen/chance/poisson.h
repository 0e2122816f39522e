/*
 * poisson - how many of many rare events happen, given their mean.
 *
 * Below a mean of 10 by inversion of a table; from there on by transformed
 * rejection (Hoermann, "The transformed rejection method for generating
 * Poisson random variables", Insurance: Mathematics and Economics 12, 1993,
 * algorithm PTRS), some 1.1 to 1.2 tries a value, whose words follow from the
 * first.
 */
#ifndef NEST_GEN_POISSON_H
#define NEST_GEN_POISSON_H

#include "lib/base/error.h"

#include <stddef.h>
#include <stdint.h>

#define POISSON_MEAN_MOST 1000000.0

enum { POISSON_TABLE = 64 }; /* at a mean of 10, what is more than this has a probability of 10^-27 */

struct poisson {
	double mean;
	uint64_t most;                      /* replaces anything greater */
	double below[POISSON_TABLE];        /* inversion: the probability of 0, of up to 1, of up to 2 ... */
	double a, b, accept, v_r, log_mean; /* rejection, named as in the paper */
};

/* NEST_USAGE unless MEAN is from 0 to POISSON_MEAN_MOST. */
bool poisson_init(struct poisson *poisson, double mean, uint64_t most, struct nest_error *error);

/* Makes COUNT values from as many words. */
void poisson_draw(const struct poisson *poisson, const uint64_t *words, size_t count, uint64_t *values);

#endif
