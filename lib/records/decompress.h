/*
 * decompress - a gzip or zstd file as the bytes that were compressed, by zlib
 * and libzstd.
 *
 * What comes out is counted by what goes in: compressed bytes are taken in
 * chunks of a fixed size, and every byte that comes out belongs to the place of
 * the chunk by which it became known.  So the place of a byte depends on the
 * file alone.
 */
#ifndef NEST_RECORDS_DECOMPRESS_H
#define NEST_RECORDS_DECOMPRESS_H

#include "lib/base/error.h"

#include <stdint.h>

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

enum { COMPRESSION_HEAD = 4 /* bytes that tell */, DECOMPRESS_CHUNK = 1 << 16 };

/* By the first bytes of a file; fewer are none. */
enum compression compression_of(const uint8_t *head, size_t size);

struct decompressor;

/* Owned by the caller until decompressor_close(); NULL on an error. */
struct decompressor *decompressor_open(enum compression kind, struct nest_error *error);
void decompressor_close(struct decompressor *decompressor);

/* Where a decompressor's next chunk is to be put. */
uint8_t *decompressor_chunk(struct decompressor *decompressor);

/*
 * SIZE bytes stand in the chunk: DECOMPRESS_CHUNK, or fewer where the file ends
 * behind them.  With none the file is at its end: NEST_INVALID where it must
 * not be.
 */
bool decompressor_feed(struct decompressor *decompressor, size_t size, struct nest_error *error);

/*
 * Writes up to CAPACITY bytes to TO; *SIZE is how many.  Where there are none, the
 * chunk has given all, and the next one is due.
 */
bool decompressor_take(
    struct decompressor *decompressor, uint8_t *to, size_t capacity, size_t *size, struct nest_error *error);

#endif
