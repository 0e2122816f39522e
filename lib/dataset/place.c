#include "lib/dataset/internal.h"
#include "lib/dataset/lock.h"
#include "lib/dataset/nameless.h"
#include "lib/dataset/staged_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGING_SUFFIX ".staging"

static bool
too_long(const char *dir, struct nest_error *error)
{
	return nest_error_set(error, NEST_USAGE, "the dataset directory's path is too long: %.60s...", dir);
}

/* The last component of a path that has no slash at its end. */
static const char *
last_component(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

/* "." and ".." have no name of their own; a rename onto a link would replace the link. */
static bool
needs_resolving(const char *path)
{
	const char *last = last_component(path);
	struct stat status;
	return strcmp(last, ".") == 0 || strcmp(last, "..") == 0 ||
	       (lstat(path, &status) == 0 && S_ISLNK(status.st_mode));
}

static bool
fill_target(struct place *place, const char *dir, struct nest_error *error)
{
	size_t size = strlen(dir);
	if (size == 0)
		return nest_error_set(error, NEST_USAGE, "the dataset directory's name is empty");
	while (size > 1 && dir[size - 1] == '/')
		size--;
	if (size >= sizeof place->target)
		return too_long(dir, error);
	memcpy(place->target, dir, size);
	place->target[size] = '\0';
	if (needs_resolving(place->target)) {
		char *real = realpath(place->target, NULL);
		if (real == NULL)
			return nest_error_system(error, "unable to find the directory behind %s", dir);
		bool fits = strlen(real) < sizeof place->target;
		if (fits)
			strcpy(place->target, real);
		free(real);
		if (!fits)
			return too_long(dir, error);
	}
	if (strcmp(place->target, "/") == 0)
		return nest_error_set(error, NEST_USAGE, "%s is the root directory; name one inside it", dir);
	return true;
}

static bool
fill_names(struct place *place, const char *dir, struct nest_error *error)
{
	if (!fill_target(place, dir, error))
		return false;

	const char *name = last_component(place->target);
	size_t before = (size_t)(name - place->target); /* with its slash */
	memcpy(place->path, place->target, before);
	size_t left = sizeof place->path - before;
	if ((size_t)snprintf(place->path + before, left, ".%s" STAGING_SUFFIX, name) >= left)
		return too_long(dir, error);

	while (before > 1 && place->target[before - 1] == '/')
		before--;
	memcpy(place->parent, place->target, before);
	place->parent[before] = '\0';
	if (before == 0)
		strcpy(place->parent, ".");
	place->target_name = last_component(place->target);
	place->name = last_component(place->path);
	return true;
}

bool
place_open(struct place **place, const char *dir, const char *program, struct nest_error *error)
{
	struct place *made = malloc(sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "the paths of a dataset");
	*made = (struct place){.program = program, .parent_fd = -1, .fd = -1, .run_fd = -1};
	if (!fill_names(made, dir, error)) {
		free(made);
		return false;
	}
	*place = made;
	return true;
}

const char *
place_target(const struct place *place)
{
	return place->target;
}

const char *
place_path(const struct place *place)
{
	return place->path;
}

struct digest_value
place_run(const struct place *place)
{
	return place->run;
}

static void
close_open(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Makes everything above the last component, as mkdir -p. */
static bool
create_above(const char *path, struct nest_error *error)
{
	char above[PATH_MAX];
	memcpy(above, path, strlen(path) + 1);
	for (char *p = above + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		struct stat status;
		int failure = mkdir(above, 0777) == 0 ? 0 : errno;
		if (failure != 0 && stat(above, &status) != 0) {
			/* Something that exists but cannot be examined is a link to nowhere. */
			errno = failure == EEXIST ? errno : failure;
			return nest_error_system(error, "unable to create directory %s", above);
		}
		*p = '/';
	}
	return true;
}

/* Opens the directory that everything here is relative to. */
static bool
open_parent(struct place *place)
{
	if (place->parent_fd < 0)
		place->parent_fd = open(place->parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return place->parent_fd >= 0;
}

/* Refuses a directory that others can write to; closes one that they can only read. */
static bool
check_owner(const struct place *place, struct nest_error *error)
{
	struct stat status;
	if (fstat(place->fd, &status) != 0)
		return nest_error_system(error, "unable to examine directory %s", place->path);
	if (status.st_uid != geteuid() || (status.st_mode & 022) != 0)
		return nest_error_set(error, NEST_FAILED,
		    "directory %s is another user's, or others may write to it; parts are put only where "
		    "nobody else can change them: remove it, or give another dataset directory",
		    place->path);
	if ((status.st_mode & 077) != 0 && fchmod(place->fd, 0700) != 0)
		return nest_error_system(error, "unable to close directory %s to others", place->path);
	return true;
}

/* No link is followed: what is written here must be beside the dataset. */
static bool
open_there(struct place *place)
{
	close_open(&place->fd);
	place->fd = openat(place->parent_fd, place->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return place->fd >= 0;
}

static bool
fail_to_open(const struct place *place, struct nest_error *error)
{
	return nest_error_system(error, "unable to open directory %s", place->path);
}

bool
place_create(struct place *place, struct nest_error *error)
{
	if (!open_parent(place) && errno == ENOENT && !create_above(place->path, error))
		return false;
	if (!open_parent(place))
		return nest_error_system(error, "unable to create directory %s", place->path);
	for (int turn = 0; turn < LOCK_TURNS; turn++) {
		lock_nap(turn);
		if (mkdirat(place->parent_fd, place->name, 0700) != 0 && errno != EEXIST)
			return nest_error_system(error, "unable to create directory %s", place->path);
		if (open_there(place))
			return check_owner(place, error);
		/* The last process to leave may have removed it in between. */
		if (errno != ENOENT)
			break;
	}
	return fail_to_open(place, error);
}

bool
place_find(struct place *place, bool *found, struct nest_error *error)
{
	*found = open_parent(place) && open_there(place);
	if (!*found)
		return errno == ENOENT || fail_to_open(place, error);
	return check_owner(place, error);
}

int
place_scratch(const struct place *place)
{
	return nameless_scratch(place->fd);
}

bool
place_remove_part(const struct place *place, const char *file, struct nest_error *error)
{
	if (unlinkat(place->fd, file, 0) == 0 || errno == ENOENT)
		return true;
	/* A directory in the place of a part. */
	if (errno == EISDIR && unlinkat(place->fd, file, AT_REMOVEDIR) == 0)
		return true;
	return nest_error_system(error, "unable to remove %s/%s, which is no part", place->path, file);
}

void
place_remove_foreign(const struct place *place, const char *file)
{
	struct part_name parsed;
	if (!staged_parse(file, &parsed))
		unlinkat(place->fd, file, 0);
}

void
place_close(struct place *place)
{
	if (place == NULL)
		return;
	close_open(&place->run_fd);
	close_open(&place->fd);
	close_open(&place->parent_fd);
	listing_free(&place->known);
	free(place);
}
