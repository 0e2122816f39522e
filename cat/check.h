/*
 * check - a stream of frames held to nest-frame(5): every break that can be named, each in a line.
 *
 * A struct check is given piece after piece, and at the end told so.  What it finds it prints at
 * once, but for what only the whole shows.  Functions are false for NEST_FAILED alone: want of memory.
 */
#ifndef NEST_CAT_CHECK_H
#define NEST_CAT_CHECK_H

#include "cat/intake.h"

#include <stdio.h>

struct check;

/* Lines go to OUT, each behind PREFIX; both are borrowed until check_close(). */
bool check_open(
    struct check **check, uint64_t senders, FILE *out, const char *prefix, struct nest_error *error);

/*
 * PIECE is no end.  WHY is what the input said of it where it is no frame.  *FRAME is what it
 * is, until the next piece; NULL where it is none.
 */
bool check_piece(struct check *check, const struct intake_piece *piece, const struct nest_error *why,
    const struct frame **frame, struct nest_error *error);

/* Nothing comes any more, as PIECE says. */
void check_end(struct check *check, const struct intake_piece *piece);

/* How many lines there are. */
uint64_t check_count(const struct check *check);

/* CHECK may be NULL. */
void check_close(struct check *check);

#endif
