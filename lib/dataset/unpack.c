#include "lib/dataset/unpack.h"

#include "lib/base/program.h"
#include "lib/dataset/accepted.h"
#include "lib/dataset/bundle.h"
#include "lib/dataset/internal.h"
#include "lib/dataset/published.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PATH_BYTES = BUNDLE_PATH_MOST + PUBLISHED_NAME_BYTES + 1, /* of a file below the dataset */
	PIECE_BYTES = 1 << 16,
};

/* A bundle that is being unpacked. */
struct unpacking {
	const char *path;
	int from_fd, new_fd;
	char file[PATH_BYTES]; /* the one that is written, below the new dataset */
};

static bool
fail_to_write(const struct unpacking *unpacking, struct nest_error *error)
{
	return nest_error_system(error, "unable to write %s/%s", unpacking->path, unpacking->file);
}

/* Makes each directory on the way to the file, unless another part has made it. */
static bool
make_folders(struct unpacking *unpacking, struct nest_error *error)
{
	for (char *slash = unpacking->file; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		bool made = mkdirat(unpacking->new_fd, unpacking->file, 0777) == 0 || errno == EEXIST;
		if (!made)
			return nest_error_system(
			    error, "unable to create directory %s/%s", unpacking->path, unpacking->file);
		*slash = '/';
	}
	return true;
}

static bool
write_all(int fd, const uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t count = write(fd, data, size);
		if (count < 0 && errno != EINTR)
			return false;
		data += count > 0 ? count : 0;
		size -= count > 0 ? (size_t)count : 0;
	}
	return true;
}

/* Copies through memory, for file systems that cannot copy: the bytes copied, 0 at the end, or -1. */
static ssize_t
copy_piece(int from_fd, uint64_t offset, int to_fd, uint64_t size)
{
	uint8_t piece[PIECE_BYTES];
	ssize_t count =
	    pread(from_fd, piece, size < sizeof piece ? (size_t)size : sizeof piece, (off_t)offset);
	if (count <= 0)
		return count;
	return write_all(to_fd, piece, (size_t)count) ? count : -1;
}

static bool
copy_bytes(
    const struct unpacking *unpacking, const struct bundle_file *file, int to_fd, struct nest_error *error)
{
	bool by_itself = true;
	for (uint64_t done = 0; done < file->size_bytes;) {
		uint64_t offset = file->offset + done, left = file->size_bytes - done;
		off_t at = (off_t)offset;
		ssize_t count = by_itself ? copy_file_range(unpacking->from_fd, &at, to_fd, NULL, left, 0)
		                          : copy_piece(unpacking->from_fd, offset, to_fd, left);
		if (program_interrupted())
			return program_interrupt_error(error);
		if (count > 0)
			done += (uint64_t)count;
		else if (by_itself)
			by_itself = false;
		else if (count == 0)
			return nest_error_set(error, NEST_INVALID,
			    "%s/%s: what it is copied from became shorter", unpacking->path, unpacking->file);
		else if (errno != EINTR)
			return fail_to_write(unpacking, error);
	}
	return true;
}

/* Most files go into a directory that an earlier file, or an earlier part, has made already. */
static bool
put_file(struct unpacking *unpacking, const struct bundle_file *file, struct nest_error *error)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(unpacking->new_fd, unpacking->file, flags, 0666);
	if (fd < 0 && errno == ENOENT) {
		if (!make_folders(unpacking, error))
			return false;
		fd = openat(unpacking->new_fd, unpacking->file, flags, 0666);
	}
	if (fd < 0)
		return nest_error_system(error, "unable to create %s/%s", unpacking->path, unpacking->file);
	bool fine = copy_bytes(unpacking, file, fd, error);
	if (close(fd) != 0 && fine)
		fine = fail_to_write(unpacking, error);
	return fine;
}

static bool
put_files(
    struct unpacking *unpacking, const struct commit_part *part, const char *name, struct nest_error *error)
{
	struct view index = view_of_text(part->index);
	struct bundle_file file = {0};
	while (bundle_next(&index, &file)) {
		snprintf(unpacking->file, sizeof unpacking->file, "%.*s/%s", (int)file.folder.size,
		    (const char *)file.folder.data, name);
		if (!put_file(unpacking, &file, error))
			return false;
	}
	return true;
}

bool
unpack_part(const struct place *place, const struct commit_part *part, const char *name, int new_fd,
    const char *path, struct nest_error *error)
{
	struct unpacking unpacking = {.path = path, .new_fd = new_fd};
	struct stat before, after;
	if (!accepted_check(place, part, &before, error))
		return false;
	unpacking.from_fd = openat(place->fd, part->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (unpacking.from_fd < 0)
		return nest_error_system(error, "unable to open %s/%s", place->path, part->file);
	bool fine = put_files(&unpacking, part, name, error);
	if (fine && fstat(unpacking.from_fd, &after) != 0)
		fine = nest_error_system(error, "unable to examine %s/%s", place->path, part->file);
	fine = fine && accepted_check_same(part, &before, &after, error);
	close(unpacking.from_fd);
	return fine;
}
