/*
 * delta - DELTA_BINARY_PACKED: integers as packed differences, in blocks that each have a least difference.
 *
 * Values are in PLAIN layout, VALUE_BYTES (4 or 8) each, and differences wrap.  The writer makes blocks
 * of 128 values in four miniblocks.  The reader takes untrusted bytes, moves the view past them, and
 * appends to the caller's buffer.  The format is Encodings.md, "Delta Encoding".  Errors: NEST_INVALID
 * for bytes that are not so encoded, NEST_FAILED for lack of memory.
 */
#ifndef NEST_PARQUET_DELTA_H
#define NEST_PARQUET_DELTA_H

#include "lib/base/buffer.h"

bool delta_encode(
    struct buffer *out, const uint8_t *values, size_t count, size_t value_bytes, struct nest_error *error);

/* The header in BYTES must say COUNT values. */
bool delta_decode(
    struct view *bytes, size_t count, size_t value_bytes, struct buffer *out, struct nest_error *error);

#endif
