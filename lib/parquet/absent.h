/*
 * absent - the chunk of a column that a file does not have: nulls, and lists without elements.
 *
 * What levels it has follows from the group that the column would stand in: of
 * another leaf of it, where that group itself may be missing or repeat, and
 * otherwise from the number of rows alone.  A struct absent_chunk owns its
 * bytes; its memory serves one chunk after another until absent_free().
 *
 * Errors: NEST_FAILED, for want of memory.
 */
#ifndef NEST_PARQUET_ABSENT_H
#define NEST_PARQUET_ABSENT_H

#include "lib/parquet/chunk.h"

struct absent_chunk {
	const struct schema *schema;
	uint32_t node;
	struct buffer pages;    /* their bytes, with their headers */
	struct buffer metadata; /* ColumnChunk as thrift, as if the pages stood behind the magic of a file */
	uint64_t rows;          /* taken so far */
	/* Private. */
	struct buffer rep, def;
	struct page_scratch scratch;
	struct chunk chunk;
};

/* Begins a chunk of the leaf NODE of SCHEMA. */
void absent_begin(struct absent_chunk *absent, const struct schema *schema, uint32_t node);

/* Takes ROWS rows in which the column's group is the message. */
bool absent_add_rows(struct absent_chunk *absent, uint64_t rows, struct nest_error *error);

/*
 * Takes ENTRIES more of another leaf of the column's group, whose levels are GROUP_REP and GROUP_DEF;
 * REP and DEF are borrowed, and NULL where the other leaf has none.
 */
bool absent_add_levels(struct absent_chunk *absent, const uint8_t *rep, const uint8_t *def, uint64_t entries,
    uint8_t group_rep, uint8_t group_def, struct nest_error *error);

/* Ends it. */
bool absent_end(struct absent_chunk *absent, struct nest_error *error);
void absent_free(struct absent_chunk *absent);

#endif
