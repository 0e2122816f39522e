/* check_table - prints a tally as a table for people. */
#ifndef NEST_GEN_CHECK_TABLE_H
#define NEST_GEN_CHECK_TABLE_H

#include "gen/check/tally.h"
#include "lib/print/jsonl.h"

enum { TABLE_WIDTH = 80 };

/*
 * Appends the table: a line for each field, those of a group below it, of at most TABLE_WIDTH columns.
 * The groups that Parquet needs inside lists and maps are left out.  JSONL, of the same schema, prints the
 * values.  ROWS is how many rows the user wants: those in the tally, or more.
 */
bool table_append(struct buffer *out, const struct tally *tally, struct jsonl *jsonl, uint64_t rows,
    struct nest_error *error);

#endif
