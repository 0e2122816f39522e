/*
 * levels - prints columns as the Dremel paper does: for each leaf, a table of repetition level,
 * definition level and value.
 */
#ifndef NEST_CAT_LEVELS_H
#define NEST_CAT_LEVELS_H

#include "cat/intake.h"
#include "cat/rows.h"

/* Appends the tables of FRAME, of kind columns, whose body must be uncompressed; ROWS reads it. */
bool levels_show(struct rows *rows, const struct intake_piece *piece, const struct frame *frame,
    struct buffer *out, struct nest_error *error);

#endif
