/*
 * weights - one of n outcomes, each as probable as its weight is.
 *
 * An alias table (Walker, 1974; built after Vose, IEEE Transactions on
 * Software Engineering 17, 1991): a draw takes one word and one look into the
 * table, however many outcomes there are.  The table is built from shares that
 * are integers, exactly: an outcome's probability is its weight's share to
 * one part in 2^50 and 2^-62, a weight of 0 is never drawn, and the same
 * weights make the same table everywhere.
 */
#ifndef NEST_GEN_WEIGHTS_H
#define NEST_GEN_WEIGHTS_H

#include "lib/base/error.h"

#include <stddef.h>
#include <stdint.h>

#define WEIGHTS_MOST (1ull << 30)

struct weights {
	uint32_t count;
	struct weights_column *columns; /* COUNT of them */
};

/*
 * NEST_USAGE if there are no weights or more than WEIGHTS_MOST, if one
 * is negative or not finite, or if all are 0; NEST_FAILED for lack of
 * memory.  Free WEIGHTS after success; after a failure it is empty.
 */
bool weights_open(struct weights *weights, const double *each, size_t count, struct nest_error *error);
void weights_free(struct weights *weights);

/* Draws COUNT outcomes, counted from 0, from as many words. */
void weights_draw(const struct weights *weights, const uint64_t *words, size_t count, uint64_t *outcomes);

#endif
