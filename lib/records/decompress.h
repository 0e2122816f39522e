/*
 * decompress - reads a gzip or zstd file, with zlib and libzstd.
 *
 * Output is located by input: compressed bytes are taken in chunks of a fixed
 * size, and every byte that comes out belongs to the place of the chunk that
 * yielded it.  The place of a byte therefore depends on the file alone.
 */
#ifndef NEST_RECORDS_DECOMPRESS_H
#define NEST_RECORDS_DECOMPRESS_H

#include "lib/base/error.h"

#include <stdint.h>

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

enum { COMPRESSION_HEAD = 4 /* bytes decide */, DECOMPRESS_CHUNK = 1 << 16 };

/* By the first bytes of a file; COMPRESSION_NONE for fewer. */
enum compression compression_of(const uint8_t *head, size_t size);

struct decompressor;

/* Owned by the caller until decompressor_close(); NULL on an error. */
struct decompressor *decompressor_open(enum compression kind, struct nest_error *error);
void decompressor_close(struct decompressor *decompressor);

/* Where to put a decompressor's next chunk. */
uint8_t *decompressor_chunk(struct decompressor *decompressor);

/*
 * SIZE bytes are in the chunk: DECOMPRESS_CHUNK, or fewer if the file ends
 * after them.  With none, the file is at its end: NEST_INVALID if it must
 * not end there.
 */
bool decompressor_feed(struct decompressor *decompressor, size_t size, struct nest_error *error);

/*
 * Writes up to CAPACITY bytes to TO; *SIZE is how many.  If there are none, the
 * chunk is used up, and the next one is due.
 */
bool decompressor_take(
    struct decompressor *decompressor, uint8_t *to, size_t capacity, size_t *size, struct nest_error *error);

#endif
