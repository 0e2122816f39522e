#include "lib/dataset/directory.h"

#include "lib/meter/probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REMOVE_PASSES = 5 };

bool
directory_each(int fd, const char *path, directory_visit *visit, void *context, struct nest_error *error)
{
	/* A new descriptor: a duplicate would share the position in the listing. */
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = own >= 0 ? fdopendir(own) : NULL;
	if (listing == NULL) {
		nest_error_system(error, "unable to list directory %s", path);
		if (own >= 0)
			close(own);
		return false;
	}
	bool fine = true;
	struct dirent *entry;
	while (errno = 0, fine && (entry = readdir(listing)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			fine = visit(fd, entry->d_name, context, error);
	if (fine && errno != 0)
		fine = nest_error_system(error, "unable to list directory %s", path);
	closedir(listing);
	return fine;
}

struct removal {
	const char *path;
	const struct directory_ours *ours;
	unsigned depth;
	char foreign[NAME_MAX + 1]; /* a name that is not ours, or empty */
};

static bool remove_tree(int parent_fd, const char *name, const char *path, const struct directory_ours *ours,
    unsigned depth, struct nest_error *error);

static bool
is_our_folder(int fd, const char *name, const struct removal *removal)
{
	struct stat status;
	return removal->depth < removal->ours->depth_most && removal->ours->is_folder(name) &&
	       fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

static bool
remove_entry(int fd, const char *name, void *context, struct nest_error *error)
{
	struct removal *removal = context;
	if (is_our_folder(fd, name, removal)) {
		char path[PATH_MAX + NAME_MAX + 2];
		snprintf(path, sizeof path, "%s/%s", removal->path, name);
		return remove_tree(fd, name, path, removal->ours, removal->depth + 1, error);
	}
	if (!removal->ours->is_file(name)) {
		snprintf(removal->foreign, sizeof removal->foreign, "%s", name);
		return true;
	}
	if (unlinkat(fd, name, 0) != 0 && errno != ENOENT)
		return nest_error_system(error, "unable to remove %s/%s", removal->path, name);
	return true;
}

static bool
remove_open(int parent_fd, const char *name, int fd, const struct removal *removal, struct nest_error *error)
{
	/* More than one pass: a listing may miss an entry while others go, and a peer may still write. */
	for (int pass = 0; pass < REMOVE_PASSES; pass++) {
		struct removal now = *removal;
		if (!directory_each(fd, now.path, remove_entry, &now, error))
			return false;
		if (now.foreign[0] != '\0')
			return nest_error_set(error, NEST_FAILED,
			    "unable to remove directory %s: it holds %s, which is not of this program",
			    now.path, now.foreign);
		if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return true;
		if (errno != ENOTEMPTY && errno != EEXIST)
			break;
	}
	return nest_error_system(error, "unable to remove directory %s", removal->path);
}

static bool
remove_tree(int parent_fd, const char *name, const char *path, const struct directory_ours *ours,
    unsigned depth, struct nest_error *error)
{
	const struct removal removal = {.path = path, .ours = ours, .depth = depth};
	int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || nest_error_system(error, "unable to open directory %s", path);
	bool removed = remove_open(parent_fd, name, fd, &removal, error);
	close(fd);
	return removed;
}

bool
directory_remove(int parent_fd, const char *name, const char *path, const struct directory_ours *ours,
    struct nest_error *error)
{
	return remove_tree(parent_fd, name, path, ours, 0, error);
}

static bool
is_unsupported(int code)
{
	return code == EINVAL || code == ENOSYS || code == EOPNOTSUPP || code == EPERM;
}

int
directory_rename_new(int fd, const char *from, const char *to)
{
	if (renameat2(fd, from, fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (!is_unsupported(errno))
		return -1;
	/* NFS cannot do that, but has links. */
	if (linkat(fd, from, fd, to, 0) == 0)
		return unlinkat(fd, from, 0);
	if (!is_unsupported(errno))
		return -1;
	/* A file system without either is not one for processes to share. */
	if (faccessat(fd, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(fd, from, fd, to);
}

bool
directory_sync(int fd, const char *path, struct nest_error *error)
{
	NEST_SCOPE("dataset.sync");
	/* EINVAL: this file system has nothing to sync in a directory. */
	if (fsync(fd) != 0 && errno != EINVAL)
		return nest_error_system(error, "unable to sync directory %s", path);
	return true;
}

bool
directory_is_mount_point(const char *path, const char *parent)
{
	struct stat inner, outer;
	if (stat(path, &inner) == 0 && stat(parent, &outer) == 0 && inner.st_dev != outer.st_dev)
		return true;
	/* A bind mount within one file system shows only here. */
	struct statx status;
	return statx(AT_FDCWD, path, 0, 0, &status) == 0 &&
	       (status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
	       (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}
