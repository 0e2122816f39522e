/*
 * lz4 - the block format of LZ4 (lz4_Block_format.md of lz4/lz4), read.
 *
 * NEST_INVALID for bytes that do not make exactly what is wanted.
 */
#ifndef NEST_PARQUET_LZ4_H
#define NEST_PARQUET_LZ4_H

#include "lib/base/buffer.h"

/* Fills OUT with the SIZE bytes that BYTES stand for. */
bool lz4_decode(struct view bytes, uint8_t *out, size_t size, struct nest_error *error);

#endif
