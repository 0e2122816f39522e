/* write - writes a profile as the text of a recipe. */
#ifndef NEST_GEN_LIKE_WRITE_H
#define NEST_GEN_LIKE_WRITE_H

#include "gen/like/profile.h"

struct write_options {
	bool keeps_values, dates;
};

/*
 * Appends the recipe to TEXT, with as much detail as a recipe has room for.  NEST_INVALID if there is not
 * even room for the least.
 */
bool write_recipe(struct profile *profile, const struct write_options *options, struct buffer *text,
    struct nest_error *error);

#endif
