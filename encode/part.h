/*
 * part - writes one Parquet part file.
 *
 * A part is opened, takes slices of rows in order, and is finished or aborted;
 * both give the handle back.  Until it is finished it is an attempt
 * (lib/dataset/attempt.h).  Its bytes follow from the schema, the rows, the
 * key-values and the options alone: how part_append() calls cut the rows makes
 * no difference, because every decision is taken at a row of the part that is a
 * multiple of PART_STRIDE.
 *
 * A part_pool keeps the memory of parts that ended for those that follow;
 * touching fresh memory costs as much as filling it several times.  Give all
 * parts of a pool back before part_pool_free().
 *
 * Slices are untrusted.  NEST_INVALID names the column, and the row if it is
 * known.  After an error a part can only be aborted.
 */
#ifndef NEST_ENCODE_PART_H
#define NEST_ENCODE_PART_H

#include "encode/columns_options.h"
#include "lib/columns/slice.h"
#include "lib/dataset/attempt.h"
#include "lib/dataset/draft.h"
#include "lib/parquet/column.h"
#include "lib/schema/schema.h"

enum {
	PART_STRIDE = COLUMN_STRIDE,
	PART_PAGE_LIMIT = 1 << 30, /* most bytes, before encoding, that a page can hold */
	PART_NUMBER_LIMIT = 1 << 30,
};

struct partition_options;
struct sort_options;

struct part_options {
	struct codec_choice compression;
	uint64_t row_group_rows;  /* a row group ends at the first stride with this many rows */
	uint64_t row_group_bytes; /* or this many bytes of values and levels, not encoded */
	uint64_t page_rows;       /* likewise for a page of a column */
	uint64_t page_bytes;
	enum page_type page_type; /* of data pages */
	enum preset preset;       /* how encodings are chosen */
	bool page_index;          /* instead of statistics in every page */
	bool page_checksum;
	const struct sort_options *sorting; /* borrowed; NULL: rows are not said to be sorted */
	bool dictionary;
	uint64_t dictionary_page_bytes; /* a dictionary larger than this at the end of a page takes no more */
	const struct columns_options *columns; /* settings of single columns; NULL: none */
	const struct partition_options
	    *partitioning; /* for encode/partitioned.h, and ignored in a part's own file; NULL: none */
};

/* The defaults of the command line. */
extern const struct part_options PART_OPTIONS_DEFAULT;

/* Where a part belongs. */
struct part_position {
	uint64_t number, first_row;
	bool is_part_numbered; /* rows count from 0 in every part: the file does not say its first row */
	/* The caller's, if the part is written into another file, which then does not say its part. */
	struct draft *draft;    /* the one file of all parts; NULL: none */
	struct attempt *bundle; /* several files, of which it is one (encode/partitioned.h); NULL: none */
};

/* Whether the part has a file of its own. */
static inline bool
part_has_file(const struct part_position *position)
{
	return position->draft == NULL && position->bundle == NULL;
}

struct part;

struct part_pool {
	struct part *idle;
};

/*
 * PLACE is where the part's own file goes.  SCHEMA and META may go once this returns.  META is written
 * sorted by key, with nest.part, nest.first_row and nest.part_rows added; it must not contain these itself.
 */
bool part_open(struct part **part, struct part_pool *pool, const struct place *place,
    const struct part_position *position, const struct schema *schema, const struct key_value *meta,
    size_t meta_count, const struct part_options *options, struct nest_error *error);

/* The schema that the part was opened with; valid while it is open. */
const struct schema *part_schema(const struct part *part);

/* Appends ROWS rows.  LEAVES has one slice for each leaf of the schema, and may go once this returns. */
bool part_append(struct part *part, uint64_t rows, const struct leaf_slice *leaves, struct nest_error *error);

/*
 * Completes the attempt, which RESULT then describes; a part in another file completes only its share of it.
 * The handle is gone in either case, and after a failure the part's own file is, too.
 */
bool part_finish(struct part *part, uint64_t *rows, struct attempt_result *result, struct nest_error *error);

/* Gives the part up and unlinks its own file.  PART may be NULL. */
void part_abort(struct part *part);

void part_pool_free(struct part_pool *pool);

#endif
