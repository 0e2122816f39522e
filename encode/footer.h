/*
 * footer - gathers what a part's footer will say while the part is written.
 *
 * A struct footer owns copies of all that it is given, except `sorting`; its
 * memory serves one part after another, and footer_free() gives it back.
 * Errors: NEST_INVALID for key-values that cannot be written, NEST_FAILED for
 * lack of memory.
 */
#ifndef NEST_ENCODE_FOOTER_H
#define NEST_ENCODE_FOOTER_H

#include "encode/part.h"
#include "lib/parquet/metadata.h"
#include "lib/parquet/page_index.h"

struct footer {
	struct buffer groups;     /* struct row_group; their columns are set at the end */
	struct buffer chunks;     /* struct column_chunk, group after group; their views are set at the end */
	struct buffer places;     /* struct view_place, one for each chunk */
	struct buffer views;      /* extremes and size statistics of chunks */
	struct buffer bounds;     /* each chunk's ColumnIndex, if it has one */
	struct buffer offsets;    /* each chunk's OffsetIndex */
	struct buffer key_values; /* struct key_value */
	struct buffer text;       /* what they point into */
	struct view sorting;      /* the caller's: struct sorting_column, by which rows are sorted */
	struct buffer bytes;      /* encoded: all that follows the row groups in the file */
};

/* Starts a part with the key-values META; FOOTER is zeroed or was used before. */
bool footer_init(
    struct footer *footer, const struct key_value *meta, size_t meta_count, struct nest_error *error);
void footer_free(struct footer *footer);

/* Adds the next chunk of the open row group, and its finished INDEX, which may be empty; copies both. */
bool footer_add_chunk(struct footer *footer, struct column_chunk chunk, const struct page_index *index,
    struct level_shape shape, struct nest_error *error);

/* Closes the open row group, which has the chunks added since the one before. */
bool footer_add_group(struct footer *footer, const struct row_group *group, struct nest_error *error);

/*
 * Encodes page indexes and footer, which will be at OFFSET in the file, into `bytes`; nothing can be
 * added afterwards.  POSITION and ROWS become the key-values nest.part, nest.first_row and nest.part_rows,
 * unless the part is written into another file.
 */
bool footer_encode(struct footer *footer, const struct schema *schema, const struct part_position *position,
    uint64_t rows, uint64_t offset, struct nest_error *error);

#endif
