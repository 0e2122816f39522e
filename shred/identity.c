#include "shred/identity.h"

#include "lib/base/run.h"
#include "lib/base/version.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>

/* Changes whenever the same records and options make other columns or parts than before. */
enum { SHREDDER_VERSION = 1 };

/* Adds random bytes, which never come again. */
static bool
add_chance(struct digest *digest, struct nest_error *error)
{
	uint8_t chance[DIGEST_BYTES];
	if (getrandom(chance, sizeof chance, 0) != (ssize_t)sizeof chance)
		return nest_error_system(error, "unable to make up a name for the run");
	digest_add_text(digest, "chance", (struct view){chance, sizeof chance});
	return true;
}

/* Standard input has a path, too, if it is a file; and a number if that was removed. */
static bool
add_path(struct digest *digest, const struct input_file *file, struct nest_error *error)
{
	char path[PATH_MAX];
	struct stat status;
	if (realpath(file->path != NULL ? file->path : "/proc/self/fd/0", path) != NULL) {
		digest_add_text(digest, "path", view_of_text(path));
		return true;
	}
	if (file->path != NULL || fstat(file->fd, &status) != 0)
		return nest_error_system(error, "unable to find %s", file->name);
	digest_add_count(digest, "device", status.st_dev);
	digest_add_count(digest, "inode", status.st_ino);
	return true;
}

/* Input that can be read only once has no name, and neither has a copy of it. */
static bool
has_name(const struct input_file *file)
{
	return file->is_sized && !file->is_copy;
}

static bool
add_file(struct digest *digest, const struct input_file *file, struct nest_error *error)
{
	if (!has_name(file))
		return add_chance(digest, error);
	if (!add_path(digest, file, error))
		return false;
	digest_add_count(digest, "offset", file->offset);
	digest_add_count(digest, "size", file->size);
	digest_add_count(digest, "modified", file->modified_ns);
	return true;
}

static void
add_rules(struct digest *digest, const struct records_options *options)
{
	const struct walk_rules *rules = &options->rules;
	digest_add_count(digest, "format", options->format);
	digest_add_count(digest, "on error", options->skips_wrong);
	digest_add_count(digest, "unknown", rules->unknown);
	digest_add_text(digest, "keep", view_of_text(rules->unknown == UNKNOWN_KEEP ? rules->keep : ""));
	digest_add_count(digest, "duplicates", rules->duplicates_fail);
	digest_add_count(digest, "binary", rules->scalars.binary);
	digest_add_count(digest, "non-finite", rules->scalars.non_finite);
	digest_add_count(digest, "texts", options->format == FORMAT_MSGPACK && rules->texts_are_values);
}

bool
identity_of_records(const struct input *input, const struct records_options *options, struct view schema,
    struct digest_value *run, struct nest_error *error)
{
	struct digest *digest;
	if (!digest_open(&digest, error))
		return false;
	digest_add_count(digest, "shredder", SHREDDER_VERSION);
	digest_add_count(digest, "frames", FRAME_VERSION);
	/* It is written into the files. */
	digest_add_text(digest, "nest", view_of_text(NEST_VERSION));
	digest_add_text(digest, "schema", schema);
	add_rules(digest, options);
	digest_add_count(digest, "parts", input->parts);
	digest_add_count(digest, "part bytes", input->parts == 0 ? input->part_bytes : 0);
	bool fine = true, has_names = true;
	for (size_t i = 0; i < input->file_count && fine; i++) {
		fine = add_file(digest, &input->files[i], error);
		has_names = has_names && has_name(&input->files[i]);
	}
	*run = run_identity(digest_value(digest), has_names);
	digest_close(digest);
	return fine;
}
