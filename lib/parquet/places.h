/*
 * places - where the things lie that a chunk's metadata name beside its pages.
 *
 * They are read from the footer as it stands in the file, and are untrusted:
 * NEST_INVALID where one of them lies outside the file's data.
 */
#ifndef NEST_PARQUET_PLACES_H
#define NEST_PARQUET_PLACES_H

#include "lib/parquet/metadata.h"

/* Bytes of a file; at 0 there is nothing, since a magic stands there. */
struct place_span {
	uint64_t at, bytes;
};

struct chunk_places {
	struct place_span bloom; /* of 0 bytes where the footer does not say how many they are */
	struct place_span column_index, offset_index;
};

/*
 * Fills PLACES, of every row group of METADATA the chunks in their order.  DATA_BYTES is where the
 * footer starts.  NEST_INVALID for chunks that are encrypted, too: they are bound to their places.
 */
bool places_read(const struct file_metadata *metadata, uint64_t data_bytes, struct chunk_places *places,
    struct nest_error *error);

/* The bytes of a bloom filter that BYTES, cut perhaps, begin with; 0 where that is none. */
uint64_t places_bloom_bytes(struct view bytes);

#endif
