/*
 * snappy_pack - compresses in Snappy's format (format_description.txt of google/snappy).
 *
 * The libraries write the format, too, but their bytes may change with each release.  Here they
 * depend on the input alone.  This code remembers more places than most libraries do, and two
 * at the end of each match, which makes texts a few per cent smaller.
 */
#ifndef NEST_PARQUET_SNAPPY_PACK_H
#define NEST_PARQUET_SNAPPY_PACK_H

#include "lib/base/buffer.h"

enum { SNAPPY_PLACE_BITS = 15 };

/* Working memory for one call after another; it need not be initialised. */
struct snappy_places {
	uint16_t places[1 << SNAPPY_PLACE_BITS];
};

/* How many bytes OUT must have room for. */
size_t snappy_pack_bound(size_t size);

/* Compresses BYTES, fewer than 2^32, to OUT; returns the number of bytes written, at least one. */
size_t snappy_pack(struct snappy_places *places, struct view bytes, uint8_t *out);

#endif
