/*
 * split - BYTE_STREAM_SPLIT: the first bytes of all values, then the second ones, and so on.
 *
 * Values are in PLAIN layout, VALUE_BYTES each.  The format is Encodings.md, "Byte Stream Split".
 * Errors: NEST_INVALID for too few bytes, NEST_FAILED for lack of memory.
 */
#ifndef NEST_PARQUET_SPLIT_H
#define NEST_PARQUET_SPLIT_H

#include "lib/base/buffer.h"

bool split_encode(
    struct buffer *out, const uint8_t *values, size_t count, size_t value_bytes, struct nest_error *error);

/* Moves the view past what was read, and appends the values to OUT. */
bool split_decode(
    struct view *bytes, size_t count, size_t value_bytes, struct buffer *out, struct nest_error *error);

#endif
