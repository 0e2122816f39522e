/*
 * shown - gathers text and writes it to standard output.
 *
 * A reader that has seen enough is not a failure: once standard output has no reader, the program is done.
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

/* Writes OUT to standard output, and empties it; exits with status 0 if there is no reader any more. */
bool shown_write(struct buffer *out, struct nest_error *error);

/* Flushes the buffer of standard output; exits with STATUS if there is no reader any more. */
bool shown_flush(enum nest_status status, struct nest_error *error);

/* The same, and closes it. */
bool shown_finish(enum nest_status status, struct nest_error *error);

#endif
