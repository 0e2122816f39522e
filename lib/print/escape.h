/* escape - texts as JSON strings. */
#ifndef NEST_PRINT_ESCAPE_H
#define NEST_PRINT_ESCAPE_H

#include "lib/base/buffer.h"

/* Appends TEXT in quotes: what must be escaped, in as few bytes as JSON has for it. */
bool escape_append(struct buffer *out, struct view text, struct nest_error *error);

/* Appends the text of a JSON value as it is, but for the ends of lines between its tokens, which become
 * blanks. */
bool escape_lines(struct buffer *out, struct view json, struct nest_error *error);

#endif
