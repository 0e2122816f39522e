#include "lib/wire/socket_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long another process may take to clear the same folder. */
enum { LOCK_TRIES = 200, LOCK_NAP_US = 10000 };

static struct sockaddr_un
address_of(const struct socket_file *file)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, file->path, sizeof file->path);
	return address;
}

/* Whether a process has the socket; connecting with another type is refused, and disturbs nobody. */
static bool
is_bound(const struct socket_file *file, struct nest_error *error)
{
	struct sockaddr_un address = address_of(file);
	int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (probe < 0) {
		nest_error_system(error, "unable to make a socket");
		return true;
	}
	int failure = connect(probe, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
	close(probe);
	if (failure == ECONNREFUSED)
		return false;
	nest_error_set(error, NEST_FAILED,
	    "unable to bind ipc://%s: another process has bound it; give every receiver an endpoint of its "
	    "own",
	    file->path);
	return true;
}

/* Whether the file is a socket that its process has left behind, and belongs to this user. */
static bool
is_left_behind(const struct socket_file *file, struct nest_error *error)
{
	struct stat status;
	if (lstat(file->path, &status) != 0)
		return errno == ENOENT || nest_error_system(error, "unable to look at %s", file->path);
	if (!S_ISSOCK(status.st_mode))
		return nest_error_set(error, NEST_USAGE,
		    "--from: %s is there already and is no socket; it is left as it is, name another path",
		    file->path);
	if (status.st_uid != geteuid())
		return nest_error_set(error, NEST_FAILED,
		    "unable to bind ipc://%s: it is another user's socket; name another path", file->path);
	return !is_bound(file, error);
}

/* Locks the folder of the file, so that of several who find a dead socket one removes it; -1 on an error. */
static int
lock_folder(const struct socket_file *file, struct nest_error *error)
{
	char path[SOCKET_PATH_BYTES];
	memcpy(path, file->path, sizeof path);
	const char *name = dirname(path);
	int folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		nest_error_system(error, "unable to open %s", name);
		return -1;
	}
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(folder, LOCK_EX | LOCK_NB) == 0)
			return folder;
		usleep(LOCK_NAP_US);
	}
	nest_error_set(error, NEST_FAILED, "unable to remove the old socket %s: a process keeps %s locked",
	    file->path, name);
	close(folder);
	return -1;
}

/* Binds in place of a socket that was left behind; its folder is locked. */
static bool
replace(const struct socket_file *file, int descriptor, struct nest_error *error)
{
	struct sockaddr_un address = address_of(file);
	if (!is_left_behind(file, error))
		return false;
	if ((unlink(file->path) != 0 && errno != ENOENT) ||
	    bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0)
		return nest_error_system(error, "unable to bind ipc://%s", file->path);
	return true;
}

static bool
bind_path(const struct socket_file *file, int descriptor, struct nest_error *error)
{
	struct sockaddr_un address = address_of(file);
	/* The file gets the mode of its socket, so that others cannot reach it even for a moment. */
	if (fchmod(descriptor, S_IRUSR | S_IWUSR) != 0)
		return nest_error_system(error, "unable to set up a socket");
	if (bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0)
		return true;
	if (errno != EADDRINUSE)
		return nest_error_system(error, "unable to bind ipc://%s", file->path);
	if (!is_left_behind(file, error))
		return false;
	int folder = lock_folder(file, error);
	if (folder < 0)
		return false;
	bool bound = replace(file, descriptor, error);
	close(folder);
	return bound;
}

/* Makes a folder for a path that nobody else has. */
static bool
make_folder(struct socket_file *file, struct nest_error *error)
{
	static const char name[] = "/socket";
	const char *below = getenv("TMPDIR");
	int size = snprintf(file->path, sizeof file->path, "%s/nest-XXXXXX",
	    below != NULL && below[0] != '\0' ? below : "/tmp");
	if (size < 0 || (size_t)size + sizeof name > sizeof file->path) {
		file->path[0] = '\0';
		return nest_error_set(error, NEST_USAGE,
		    "--from: TMPDIR is too long for the path of a socket; name a path of less than %d bytes",
		    SOCKET_PATH_BYTES);
	}
	if (mkdtemp(file->path) == NULL) {
		nest_error_system(error, "unable to make a folder for a socket, %s", file->path);
		file->path[0] = '\0';
		return false;
	}
	file->has_folder = true;
	memcpy(file->path + size, name, sizeof name);
	return true;
}

static bool
settle_path(struct socket_file *file, const char *path, struct nest_error *error)
{
	if (strcmp(path, "*") == 0)
		return make_folder(file, error);
	/* The caller has checked that it fits. */
	snprintf(file->path, sizeof file->path, "%s", path);
	return true;
}

/* Notes which file was made, and accepts connections from now on. */
static bool
begin(struct socket_file *file, int descriptor, struct nest_error *error)
{
	struct stat status;
	if (lstat(file->path, &status) != 0)
		return nest_error_system(error, "unable to look at %s", file->path);
	file->device = status.st_dev;
	file->inode = status.st_ino;
	if (listen(descriptor, SOMAXCONN) != 0)
		return nest_error_system(error, "unable to listen at ipc://%s", file->path);
	return true;
}

int
socket_file_bind(struct socket_file *file, const char *path, struct nest_error *error)
{
	*file = (struct socket_file){0};
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (descriptor < 0) {
		nest_error_system(error, "unable to make a socket");
		return -1;
	}
	if (settle_path(file, path, error) && bind_path(file, descriptor, error) &&
	    begin(file, descriptor, error))
		return descriptor;
	close(descriptor);
	socket_file_remove(file);
	return -1;
}

void
socket_file_remove(struct socket_file *file)
{
	struct stat status;
	if (file->path[0] == '\0')
		return;
	if (file->inode != 0 && lstat(file->path, &status) == 0 && status.st_dev == file->device &&
	    status.st_ino == file->inode)
		unlink(file->path);
	if (file->has_folder) {
		*strrchr(file->path, '/') = '\0';
		rmdir(file->path);
	}
	*file = (struct socket_file){0};
}
