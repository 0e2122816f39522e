/*
 * socket_file - the file of an endpoint ipc://PATH.
 *
 * ZeroMQ would remove anything at PATH before it binds there.  Here, nothing is
 * removed but a socket of this user at which no process listens any more, such as
 * a killed process leaves behind.  Only the user can reach the file from its first
 * moment on, and at the end it is removed if it is still the same.
 */
#ifndef NEST_WIRE_SOCKET_FILE_H
#define NEST_WIRE_SOCKET_FILE_H

#include "lib/base/error.h"

#include <sys/stat.h>
#include <sys/un.h>

enum { SOCKET_PATH_BYTES = sizeof((struct sockaddr_un *)0)->sun_path };

struct socket_file {
	char path[SOCKET_PATH_BYTES]; /* "" if there is none */
	bool has_folder;              /* a folder was made for it */
	dev_t device;
	ino_t inode;
};

/*
 * Binds PATH, or a path in a new folder below TMPDIR if PATH is "*", and
 * listens there.  Returns the descriptor, which the caller owns, or -1:
 * NEST_USAGE if something other than a socket is there, NEST_FAILED if
 * a process listens there or the socket is another user's.
 */
int socket_file_bind(struct socket_file *file, const char *path, struct nest_error *error);

/* Removes what was bound, if it is still there. */
void socket_file_remove(struct socket_file *file);

#endif
