/*
 * column_page - the page of a column that is open: values go in, and it goes into the chunk.  Private to
 * column.c, which decides when.
 */
#ifndef NEST_PARQUET_COLUMN_PAGE_H
#define NEST_PARQUET_COLUMN_PAGE_H

#include "lib/parquet/column.h"

/* Begins it anew. */
void column_page_clear(struct column *column);

/* Takes COUNT values from CURSOR, into the dictionary as long as the column has one. */
bool column_page_take(
    struct column *column, uint64_t count, struct plain_cursor *cursor, struct nest_error *error);

/* Leaves the dictionary; what the page holds of it goes to the values. */
bool column_page_resolve(struct column *column, struct nest_error *error);

/* The bits of an index into the dictionary as it is. */
unsigned column_page_index_bits(const struct column *column);

/* All of it but values that stand in the chunk. */
struct page column_page_describe(const struct column *column);

/* Appends it to the chunk, and tells what there is to tell of it. */
bool column_page_put(struct column *column, struct page_scratch *scratch, struct nest_error *error);

static inline bool
column_is_boolean(const struct column *column)
{
	return column->kind.order == ORDER_BOOLEAN;
}

#endif
