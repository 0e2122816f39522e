/*
 * shown - what is printed: text that is gathered and written to standard output.
 *
 * A reader who has seen enough is no failure: once standard output has none, the program is done.
 */
#ifndef NEST_CAT_SHOWN_H
#define NEST_CAT_SHOWN_H

#include "lib/base/buffer.h"

#include <stdnoreturn.h>

/* Appends formatted text. */
bool shown_put(struct buffer *out, struct nest_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends BYTES as hexadecimal digits. */
bool shown_put_hex(struct buffer *out, struct view bytes, struct nest_error *error);

/* Writes what OUT has to standard output, and empties it; exits with status 0 where nobody reads any more. */
bool shown_write(struct buffer *out, struct nest_error *error);

/* Writes what standard output's own buffer has; exits with STATUS where nobody reads any more. */
bool shown_flush(enum nest_status status, struct nest_error *error);

/* The same, and closes it. */
bool shown_finish(enum nest_status status, struct nest_error *error);

#endif
