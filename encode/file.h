/*
 * file - a file that appears under its name only when it is complete.
 *
 * A struct file owns its descriptor and its two paths between file_open() and
 * file_publish() or file_discard(), which both leave it empty.  Errors:
 * NEST_FAILED, "unable to write PATH: ...".
 */
#ifndef NEST_ENCODE_FILE_H
#define NEST_ENCODE_FILE_H

#include "lib/base/buffer.h"

#include <limits.h>
#include <sys/uio.h>

struct file {
	int fd;
	uint64_t size_bytes; /* written so far */
	char temporary[PATH_MAX], path[PATH_MAX];
};

/*
 * Creates DIRECTORY/TEMPORARY, or empties what an earlier run left there; NAME
 * is what it will be called.  It is locked, and one that is locked refused.
 */
bool file_open(struct file *file, const char *directory, const char *temporary, const char *name,
    struct nest_error *error);

/* Writes all of PIECES, which is used up on the way. */
bool file_write(struct file *file, struct iovec *pieces, size_t count, struct nest_error *error);

/* Syncs, renames to its name, and closes; on failure discards. */
bool file_publish(struct file *file, struct nest_error *error);

/* Unlinks and closes. */
void file_discard(struct file *file);

#endif
