/*
 * column - builds one column chunk in memory.
 *
 * A struct column owns the chunk until it has been written; its memory
 * serves one chunk after another, and column_free() gives it back.  It takes
 * runs of entries with column_append(), decides at the end of each stride
 * with column_decide(), and is closed with column_finish(); then its chunk is
 * ready to write, and column_describe() returns its metadata.
 *
 * A chunk begins with a dictionary, on trial.  From COLUMN_TRIAL_VALUES values on it
 * is kept if half of them were repeats, and its trial continues as long as there
 * seem to be at most COLUMN_KINDS_MOST different values.  Otherwise, or if it does not make the
 * page that ends smaller, it is dropped, and the page is rebuilt from its values.  A dictionary that
 * was kept is closed when it outgrows its limit, or when most values turn out to be new; only the
 * pages that follow do without.  A column whose encoding is prescribed has no trial.
 *
 * Unless the preset is the fast one, the encoding is chosen (choose.h) when the first page ends,
 * in competition with the dictionary if that is still there, and once more when the dictionary is
 * closed.  The fast preset has only the dictionary compete with PLAIN, if pages are compressed.
 *
 * Errors: NEST_FAILED, for lack of memory.
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
	/* Defaults of the rules: */
	COLUMN_PAGE_ROWS = 20000,
	COLUMN_PAGE_BYTES = 1 << 20,
	COLUMN_DICTIONARY_BYTES = 1 << 20,
};

/* How a column is to be written. */
struct column_rules {
	struct codec_choice compression;
	enum page_type page_type; /* of data pages */
	bool page_checksum;
	bool page_index;           /* instead of statistics in every page */
	uint64_t page_rows;        /* a page ends at the first stride with this many rows */
	uint64_t page_bytes;       /* or this many bytes of values and levels, not encoded */
	uint64_t chunk_rows;       /* an estimate of all rows */
	double bloom_rate;         /* of false positives of a bloom filter; 0: there is none */
	bool is_told;              /* the encodings are prescribed here, and none is chosen */
	bool dictionary;           /* is prescribed, or may be tried; booleans have none */
	uint64_t dictionary_bytes; /* one larger than this at the end of a page is closed */
	enum encoding encoding;    /* of pages without a dictionary, unless another is chosen */
	enum preset preset;        /* by which to choose */
	bool is_lenient;           /* values that its logical type excludes are taken, too */
};

enum column_mode { COLUMN_TRIAL, COLUMN_DICTIONARY, COLUMN_VALUES };

struct column {
	const struct schema_node *leaf;
	struct column_rules rules;
	struct value_kind kind;
	struct value_kind taken; /* the same, for judging values: without what is_lenient waives */
	enum column_mode mode;
	enum encoding encoding; /* of pages that have no dictionary */
	bool is_settled;        /* the encoding in this mode was prescribed or chosen */
	/* The open page. */
	struct buffer rep, def;
	struct buffer indices; /* uint32_t; or booleans, one byte each */
	uint64_t page_rows, page_entries, page_values;
	uint64_t page_value_bytes, page_raw_bytes; /* not encoded; raw includes the levels */
	struct statistics page_statistics;
	/* The chunk. */
	struct dictionary dictionary;
	uint32_t dictionary_used; /* entries that closed pages may refer to */
	struct chunk chunk;
	uint64_t value_count, raw_bytes;
	struct statistics statistics;
	struct buffer bounds;     /* the bytes of bounds that were cut */
	struct value_range range; /* of the finished chunk */
	struct buffer sizes;      /* and its struct SizeStatistics */
	/* For readers that skip pages or chunks. */
	struct level_shape shape;
	struct level_counts counts;
	uint64_t rows; /* of closed pages */
	struct page_index index;
	struct bloom_set hashes; /* of all values, if the column has a filter */
	struct bloom bloom;      /* of the finished chunk */
};

/* Prepares COLUMN, zeroed or used before, for a chunk of LEAF, which is borrowed. */
bool column_init(struct column *column, const struct schema_node *leaf, const struct column_rules *rules,
    struct nest_error *error);
void column_free(struct column *column);

/* Starts the next chunk. */
void column_clear(struct column *column);

/*
 * Levels of a run of entries, in which ROWS rows begin; VALUE_COUNT is the number of definition levels at
 * their maximum.  Levels whose maximum is 0 are ignored.
 */
struct column_run {
	const uint8_t *rep, *def;
	uint64_t rows, entries, value_count;
};

/* Appends the run, with values from CURSOR.  The caller reports a problem left in CURSOR. */
bool column_append(struct column *column, const struct column_run *run, struct plain_cursor *cursor,
    struct nest_error *error);

/* How many rows until the page is full by rows, which is at the end of a stride. */
uint64_t column_rows_left(const struct column *column);

/* Whether, with RAW_BYTES more, no stride before column_rows_left() has anything to decide at its end. */
bool column_is_free(const struct column *column, uint64_t raw_bytes);

/* Whether the open page is full. */
bool column_is_full(const struct column *column);

/* At the end of a stride: judges the dictionary on trial and closes the page when it is full. */
bool column_decide(struct column *column, struct page_scratch *scratch, struct nest_error *error);

/* Closes the last page, and makes the dictionary page and the bloom filter, if there are any. */
bool column_finish(struct column *column, struct page_scratch *scratch, struct nest_error *error);

/*
 * What the footer says of the finished chunk, which begins at OFFSET in the file; its views are
 * borrowed from COLUMN.  This also finishes the page index.
 */
struct column_chunk column_describe(struct column *column, uint64_t offset);

#endif
