/*
 * check_order - checks that the rows of a row group are sorted as it says.
 *
 * Nothing is kept between row groups.  Errors: NEST_INVALID names column and row; NEST_FAILED is for
 * I/O and memory.
 */
#ifndef NEST_MERGE_CHECK_ORDER_H
#define NEST_MERGE_CHECK_ORDER_H

#include "lib/parquet/metadata.h"

/*
 * Whether the rows of row group GROUP of METADATA are sorted as its sorting columns say; its pages must have
 * been found sound.  Columns count up to the first that is in a list, has a type without an order, or comes
 * again.  Rows that differ only by NaNs, or by the sign of zeros, may be in any order, since writers differ.
 */
bool check_order(const struct metadata_source *source, const struct file_metadata *metadata, size_t group,
    struct nest_error *error);

#endif
