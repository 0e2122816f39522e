/* stand_in - replaces a value of a sample, so that it is not disclosed. */
#ifndef NEST_GEN_LIKE_STAND_IN_H
#define NEST_GEN_LIKE_STAND_IN_H

#include "gen/like/seen.h"

/*
 * Fills MADE with a text of the same length and kinds of characters as TEXT, which is not in SEEN and is
 * added to it, so that no other stand-in is the same.  If IS_JSON, TEXT is JSON, and so is its stand-in.
 */
bool stand_in(
    struct seen *seen, struct view text, bool is_json, struct buffer *made, struct nest_error *error);

#endif
