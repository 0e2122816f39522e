/*
 * check_index - checks a chunk's page index, bloom filter and counts against its pages.
 *
 * A struct index_check is opened for a chunk, takes all of its pages one after
 * another, and gives its verdict at the end.  It owns what it has read of the
 * file; its memory serves one chunk after another until index_check_free().
 *
 * Errors: NEST_INVALID, with the page's offset in the file if a page is at
 * fault; NEST_FAILED is for I/O and memory.
 */
#ifndef NEST_MERGE_CHECK_INDEX_H
#define NEST_MERGE_CHECK_INDEX_H

#include "lib/parquet/bloom.h"
#include "lib/parquet/page_index.h"
#include "lib/parquet/statistics.h"
#include "merge/page_values.h"

struct index_check {
	const struct metadata_source *source;
	const struct column_chunk *chunk;
	const struct schema_node *leaf;
	struct level_shape shape;
	enum value_order order;
	bool has_index, has_bloom;
	struct buffer offsets, bounds; /* as they are in the file */
	struct page_index index;
	struct bloom bloom;
	uint64_t pages, rows; /* of data pages so far */
	struct level_counts counts;
	/* Pages so far of each type and encoding. */
	struct encoding_count found[ENCODING_COUNTS];
	size_t found_count;
};

/* Reads the index and the filter of CHUNK, if it has them; CHECK is zeroed or was used before. */
bool index_check_open(struct index_check *check, const struct metadata_source *source,
    const struct column_chunk *chunk, const struct schema_node *leaf, struct nest_error *error);
void index_check_free(struct index_check *check);

/* Counts the page, of any type, that READER has read. */
void index_check_count(struct index_check *check, const struct chunk_reader *reader);

/* Checks the data page that READER has read, with its VALUES, which STATISTICS have taken. */
bool index_check_page(struct index_check *check, const struct chunk_reader *reader,
    const struct page_values *values, const struct statistics *statistics, struct nest_error *error);

/* To be called after the last page. */
bool index_check_end(const struct index_check *check, struct nest_error *error);

#endif
