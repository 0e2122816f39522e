/*
 * whole - the one file that holds all parts of a dataset, in their order.
 *
 * Rows are written as if all were in one part, so that the bytes do not depend on how many there
 * are.  Frames of a part whose turn has not come wait in a file (queue.h), so that memory does not
 * grow with them.  The caller owns a struct whole from whole_open() to whole_close(); without
 * whole_finish() in between, nothing is published.
 *
 * Errors: NEST_INVALID for parts that do not make one file, as their schemas differ, or rows or parts
 * are missing.
 */
#ifndef NEST_ENCODE_WHOLE_H
#define NEST_ENCODE_WHOLE_H

#include "encode/part.h"
#include "lib/wire/frame.h"

struct whole;

/* Whether PATH means one file: "-", a regular file, or a name in ".parquet" that is not a directory. */
bool whole_is_wanted(const char *path);

/* OPTIONS are borrowed. */
bool whole_open(
    struct whole **whole, const char *path, const struct part_options *options, struct nest_error *error);

/* Takes a frame; those of one part must come in order. */
bool whole_take(struct whole *whole, const struct frame *frame, struct nest_error *error);

/* Completes and publishes the file, after the last frame.  EXTENT is what was announced, or NULL. */
bool whole_finish(struct whole *whole, const struct frame_extent *extent, struct nest_error *error);

/* The bytes of the file that were written so far. */
uint64_t whole_bytes(const struct whole *whole);

/* WHOLE may be NULL. */
void whole_close(struct whole *whole);

#endif
