/*
 * column - one column chunk that is being built in memory.
 *
 * A struct column owns the chunk until it has been written; its memory
 * serves one chunk after another, and column_free() gives it back.  It takes
 * runs of rows with column_append(), is asked to decide at each stride's end
 * with column_decide(), and is closed with column_finish(); then
 * its chunk is what to write and column_describe() what to say of it.
 *
 * A chunk begins with a dictionary, on trial.  From COLUMN_TRIAL_VALUES values on it
 * stays where half of them were there before, and goes on being tried while there
 * seem to be no more than COLUMN_KINDS_MOST.  Otherwise, or where the page that ends
 * would not be smaller by it, it is dropped, and the page is rebuilt from its values; later
 * on it is closed when it outgrows its limit, and only the pages that follow are without.
 * A column that is told its encoding has no trial.  Where the preset is not the fast one, the encoding
 * is chosen (encode/choose.h) when the first page ends, against the dictionary if that is still there,
 * and once more when the dictionary is closed.
 *
 * Errors: NEST_INVALID names column and row; NEST_FAILED is for want of memory.
 */
#ifndef NEST_ENCODE_COLUMN_H
#define NEST_ENCODE_COLUMN_H

#include "encode/choose.h"
#include "encode/part.h"
#include "lib/parquet/bloom.h"
#include "lib/parquet/chunk.h"
#include "lib/parquet/page_index.h"
#include "lib/parquet/plain.h"

enum {
	COLUMN_TRIAL_VALUES = 1024,
	COLUMN_KINDS_MOST = 1 << 15,
	COLUMN_PAGE_LIMIT = 1 << 30, /* bytes as they came that a page can hold at most */
};

enum column_mode { COLUMN_TRIAL, COLUMN_DICTIONARY, COLUMN_VALUES };

struct column {
	const struct leaf *leaf;
	const struct part_options *options;
	const struct column_options *own;
	struct value_kind kind;
	enum column_mode mode;
	enum encoding encoding; /* of pages that have no dictionary */
	bool is_settled;        /* the encoding of this mode was told or chosen */
	/* The open page. */
	struct buffer rep, def;
	struct buffer indices; /* uint32_t; or the booleans, one byte each */
	uint64_t page_rows, page_entries, page_values;
	uint64_t page_value_bytes, page_raw_bytes; /* as they came; raw with the levels */
	struct statistics page_statistics;
	/* The chunk. */
	struct dictionary dictionary;
	uint32_t dictionary_used; /* entries that closed pages may refer to */
	struct chunk chunk;
	uint64_t value_count, raw_bytes;
	struct statistics statistics;
	struct buffer bounds;     /* what is left of bounds that were cut */
	struct value_range range; /* of the finished chunk */
	struct buffer sizes;      /* and its struct SizeStatistics */
	/* What readers skip by. */
	struct level_shape shape;
	struct level_counts counts;
	uint64_t rows; /* of closed pages */
	struct page_index index;
	struct bloom_set hashes; /* of all values, where the column has a filter */
	struct bloom bloom;      /* of the finished chunk */
};

/*
 * Ready for a chunk of LEAF; COLUMN is zeroed or was used before.  LEAF, OPTIONS and what this column has
 * of its OWN must stay.
 */
bool column_init(struct column *column, const struct leaf *leaf, const struct part_options *options,
    const struct column_options *own, struct nest_error *error);
void column_free(struct column *column);

/* Starts the next chunk. */
bool column_clear(struct column *column, struct nest_error *error);

/* Levels of a run of whole rows; VALUE_COUNT is the number of definition levels that are the greatest. */
struct column_run {
	const uint8_t *rep, *def;
	uint64_t rows, entries, value_count;
};

/* Takes the run's values from CURSOR.  A problem in CURSOR is left for the caller to report. */
bool column_append(struct column *column, const struct column_run *run, struct plain_cursor *cursor,
    struct nest_error *error);

/* Rows until the page is full by its rows, which is at the end of a stride. */
uint64_t column_rows_left(const struct column *column);

/* Whether RAW_BYTES more leave nothing to decide at the ends of strides before column_rows_left(). */
bool column_is_free(const struct column *column, uint64_t raw_bytes);

/* At the end of a stride: judges the dictionary on trial and closes the page when it is full. */
bool column_decide(struct column *column, struct page_scratch *scratch, struct nest_error *error);

/* Whether the column has a bloom filter, which is then finished with each chunk. */
bool column_has_bloom(const struct column *column);

/* Closes the last page and makes the dictionary page, if there is to be one. */
bool column_finish(struct column *column, struct page_scratch *scratch, struct nest_error *error);

/*
 * What the footer says of the finished chunk, which begins at OFFSET in the file; its views are
 * borrowed from COLUMN.  Its index is finished, too.
 */
struct column_chunk column_describe(struct column *column, uint64_t offset);

#endif
