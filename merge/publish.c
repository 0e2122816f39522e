#include "merge/publish.h"

#include "lib/base/program.h"
#include "lib/meter/probe.h"
#include "merge/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BASE_LIMIT = 200, /* bytes: with a number and a suffix a file's name is 255 at most */
	PUBLISHED_NAME_BYTES = BASE_LIMIT + 32,
};

static const char success_name[] = "_SUCCESS";

void
publish_init(struct publication *publication, const struct staging *staging, const char *base, bool force)
{
	*publication = (struct publication){.staging = staging, .base = base, .force = force, .fd = -1};
}

/* ---- names ---- */

static void
published_name(const struct publication *publication, uint64_t part, char name[PUBLISHED_NAME_BYTES])
{
	snprintf(name, PUBLISHED_NAME_BYTES, "%.*s-%05" PRIu64 ".parquet", (int)BASE_LIMIT, publication->base,
	    part);
}

static bool
is_parquet_file(const char *name)
{
	size_t size = strlen(name);
	return size > 8 && strcmp(name + size - 8, ".parquet") == 0;
}

/* What a dataset directory may hold, whoever wrote it. */
static bool
is_dataset_file(const char *name)
{
	return name[0] == '_' || name[0] == '.' || is_parquet_file(name);
}

/* What a run of these programs leaves in a staging directory, however it ended. */
static bool
is_staged_file(const char *name)
{
	return staging_is_part(name) || strcmp(name, success_name) == 0 || is_parquet_file(name);
}

static bool
check_base(const char *base, struct nest_error *error)
{
	size_t size = strlen(base);
	bool plain = size > 0 && size <= BASE_LIMIT && base[0] != '.' && base[0] != '_';
	for (size_t i = 0; i < size; i++)
		plain = plain && (unsigned char)base[i] > ' ' && base[i] != '/' && base[i] != 0x7f;
	if (!plain)
		return nest_error_set(error, NEST_USAGE,
		    "--base: '%.60s' is not the beginning of a file's name (1 to %d bytes, no slash or "
		    "blank, "
		    "not beginning with . or _)",
		    base, (int)BASE_LIMIT);
	return true;
}

/* ---- before ---- */

/* What a directory that --force would replace holds. */
struct contents {
	bool any;
	bool dataset;               /* something that only datasets have */
	char odd_one[NAME_MAX + 1]; /* a name that no dataset has, or empty */
};

static bool
note_entry(int fd, const char *name, void *context, struct nest_error *error)
{
	(void)error;
	struct contents *contents = context;
	struct stat status;
	contents->any = true;
	contents->dataset = contents->dataset || name[0] == '_' || is_parquet_file(name);
	bool regular = fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
	if ((!regular || !is_dataset_file(name)) && contents->odd_one[0] == '\0')
		snprintf(contents->odd_one, sizeof contents->odd_one, "%s", name);
	return true;
}

static bool
check_contents(const struct publication *publication, int fd, struct nest_error *error)
{
	const char *target = publication->staging->target;
	struct contents contents = {0};
	if (!directory_each(fd, target, note_entry, &contents, error))
		return false;
	if (!contents.any)
		return true;
	if (!publication->force)
		return nest_error_set(error, NEST_USAGE,
		    "%s is not empty; give --force to replace the dataset in it, or another directory",
		    target);
	if (contents.odd_one[0] != '\0')
		return nest_error_set(error, NEST_USAGE,
		    "%s holds %s, which is no file of a dataset; --force replaces only directories of "
		    ".parquet "
		    "files and files beginning with . or _",
		    target, contents.odd_one);
	if (!contents.dataset)
		return nest_error_set(error, NEST_USAGE,
		    "%s holds only hidden files, which is no dataset; empty it or give another directory",
		    target);
	/* It could be moved out of the way, but not removed, and would be in the next run's. */
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
		return nest_error_set(error, NEST_USAGE,
		    "%s is not to be written, so that the dataset in it cannot be removed", target);
	return true;
}

bool
publish_check(const struct publication *publication, struct nest_error *error)
{
	const char *target = publication->staging->target;
	struct stat status;
	if (!check_base(publication->base, error))
		return false;
	if (stat(target, &status) != 0)
		return errno == ENOENT || nest_error_system(error, "unable to examine %s", target);
	if (!S_ISDIR(status.st_mode))
		return nest_error_set(
		    error, NEST_USAGE, "%s is a file; the dataset is to be a directory", target);
	if (directory_is_mount_point(target, publication->staging->parent))
		return nest_error_set(error, NEST_USAGE,
		    "%s is a mount point, which no rename can replace; give a directory inside it, such as "
		    "%s/dataset",
		    target, target);
	int fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return nest_error_system(error, "unable to open directory %s", target);
	bool fine = check_contents(publication, fd, error);
	close(fd);
	return fine;
}

bool
publish_claim(struct publication *publication, struct nest_error *error)
{
	const char *path = publication->staging->path;
	int fd;
	if (!staging_create(publication->staging, &fd, error))
		return false;
	if (!staging_lock(fd, path)) {
		close(fd);
		return nest_error_set(error, NEST_FAILED,
		    "another parquet-merge is at work on %s; wait until it is done",
		    publication->staging->target);
	}
	publication->fd = fd;
	return true;
}

/* ---- the steps of publishing ---- */

static bool
name_parts(const struct publication *publication, const struct dataset *dataset, struct nest_error *error)
{
	char name[PUBLISHED_NAME_BYTES];
	for (size_t i = 0; i < dataset->count; i++) {
		const struct dataset_part *part = &dataset->parts[i];
		published_name(publication, part->number, name);
		if (renameat(publication->fd, part->file, publication->fd, name) != 0)
			return nest_error_system(error, "unable to rename %s/%s to %s",
			    publication->staging->path, part->file, name);
	}
	return true;
}

struct leftovers {
	const struct publication *publication;
	uint64_t part_count;
};

/* Removes what name_parts() has not just named: left by an earlier run, or sent by nobody. */
static bool
remove_leftover(int fd, const char *name, void *context, struct nest_error *error)
{
	const struct leftovers *leftovers = context;
	const char *number = strrchr(name, '-');
	if (number != NULL) {
		uint64_t part = strtoull(number + 1, NULL, 10);
		char expected[PUBLISHED_NAME_BYTES];
		published_name(leftovers->publication, part, expected);
		if (part < leftovers->part_count && strcmp(name, expected) == 0)
			return true;
	}
	if (unlinkat(fd, name, 0) != 0 && errno != ENOENT)
		return nest_error_system(
		    error, "unable to remove %s/%s", leftovers->publication->staging->path, name);
	return true;
}

static bool
mark_success(const struct publication *publication, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.sync");
	const char *path = publication->staging->path;
	int fd =
	    openat(publication->fd, success_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0)
		return nest_error_system(error, "unable to create %s/%s", path, success_name);
	bool synced = fsync(fd) == 0;
	if (close(fd) != 0 || !synced)
		return nest_error_system(error, "unable to sync %s/%s", path, success_name);
	return true;
}

/* Two renames, for a file system that cannot exchange; OLD takes what was there. */
static bool
swap_in_two_steps(const struct publication *publication, char old[PATH_MAX], struct nest_error *error)
{
	const struct staging *staging = publication->staging;
	const char *slash = strrchr(staging->target, '/');
	const char *name = slash != NULL ? slash + 1 : staging->target;
	if (snprintf(old, PATH_MAX, "%s/.%s.replaced", staging->parent, name) >= PATH_MAX)
		return nest_error_set(error, NEST_USAGE, "the path %s is too long", staging->target);
	if (rename(staging->target, old) != 0) {
		if (errno == ENOTEMPTY || errno == EEXIST)
			return nest_error_set(error, NEST_FAILED,
			    "%s holds what an interrupted run was replacing; move it away", old);
		return nest_error_system(error, "unable to rename %s to %s", staging->target, old);
	}
	if (rename(staging->path, staging->target) == 0)
		return true;
	nest_error_system(error, "unable to rename %s to %s", staging->path, staging->target);
	if (rename(old, staging->target) != 0)
		program_warn("what was in %s is in %s now and could not be put back", staging->target, old);
	return false;
}

/* Puts the new dataset in the place of the old one, whose place then is OLD. */
static bool
swap(const struct publication *publication, char old[PATH_MAX], struct nest_error *error)
{
	const struct staging *staging = publication->staging;
	strcpy(old, staging->path);
	if (renameat2(AT_FDCWD, staging->path, AT_FDCWD, staging->target, RENAME_EXCHANGE) == 0)
		return true;
	if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)
		return swap_in_two_steps(publication, old, error);
	return nest_error_system(error, "unable to exchange %s and %s", staging->path, staging->target);
}

/*
 * The old dataset is locked before it takes the place of the staging directory:
 * until it is gone, the next run that comes there is told to wait.
 */
static bool
replace(struct publication *publication, int old_fd, struct nest_error *error)
{
	const char *target = publication->staging->target;
	char old[PATH_MAX];
	if (!staging_lock(old_fd, target))
		return nest_error_set(error, NEST_FAILED, "another program holds a lock on %s", target);
	if (!swap(publication, old, error))
		return false;
	publication->published = true;
	if (!directory_remove(old_fd, old, is_dataset_file, error))
		program_warn(
		    "the dataset is published, but not all of the one that it replaces is removed: %s",
		    error->text);
	return true;
}

static bool
keep_mode(const struct publication *publication, int old_fd, struct nest_error *error)
{
	struct stat old, new;
	if (fstat(old_fd, &old) != 0 || fstat(publication->fd, &new) != 0)
		return nest_error_system(error, "unable to examine %s", publication->staging->target);
	if (old.st_mode != new.st_mode && fchmod(publication->fd, old.st_mode & 07777) != 0)
		return nest_error_system(error, "unable to give %s the mode of %s",
		    publication->staging->path, publication->staging->target);
	return true;
}

/* The one step; OLD_FD is what stands there, or -1. */
static bool
put_in_place(struct publication *publication, int old_fd, struct nest_error *error)
{
	const struct staging *staging = publication->staging;
	if (old_fd >= 0 && !keep_mode(publication, old_fd, error))
		return false;
	if (rename(staging->path, staging->target) == 0) /* it was not there, or empty */
		publication->published = true;
	else if (old_fd >= 0 && publication->force && (errno == ENOTEMPTY || errno == EEXIST))
		return replace(publication, old_fd, error);
	else
		return nest_error_system(error, "unable to rename %s to %s", staging->path, staging->target);
	return true;
}

static bool
sync_parent(const struct publication *publication, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.sync");
	const char *parent = publication->staging->parent;
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = fd >= 0 ? staging_sync_dir(fd, parent, error)
	                      : nest_error_system(error, "unable to open directory %s", parent);
	if (fd >= 0)
		close(fd);
	return synced || nest_error_prefix(error, "%s is published, but: ", publication->staging->target);
}

bool
publish_dataset(struct publication *publication, const struct dataset *dataset, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.publish");
	const struct staging *staging = publication->staging;
	struct leftovers leftovers = {publication, dataset->count};
	/* Somebody may have written to the dataset directory since the first check. */
	if (!publish_check(publication, error) || !name_parts(publication, dataset, error) ||
	    !directory_each(publication->fd, staging->path, remove_leftover, &leftovers, error) ||
	    !mark_success(publication, error) || !staging_sync_dir(publication->fd, staging->path, error))
		return false;

	int old_fd = open(staging->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (old_fd < 0 && errno != ENOENT)
		return nest_error_system(error, "unable to open directory %s", staging->target);
	bool placed = put_in_place(publication, old_fd, error);
	if (old_fd >= 0)
		close(old_fd);
	return placed && sync_parent(publication, error);
}

void
publish_close(struct publication *publication, const struct dataset *dataset)
{
	if (publication->fd < 0)
		return;
	if (!publication->published) {
		struct nest_error error;
		for (size_t i = 0; i < dataset->count; i++)
			unlinkat(publication->fd, dataset->parts[i].file, 0);
		if (!directory_remove(publication->fd, publication->staging->path, is_staged_file, &error))
			program_warn("%s", error.text);
	}
	close(publication->fd);
	publication->fd = -1;
}
