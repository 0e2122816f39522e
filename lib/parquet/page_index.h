/*
 * page_index - what a column chunk's ColumnIndex and OffsetIndex say of its data pages (PageIndex.md).
 *
 * A struct page_index is either built page by page with page_index_add(), which
 * copies its arguments, and then written; or it is read, and borrows the bounds
 * from the bytes.  Its memory serves one chunk after another; page_index_free()
 * gives it back.
 *
 * What is read is untrusted.  Errors: NEST_INVALID says which of the two
 * structs is wrong, and how; NEST_FAILED is for lack of memory.
 */
#ifndef NEST_PARQUET_PAGE_INDEX_H
#define NEST_PARQUET_PAGE_INDEX_H

#include "lib/parquet/level_counts.h"
#include "lib/parquet/metadata.h"
#include "lib/parquet/value_order.h"

enum { PAGE_INDEX_BOUND_BYTES = 64 }; /* to which bounds are cut, if they can be */

/* Values as in parquet.thrift, BoundaryOrder. */
enum boundary_order { BOUNDARY_UNORDERED = 0, BOUNDARY_ASCENDING = 1, BOUNDARY_DESCENDING = 2 };

struct indexed_page {
	uint64_t offset; /* of its header in the file; while the index is built, relative to the first page */
	uint64_t size_bytes;  /* including its header */
	uint64_t first_row;   /* in its row group */
	uint64_t value_bytes; /* as in struct level_counts */
	bool is_null;         /* it has only nulls, and no bounds */
	bool is_unknown;      /* read: is_null means nothing; the writer, without statistics, said -1 nulls */
	struct view min, max;
	uint64_t null_count, nan_count;
};

struct page_index {
	size_t count; /* of the pages */
	struct indexed_page *pages;
	bool has_value_bytes;
	bool has_bounds; /* there is a ColumnIndex, from which all below comes */
	enum boundary_order boundaries;
	bool has_null_counts, has_nan_counts;
	const uint64_t *reps, *defs; /* counts of levels, page by page; NULL: none */
	/* Private. */
	bool lacks_bounds; /* a page has values without bounds */
	struct buffer own_pages, own_bounds, own_reps, own_defs;
};

void page_index_free(struct page_index *index);

/* ---- writing ---- */

/* For a zeroed struct or one that was used before. */
void page_index_clear(struct page_index *index);

/*
 * Adds a page, with the RANGE of its values, whose bounds must be short, and its COUNTS.  If a page with
 * values has no bounds, there will be no ColumnIndex.
 */
bool page_index_add(struct page_index *index, const struct indexed_page *page,
    const struct value_range *range, const struct level_counts *counts, struct level_shape shape,
    struct nest_error *error);

/* Finishes the index of a chunk whose first data page is at START; bounds compare in ORDER. */
void page_index_finish(struct page_index *index, uint64_t start, enum value_order order);

/* Append the OffsetIndex, and the ColumnIndex if there are bounds. */
bool page_index_encode_offsets(
    struct buffer *out, const struct page_index *index, struct level_shape shape, struct nest_error *error);
bool page_index_encode_bounds(
    struct buffer *out, const struct page_index *index, struct level_shape shape, struct nest_error *error);

/* ---- reading ---- */

/* Begins the index anew with the OffsetIndex BYTES. */
bool page_index_decode_offsets(struct page_index *index, struct view bytes, struct nest_error *error);

/* Adds the ColumnIndex BYTES, of the same pages; BYTES are borrowed. */
bool page_index_decode_bounds(
    struct page_index *index, struct view bytes, struct level_shape shape, struct nest_error *error);

#endif
