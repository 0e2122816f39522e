/* rows - the vectors of a batch as rows: msgpack arrays in the order of the schema (nest-frame(5)). */
#ifndef NEST_GEN_ROWS_H
#define NEST_GEN_ROWS_H

#include "gen/compile/compile.h"

struct column;

/* Room for what writing needs of each field; the caller's, to free. */
bool rows_open(const struct compiled *compiled, struct column **columns, struct nest_error *error);

/*
 * Draws COUNT rows from number FIRST on and appends them.  NEST_INVALID where one of them takes more
 * than BATCH_BYTES_MOST.
 */
bool rows_append(struct compiled *compiled, struct column *columns, uint64_t first, uint64_t count,
    struct buffer *out, struct nest_error *error);

#endif
