/*
 * check_order - the rows of a row group, held against what it says that they are sorted by.
 *
 * Nothing is kept between row groups.  Errors: NEST_INVALID names column and row; NEST_FAILED is for
 * I/O and memory.
 */
#ifndef NEST_MERGE_CHECK_ORDER_H
#define NEST_MERGE_CHECK_ORDER_H

#include "lib/parquet/metadata.h"

/*
 * Whether the rows of row group GROUP of METADATA are sorted as its sorting columns say; its pages have
 * been found sound.  Columns are looked at up to the first that is of a list, of a type without an order,
 * or comes again; and rows that NaNs, or zeros of both signs, tell apart may stand in any order, since
 * writers differ.
 */
bool check_order(const struct metadata_source *source, const struct file_metadata *metadata, size_t group,
    struct nest_error *error);

#endif
