/*
 * delta_bytes - DELTA_LENGTH_BYTE_ARRAY: the packed lengths, then the bytes; and
 * DELTA_BYTE_ARRAY: how many bytes each value shares with the one before, then the rest of it.
 *
 * Values are in PLAIN layout: byte strings after four bytes of length, or FIXED bytes each if
 * that is not 0.  SCRATCH is working memory.  The format is Encodings.md.  Errors: NEST_INVALID for
 * bytes that are not so encoded, NEST_FAILED for lack of memory.
 */
#ifndef NEST_PARQUET_DELTA_BYTES_H
#define NEST_PARQUET_DELTA_BYTES_H

#include "lib/base/buffer.h"

enum { DELTA_BYTES_MOST = INT32_MAX }; /* of the values of one page */

bool delta_length_encode(struct buffer *out, const uint8_t *values, size_t count, struct buffer *scratch,
    struct nest_error *error);
bool delta_bytes_encode(struct buffer *out, const uint8_t *values, size_t count, size_t fixed,
    struct buffer *scratch, struct nest_error *error);

/* These move the view past what was read, and append the values to OUT. */
bool delta_length_decode(
    struct view *bytes, size_t count, struct buffer *out, struct buffer *scratch, struct nest_error *error);
bool delta_bytes_decode(struct view *bytes, size_t count, size_t fixed, struct buffer *out,
    struct buffer *scratch, struct nest_error *error);

#endif
