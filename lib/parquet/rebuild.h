/*
 * rebuild - a chunk made of the pages of others, and of nothing where a file has not its column.
 *
 * Values go through PLAIN into a column (column.h) that is written by its rules.  What levels the nulls of a
 * missing column have follows from the group that it would stand in: of another
 * leaf of it, where that group itself may be missing or repeat, and otherwise
 * from the number of rows alone.  A struct rebuild owns its bytes; its memory
 * serves one chunk after another until rebuild_free().
 *
 * Errors: NEST_FAILED, for want of memory; NEST_INVALID for values that make no page.
 */
#ifndef NEST_PARQUET_REBUILD_H
#define NEST_PARQUET_REBUILD_H

#include "lib/parquet/column.h"

struct rebuild {
	uint64_t rows; /* taken so far */
	/* When it has ended: */
	struct buffer pages;    /* their bytes, with their headers */
	struct buffer metadata; /* ColumnChunk as thrift */
	struct buffer filter;   /* the bloom filter, if there is one */
	struct column_chunk described;
	struct column column; /* its index is finished */
	/* Private. */
	const struct schema *schema;
	uint32_t node;
	struct buffer rep, def; /* levels of nulls */
	struct page_scratch scratch;
};

/* Begins a chunk of the leaf NODE of SCHEMA, borrowed. */
bool rebuild_begin(struct rebuild *rebuild, const struct schema *schema, uint32_t node,
    const struct column_rules *rules, struct nest_error *error);

/* Takes ROWS rows that lack the column, whose group is the message. */
bool rebuild_add_rows(struct rebuild *rebuild, uint64_t rows, struct nest_error *error);

/* Takes rows that lack it, from a page of another leaf of its group, whose levels are GROUP_REP and
 * GROUP_DEF.
 */
bool rebuild_add_levels(struct rebuild *rebuild, const struct page_content *content, uint8_t group_rep,
    uint8_t group_def, struct nest_error *error);

/* Takes a page of the column. */
bool rebuild_add_page(struct rebuild *rebuild, const struct page_content *content, struct nest_error *error);

/* Ends the chunk, whose pages are to stand at OFFSET in the file. */
bool rebuild_end(struct rebuild *rebuild, uint64_t offset, struct nest_error *error);
void rebuild_free(struct rebuild *rebuild);

#endif
