/*
 * rebuild - a chunk made from the pages of others, and from nulls where a file lacks its column.
 *
 * Values are decoded to PLAIN and appended to a column (column.h) that is written by its rules.
 * The levels of a missing column's nulls follow from the group that the column belongs to: from
 * another leaf of that group if the group itself may be missing or repeat, otherwise from the number
 * of rows alone.  A struct rebuild, zeroed before its first use, owns its bytes; its memory serves one
 * chunk after another until rebuild_free().
 *
 * Errors: NEST_FAILED, for lack of memory; NEST_INVALID for values that cannot be in a page.
 */
#ifndef NEST_PARQUET_REBUILD_H
#define NEST_PARQUET_REBUILD_H

#include "lib/parquet/column.h"

struct rebuild {
	uint64_t rows; /* taken so far */
	/* After rebuild_end(): */
	struct buffer pages;    /* their bytes, with their headers */
	struct buffer metadata; /* ColumnChunk as thrift */
	struct buffer filter;   /* the bloom filter, if there is one */
	struct column_chunk described;
	struct column column; /* with its index finished */
	/* Private. */
	const struct schema *schema;
	uint32_t node;
	struct buffer rep, def; /* levels of nulls */
	struct page_scratch scratch;
};

/* Begins a chunk of the leaf NODE of SCHEMA, which is borrowed. */
bool rebuild_begin(struct rebuild *rebuild, const struct schema *schema, uint32_t node,
    const struct column_rules *rules, struct nest_error *error);

/* Adds ROWS rows that lack the column, if no group around it can be missing or repeat. */
bool rebuild_add_rows(struct rebuild *rebuild, uint64_t rows, struct nest_error *error);

/*
 * Adds rows that lack it, with levels from a page of another leaf of its group, whose maxima are
 * GROUP_REP and GROUP_DEF.
 */
bool rebuild_add_levels(struct rebuild *rebuild, const struct page_content *content, uint8_t group_rep,
    uint8_t group_def, struct nest_error *error);

/* Adds a page of the column. */
bool rebuild_add_page(struct rebuild *rebuild, const struct page_content *content, struct nest_error *error);

/* Ends the chunk, whose pages will be at OFFSET in the file. */
bool rebuild_end(struct rebuild *rebuild, uint64_t offset, struct nest_error *error);
void rebuild_free(struct rebuild *rebuild);

#endif
