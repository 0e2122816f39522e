/*
 * level_counts - how often each repetition and each definition level comes (parquet.thrift, SizeStatistics).
 *
 * What follows from other counts is not written: of columns that cannot repeat there
 * are no repetition levels, and of definition levels up to 1 no numbers.
 */
#ifndef NEST_PARQUET_LEVEL_COUNTS_H
#define NEST_PARQUET_LEVEL_COUNTS_H

#include "lib/parquet/thrift.h"
#include "lib/schema/schema.h"

enum { LEVEL_COUNTS_MOST = SCHEMA_DEPTH_LIMIT };

/* Of a column, what there is to count. */
struct level_shape {
	uint8_t max_rep, max_def;
	bool is_binary; /* BYTE_ARRAY */
};

struct level_shape level_shape(const struct schema_node *leaf);

/* Of a page or of a chunk; counts of levels above the greatest are not there. */
struct level_counts {
	uint64_t rep[LEVEL_COUNTS_MOST], def[LEVEL_COUNTS_MOST];
	uint64_t value_bytes; /* of BYTE_ARRAY: of all values, without their lengths */
};

/* The levels of a page, one byte each, and what is known of them before they are counted. */
struct level_run {
	const uint8_t *rep, *def; /* not looked at where the greatest is 0 */
	uint64_t rows, entries,
	    value_count; /* as many begin a row, as many are of the greatest definition level */
};

/* Sets the levels of COUNTS to those of RUN. */
void level_counts_take(struct level_counts *counts, struct level_shape shape, const struct level_run *run);

void level_counts_add(struct level_counts *counts, struct level_shape shape, const struct level_counts *from);

/* How many counts of repetition levels, and of definition levels, are told of a page; 0: none. */
size_t level_counts_reps(struct level_shape shape);
size_t level_counts_defs(struct level_shape shape);

/* Appends the fields of a struct SizeStatistics and its end. */
bool size_statistics_encode(struct buffer *out, const struct level_counts *counts, struct level_shape shape,
    struct nest_error *error);

struct size_statistics {
	bool has_value_bytes, has_reps, has_defs;
	struct level_counts counts;
};

/* Reads them from BYTES, which is untrusted. */
bool size_statistics_decode(
    struct size_statistics *sizes, struct view bytes, struct level_shape shape, struct nest_error *error);

#endif
