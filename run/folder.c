#include "run/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The name of a folder is this and random letters: short, as the paths of sockets must be. */
static const char prefix[] = "nest-", letters[] = "0123456789abcdefghijklmnopqrstuv";

enum {
	PREFIX_BYTES = sizeof prefix - 1,
	LETTERS = sizeof letters - 1,
	DRAWN_BYTES = 8, /* 40 bits */
	NAME_BYTES = PREFIX_BYTES + DRAWN_BYTES,
	LOCK_NAME_BYTES = 64,
	SOCKET_PATH_MOST = sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
};

/* TMPDIR as an absolute path without a slash at its end; false if it cannot be one. */
static bool
wanted_parent(char parent[PATH_MAX])
{
	const char *wanted = getenv("TMPDIR");
	char here[PATH_MAX] = "";
	if (wanted == NULL || wanted[0] == '\0')
		return false;
	if (wanted[0] != '/' && getcwd(here, sizeof here - 1) == NULL)
		return false;
	size_t size = (size_t)snprintf(parent, PATH_MAX, "%s%s%s", here, here[0] != '\0' ? "/" : "", wanted);
	if (size >= PATH_MAX)
		return false;
	while (size > 1 && parent[size - 1] == '/')
		parent[--size] = '\0';
	return true;
}

bool
folder_choose(struct folder *folder, size_t name_bytes_most, struct nest_error *error)
{
	char parent[PATH_MAX];
	uint8_t drawn[DRAWN_BYTES];
	char name[DRAWN_BYTES + 1] = "";
	size_t behind = 1 + NAME_BYTES + 1 + name_bytes_most;
	if (!wanted_parent(parent) || strlen(parent) + behind > SOCKET_PATH_MOST ||
	    strchr(parent, ',') != NULL)
		strcpy(parent, "/tmp");
	if (getrandom(drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn)
		return nest_error_system(error, "unable to draw random letters");
	for (size_t i = 0; i < DRAWN_BYTES; i++)
		name[i] = letters[drawn[i] % LETTERS];
	snprintf(folder->path, sizeof folder->path, "%.*s/%s%s", (int)SOCKET_PATH_MOST, parent, prefix, name);
	return true;
}

bool
folder_file(const struct folder *folder, const char *name, const char *ending, char path[PATH_MAX],
    struct nest_error *error)
{
	int size = snprintf(path, PATH_MAX, "%s/%s%s", folder->path, name, ending);
	return (size >= 0 && size < PATH_MAX) ||
	       nest_error_set(
		   error, NEST_FAILED, "the path of %s%s in the folder of the run is too long", name, ending);
}

static bool remove_entries(int fd);

/* Removes NAME, a file or an empty directory, in the directory AT. */
static bool
remove_entry(int at, const char *name)
{
	if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM)
		return false;
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && remove_entries(fd) && unlinkat(at, name, AT_REMOVEDIR) == 0;
}

/* Removes all that is in the directory FD, except what cannot be removed, and closes it. */
static bool
remove_entries(int fd)
{
	DIR *folder = fdopendir(fd);
	if (folder == NULL) {
		close(fd);
		return false;
	}
	bool done = true;
	struct dirent *entry;
	while ((entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			done = remove_entry(dirfd(folder), entry->d_name) && done;
	closedir(folder);
	return done;
}

static bool
is_name(const char *name)
{
	return strlen(name) == NAME_BYTES && strncmp(name, prefix, PREFIX_BYTES) == 0 &&
	       strspn(name + PREFIX_BYTES, letters) == DRAWN_BYTES;
}

/*
 * The file whose lock says that the run is alive; no process of a plan has a name that begins so.  It
 * names the boot of this host, since a lock may not be seen from another host that shares the folder.
 */
static bool
name_lock(char name[LOCK_NAME_BYTES])
{
	static const char beginning[] = ".nest-run-";
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (file == NULL)
		return false;
	strcpy(name, beginning);
	bool done = fscanf(file, "%36s", name + sizeof beginning - 1) == 1;
	fclose(file);
	return done;
}

static bool
is_own(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 && status.st_uid == geteuid();
}

/* Removes the folder NAME in the directory AT, if its run is no longer alive. */
static void
remove_dead(int at, const char *name, const char *lock_name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	int lock = is_own(fd) ? openat(fd, lock_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0)
		close(fd);
	else if (remove_entries(fd))
		unlinkat(at, name, AT_REMOVEDIR);
	if (lock >= 0)
		close(lock);
}

/* Folders that cannot be removed are left: they do not concern this run. */
static void
remove_all_dead(const struct folder *folder)
{
	char parent[PATH_MAX], lock_name[LOCK_NAME_BYTES];
	struct dirent *entry;
	snprintf(
	    parent, sizeof parent, "%.*s", (int)(strrchr(folder->path, '/') - folder->path), folder->path);
	DIR *all = name_lock(lock_name) ? opendir(parent) : NULL;
	if (all == NULL)
		return;
	while ((entry = readdir(all)) != NULL)
		if (is_name(entry->d_name))
			remove_dead(dirfd(all), entry->d_name, lock_name);
	closedir(all);
}

/*
 * Makes the file, and locks it until this process ends.  It gets its name once it is locked, so that
 * it is never seen unlocked.  If it cannot be made or locked, no other run removes the folder.
 */
static void
hold(const struct folder *folder)
{
	char name[LOCK_NAME_BYTES], path[PATH_MAX], fresh[PATH_MAX];
	struct nest_error ignored;
	if (!name_lock(name) || !folder_file(folder, name, "", path, &ignored) ||
	    !folder_file(folder, name, ".new", fresh, &ignored))
		return;
	int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) != 0 || rename(fresh, path) != 0))
		close(fd);
}

bool
folder_create(const struct folder *folder, struct nest_error *error)
{
	remove_all_dead(folder);
	if (mkdir(folder->path, 0700) != 0)
		return nest_error_system(error, "unable to make the folder %s", folder->path);
	hold(folder);
	return true;
}

bool
folder_remove(const struct folder *folder, struct nest_error *error)
{
	int fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ||
		       nest_error_system(error, "unable to open the folder %s", folder->path);
	if (!is_own(fd)) {
		close(fd);
		return nest_error_set(error, NEST_FAILED, "the folder %s is another user's", folder->path);
	}
	remove_entries(fd);
	/* Another run may have found it first. */
	return rmdir(folder->path) == 0 || errno == ENOENT ||
	       nest_error_system(error, "unable to remove the folder %s", folder->path);
}
