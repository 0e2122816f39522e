/*
 * kinds - how many different values a sample has, and how many there may be in all.
 *
 * A struct kinds owns its memory until kinds_free(); a zeroed one is empty.
 */
#ifndef NEST_GEN_CHECK_KINDS_H
#define NEST_GEN_CHECK_KINDS_H

#include "lib/base/buffer.h"

struct kinds {
	struct kinds_slot *slots;
	size_t capacity;      /* 0, or a power of two */
	uint64_t values;      /* that were added */
	uint64_t used;        /* different ones among them */
	uint64_t once, twice; /* of these, how many came once, and twice */
};

/* Adds a value; values are compared by their bytes. */
bool kinds_add(struct kinds *kinds, struct view value, struct nest_error *error);
/* Whether it was added. */
bool kinds_has(const struct kinds *kinds, struct view value);
void kinds_free(struct kinds *kinds);

/*
 * How many different values there are if the sample is drawn from many more (Chao's estimator): the fewer
 * of the values seen have come twice, the more have not come at all.  If values are not equally frequent,
 * it is too low; it is never below what was seen.
 */
double kinds_estimate(const struct kinds *kinds);

#endif
