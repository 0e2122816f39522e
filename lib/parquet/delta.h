/*
 * delta - DELTA_BINARY_PACKED: integers as packed differences, in blocks of their own least difference.
 *
 * Values are in PLAIN layout, VALUE_BYTES (4 or 8) each, and differences wrap.  Writing makes blocks
 * of 128 values and four miniblocks.  Reading takes untrusted bytes, moves the view past them, and
 * appends to the caller's buffer.  Errors: NEST_INVALID for bytes that are no such encoding,
 * NEST_FAILED for want of memory.
 */
#ifndef NEST_PARQUET_DELTA_H
#define NEST_PARQUET_DELTA_H

#include "lib/base/buffer.h"

bool delta_encode(
    struct buffer *out, const uint8_t *values, size_t count, size_t value_bytes, struct nest_error *error);

/* The bytes must hold COUNT values by their own word. */
bool delta_decode(
    struct view *bytes, size_t count, size_t value_bytes, struct buffer *out, struct nest_error *error);

#endif
