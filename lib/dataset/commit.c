/* commit.c - the steps of publishing. */
#include "lib/dataset/commit.h"

#include "lib/base/program.h"
#include "lib/dataset/accepted.h"
#include "lib/dataset/directory.h"
#include "lib/dataset/internal.h"
#include "lib/dataset/published.h"
#include "lib/dataset/staged_name.h"
#include "lib/dataset/sweep.h"
#include "lib/dataset/unpack.h"
#include "lib/meter/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- whether the parts are those that were accepted ---- */

/* Refuses another completed file of this part, which the same run made with other bytes. */
static bool
check_others(
    const struct place *place, const struct commit_part *parts, size_t count, struct nest_error *error)
{
	struct listing listing = {0};
	char file[PLACE_NAME_BYTES];
	bool fine = true;
	if (digest_is_zero(place->run))
		return true;
	if (!listing_read(&listing, place, error))
		return false;
	for (size_t i = 0; i < listing.count && fine; i++) {
		const struct listed_part *other = &listing.parts[i];
		listing_file(place, other, file);
		if (other->number < count && strcmp(file, parts[other->number].file) != 0)
			fine = nest_error_set(error, NEST_INVALID,
			    "part %" PRIu64 " was made twice by this run, and not with the same bytes: %s "
			    "and %s in %s; remove both with parquet-merge --sweep %s",
			    other->number, parts[other->number].file, file, place->path, place->target);
	}
	listing_free(&listing);
	return fine;
}

/* ---- putting the new dataset together ---- */

static bool
is_without_links(int code)
{
	return code == EPERM || code == EOPNOTSUPP || code == ENOSYS || code == EMLINK || code == EINVAL;
}

/* The part also keeps its name, so that nothing is lost if this process is killed before the last step. */
static bool
link_part(const struct commit *commit, int new_fd, const struct commit_part *part, const char *name,
    struct nest_error *error)
{
	const struct place *place = commit->place;
	struct stat before, after;
	if (!accepted_check(place, part, &before, error))
		return false;
	if (linkat(place->fd, part->file, new_fd, name, 0) != 0 &&
	    (!is_without_links(errno) || renameat(place->fd, part->file, new_fd, name) != 0))
		return nest_error_system(
		    error, "unable to give %s/%s the name %s", place->path, part->file, name);
	if (fstatat(new_fd, name, &after, AT_SYMLINK_NOFOLLOW) != 0)
		return nest_error_system(error, "unable to examine %s", name);
	return accepted_check_same(part, &before, &after, error);
}

static bool
mark_success(const struct commit *commit, int new_fd, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.sync");
	const char *path = commit->place->path;
	int fd =
	    openat(new_fd, PUBLISHED_SUCCESS, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0)
		return nest_error_system(
		    error, "unable to create %s/%s/%s", path, NAME_NEW, PUBLISHED_SUCCESS);
	bool synced = fsync(fd) == 0;
	if (close(fd) != 0 || !synced)
		return nest_error_system(error, "unable to sync %s/%s/%s", path, NAME_NEW, PUBLISHED_SUCCESS);
	return directory_sync(new_fd, path, error);
}

/* OLD_FD is the directory that the dataset replaces, or -1. */
static bool
keep_mode(const struct commit *commit, int new_fd, int old_fd, struct nest_error *error)
{
	struct stat old, new;
	if (old_fd < 0)
		return true;
	if (fstat(old_fd, &old) != 0 || fstat(new_fd, &new) != 0)
		return nest_error_system(error, "unable to examine %s", commit->place->target);
	if (old.st_mode != new.st_mode && fchmod(new_fd, old.st_mode & 07777) != 0)
		return nest_error_system(error, "unable to give %s/%s the mode of %s", commit->place->path,
		    NAME_NEW, commit->place->target);
	return true;
}

struct accepted {
	const struct commit *commit;
	const struct commit_part *parts;
	size_t count;
};

/*
 * Syncs copied files and new directories all together, since there may be many thousands of them.
 */
static bool
finish_copies(const struct commit *commit, int new_fd, const char *path, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.sync");
	if (syncfs(new_fd) != 0)
		return nest_error_system(error, "unable to sync %s", path);
	return commit->check == NULL || commit->check(commit->check_context, path, error);
}

static bool
put_parts(void *context, int new_fd, const char *path, struct nest_error *error)
{
	const struct accepted *accepted = context;
	const struct commit *commit = accepted->commit;
	char name[PUBLISHED_NAME_BYTES];
	bool has_copies = false;
	for (size_t i = 0; i < accepted->count; i++) {
		const struct commit_part *part = &accepted->parts[i];
		bool is_bundle = part->index != NULL;
		published_name(commit->base, part->number, accepted->count, name);
		if (is_bundle ? !unpack_part(commit->place, part, name, new_fd, path, error)
			      : !link_part(commit, new_fd, part, name, error))
			return false;
		has_copies = has_copies || is_bundle;
	}
	return !has_copies || finish_copies(commit, new_fd, path, error);
}

static bool
fill_new(const struct commit *commit, int new_fd, commit_fill *fill, void *context, struct nest_error *error)
{
	char path[PATH_MAX + sizeof NAME_NEW + 1];
	snprintf(path, sizeof path, "%s/" NAME_NEW, commit->place->path);
	return fill(context, new_fd, path, error) && mark_success(commit, new_fd, error);
}

/* Makes the directory that will be the dataset; the caller closes *NEW_FD, which is -1 on an error. */
static bool
make_new(const struct place *place, int *new_fd, struct nest_error *error)
{
	*new_fd = -1;
	if (!published_remove_new(place, error))
		return false;
	if (mkdirat(place->fd, NAME_NEW, 0777) == 0)
		*new_fd = openat(place->fd, NAME_NEW, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *new_fd >= 0 ||
	       nest_error_system(error, "unable to create directory %s/%s", place->path, NAME_NEW);
}

/* ---- the one step ---- */

/* "DIRECTORY/.NAME.replaced", where the old dataset is for a moment if it cannot be exchanged. */
static bool
name_replaced(const struct place *place, char name[NAME_MAX + 1], struct nest_error *error)
{
	return snprintf(name, NAME_MAX + 1, ".%s.replaced", place->target_name) <= NAME_MAX ||
	       nest_error_set(error, NEST_USAGE, "the path %s is too long", place->target);
}

static void
remove_old(int parent_fd, const char *name, const char *path)
{
	struct nest_error error;
	if (!published_remove(parent_fd, name, path, &error))
		program_warn(
		    "the dataset is published, but not all of the one that it replaces is removed: %s",
		    error.text);
}

/* Two renames, for a file system that cannot exchange. */
static bool
swap_in_two_steps(struct commit *commit, struct nest_error *error)
{
	const struct place *place = commit->place;
	const char *target = place->target_name;
	char old[NAME_MAX + 1], path[PATH_MAX + NAME_MAX + 2];
	int dir = place->parent_fd;
	if (!name_replaced(place, old, error))
		return false;
	snprintf(path, sizeof path, "%s/%s", place->parent, old);
	if (renameat(dir, target, dir, old) != 0) {
		if (errno == ENOTEMPTY || errno == EEXIST)
			return nest_error_set(error, NEST_FAILED,
			    "%s holds what an interrupted run was replacing; move it away", path);
		return nest_error_system(error, "unable to rename %s to %s", place->target, path);
	}
	if (renameat(place->fd, NAME_NEW, dir, target) == 0) {
		commit->published = true;
		remove_old(dir, old, path);
		return true;
	}
	nest_error_system(error, "unable to rename %s/%s to %s", place->path, NAME_NEW, place->target);
	if (renameat(dir, old, dir, target) != 0)
		program_warn("what was in %s is in %s now and could not be put back", place->target, path);
	return false;
}

/* Puts the new dataset in the place of the old one. */
static bool
swap(struct commit *commit, struct nest_error *error)
{
	const struct place *place = commit->place;
	if (renameat2(place->fd, NAME_NEW, place->parent_fd, place->target_name, RENAME_EXCHANGE) == 0) {
		char path[PATH_MAX + sizeof NAME_NEW + 1];
		commit->published = true;
		snprintf(path, sizeof path, "%s/" NAME_NEW, place->path);
		/* Staged files are no longer needed, even if this process is killed now. */
		unlinkat(place->fd, NAME_RUN, 0);
		remove_old(place->fd, NAME_NEW, path);
		return true;
	}
	if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)
		return swap_in_two_steps(commit, error);
	return nest_error_system(
	    error, "unable to exchange %s/%s and %s", place->path, NAME_NEW, place->target);
}

static bool
put_in_place(struct commit *commit, bool is_there, struct nest_error *error)
{
	const struct place *place = commit->place;
	/* The target is not there, or empty. */
	if (renameat(place->fd, NAME_NEW, place->parent_fd, place->target_name) == 0) {
		commit->published = true;
		return true;
	}
	if (is_there && commit->force && (errno == ENOTEMPTY || errno == EEXIST))
		return swap(commit, error);
	return nest_error_system(error, "unable to rename %s/%s to %s", place->path, NAME_NEW, place->target);
}

static bool
sync_parent(const struct place *place, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.sync");
	int fd = openat(place->parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = fd >= 0 ? directory_sync(fd, place->parent, error)
	                      : nest_error_system(error, "unable to open directory %s", place->parent);
	if (fd >= 0)
		close(fd);
	return synced || nest_error_prefix(error, "%s is published, but: ", place->target);
}

static bool
publish(struct commit *commit, int new_fd, commit_fill *fill, void *context, struct nest_error *error)
{
	const struct place *place = commit->place;
	int old_fd = openat(place->parent_fd, place->target_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (old_fd < 0 && errno != ENOENT)
		return nest_error_system(error, "unable to open directory %s", place->target);
	bool placed = fill_new(commit, new_fd, fill, context, error) &&
	              keep_mode(commit, new_fd, old_fd, error) && put_in_place(commit, old_fd >= 0, error);
	if (old_fd >= 0)
		close(old_fd);
	return placed;
}

bool
commit_files(struct commit *commit, commit_fill *fill, void *context, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.publish");
	const struct place *place = commit->place;
	struct nest_error ignored;
	int new_fd;
	/* Another process may have written to the dataset directory since the first check. */
	if (!commit_check(commit, error) || !make_new(place, &new_fd, error))
		return false;
	bool placed = publish(commit, new_fd, fill, context, error);
	close(new_fd);
	if (!placed) {
		published_remove_new(place, &ignored);
		return false;
	}
	if (!sweep_all(place, &ignored))
		program_warn("the dataset is published, but: %s", ignored.text);
	return sync_parent(place, error);
}

bool
commit_parts(struct commit *commit, const struct commit_part *parts, size_t count, struct nest_error *error)
{
	struct accepted accepted = {commit, parts, count};
	return check_others(commit->place, parts, count, error) &&
	       commit_files(commit, put_parts, &accepted, error);
}

/* ---- after a run that was killed in between ---- */

bool
commit_restore(const struct commit *commit, struct nest_error *error)
{
	const struct place *place = commit->place;
	struct stat status;
	char old[NAME_MAX + 1];
	int dir = place->parent_fd;
	if (!name_replaced(place, old, error) ||
	    fstatat(dir, place->target_name, &status, AT_SYMLINK_NOFOLLOW) == 0 ||
	    fstatat(dir, old, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode))
		return true;
	if (directory_rename_new(dir, old, place->target_name) != 0)
		return nest_error_system(error,
		    "unable to rename %s/%s, which an interrupted run was replacing, to %s", place->parent,
		    old, place->target);
	program_warn("%s is back, which an interrupted run was replacing", place->target);
	return true;
}
