/* rows - the vectors of a batch as rows: msgpack arrays in the order of the schema (nest-frame(5)). */
#ifndef NEST_GEN_ROWS_H
#define NEST_GEN_ROWS_H

#include "gen/compile/compile.h"

struct rows;

/* COMPILED is borrowed; after a failure there is nothing to close. */
bool rows_open(struct rows **rows, struct compiled *compiled, struct nest_error *error);
void rows_close(struct rows *rows);

/*
 * Draws COUNT rows from number FIRST on and appends them.  NEST_INVALID if one of them takes more
 * than BATCH_BYTES_MOST.
 */
bool rows_append(
    struct rows *rows, uint64_t first, uint64_t count, struct buffer *out, struct nest_error *error);

/* Appends those that were drawn last (gen/sheets.h); errors are those of rows_append(). */
bool rows_write(struct rows *rows, struct buffer *out, struct nest_error *error);

#endif
