/* stand_in - what stands for a value of a sample, so that it is not told. */
#ifndef NEST_GEN_LIKE_STAND_IN_H
#define NEST_GEN_LIKE_STAND_IN_H

#include "gen/like/seen.h"

/*
 * Fills MADE with a text of the same length and kinds of characters as TEXT, that is no value of SEEN and
 * takes its place in it, so that no other stand-in is the same.  Where IS_JSON, TEXT is one of JSON, and so
 * is what stands for it.
 */
bool stand_in(
    struct seen *seen, struct view text, bool is_json, struct buffer *made, struct nest_error *error);

#endif
