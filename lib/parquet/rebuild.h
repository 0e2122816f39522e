/*
 * rebuild - a chunk made of the pages of others, and of nothing where a file has not its column.
 *
 * Values go through PLAIN into pages of the usual size, in a dictionary where
 * that is wanted and does not outgrow its limit.  What levels the nulls of a
 * missing column have follows from the group that it would stand in: of another
 * leaf of it, where that group itself may be missing or repeat, and otherwise
 * from the number of rows alone.  A struct rebuild owns its bytes; its memory
 * serves one chunk after another until rebuild_free().
 *
 * Errors: NEST_FAILED, for want of memory; NEST_INVALID for values that make no page.
 */
#ifndef NEST_PARQUET_REBUILD_H
#define NEST_PARQUET_REBUILD_H

#include "lib/parquet/bloom.h"
#include "lib/parquet/chunk.h"
#include "lib/parquet/page_index.h"
#include "lib/parquet/plain.h"

enum {
	REBUILD_PAGE_ROWS = 20000,
	REBUILD_PAGE_BYTES = 1 << 20,       /* of values */
	REBUILD_DICTIONARY_BYTES = 1 << 20, /* with more, a page is the last that has it */
};

struct rebuild_options {
	struct codec_choice compression;
	bool dictionary;
	enum encoding encoding; /* of pages without one */
	double bloom_rate;      /* of false positives of a bloom filter; 0: there is to be none */
};

struct rebuild {
	uint64_t rows; /* taken so far */
	/* When it has ended: */
	struct buffer pages;    /* their bytes, with their headers */
	struct buffer metadata; /* ColumnChunk as thrift, as if the pages stood behind the magic of a file */
	struct buffer filter;   /* the bloom filter, if there is one */
	struct column_chunk described;
	struct page_index index; /* whose pages are counted from the first; for page_index_finish() */
	struct level_shape shape;
	struct value_kind kind;
	/* Private. */
	const struct schema *schema;
	uint32_t node;
	struct rebuild_options options;
	struct buffer rep, def, indices; /* of the open page; indices: booleans, too, one byte each */
	uint64_t page_start, page_values, page_value_bytes;
	struct statistics page_statistics, statistics;
	struct level_counts counts;
	struct buffer bounds, sizes;
	struct bloom_set hashes;
	struct bloom bloom;
	struct dictionary dictionary;
	bool has_dictionary; /* the open page has it */
	struct page_scratch scratch;
	struct chunk chunk;
};

/* Begins a chunk of the leaf NODE of SCHEMA, both borrowed. */
bool rebuild_begin(struct rebuild *rebuild, const struct schema *schema, uint32_t node,
    const struct rebuild_options *options, struct nest_error *error);

/* Takes ROWS rows that lack the column, whose group is the message. */
bool rebuild_add_rows(struct rebuild *rebuild, uint64_t rows, struct nest_error *error);

/* Takes rows that lack it, from a page of another leaf of its group, whose levels are GROUP_REP and
 * GROUP_DEF.
 */
bool rebuild_add_levels(struct rebuild *rebuild, const struct page_content *content, uint8_t group_rep,
    uint8_t group_def, struct nest_error *error);

/* Takes a page of the column. */
bool rebuild_add_page(struct rebuild *rebuild, const struct page_content *content, struct nest_error *error);

bool rebuild_end(struct rebuild *rebuild, struct nest_error *error);
void rebuild_free(struct rebuild *rebuild);

#endif
