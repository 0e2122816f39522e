/* headers - a frame in a line: its header as JSON, and where it stands. */
#ifndef NEST_CAT_HEADERS_H
#define NEST_CAT_HEADERS_H

#include "cat/intake.h"

/*
 * Appends the line of FRAME, which PIECE was decoded to: its number, its byte, the bytes of its body as
 * they were sent, and the keys of its header in the order of nest-frame(5), those that it does not
 * know behind them.  What is no text is in hexadecimal digits.
 */
bool headers_show(const struct intake_piece *piece, const struct frame *frame, struct buffer *out,
    struct nest_error *error);

#endif
