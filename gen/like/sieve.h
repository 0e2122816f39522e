/*
 * sieve - whether any value comes twice, in bounded memory: of all values, those are
 * kept whose hash ends in zeros, more zeros the more there are.
 */
#ifndef NEST_GEN_LIKE_SIEVE_H
#define NEST_GEN_LIKE_SIEVE_H

#include "lib/base/buffer.h"

/* A zeroed struct is one of no values. */
struct sieve {
	uint64_t *hashes; /* owned; 0 is none */
	uint32_t count, capacity;
	unsigned zeros;   /* with which hashes end that are kept */
	bool has_repeats; /* one that was kept came again */
};

bool sieve_add(struct sieve *sieve, struct view value, struct nest_error *error);
void sieve_free(struct sieve *sieve);

#endif
