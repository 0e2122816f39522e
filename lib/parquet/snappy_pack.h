/*
 * snappy_pack - bytes in Snappy's format, as any of its libraries reads them.
 *
 * The libraries write the format, too, each release in its own bytes.  This one remembers
 * more places where something was seen than most do, and two at the end of each match, by which
 * texts become some hundredths smaller; its bytes depend on the input alone.
 */
#ifndef NEST_PARQUET_SNAPPY_PACK_H
#define NEST_PARQUET_SNAPPY_PACK_H

#include "lib/base/buffer.h"

enum { SNAPPY_PLACE_BITS = 15 };

/* Working memory for one call after another; it needs no beginning. */
struct snappy_places {
	uint16_t places[1 << SNAPPY_PLACE_BITS];
};

/* Bytes that OUT must have room for. */
size_t snappy_pack_bound(size_t size);

/* Writes BYTES, fewer than 2^32, to OUT; returns how many bytes that made, which is at least one. */
size_t snappy_pack(struct snappy_places *places, struct view bytes, uint8_t *out);

#endif
