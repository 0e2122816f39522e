/*
 * distinct - several of n outcomes, all different: drawn one after the other, evenly or by weight
 * among those that are left.
 */
#ifndef NEST_GEN_DISTINCT_H
#define NEST_GEN_DISTINCT_H

#include "gen/chance/weights.h"
#include "lib/base/buffer.h"

#define DISTINCT_MOST (1u << 16) /* drawn together */

struct distinct {
	uint64_t count;         /* of outcomes; 0 is 2^64 */
	const double *each;     /* their weights; NULL if all are equally likely */
	struct weights weights; /* of the same, with EACH */
	uint32_t positive;      /* how many have a weight above 0, with EACH */
	struct buffer seen;     /* by the present draw */
};

/* As weights_open(); EACH must live as long.  Free DISTINCT after success; after a failure it is empty. */
bool distinct_open(struct distinct *distinct, uint64_t count, const double *each, struct nest_error *error);
void distinct_free(struct distinct *distinct);

/*
 * Draws WANTED outcomes, which follow from WORD: at most as many as have a weight above 0, and
 * at most DISTINCT_MOST.  LOOKS is how many outcomes were looked at to tell which are left.
 */
bool distinct_draw(struct distinct *distinct, uint64_t word, uint32_t wanted, uint64_t *outcomes,
    uint64_t *looks, struct nest_error *error);

#endif
