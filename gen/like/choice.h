/*
 * choice - alternatives with their weights, written as a choice of a recipe.
 *
 * After choice_next(), the alternative is written to choice->paper.
 */
#ifndef NEST_GEN_LIKE_CHOICE_H
#define NEST_GEN_LIKE_CHOICE_H

#include "gen/like/paper.h"

struct choice {
	struct paper paper;
	struct buffer items;
};

/* A zeroed struct with the error of its paper set is an empty choice. */
void choice_free(struct choice *choice);

/* Begins another alternative; one whose weight is 0 is not written. */
void choice_next(struct choice *choice, double weight);

/*
 * Writes the alternatives to PAPER and empties the choice.  If there are many, each has its own line, with
 * DEPTH tabs; if there are none, "null" is written.
 */
void choice_write(struct choice *choice, struct paper *paper, unsigned depth);

#endif
