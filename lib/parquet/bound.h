/*
 * bound - bounds of values that are too long to be told whole.
 *
 * A minimum is cut behind its first bytes, which is less; of a maximum the last
 * byte that is kept is made one more, or of a text the last character.  What is
 * cut is marked as no value (parquet.thrift, is_min_value_exact).
 */
#ifndef NEST_PARQUET_BOUND_H
#define NEST_PARQUET_BOUND_H

#include "lib/parquet/plain.h"

enum { BOUND_SLACK = 4 }; /* bytes by which the last character may grow */

/*
 * Cuts what RANGE tells of values of KIND to MOST bytes, METADATA_STATISTICS_LIMIT at most, or to up to
 * BOUND_SLACK more; it then points into SHORTER, which is cleared before.  Where that cannot be, as of bytes
 * that are 255 all, there are no bounds; of kinds whose values stay whole, there are none beyond
 * METADATA_STATISTICS_LIMIT.
 */
bool bound_shorten(struct value_range *range, const struct value_kind *kind, size_t most,
    struct buffer *shorter, struct nest_error *error);

#endif
