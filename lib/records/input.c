#include "lib/records/input.h"

#include "lib/base/program.h"
#include "lib/wire/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 18 };

static bool
take_size(struct input_file *file, const struct stat *status, struct nest_error *error)
{
	if (S_ISDIR(status->st_mode))
		return nest_error_set(error, NEST_USAGE, "%s is a directory; name its files", file->name);
	file->is_sized = S_ISREG(status->st_mode);
	file->size = file->is_sized ? (uint64_t)status->st_size : 0;
	file->modified_ns =
	    (uint64_t)status->st_mtim.tv_sec * 1000000000u + (uint64_t)status->st_mtim.tv_nsec;
	if (file->is_sized && file->fd >= 0) {
		/* Somebody may have read of it before. */
		off_t offset = lseek(file->fd, 0, SEEK_CUR);
		file->offset = offset > 0 ? (uint64_t)offset : 0;
		file->size -= file->offset < file->size ? file->offset : file->size;
	}
	return true;
}

static bool
open_file(struct input_file *file, const char *path, struct nest_error *error)
{
	struct stat status;
	*file = (struct input_file){.name = path, .path = path, .fd = -1};
	if (strcmp(path, "-") == 0) {
		*file = (struct input_file){.name = "standard input", .fd = STDIN_FILENO};
		program_widen_pipe(STDIN_FILENO);
	} else if (access(path, R_OK) != 0) {
		return nest_error_system(error, "unable to read %s", path);
	}
	if ((file->path == NULL ? fstat(file->fd, &status) : stat(path, &status)) != 0)
		return nest_error_system(error, "unable to read %s", file->name);
	return take_size(file, &status, error);
}

static bool
check(const struct input *input, struct nest_error *error)
{
	if (!input->is_sized && input->file_count > 1)
		return nest_error_set(error, NEST_USAGE,
		    "several files are given, and one of them is no regular file; give that one alone");
	if (!input->is_sized && input->parts > 0)
		return nest_error_set(error, NEST_USAGE,
		    "--parts: %s has no size that could be divided; use --part-bytes", input->files[0].name);
	if (input_part_count(input) > FRAME_PART_LIMIT && input->is_sized)
		return nest_error_set(error, NEST_USAGE,
		    "--part-bytes: %llu bytes make too many parts of %llu",
		    (unsigned long long)input->part_bytes, (unsigned long long)input->size);
	return true;
}

bool
input_open(struct input *input, char *const *paths, size_t count, uint64_t part_bytes, uint64_t parts,
    struct nest_error *error)
{
	static char standard_input[] = "-";
	char *const alone[] = {standard_input};
	if (count == 0) {
		paths = alone;
		count = 1;
	}
	*input = (struct input){.is_sized = true, .part_bytes = part_bytes, .parts = parts};
	input->files = calloc(count, sizeof *input->files);
	if (input->files == NULL)
		return nest_error_memory(error, count * sizeof *input->files, "the files");
	bool fine = true;
	for (size_t i = 0; i < count && fine; i++) {
		struct input_file *file = &input->files[input->file_count++];
		fine = open_file(file, paths[i], error);
		file->position = input->size;
		input->size += file->size;
		input->is_sized = input->is_sized && file->is_sized;
	}
	if (fine && check(input, error))
		return true;
	input_close(input);
	return false;
}

void
input_close(struct input *input)
{
	for (size_t i = 0; i < input->file_count; i++)
		if (input->files[i].fd > STDERR_FILENO)
			close(input->files[i].fd);
	free(input->files);
	*input = (struct input){0};
}

bool
input_peek(struct input *input, bool (*wait)(void *context, int fd, struct nest_error *error), void *context,
    uint8_t *byte, size_t *size, struct nest_error *error)
{
	struct input_file *file = &input->files[0];
	ssize_t got = -1;
	while (got < 0) {
		if (!file->is_sized && wait != NULL && !wait(context, file->fd, error))
			return false;
		got =
		    file->is_sized ? pread(file->fd, byte, 1, (off_t)file->offset) : read(file->fd, byte, 1);
		if (program_interrupted())
			return program_interrupt_error(error);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return nest_error_system(error, "unable to read %s", file->name);
	}
	*size = (size_t)got;
	if (!file->is_sized) {
		file->head[0] = *byte;
		file->head_size = *size;
	}
	return true;
}

/* ---- parts ---- */

uint64_t
input_part_count(const struct input *input)
{
	if (input->parts > 0)
		return input->parts;
	if (!input->is_sized)
		return FRAME_PART_LIMIT;
	uint64_t count = input->size / input->part_bytes + (input->size % input->part_bytes != 0);
	return count > 0 ? count : 1;
}

uint64_t
input_part_begin(const struct input *input, uint64_t part)
{
	if (input->parts > 0)
		return (uint64_t)((__uint128_t)input->size * part / input->parts);
	uint64_t begin;
	bool is_far = __builtin_mul_overflow(part, input->part_bytes, &begin);
	if (input->is_sized)
		return is_far || begin > input->size ? input->size : begin;
	return is_far ? UINT64_MAX : begin;
}

/* ---- a copy ---- */

static int
open_nameless(struct nest_error *error)
{
	char path[4096];
	const char *folder = getenv("TMPDIR");
	snprintf(
	    path, sizeof path, "%s/nest-shred-XXXXXX", folder != NULL && *folder != '\0' ? folder : "/tmp");
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		nest_error_system(error, "unable to make a file for a copy of the input, %s", path);
	else
		unlink(path);
	return fd;
}

static bool
write_all(int fd, const uint8_t *bytes, size_t size, struct nest_error *error)
{
	while (size > 0) {
		ssize_t written = write(fd, bytes, size);
		if (written < 0 && errno != EINTR)
			return nest_error_system(error, "unable to write a copy of the input");
		bytes += written > 0 ? written : 0;
		size -= written > 0 ? (size_t)written : 0;
	}
	return true;
}

static bool
copy_file(const struct input_file *file, int from, int to, uint64_t *size, struct nest_error *error)
{
	static uint8_t bytes[COPY_BYTES];
	if (!write_all(to, file->head, file->head_size, error))
		return false;
	for (*size = file->head_size;;) {
		ssize_t got = read(from, bytes, sizeof bytes);
		if (program_interrupted())
			return program_interrupt_error(error);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return nest_error_system(error, "unable to read %s", file->name);
		if (got == 0)
			return true;
		*size += (uint64_t)got;
		if (!write_all(to, bytes, (size_t)got, error))
			return false;
	}
}

bool
input_spool(struct input *input, struct nest_error *error)
{
	struct input_file *file = &input->files[0];
	if (input->is_sized)
		return true;
	int from = file->path == NULL ? file->fd : open(file->path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return nest_error_system(error, "unable to open %s", file->name);
	int to = open_nameless(error);
	bool fine = to >= 0 && copy_file(file, from, to, &file->size, error);
	if (file->path != NULL)
		close(from);
	if (!fine) {
		if (to >= 0)
			close(to);
		return false;
	}
	file->head_size = 0;
	file->fd = to;
	file->path = NULL;
	file->is_sized = file->is_copy = input->is_sized = true;
	input->size = file->size;
	return true;
}
