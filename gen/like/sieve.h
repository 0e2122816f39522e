/*
 * sieve - whether any value comes twice, in bounded memory: keeps those values
 * whose hash ends in zeros; the more values there are, the more zeros it takes.
 */
#ifndef NEST_GEN_LIKE_SIEVE_H
#define NEST_GEN_LIKE_SIEVE_H

#include "lib/base/buffer.h"

/* A zeroed struct has no values. */
struct sieve {
	uint64_t *hashes; /* owned; 0 is none */
	uint32_t count, capacity;
	unsigned zeros;   /* at the end of the hashes that are kept */
	bool has_repeats; /* a value that was kept came again */
};

bool sieve_add(struct sieve *sieve, struct view value, struct nest_error *error);
void sieve_free(struct sieve *sieve);

#endif
