/*
 * sorting - the columns that a row group is sorted by: the list of SortingColumn, both ways.
 */
#ifndef NEST_PARQUET_SORTING_H
#define NEST_PARQUET_SORTING_H

#include "lib/parquet/metadata.h"
#include "lib/parquet/thrift.h"

/* Writes COUNT keys as field ID of the open struct; writes nothing if there are none. */
void sorting_encode(
    struct thrift_writer *writer, int16_t id, const struct sorting_column *columns, size_t count);

/*
 * Appends the keys in BYTES, the list as it is in a row group, to COLUMNS; each must be one of
 * LEAF_COUNT leaves.  BYTES are untrusted; NEST_INVALID.
 */
bool sorting_decode(struct buffer *columns, struct view bytes, uint32_t leaf_count, struct nest_error *error);

#endif
