#include "merge/spread.h"

#include "lib/base/program.h"
#include "lib/dataset/commit.h"
#include "lib/dataset/published.h"
#include "merge/compose.h"
#include "merge/jobs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0666 };

struct spreader {
	const struct spread *spread;
	const struct sources *sources;
	struct composed composed; /* of all files */
	struct buffer names;      /* PUBLISHED_NAME_BYTES each */
	uint64_t size_bytes;
};

/* A file in the directory FD. */
struct new_file {
	struct output out;
	char *path; /* for messages */
};

static bool
open_new(struct new_file *file, int fd, const char *path, const char *name, struct nest_error *error)
{
	size_t size = strlen(path) + strlen(name) + 2;
	*file = (struct new_file){.out.fd = -1, .path = malloc(size)};
	if (file->path == NULL)
		return nest_error_memory(error, size, "a name");
	snprintf(file->path, size, "%s/%s", path, name);
	file->out.name = file->path;
	file->out.fd = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	return file->out.fd >= 0 || nest_error_system(error, "unable to create %s", file->path);
}

/* Closes the file, after syncing it if all is FINE so far. */
static bool
close_new(struct new_file *file, bool fine, struct nest_error *error)
{
	if (fine && fsync(file->out.fd) != 0)
		fine = nest_error_system(error, "unable to write %s", file->path);
	if (file->out.fd >= 0 && close(file->out.fd) != 0 && fine)
		fine = nest_error_system(error, "unable to write %s", file->path);
	output_free(&file->out);
	free(file->path);
	return fine;
}

static char *
name_of(struct spreader *spreader, size_t index)
{
	return (char *)spreader->names.data + index * PUBLISHED_NAME_BYTES;
}

static bool
put_file(struct spreader *spreader, int fd, const char *path, size_t index, struct nest_error *error)
{
	struct new_file file;
	published_name(spreader->spread->base, index, spreader->sources->count, name_of(spreader, index));
	struct composed composed = {0};
	bool fine = open_new(&file, fd, path, name_of(spreader, index), error) &&
	            compose_file(
			&file.out, spreader->sources, index, 1, &spreader->spread->options, &composed, error);
	spreader->size_bytes += file.out.written;
	fine = close_new(&file, fine, error);
	fine = fine &&
	       buffer_append(&spreader->composed.groups, composed.groups.data, composed.groups.size, error) &&
	       buffer_append(&spreader->composed.owned, composed.owned.data, composed.owned.size, error);
	/* What it owned belongs to the other one now. */
	if (fine)
		buffer_clear(&composed.owned);
	composed_free(&composed);
	return fine;
}

/* Writes a file with only a footer: magic, metadata, length, magic. */
static bool
put_footer(struct spreader *spreader, int fd, const char *path, const char *name, const struct buffer *groups,
    struct nest_error *error)
{
	struct new_file file;
	struct buffer bytes = {0};
	bool fine = open_new(&file, fd, path, name, error) && buffer_append(&bytes, "PAR1", 4, error) &&
	            compose_footer(&bytes, spreader->sources, 0, groups, true, error) &&
	            output_write(&file.out, bytes.data, bytes.size, error);
	buffer_free(&bytes);
	return close_new(&file, fine, error);
}

static bool
put_metadata(struct spreader *spreader, int fd, const char *path, struct nest_error *error)
{
	const struct buffer none = {0};
	struct carried_group *groups = (struct carried_group *)(void *)spreader->composed.groups.data;
	for (size_t i = 0; i < spreader->composed.groups.size / sizeof *groups; i++)
		groups[i].file_path = name_of(spreader, groups[i].file);
	return put_footer(spreader, fd, path, "_metadata", &spreader->composed.groups, error) &&
	       put_footer(spreader, fd, path, "_common_metadata", &none, error);
}

static bool
verify(struct spreader *spreader, const char *path, struct nest_error *error)
{
	struct file_list files = {0};
	bool fine = true;
	for (size_t i = 0; fine && i < spreader->sources->count; i++)
		fine = file_list_add_in(&files, path, name_of(spreader, i), error);
	fine = fine && jobs_check(&files, spreader->spread->verifiers, error);
	file_list_free(&files);
	return fine;
}

static bool
fill(void *context, int fd, const char *path, struct nest_error *error)
{
	struct spreader *spreader = context;
	size_t count = spreader->sources->count;
	if (!buffer_reserve(&spreader->names, count * PUBLISHED_NAME_BYTES, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (program_interrupted())
			return program_interrupt_error(error);
		if (!put_file(spreader, fd, path, i, error))
			return false;
	}
	return (spreader->spread->verifiers == 0 || verify(spreader, path, error)) &&
	       (!spreader->spread->metadata || put_metadata(spreader, fd, path, error));
}

bool
spread_check(const struct spread *spread, struct nest_error *error)
{
	struct place *place;
	if (!place_open(&place, spread->directory, "parquet-merge", error))
		return false;
	const struct commit commit = {.place = place, .base = spread->base, .force = spread->force};
	bool fine = commit_check(&commit, error);
	place_close(place);
	return fine;
}

/* The run could not be continued, since it has no name. */
static bool
publish(struct place *place, struct spreader *spreader, struct nest_error *error)
{
	const struct digest_value nameless = {{0}};
	struct commit commit = {
	    .place = place, .base = spreader->spread->base, .force = spreader->spread->force};
	struct nest_error warning;
	if (!commit_check(&commit, error) || !place_create(place, error) || !place_claim(place, error))
		return false;
	bool fine = commit_restore(&commit, error) && place_join(place, nameless, error) &&
	            commit_files(&commit, fill, spreader, error);
	if (!commit.published && !place_leave(place, false, &warning))
		program_warn("%s", warning.text);
	return fine;
}

bool
spread_files(const struct spread *spread, const struct sources *sources, uint64_t *size_bytes,
    struct nest_error *error)
{
	struct spreader spreader = {.spread = spread, .sources = sources};
	struct place *place;
	if (!place_open(&place, spread->directory, "parquet-merge", error))
		return false;
	bool fine = publish(place, &spreader, error);
	*size_bytes = spreader.size_bytes;
	composed_free(&spreader.composed);
	buffer_free(&spreader.names);
	place_close(place);
	return fine;
}
