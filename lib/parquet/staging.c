#include "lib/parquet/staging.h"

#include "lib/meter/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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
fill_target(struct staging *staging, const char *dir, struct nest_error *error)
{
	size_t size = strlen(dir);
	if (size == 0)
		return nest_error_set(error, NEST_USAGE, "the dataset directory's name is empty");
	while (size > 1 && dir[size - 1] == '/')
		size--;
	if (size >= sizeof staging->target)
		return too_long(dir, error);
	memcpy(staging->target, dir, size);
	staging->target[size] = '\0';
	if (needs_resolving(staging->target)) {
		char *real = realpath(staging->target, NULL);
		if (real == NULL)
			return nest_error_system(error, "unable to find the directory behind %s", dir);
		bool fits = strlen(real) < sizeof staging->target;
		if (fits)
			strcpy(staging->target, real);
		free(real);
		if (!fits)
			return too_long(dir, error);
	}
	if (strcmp(staging->target, "/") == 0)
		return nest_error_set(error, NEST_USAGE, "%s is the root directory; name one inside it", dir);
	return true;
}

bool
staging_path(struct staging *staging, const char *dir, struct nest_error *error)
{
	if (!fill_target(staging, dir, error))
		return false;

	const char *name = last_component(staging->target);
	size_t before = (size_t)(name - staging->target); /* with its slash */
	memcpy(staging->path, staging->target, before);
	size_t left = sizeof staging->path - before;
	if ((size_t)snprintf(staging->path + before, left, ".%s" STAGING_SUFFIX, name) >= left)
		return too_long(dir, error);

	while (before > 1 && staging->target[before - 1] == '/')
		before--;
	memcpy(staging->parent, staging->target, before);
	staging->parent[before] = '\0';
	if (before == 0)
		strcpy(staging->parent, ".");
	return true;
}

/* mkdir -p of everything above the last component. */
static bool
create_above(const char *path, struct nest_error *error)
{
	char above[PATH_MAX];
	memcpy(above, path, strlen(path) + 1);
	for (char *p = above + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		struct stat status;
		if (mkdir(above, 0777) != 0 && stat(above, &status) != 0)
			return nest_error_system(error, "unable to create directory %s", above);
		*p = '/';
	}
	return true;
}

bool
staging_create(const struct staging *staging, int *fd, struct nest_error *error)
{
	int made = mkdir(staging->path, 0777);
	if (made != 0 && errno == ENOENT) {
		if (!create_above(staging->path, error))
			return false;
		made = mkdir(staging->path, 0777);
	}
	if (made != 0 && errno != EEXIST)
		return nest_error_system(error, "unable to create directory %s", staging->path);
	/* No link is followed: what is written here must stand beside the dataset. */
	*fd = open(staging->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return nest_error_system(error, "unable to open directory %s", staging->path);
	return true;
}

bool
staging_lock(int fd, const char *path)
{
	/* A file system that knows no such locks (some NFS) answers with other errors: go without. */
	while (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno != EBADF && errno != ENOLCK && errno != ENOSYS &&
	       errno != EOPNOTSUPP && errno != EINVAL)
		if (errno != EINTR)
			return false;
	struct stat held, named;
	return fstat(fd, &held) == 0 && lstat(path, &named) == 0 && held.st_dev == named.st_dev &&
	       held.st_ino == named.st_ino;
}

void
staging_temporary_name(uint64_t part, char name[STAGING_NAME_BYTES])
{
	snprintf(name, STAGING_NAME_BYTES, ".part-%05llu.tmp", (unsigned long long)part);
}

void
staging_part_name(uint64_t part, char name[STAGING_NAME_BYTES])
{
	snprintf(name, STAGING_NAME_BYTES, "part-%05llu", (unsigned long long)part);
}

bool
staging_is_part(const char *name)
{
	const char *number = strchr(name, '-');
	if (number == NULL || number[1] < '0' || number[1] > '9')
		return false;
	uint64_t part = strtoull(number + 1, NULL, 10);
	char expected[STAGING_NAME_BYTES];
	staging_part_name(part, expected);
	if (strcmp(name, expected) == 0)
		return true;
	staging_temporary_name(part, expected);
	return strcmp(name, expected) == 0;
}

bool
staging_sync_dir(int fd, const char *path, struct nest_error *error)
{
	NEST_SCOPE("parquet.sync");
	/* EINVAL: this file system has nothing to sync in a directory. */
	if (fsync(fd) != 0 && errno != EINVAL)
		return nest_error_system(error, "unable to sync directory %s", path);
	return true;
}
