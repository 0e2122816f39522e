/*
 * socket_file - the file of an endpoint ipc://PATH.
 *
 * ZeroMQ would remove whatever lies at PATH before it binds there.  Here
 * nothing is removed but a socket of this user's that nobody listens at any
 * more, such as a killed process leaves behind.  The file is the user's alone
 * from its first moment, and at the end it is removed if it is still the same.
 */
#ifndef NEST_WIRE_SOCKET_FILE_H
#define NEST_WIRE_SOCKET_FILE_H

#include "lib/base/error.h"

#include <sys/stat.h>
#include <sys/un.h>

enum { SOCKET_PATH_BYTES = sizeof((struct sockaddr_un *)0)->sun_path };

struct socket_file {
	char path[SOCKET_PATH_BYTES]; /* "" where there is none */
	bool has_folder;              /* that was made for it */
	dev_t device;
	ino_t inode;
};

/*
 * Binds PATH, or a path in a new folder below TMPDIR where it is "*", and
 * listens there.  Returns the descriptor, which is the caller's, or -1:
 * NEST_USAGE where something else than a socket lies there, NEST_FAILED where
 * somebody listens or it is another user's.
 */
int socket_file_bind(struct socket_file *file, const char *path, struct nest_error *error);

/* Removes what was bound, where it is still there. */
void socket_file_remove(struct socket_file *file);

#endif
