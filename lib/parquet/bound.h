/*
 * bound - shortens bounds of values that are too long to be written whole.
 *
 * A minimum is cut after its first bytes, which makes it smaller.  A maximum is
 * cut, too, and its last byte, or the last character of a text, is raised by
 * one.  A bound that was cut is marked as inexact (parquet.thrift,
 * is_min_value_exact).
 */
#ifndef NEST_PARQUET_BOUND_H
#define NEST_PARQUET_BOUND_H

#include "lib/parquet/plain.h"

enum { BOUND_SLACK = 4 }; /* bytes by which the last character may grow */

/*
 * Cuts the bounds in RANGE, of values of KIND, to MOST bytes, at most METADATA_STATISTICS_LIMIT; a raised
 * character may take BOUND_SLACK more.  A bound that was cut points into SHORTER, which is cleared first.
 * If a bound cannot be cut, as when all bytes are 255, RANGE has no bounds.  If values of KIND must stay
 * whole, it has none longer than METADATA_STATISTICS_LIMIT.  NEST_FAILED for lack of memory.
 */
bool bound_shorten(struct value_range *range, const struct value_kind *kind, size_t most,
    struct buffer *shorter, struct nest_error *error);

#endif
