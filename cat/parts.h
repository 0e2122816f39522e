/*
 * parts - the parts that came in a stream, and whether they fit together.
 *
 * The ledger (lib/wire/ledger.h) follows each part from frame to frame.  Here is what only several
 * parts together, or all of them, can show: one schema for a part, one way of numbering, and ranges
 * of rows that follow one another.  A stream need not have every part.
 */
#ifndef NEST_CAT_PARTS_H
#define NEST_CAT_PARTS_H

#include "lib/base/faults.h"
#include "lib/wire/frame.h"

/* Where a frame is and who sent it, for a message. */
struct place_of {
	uint64_t number, offset;
	const char *sender;
};

struct part_range {
	uint64_t number, first_row, next_row;
	uint64_t schema;  /* a hash of its text */
	bool is_declared; /* by a frame of kind part, and not made of data frames */
	bool is_closed;
	struct place_of begin;
};

struct parts {
	struct part_range *all; /* open ones first */
	size_t count, open_count, capacity;
	bool has_numbering, is_part_numbered; /* of the first part */
	uint64_t numbered_part;
	bool is_mixed; /* not all are numbered alike: their ranges mean nothing */
};

/* Enters FRAME, of kind rows, columns or part, at WHERE; FAULTS receive what it breaks. */
bool parts_enter(struct parts *parts, const struct frame *frame, const struct place_of *where,
    const struct faults *faults, struct nest_error *error);

/* Receives a fault of the whole, and the frame where it shows. */
typedef void parts_teller(void *context, const struct place_of *where, const struct nest_error *fault);

/* To be called at the end: checks the parts against one another, and against EXTENT, which may be NULL. */
void parts_check(struct parts *parts, const struct frame_extent *extent, parts_teller *tell, void *context);

void parts_free(struct parts *parts);

#endif
