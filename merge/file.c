#include "merge/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
read_at(void *context, void *data, size_t size, uint64_t offset, struct nest_error *error)
{
	const struct parquet_file *file = context;
	for (size_t done = 0; done < size;) {
		ssize_t got = pread(file->fd, (uint8_t *)data + done, size - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return nest_error_system(error, "unable to read %s", file->source.name);
		if (got == 0)
			return nest_error_set(
			    error, NEST_FAILED, "%s became shorter while it was read", file->source.name);
		done += (size_t)got;
	}
	return true;
}

static bool
find_size(struct parquet_file *file, struct nest_error *error)
{
	struct stat status;
	if (fstat(file->fd, &status) != 0)
		return nest_error_system(error, "unable to look at %s", file->source.name);
	if (!S_ISREG(status.st_mode))
		return nest_error_set(error, NEST_INVALID, "%s is no regular file", file->source.name);
	file->source.size_bytes = (uint64_t)status.st_size;
	return true;
}

bool
parquet_file_open(struct parquet_file *file, const char *path, struct nest_error *error)
{
	*file = (struct parquet_file){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
	file->source = (struct metadata_source){.read_at = read_at, .context = file, .name = path};
	if (file->fd < 0)
		return nest_error_system(error, "unable to open %s", path);
	if (find_size(file, error) && metadata_read(&file->metadata, &file->source, error))
		return true;
	close(file->fd);
	return false;
}

void
parquet_file_close(struct parquet_file *file)
{
	metadata_free(&file->metadata);
	close(file->fd);
}
