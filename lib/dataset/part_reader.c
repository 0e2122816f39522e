#include "lib/dataset/part_reader.h"

#include "lib/dataset/internal.h"
#include "lib/dataset/staged_name.h"
#include "lib/dataset/stamp.h"
#include "lib/meter/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 1 << 20 };

static bool
check_name(const struct part_reader *reader, uint64_t part, struct nest_error *error)
{
	struct part_name parsed;
	if (!staged_parse(reader->file, &parsed) ||
	    (parsed.number == part && staged_is_of_run(&parsed, reader->place->run)))
		return true;
	return nest_error_set(error, NEST_INVALID, "its name is that of another part, or of another run");
}

static bool
fail_no_file(struct nest_error *error)
{
	return nest_error_set(error, NEST_INVALID, "it is not a regular file");
}

static bool
examine(struct part_reader *reader, struct nest_error *error)
{
	struct stat status;
	if (fstat(reader->fd, &status) != 0)
		return nest_error_system(error, "unable to examine it");
	if (!S_ISREG(status.st_mode))
		return fail_no_file(error);
	reader->size_bytes = (uint64_t)status.st_size;
	reader->stamp = stamp_of(&status);
	return true;
}

static bool
open_file(struct part_reader *reader, struct nest_error *error)
{
	/* O_NONBLOCK: a FIFO of that name must be refused, and not waited for. */
	reader->fd = openat(reader->place->fd, reader->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (reader->fd >= 0)
		return true;
	if (errno == ENOENT)
		return nest_error_set(error, NEST_FAILED,
		    "there is no such file in %s: others have published or removed what was there, or its "
		    "encoder writes elsewhere",
		    reader->place->path);
	if (errno == ELOOP)
		return nest_error_set(error, NEST_INVALID, "it is a symbolic link, not a file");
	/* A socket cannot be opened at all. */
	if (errno == ENXIO)
		return fail_no_file(error);
	return nest_error_system(error, "unable to open it in %s", reader->place->path);
}

bool
part_reader_open(struct part_reader *reader, const struct place *place, const char *file, uint64_t part,
    struct nest_error *error)
{
	*reader = (struct part_reader){.place = place, .file = file, .fd = -1};
	if (!check_name(reader, part, error) || !open_file(reader, error))
		return false;
	if (examine(reader, error))
		return true;
	part_reader_close(reader);
	return false;
}

void
part_reader_close(struct part_reader *reader)
{
	close(reader->fd);
	reader->fd = -1;
}

bool
part_reader_read_at(void *context, void *data, size_t size, uint64_t offset, struct nest_error *error)
{
	const struct part_reader *reader = context;
	uint8_t *at = data;
	while (size > 0) {
		ssize_t count = pread(reader->fd, at, size, (off_t)offset);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return nest_error_system(error, "unable to read the file");
		if (count == 0)
			return nest_error_set(
			    error, NEST_INVALID, "the file became shorter while it was read");
		at += count;
		offset += (uint64_t)count;
		size -= (size_t)count;
	}
	return true;
}

static bool
add_bytes(struct part_reader *reader, struct digest *digest, uint8_t *piece, struct nest_error *error)
{
	for (uint64_t offset = 0; offset < reader->size_bytes;) {
		uint64_t left = reader->size_bytes - offset;
		size_t size = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
		if (!part_reader_read_at(reader, piece, size, offset, error))
			return false;
		digest_add(digest, (struct view){piece, size});
		offset += size;
	}
	return true;
}

static bool
compute(struct part_reader *reader, struct digest_value *value, struct nest_error *error)
{
	struct digest *digest;
	uint8_t *piece = malloc(PIECE_BYTES);
	if (piece == NULL)
		return nest_error_memory(error, PIECE_BYTES, "a piece of a file");
	bool fine = digest_open(&digest, error);
	if (fine) {
		const struct digest_value *run = &reader->place->run;
		digest_add(digest, (struct view){run->bytes, sizeof run->bytes});
		fine = add_bytes(reader, digest, piece, error);
		*value = digest_value(digest);
		digest_close(digest);
	}
	free(piece);
	return fine;
}

bool
part_reader_has_digest(const struct part_reader *reader)
{
	struct part_name parsed;
	return staged_parse(reader->file, &parsed);
}

bool
part_reader_verify(struct part_reader *reader, struct nest_error *error)
{
	NEST_SCOPE("dataset.verify");
	struct part_name parsed;
	struct digest_value value;
	if (!staged_parse(reader->file, &parsed))
		return true;
	if (!compute(reader, &value, error))
		return false;
	return digest_equal(value, parsed.digest) ||
	       nest_error_set(error, NEST_INVALID, "its bytes are not those that were written");
}
