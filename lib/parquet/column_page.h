/*
 * column_page - the open page of a column: takes values, and is appended to the chunk.  Private to
 * column.c, which decides when.
 */
#ifndef NEST_PARQUET_COLUMN_PAGE_H
#define NEST_PARQUET_COLUMN_PAGE_H

#include "lib/parquet/column.h"

/* Begins an empty page. */
void column_page_clear(struct column *column);

/* Takes COUNT values from CURSOR, into the dictionary while the column has one. */
bool column_page_take(
    struct column *column, uint64_t count, struct plain_cursor *cursor, struct nest_error *error);

/* Gives up the dictionary: the page's indices become values. */
bool column_page_resolve(struct column *column, struct nest_error *error);

/* The bits of an index into the present dictionary. */
unsigned column_page_index_bits(const struct column *column);

/* Describes the page, except values that are in the chunk. */
struct page column_page_describe(const struct column *column);

/* Appends the page to the chunk, and adds its statistics to those of the chunk and its index. */
bool column_page_put(struct column *column, struct page_scratch *scratch, struct nest_error *error);

static inline bool
column_is_boolean(const struct column *column)
{
	return column->kind.order == ORDER_BOOLEAN;
}

#endif
