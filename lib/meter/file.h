/*
 * file - reads whole files of bounded size, and writes them atomically.
 */
#ifndef NEST_METER_FILE_H
#define NEST_METER_FILE_H

#include "lib/base/buffer.h"

/*
 * Appends the file to BYTES.  Of a file larger than the limit, one byte more than the limit is
 * read, for the caller to refuse.  NEST_FAILED.
 */
bool meter_file_read(const char *path, size_t limit_bytes, struct buffer *bytes, struct nest_error *error);

/* Writes a file beside PATH and renames it: PATH is unchanged, or all of BYTES.  NEST_FAILED. */
bool meter_file_write(const char *path, struct view bytes, struct nest_error *error);

#endif
