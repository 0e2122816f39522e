/*
 * distinct - how many distinct values there are, and whether any comes twice,
 * in bounded memory: of all values, those are kept whose hash ends in zeros, more
 * zeros the more there are.
 */
#ifndef NEST_GEN_LIKE_DISTINCT_H
#define NEST_GEN_LIKE_DISTINCT_H

#include "lib/base/buffer.h"

/* A zeroed struct is one of no values. */
struct distinct {
	uint64_t *hashes; /* owned; 0 is none */
	uint32_t count, capacity;
	unsigned zeros;   /* with which hashes end that are kept */
	bool has_repeats; /* one that was kept came again */
};

bool distinct_add(struct distinct *distinct, struct view value, struct nest_error *error);
uint64_t distinct_estimate(const struct distinct *distinct);
void distinct_free(struct distinct *distinct);

#endif
