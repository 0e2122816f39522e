#include "lib/dataset/nameless.h"

#include "lib/base/program.h"
#include "lib/dataset/staged_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINK_BYTES = 32,
	PIECES_AT_ONCE = 64,
	BYTES_AT_ONCE = 256 << 10, /* that a cache keeps from the digest to the write after it */
};

/* The path by which a file without a name can be given one. */
static void
write_link(int fd, char link[LINK_BYTES])
{
	snprintf(link, LINK_BYTES, "/proc/self/fd/%d", fd);
}

int
nameless_open(int dir_fd)
{
	char link[LINK_BYTES];
	struct stat status;
	int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	if (fd < 0)
		return -1;
	write_link(fd, link);
	/* Some file systems make such files even in a directory that was removed. */
	if (access(link, F_OK) == 0 && fstat(dir_fd, &status) == 0 && status.st_nlink > 0)
		return fd;
	close(fd);
	return -1;
}

/* If files cannot be made without a name, the file's name is removed at once. */
int
nameless_scratch(int dir_fd)
{
	char hidden[PLACE_NAME_BYTES];
	struct nest_error ignored;
	int fd = nameless_open(dir_fd);
	if (fd >= 0 || !staged_temporary("scratch", hidden, &ignored))
		return fd;
	fd = openat(dir_fd, hidden, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		unlinkat(dir_fd, hidden, 0);
	return fd;
}

int
nameless_link(int fd, int dir_fd, const char *name)
{
	char link[LINK_BYTES];
	write_link(fd, link);
	return linkat(AT_FDCWD, link, dir_fd, name, AT_SYMLINK_FOLLOW);
}

/* How far pieces are written: COUNT are left, and OFFSET bytes of the first are done. */
struct piece_cursor {
	const struct iovec *pieces;
	size_t count, offset;
};

/* Takes what to write at once, and splits a large piece. */
static size_t
cut_batch(struct piece_cursor *cursor, struct iovec batch[PIECES_AT_ONCE])
{
	size_t used = 0, room = BYTES_AT_ONCE;
	while (used < PIECES_AT_ONCE && room > 0 && cursor->count > 0) {
		size_t left = cursor->pieces->iov_len - cursor->offset, size = left < room ? left : room;
		batch[used].iov_base = (uint8_t *)cursor->pieces->iov_base + cursor->offset;
		batch[used++].iov_len = size;
		room -= size;
		cursor->offset += size;
		if (size == left) {
			cursor->pieces++;
			cursor->count--;
			cursor->offset = 0;
		}
	}
	return used;
}

static bool
write_batch(int fd, struct iovec *batch, size_t count, uint64_t *size_bytes)
{
	while (count > 0) {
		ssize_t written = writev(fd, batch, (int)count);
		if (written < 0 && errno != EINTR)
			return false;
		size_t left = written > 0 ? (size_t)written : 0;
		*size_bytes += left;
		for (; count > 0 && left >= batch->iov_len; batch++, count--)
			left -= batch->iov_len;
		if (left > 0) {
			batch->iov_base = (uint8_t *)batch->iov_base + left;
			batch->iov_len -= left;
		}
		if (count > 0 && program_interrupted()) {
			errno = EINTR;
			return false;
		}
	}
	return true;
}

bool
pieces_write(int fd, const struct iovec *pieces, size_t count, struct digest *digest, uint64_t *size_bytes)
{
	struct piece_cursor cursor = {pieces, count, 0};
	struct iovec batch[PIECES_AT_ONCE];
	size_t used;
	while ((used = cut_batch(&cursor, batch)) > 0) {
		for (size_t i = 0; digest != NULL && i < used; i++)
			digest_add(digest, (struct view){batch[i].iov_base, batch[i].iov_len});
		if (!write_batch(fd, batch, used, size_bytes))
			return false;
	}
	return true;
}
