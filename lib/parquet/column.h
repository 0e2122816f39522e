/*
 * column - one column chunk that is being built in memory.
 *
 * A struct column owns the chunk until it has been written; its memory
 * serves one chunk after another, and column_free() gives it back.  It takes
 * runs of entries with column_append(), is asked to decide at each stride's end
 * with column_decide(), and is closed with column_finish(); then
 * its chunk is what to write and column_describe() what to say of it.
 *
 * A chunk begins with a dictionary, on trial.  From COLUMN_TRIAL_VALUES values on it
 * stays where half of them were there before, and goes on being tried while there
 * seem to be no more than COLUMN_KINDS_MOST.  Otherwise, or where the page that ends
 * would not be smaller by it, it is dropped, and the page is rebuilt from its values; later
 * on it is closed when it outgrows its limit, and only the pages that follow are without.
 * A column that is told its encoding has no trial.  Where the preset is not the fast one, the encoding
 * is chosen (choose.h) when the first page ends, against the dictionary if that is still there,
 * and once more when the dictionary is closed.
 *
 * Errors: NEST_FAILED, for want of memory.
 */
#ifndef NEST_PARQUET_COLUMN_H
#define NEST_PARQUET_COLUMN_H

#include "lib/parquet/bloom.h"
#include "lib/parquet/choose.h"
#include "lib/parquet/chunk.h"
#include "lib/parquet/page_index.h"
#include "lib/parquet/plain.h"

enum {
	COLUMN_STRIDE = 256, /* rows, at whose end column_decide() is due */
	COLUMN_TRIAL_VALUES = 1024,
	COLUMN_KINDS_MOST = 1 << 15,
	/* What rules have where nobody says otherwise: */
	COLUMN_PAGE_ROWS = 20000,
	COLUMN_PAGE_BYTES = 1 << 20,
	COLUMN_DICTIONARY_BYTES = 1 << 20,
};

/* How a column is to be written. */
struct column_rules {
	struct codec_choice compression;
	enum page_type page_type; /* of data pages */
	bool page_checksum;
	bool page_index;           /* and not statistics at every page */
	uint64_t page_rows;        /* a page ends at the first stride with as many rows */
	uint64_t page_bytes;       /* or as many bytes of values and levels as they came */
	uint64_t chunk_rows;       /* about as many as there will be */
	double bloom_rate;         /* of false positives of a bloom filter; 0: there is none */
	bool is_told;              /* its encodings are what is said here, and nothing is chosen */
	bool dictionary;           /* it is told to have one, or may have one; of booleans there is none */
	uint64_t dictionary_bytes; /* with more at the end of a page, it takes no more */
	enum encoding encoding;    /* of pages without one, as long as nothing else is chosen */
	enum preset preset;        /* by which that is done */
	bool is_lenient;           /* values that its logical type does not have are taken, too */
};

enum column_mode { COLUMN_TRIAL, COLUMN_DICTIONARY, COLUMN_VALUES };

struct column {
	const struct schema_node *leaf;
	struct column_rules rules;
	struct value_kind kind;
	struct value_kind taken; /* the same, as values are judged by it */
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

/* Ready for a chunk of LEAF, which must stay; COLUMN is zeroed or was used before. */
bool column_init(struct column *column, const struct schema_node *leaf, const struct column_rules *rules,
    struct nest_error *error);
void column_free(struct column *column);

/* Starts the next chunk. */
bool column_clear(struct column *column, struct nest_error *error);

/*
 * Levels of a run of entries, in which ROWS rows begin; VALUE_COUNT is the number of definition levels that
 * are the greatest.  Levels whose greatest is 0 are not looked at.
 */
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

/* Whether its page is full. */
bool column_is_full(const struct column *column);

/* At the end of a stride: judges the dictionary on trial and closes the page when it is full. */
bool column_decide(struct column *column, struct page_scratch *scratch, struct nest_error *error);

/* Closes the last page and makes the dictionary page, if there is to be one, and the bloom filter. */
bool column_finish(struct column *column, struct page_scratch *scratch, struct nest_error *error);

/*
 * What the footer says of the finished chunk, which begins at OFFSET in the file; its views are
 * borrowed from COLUMN.  Its index is finished, too.
 */
struct column_chunk column_describe(struct column *column, uint64_t offset);

#endif
