/*
 * whole - the one file that all parts of a dataset become, in their order.
 *
 * Rows go into it as if all were of one part, so that its bytes do not tell how many there were.
 * Frames of a part whose turn has not come wait (queue.h); what is in memory does not grow with
 * them.  A struct whole is the caller's, from whole_open() to whole_close(); without whole_finish()
 * before that, nothing is published.
 *
 * Errors: NEST_INVALID for parts that do not make one file: another schema, or rows or parts that
 * are missing.
 */
#ifndef NEST_ENCODE_WHOLE_H
#define NEST_ENCODE_WHOLE_H

#include "encode/part.h"
#include "lib/wire/frame.h"

struct whole;

/* Whether PATH is to be one file: "-", a regular file, or a name in ".parquet" that is no directory's. */
bool whole_is_wanted(const char *path);

/* OPTIONS must stay. */
bool whole_open(
    struct whole **whole, const char *path, const struct part_options *options, struct nest_error *error);

/* Takes a frame that came in its part's order. */
bool whole_take(struct whole *whole, const struct frame *frame, struct nest_error *error);

/* Everything came: completes and publishes the file.  EXTENT is what all was to be, or NULL. */
bool whole_finish(struct whole *whole, const struct frame_extent *extent, struct nest_error *error);

/* Of the file, as far as it was written. */
uint64_t whole_bytes(const struct whole *whole);

/* WHOLE may be NULL. */
void whole_close(struct whole *whole);

#endif
