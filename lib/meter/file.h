/*
 * file - whole files in and out: reading one of bounded size, writing one atomically.
 */
#ifndef NEST_METER_FILE_H
#define NEST_METER_FILE_H

#include "lib/base/buffer.h"

/*
 * Appends the file to BYTES.  One that is larger than the limit is read to one byte behind
 * it, for the caller to refuse.
 */
bool meter_file_read(const char *path, size_t limit_bytes, struct buffer *bytes, struct nest_error *error);

/* Writes beside PATH and renames: PATH is what it was, or all of BYTES. */
bool meter_file_write(const char *path, struct view bytes, struct nest_error *error);

#endif
