/*
 * sorting - by what the rows of a row group are sorted: the list of SortingColumn, both ways.
 */
#ifndef NEST_PARQUET_SORTING_H
#define NEST_PARQUET_SORTING_H

#include "lib/parquet/metadata.h"
#include "lib/parquet/thrift.h"

/* Writes COUNT keys as field ID of the struct that is open; nothing where there are none. */
void sorting_encode(
    struct thrift_writer *writer, int16_t id, const struct sorting_column *columns, size_t count);

/*
 * Appends the keys that BYTES, the list as it stands in a row group, has to COLUMNS; each is one of
 * LEAF_COUNT leaves.  BYTES are untrusted; NEST_INVALID.
 */
bool sorting_decode(struct buffer *columns, struct view bytes, uint32_t leaf_count, struct nest_error *error);

#endif
