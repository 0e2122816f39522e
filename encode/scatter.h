/*
 * scatter - the rows of a part, kept by the partitions that they belong to, until the part ends.
 *
 * Rows come in slices, each with the partition of every row, and go partition by partition, those of
 * one in the order in which they came.  In memory there are no more than SCATTER_BYTES of them, and one
 * slice; what is more waits in a file that has no name, in the place of the part.  How many partitions
 * there are changes nothing of that.
 *
 * A struct scatter owns what it holds, and scatter_free() gives it back.  Errors: NEST_INVALID names column
 * and row; NEST_FAILED, "unable to keep rows aside: ...", or for want of memory.
 */
#ifndef NEST_ENCODE_SCATTER_H
#define NEST_ENCODE_SCATTER_H

#include "lib/columns/slice.h"
#include "lib/dataset/place.h"

enum {
	SCATTER_BYTES = 64 << 20,
	SCATTER_SLICE_BYTES = 1 << 20, /* of a slice that comes out, before the last rows that go into it */
};

struct scatter {
	const struct place *place;
	uint32_t leaf_count;
	struct scatter_leaf *leaves; /* those whose values are kept */
	struct leaf_slice *slices;   /* the one that came out last */
	struct buffer starts;        /* where each row of a slice that comes in begins, leaf by leaf */
	struct buffer order;         /* uint32_t: its rows, partition by partition */
	struct buffer counts;        /* uint32_t: of its rows, those of each partition */
	struct buffer runs;          /* struct scatter_run */
	size_t next_run;             /* that comes out */
	struct buffer bytes;         /* of runs, from byte `spilled` of all of them on */
	uint64_t spilled;            /* bytes that wait in the file */
	uint64_t memory_bytes;       /* as many may wait in memory */
	int fd;                      /* where has_file */
	bool has_file;
	struct buffer piece; /* of the file, that was read */
};

/*
 * Begins a part.  LEAVES are those of the slices that come, of which KEPT names LEAF_COUNT to keep; both
 * may go once this returns, but the leaves' own paths.  SCATTER is zeroed.
 */
bool scatter_open(struct scatter *scatter, const struct place *place, const struct leaf *leaves,
    const uint32_t *kept, uint32_t leaf_count, struct nest_error *error);
void scatter_free(struct scatter *scatter);

/* Takes ROWS rows that begin at FIRST_ROW of the dataset, and PARTITIONS, which are below COUNT; levels were
 * checked. */
bool scatter_take(struct scatter *scatter, const struct leaf_slice *slices, uint64_t rows, uint64_t first_row,
    const uint32_t *partitions, uint32_t count, struct nest_error *error);

/* All rows came, and are to go by RANKS, one for each partition. */
void scatter_sort(struct scatter *scatter, const uint32_t *ranks);

/* The next rows of the partition whose rank is RANK, in slices of the leaves that are kept; *ROWS is 0 behind
 * them. */
bool scatter_next(struct scatter *scatter, uint32_t rank, uint64_t *rows, struct nest_error *error);

#endif
