/*
 * distinct - several of n outcomes, none of them twice: one after the other, each evenly or by its weight
 * among those that are left.
 */
#ifndef NEST_GEN_DISTINCT_H
#define NEST_GEN_DISTINCT_H

#include "gen/chance/weights.h"
#include "lib/base/buffer.h"

#define DISTINCT_MOST (1u << 16) /* drawn together */

struct distinct {
	uint64_t count;         /* of outcomes; 0 is 2^64 */
	const double *each;     /* their weights; NULL where they are as likely as each other */
	struct weights weights; /* of the same, with EACH */
	uint32_t positive;      /* how many have a weight above 0, with EACH */
	struct buffer seen;     /* of the draw at hand */
};

/* As weights_open(); EACH lives as long.  DISTINCT is to be freed after success, and empty after a failure.
 */
bool distinct_open(struct distinct *distinct, uint64_t count, const double *each, struct nest_error *error);
void distinct_free(struct distinct *distinct);

/*
 * WANTED outcomes, as they follow from WORD: not more than there are, without those whose weight is 0, and
 * DISTINCT_MOST at most.  LOOKS is how many outcomes were looked at to tell which are left.
 */
bool distinct_draw(struct distinct *distinct, uint64_t word, uint32_t wanted, uint64_t *outcomes,
    uint64_t *looks, struct nest_error *error);

#endif
