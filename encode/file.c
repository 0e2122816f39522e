/* file.c - writing, syncing and renaming. */
#include "encode/file.h"

#include "lib/meter/probe.h"
#include "lib/parquet/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PIECES_AT_ONCE = 1024 }; /* IOV_MAX on Linux */

/* A parquet-merge that fails removes what is staged, and often is quicker than word of its end. */
static bool
fail_removed(const struct file *file, struct nest_error *error)
{
	return nest_error_set(error, NEST_FAILED,
	    "%s or its folder was removed: parquet-merge was lost, or another run has begun",
	    file->temporary);
}

bool
file_open(struct file *file, const char *directory, const char *temporary, const char *name,
    struct nest_error *error)
{
	int before = snprintf(file->temporary, sizeof file->temporary, "%s/%s", directory, temporary);
	int after = snprintf(file->path, sizeof file->path, "%s/%s", directory, name);
	file->size_bytes = 0;
	if (before < 0 || (size_t)before >= sizeof file->temporary || after < 0 ||
	    (size_t)after >= sizeof file->path) {
		errno = ENAMETOOLONG;
		return nest_error_system(error, "unable to create a file in %.200s", directory);
	}
	file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (file->fd < 0)
		return errno == ENOENT ? fail_removed(file, error)
		                       : nest_error_system(error, "unable to create %s", file->temporary);
	/* Two writers to one file would make a third one of it, with a sound footer. */
	bool ours = staging_lock(file->fd, file->temporary);
	if (ours && ftruncate(file->fd, 0) == 0)
		return true;
	if (ours)
		nest_error_system(error, "unable to write %s", file->temporary);
	else if (access(file->temporary, F_OK) != 0 && errno == ENOENT)
		fail_removed(file, error);
	else
		nest_error_set(error, NEST_FAILED,
		    "another parquet-encode is writing %s; wait until it is done", file->temporary);
	close(file->fd);
	file->fd = -1;
	return false;
}

bool
file_write(struct file *file, struct iovec *pieces, size_t count, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.write");
	while (count > 0) {
		int batch = count < PIECES_AT_ONCE ? (int)count : PIECES_AT_ONCE;
		ssize_t written = writev(file->fd, pieces, batch);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return nest_error_system(error, "unable to write %s", file->temporary);
		file->size_bytes += (uint64_t)written;
		size_t left = (size_t)written;
		for (; count > 0 && left >= pieces->iov_len; pieces++, count--)
			left -= pieces->iov_len;
		if (left > 0) {
			pieces->iov_base = (uint8_t *)pieces->iov_base + left;
			pieces->iov_len -= left;
		}
	}
	return true;
}

bool
file_publish(struct file *file, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.sync");
	bool fine = fdatasync(file->fd) == 0;
	if (!fine)
		nest_error_system(error, "unable to write %s", file->temporary);
	/*
	 * Closing would let go of the name before the file has left it; after the sync it
	 * has nothing to say.
	 */
	if (fine && rename(file->temporary, file->path) != 0)
		fine = errno == ENOENT ? fail_removed(file, error)
		                       : nest_error_system(
					     error, "unable to rename %s to %s", file->temporary, file->path);
	if (!fine) {
		file_discard(file);
		return false;
	}
	close(file->fd);
	file->fd = -1;
	return true;
}

void
file_discard(struct file *file)
{
	unlink(file->temporary);
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}
