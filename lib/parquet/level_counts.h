/*
 * level_counts - how often each repetition and definition level occurs (parquet.thrift, SizeStatistics).
 *
 * Counts that follow from others are not written: those of repetition levels if the
 * column cannot repeat, and those of definition levels if their maximum is at most 1.
 */
#ifndef NEST_PARQUET_LEVEL_COUNTS_H
#define NEST_PARQUET_LEVEL_COUNTS_H

#include "lib/parquet/thrift.h"
#include "lib/schema/schema.h"

enum { LEVEL_COUNTS_MOST = SCHEMA_DEPTH_LIMIT };

/* What there is to count in a column. */
struct level_shape {
	uint8_t max_rep, max_def;
	bool is_binary; /* BYTE_ARRAY */
};

struct level_shape level_shape(const struct schema_node *leaf);

/* The counts of a page or of a chunk; those of levels above the maximum are not set. */
struct level_counts {
	uint64_t rep[LEVEL_COUNTS_MOST], def[LEVEL_COUNTS_MOST];
	uint64_t value_bytes; /* of BYTE_ARRAY: of all values, without their lengths */
};

/* The levels of a page, one byte each, and what is known about them already. */
struct level_run {
	const uint8_t *rep, *def; /* ignored if the maximum is 0 */
	uint64_t rows, entries,
	    value_count; /* how many begin a row, and how many have the greatest definition level */
};

/* Sets the levels of COUNTS to those of RUN. */
void level_counts_take(struct level_counts *counts, struct level_shape shape, const struct level_run *run);

void level_counts_add(struct level_counts *counts, struct level_shape shape, const struct level_counts *from);

/* How many counts of repetition levels, and of definition levels, are written for a page; 0: none. */
size_t level_counts_reps(struct level_shape shape);
size_t level_counts_defs(struct level_shape shape);

/* Appends the fields of a struct SizeStatistics and its end. */
bool size_statistics_encode(struct buffer *out, const struct level_counts *counts, struct level_shape shape,
    struct nest_error *error);

struct size_statistics {
	bool has_value_bytes, has_reps, has_defs;
	struct level_counts counts;
};

/* Reads them from BYTES, which are untrusted; NEST_INVALID. */
bool size_statistics_decode(
    struct size_statistics *sizes, struct view bytes, struct level_shape shape, struct nest_error *error);

#endif
