/*
 * parts - the parts that came by a stream, and how they fit together.
 *
 * The ledger (lib/wire/ledger.h) follows a part from frame to frame.  What can be told only of
 * parts beside each other, or when all have come, is here: one schema for a part, one way of
 * numbering, and ranges of rows that follow one another.  A stream need not have every part.
 */
#ifndef NEST_CAT_PARTS_H
#define NEST_CAT_PARTS_H

#include "lib/base/faults.h"
#include "lib/wire/frame.h"

/* Where a frame stands and whose it is, for a message. */
struct place_of {
	uint64_t number, offset;
	const char *sender;
};

struct part_range {
	uint64_t number, first_row, next_row;
	uint64_t schema;  /* a hash of its text */
	bool is_declared; /* by a frame of kind part, not made of data frames */
	bool is_closed;
	struct place_of begin;
};

struct parts {
	struct part_range *all; /* those that are open stand first */
	size_t count, open_count, capacity;
	bool has_numbering, is_part_numbered; /* of the first part */
	uint64_t numbered_part;
	bool is_mixed; /* not all are numbered so: their ranges say nothing */
};

/* Tells FAULTS of what WHERE, a frame of kind rows, columns or part, breaks. */
bool parts_enter(struct parts *parts, const struct frame *frame, const struct place_of *where,
    const struct faults *faults, struct nest_error *error);

/* A fault of the whole, and the frame where it shows. */
typedef void parts_teller(void *context, const struct place_of *where, const struct nest_error *fault);

/* All has come: holds the parts against one another, and against EXTENT, which may be NULL. */
void parts_check(struct parts *parts, const struct frame_extent *extent, parts_teller *tell, void *context);

void parts_free(struct parts *parts);

#endif
