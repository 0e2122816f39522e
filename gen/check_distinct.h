/*
 * check_distinct - how many different values a sample has, and how many there may be beyond it.
 *
 * A struct distinct owns its memory until distinct_free(); a zeroed one is empty.
 */
#ifndef NEST_GEN_CHECK_DISTINCT_H
#define NEST_GEN_CHECK_DISTINCT_H

#include "lib/base/buffer.h"

struct distinct {
	struct distinct_slot *slots;
	size_t capacity;      /* 0, or a power of two */
	uint64_t values;      /* that were added */
	uint64_t used;        /* different ones among them */
	uint64_t once, twice; /* of these, how many came so often */
};

/* Values are told apart by their bytes. */
bool distinct_add(struct distinct *distinct, struct view value, struct nest_error *error);
/* Whether it was added. */
bool distinct_has(const struct distinct *distinct, struct view value);
void distinct_free(struct distinct *distinct);

/*
 * How many different values there are where the sample is drawn from many more (Chao's estimator): the
 * fewer have come twice of those that have come, the more have not come at all.  Where rare values are
 * rarer than others, it is too low; it is never below what was seen.
 */
double distinct_estimate(const struct distinct *distinct);

#endif
