/*
 * choice - alternatives with their weights, written as a choice of a recipe.
 *
 * After choice_next() an alternative is written on choice->paper.
 */
#ifndef NEST_GEN_LIKE_CHOICE_H
#define NEST_GEN_LIKE_CHOICE_H

#include "gen/like/paper.h"

struct choice {
	struct paper paper;
	struct buffer items;
};

/* A zeroed struct with the paper's error is an empty choice. */
void choice_free(struct choice *choice);

/* Begins another alternative; of those whose weight is 0 nothing will be seen. */
void choice_next(struct choice *choice, double weight);

/*
 * Writes the alternatives to PAPER and empties the choice.  Where they are many, each has its line, with
 * DEPTH tabs. "null" where there are none.
 */
void choice_write(struct choice *choice, struct paper *paper, unsigned depth);

#endif
