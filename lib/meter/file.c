#include "lib/meter/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

bool
meter_file_read(const char *path, size_t limit_bytes, struct buffer *bytes, struct nest_error *error)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return nest_error_system(error, "unable to open %s", path);
	size_t left = limit_bytes + 1;
	bool sound = true;
	while (sound && left > 0) {
		size_t step = left < 65536 ? left : 65536;
		if (!(sound = buffer_reserve(bytes, step, error)))
			break;
		ssize_t got = read(file, bytes->data + bytes->size, step);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			sound = nest_error_system(error, "unable to read %s", path);
		if (got > 0) {
			bytes->size += (size_t)got;
			left -= (size_t)got;
		}
	}
	close(file);
	return sound;
}

static bool
write_all(int file, struct view bytes)
{
	while (bytes.size > 0) {
		ssize_t wrote = write(file, bytes.data, bytes.size);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		bytes.data += wrote;
		bytes.size -= (size_t)wrote;
	}
	return true;
}

bool
meter_file_write(const char *path, struct view bytes, struct nest_error *error)
{
	char beside[PATH_MAX];
	int size = snprintf(beside, sizeof beside, "%s.%ld.tmp", path, (long)getpid());
	if (size < 0 || (size_t)size >= sizeof beside)
		return nest_error_set(
		    error, NEST_FAILED, "unable to write %.200s...: the path is too long", path);
	int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (file < 0)
		return nest_error_system(error, "unable to create %s", beside);
	bool written = write_all(file, bytes) || nest_error_system(error, "unable to write %s", beside);
	if (close(file) != 0 && written)
		written = nest_error_system(error, "unable to write %s", beside);
	if (written && rename(beside, path) != 0)
		written = nest_error_system(error, "unable to rename %s to %s", beside, path);
	if (!written)
		unlink(beside);
	return written;
}
