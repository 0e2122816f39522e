#include "tests/unit/metadata_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
read_at(void *context, void *data, size_t size, uint64_t offset, struct nest_error *error)
{
	const struct metadata_file *file = context;
	return pread(file->fd, data, size, (off_t)offset) == (ssize_t)size ||
	       nest_error_system(error, "unable to read %s", file->source.name);
}

bool
metadata_file_open(struct metadata_file *file, const char *path)
{
	struct stat status;
	*file = (struct metadata_file){.fd = open(path, O_RDONLY)};
	if (file->fd < 0 || fstat(file->fd, &status) != 0)
		return false;
	file->source = (struct metadata_source){read_at, file, (uint64_t)status.st_size, path};
	return true;
}

void
metadata_file_close(struct metadata_file *file)
{
	close(file->fd);
}

static bool
read_memory(void *context, void *data, size_t size, uint64_t offset, struct nest_error *error)
{
	const struct buffer *bytes = context;
	if (offset > bytes->size || size > bytes->size - offset)
		return nest_error_set(error, NEST_FAILED, "there is nothing");
	if (size > 0)
		memcpy(data, bytes->data + offset, size);
	return true;
}

struct metadata_source
metadata_memory(const struct buffer *bytes)
{
	return (struct metadata_source){read_memory, (void *)(uintptr_t)bytes, bytes->size, "memory"};
}
