/*
 * snappy - the block format of Snappy (format_description.txt of google/snappy), read.
 *
 * NEST_INVALID for bytes that do not make exactly what is wanted.
 */
#ifndef NEST_PARQUET_SNAPPY_H
#define NEST_PARQUET_SNAPPY_H

#include "lib/base/buffer.h"

/* Fills OUT with the SIZE bytes that BYTES stand for. */
bool snappy_decode(struct view bytes, uint8_t *out, size_t size, struct nest_error *error);

#endif
