/* headers - prints a frame as a line: its header as JSON, and its place. */
#ifndef NEST_CAT_HEADERS_H
#define NEST_CAT_HEADERS_H

#include "cat/intake.h"

/*
 * Appends the line of FRAME, which was decoded from PIECE: its number, its offset, the size of its body as
 * it was sent, and the keys of its header in the order of nest-frame(5), followed by unknown ones.  Bytes
 * that are not text are in hexadecimal digits.
 */
bool headers_show(const struct intake_piece *piece, const struct frame *frame, struct buffer *out,
    struct nest_error *error);

#endif
