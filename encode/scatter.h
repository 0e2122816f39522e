/*
 * scatter - keeps the rows of a part by partition until the part ends.
 *
 * Rows come in slices, with the partition of every row, and go partition by partition, those of one
 * partition in the order in which they came.  Memory holds at most SCATTER_BYTES of them, and one slice,
 * however many partitions there are; the rest waits in a file without a name, in the place of the part.
 *
 * A struct scatter owns what it holds, and scatter_free() gives it back.  Errors: NEST_INVALID names column
 * and row; NEST_FAILED, "unable to keep rows aside: ...", or for lack of memory.
 */
#ifndef NEST_ENCODE_SCATTER_H
#define NEST_ENCODE_SCATTER_H

#include "lib/columns/slice.h"
#include "lib/dataset/place.h"

enum {
	SCATTER_BYTES = 64 << 20,
	SCATTER_SLICE_BYTES = 1 << 20, /* of a slice that goes out, before its last rows are added */
};

struct scatter {
	const struct place *place;
	uint32_t leaf_count;
	struct scatter_leaf *leaves; /* those whose values are kept */
	struct leaf_slice *slices;   /* the last slice that went out */
	struct buffer starts;        /* where each row of a slice that comes in begins, leaf by leaf */
	struct buffer order;         /* uint32_t: its rows, partition by partition */
	struct buffer counts;        /* uint32_t: how many of its rows are in each partition */
	struct buffer runs;          /* struct scatter_run */
	size_t next_run;             /* to go out */
	struct buffer bytes;         /* of all runs, from byte `spilled` on */
	uint64_t spilled;            /* bytes that wait in the file */
	uint64_t memory_bytes;       /* that may wait in memory */
	int fd;                      /* if has_file */
	bool has_file;
	struct buffer piece; /* of the file, the last that was read */
};

/*
 * Begins a part.  LEAVES are those of the slices that come, of which KEPT names LEAF_COUNT to keep; both
 * may go once this returns, except the leaves' paths.  SCATTER is zeroed.
 */
bool scatter_open(struct scatter *scatter, const struct place *place, const struct leaf *leaves,
    const uint32_t *kept, uint32_t leaf_count, struct nest_error *error);
void scatter_free(struct scatter *scatter);

/*
 * Takes ROWS rows that begin at FIRST_ROW of the dataset, and their PARTITIONS, numbers below COUNT; levels
 * must have been checked.
 */
bool scatter_take(struct scatter *scatter, const struct leaf_slice *slices, uint64_t rows, uint64_t first_row,
    const uint32_t *partitions, uint32_t count, struct nest_error *error);

/* To be called after the last row: partitions will go in the order of RANKS, one for each. */
void scatter_sort(struct scatter *scatter, const uint32_t *ranks);

/* Sets `slices`, of the kept leaves, to the next *ROWS rows of partition RANK; *ROWS is 0 at the end. */
bool scatter_next(struct scatter *scatter, uint32_t rank, uint64_t *rows, struct nest_error *error);

#endif
