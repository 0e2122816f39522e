/*
 * levels - columns as the Dremel paper prints them: for each leaf a table of repetition level,
 * definition level and value.
 */
#ifndef NEST_CAT_LEVELS_H
#define NEST_CAT_LEVELS_H

#include "cat/intake.h"
#include "cat/rows.h"

/* Appends the tables of FRAME, of kind columns, with a plain body; ROWS is what reads it. */
bool levels_show(struct rows *rows, const struct intake_piece *piece, const struct frame *frame,
    struct buffer *out, struct nest_error *error);

#endif
