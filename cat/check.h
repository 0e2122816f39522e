/*
 * check - checks a stream of frames against nest-frame(5), and prints a line for every break of it.
 *
 * A struct check takes piece after piece, and then the end.  It prints what it finds at once,
 * except what only the whole stream shows.  Functions return false only for NEST_FAILED, for lack of
 * memory.
 */
#ifndef NEST_CAT_CHECK_H
#define NEST_CAT_CHECK_H

#include "cat/intake.h"

#include <stdio.h>

struct check;

/* Lines go to OUT, each after PREFIX; both are borrowed until check_close(). */
bool check_open(
    struct check **check, uint64_t senders, FILE *out, const char *prefix, struct nest_error *error);

/*
 * Checks PIECE, which must not be an end.  WHY says why, if it is not a frame.  *FRAME is its frame,
 * valid until the next piece; NULL if it is not a frame.
 */
bool check_piece(struct check *check, const struct intake_piece *piece, const struct nest_error *why,
    const struct frame **frame, struct nest_error *error);

/* To be called at the end, which is PIECE. */
void check_end(struct check *check, const struct intake_piece *piece);

/* How many lines were printed. */
uint64_t check_count(const struct check *check);

/* CHECK may be NULL. */
void check_close(struct check *check);

#endif
