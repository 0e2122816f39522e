/* commit_check.c - whether a dataset can be put in its place. */
#include "lib/dataset/commit.h"
#include "lib/dataset/directory.h"
#include "lib/dataset/internal.h"
#include "lib/dataset/published.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
check_base(const char *base, struct nest_error *error)
{
	size_t size = strlen(base);
	bool plain = size > 0 && size <= PUBLISHED_BASE_LIMIT && base[0] != '.' && base[0] != '_';
	for (size_t i = 0; i < size; i++)
		plain = plain && (unsigned char)base[i] > ' ' && base[i] != '/' && base[i] != 0x7f;
	if (!plain)
		return nest_error_set(error, NEST_USAGE,
		    "--base: '%.60s' is not the beginning of a file's name (1 to %d bytes, no slash or "
		    "blank, "
		    "not beginning with . or _)",
		    base, (int)PUBLISHED_BASE_LIMIT);
	return true;
}

/* The contents of a directory that --force would replace. */
struct contents {
	const char *path;
	unsigned depth;
	bool any;
	bool dataset;             /* something that only datasets have */
	char odd_one[PATH_MAX];   /* a name in it that no dataset has, or empty */
	char kept_shut[PATH_MAX]; /* the path of a directory from which nothing could be removed, or empty */
};

static bool note_contents(struct contents *contents, int fd, struct nest_error *error);

/* Notes the contents of a partition's directory. */
static bool
note_partition(struct contents *contents, int fd, const char *name, struct nest_error *error)
{
	char path[PATH_MAX + NAME_MAX + 2];
	struct contents inner = {.path = path, .depth = contents->depth + 1};
	snprintf(path, sizeof path, "%s/%s", contents->path, name);
	int inner_fd = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (inner_fd < 0)
		return nest_error_system(error, "unable to open directory %s", path);
	bool fine = note_contents(&inner, inner_fd, error);
	close(inner_fd);
	contents->dataset = contents->dataset || inner.dataset;
	if (inner.odd_one[0] != '\0' && contents->odd_one[0] == '\0')
		snprintf(contents->odd_one, sizeof contents->odd_one, "%s/%.*s", name,
		    (int)(sizeof contents->odd_one - NAME_MAX - 2), inner.odd_one);
	if (inner.kept_shut[0] != '\0')
		memcpy(contents->kept_shut, inner.kept_shut, sizeof contents->kept_shut);
	return fine;
}

static bool
note_entry(int fd, const char *name, void *context, struct nest_error *error)
{
	struct contents *contents = context;
	struct stat status;
	if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ||
		       nest_error_system(error, "unable to examine %s/%s", contents->path, name);
	contents->any = true;
	if (S_ISDIR(status.st_mode) && published_is_partition(name) && contents->depth < PUBLISHED_DEPTH_MOST)
		return note_partition(contents, fd, name, error);
	contents->dataset = contents->dataset || name[0] == '_' || published_is_parquet(name);
	if ((!S_ISREG(status.st_mode) || !published_is_dataset_file(name)) && contents->odd_one[0] == '\0')
		snprintf(contents->odd_one, sizeof contents->odd_one, "%s", name);
	return true;
}

static bool
note_contents(struct contents *contents, int fd, struct nest_error *error)
{
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
		snprintf(contents->kept_shut, sizeof contents->kept_shut, "%s", contents->path);
	return directory_each(fd, contents->path, note_entry, contents, error);
}

static bool
check_contents(const struct commit *commit, int fd, struct nest_error *error)
{
	const char *target = commit->place->target;
	struct contents contents = {.path = target};
	if (!note_contents(&contents, fd, error))
		return false;
	if (!contents.any)
		return true;
	if (!commit->force)
		return nest_error_set(error, NEST_USAGE,
		    "%s is not empty; give --force to replace the dataset in it, or another directory",
		    target);
	if (contents.odd_one[0] != '\0')
		return nest_error_set(error, NEST_USAGE,
		    "%s holds %s, which is no file of a dataset; --force replaces only directories of "
		    ".parquet files and files beginning with . or _, and of NAME=VALUE directories of such",
		    target, contents.odd_one);
	if (!contents.dataset)
		return nest_error_set(error, NEST_USAGE,
		    "%s holds only hidden files, which is no dataset; empty it or give another directory",
		    target);
	/* It could be moved out of the way but not removed, and would be in the way of the next run. */
	if (contents.kept_shut[0] != '\0')
		return nest_error_set(error, NEST_USAGE,
		    "%s is not to be written, so that the dataset in it cannot be removed",
		    contents.kept_shut);
	return true;
}

bool
commit_check(const struct commit *commit, struct nest_error *error)
{
	const char *target = commit->place->target;
	struct stat status;
	if (!check_base(commit->base, error))
		return false;
	if (stat(target, &status) != 0)
		return errno == ENOENT || nest_error_system(error, "unable to examine %s", target);
	if (!S_ISDIR(status.st_mode))
		return nest_error_set(
		    error, NEST_USAGE, "%s is a file; the dataset is to be a directory", target);
	if (directory_is_mount_point(target, commit->place->parent))
		return nest_error_set(error, NEST_USAGE,
		    "%s is a mount point, which no rename can replace; give a directory inside it, such as "
		    "%s/dataset",
		    target, target);
	int fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return nest_error_system(error, "unable to open directory %s", target);
	bool fine = check_contents(commit, fd, error);
	close(fd);
	return fine;
}
