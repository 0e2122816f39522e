#include "merge/join.h"

#include "lib/base/program.h"
#include "lib/parquet/carry.h"
#include "merge/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 20, FILE_MODE = 0666 };

struct join {
	const char *out;
	char *draft; /* the name that it has until it is complete */
	int fd;
	uint64_t written;
	struct parquet_file *files;
	struct carried_file *carried;
	size_t count;
	struct buffer bytes;
	struct nest_error *error;
};

/* ---- files ---- */

static bool
check_schema(const struct join *join, size_t index)
{
	const struct parquet_file *first = &join->files[0], *file = &join->files[index];
	return strcmp(first->metadata.schema->text, file->metadata.schema->text) == 0 ||
	       nest_error_set(join->error, NEST_INVALID, "the schema of %s differs from that of %s",
		   file->source.name, first->source.name);
}

/* Descriptors are given back as soon as the footer is read, since there may be many files. */
static bool
read_footers(struct join *join, char **paths)
{
	size_t count = 0;
	while (paths[count] != NULL)
		count++;
	join->files = calloc(count, sizeof *join->files);
	join->carried = calloc(count, sizeof *join->carried);
	if (join->files == NULL || join->carried == NULL)
		return nest_error_memory(join->error, count * sizeof *join->files, "the files");
	for (; join->count < count; join->count++) {
		struct parquet_file *file = &join->files[join->count];
		if (!parquet_file_open(file, paths[join->count], join->error))
			return false;
		close(file->fd);
		file->fd = -1;
		if (!check_schema(join, join->count)) {
			metadata_free(&file->metadata);
			return false;
		}
	}
	return true;
}

/* ---- writing ---- */

static bool
write_bytes(struct join *join, const void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t put = write(join->fd, (const uint8_t *)bytes + done, size - done);
		if (put < 0 && errno != EINTR)
			return nest_error_system(join->error, "unable to write %s", join->draft);
		done += put > 0 ? (size_t)put : 0;
	}
	join->written += size;
	return true;
}

/* By the kernel, as far as that can be. */
static bool
copy_by_kernel(struct join *join, int from, uint64_t *at, uint64_t end)
{
	while (*at < end) {
		off_t offset = (off_t)*at;
		ssize_t copied = copy_file_range(from, &offset, join->fd, NULL, (size_t)(end - *at), 0);
		if (copied <= 0)
			return false;
		*at += (uint64_t)copied;
		join->written += (uint64_t)copied;
	}
	return true;
}

static bool
copy_data(struct join *join, struct parquet_file *file, uint64_t end)
{
	uint64_t at = METADATA_MAGIC_BYTES;
	if (copy_by_kernel(join, file->fd, &at, end))
		return true;
	buffer_clear(&join->bytes);
	if (!buffer_reserve(&join->bytes, COPY_BYTES, join->error))
		return false;
	while (at < end) {
		size_t size = end - at < COPY_BYTES ? (size_t)(end - at) : COPY_BYTES;
		if (program_interrupted())
			return program_interrupt_error(join->error);
		if (!file->source.read_at(file->source.context, join->bytes.data, size, at, join->error) ||
		    !write_bytes(join, join->bytes.data, size))
			return false;
		at += size;
	}
	return true;
}

/* What stands between the magic and the footer. */
static bool
append_file(struct join *join, size_t index)
{
	struct parquet_file *file = &join->files[index];
	struct parquet_file again;
	uint64_t end = file->source.size_bytes - METADATA_TAIL_BYTES - file->metadata.own_bytes.size;
	join->carried[index] = (struct carried_file){&file->metadata, join->written - METADATA_MAGIC_BYTES};
	if (!parquet_file_open(&again, file->source.name, join->error))
		return false;
	bool fine = again.source.size_bytes == file->source.size_bytes &&
	            view_equal((struct view){again.metadata.own_bytes.data, again.metadata.own_bytes.size},
			(struct view){file->metadata.own_bytes.data, file->metadata.own_bytes.size});
	if (!fine)
		nest_error_set(
		    join->error, NEST_FAILED, "%s was changed while it was read", file->source.name);
	fine = fine && copy_data(join, &again, end);
	parquet_file_close(&again);
	return fine;
}

static bool
write_all(struct join *join)
{
	if (!write_bytes(join, "PAR1", METADATA_MAGIC_BYTES))
		return false;
	for (size_t i = 0; i < join->count; i++)
		if (!append_file(join, i))
			return false;
	buffer_clear(&join->bytes);
	return carry_footer(&join->bytes, join->carried, join->count, join->error) &&
	       write_bytes(join, join->bytes.data, join->bytes.size);
}

/* The draft stands beside the file, so that a name is all that changes at the end. */
static bool
open_draft(struct join *join)
{
	size_t size = strlen(join->out) + 32;
	join->draft = malloc(size);
	if (join->draft == NULL)
		return nest_error_memory(join->error, size, "a name");
	snprintf(join->draft, size, "%s.%ld.part", join->out, (long)getpid());
	join->fd = open(join->draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	return join->fd >= 0 || nest_error_system(join->error, "unable to create %s", join->draft);
}

static bool
finish(struct join *join)
{
	if (fsync(join->fd) != 0 || close(join->fd) != 0)
		return nest_error_system(join->error, "unable to write %s", join->draft);
	join->fd = -1;
	return rename(join->draft, join->out) == 0 ||
	       nest_error_system(join->error, "unable to rename %s to %s", join->draft, join->out);
}

static void
free_join(struct join *join)
{
	for (size_t i = 0; i < join->count; i++)
		metadata_free(&join->files[i].metadata);
	free(join->files);
	free(join->carried);
	free(join->draft);
	buffer_free(&join->bytes);
}

bool
join_files(const char *out, char **paths, struct nest_error *error)
{
	struct join join = {.out = out, .fd = -1, .error = error};
	bool opened = read_footers(&join, paths) && open_draft(&join);
	bool fine = opened && write_all(&join) && finish(&join);
	if (join.fd >= 0)
		close(join.fd);
	if (opened && !fine)
		unlink(join.draft);
	free_join(&join);
	return fine;
}
