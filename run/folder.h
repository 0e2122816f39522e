/*
 * folder - a run's private folder: its sockets, accounts and endpoints.
 *
 * Its name is chosen before it is made, so that any process that outlives its maker
 * knows what to remove; if none does, the next run removes it.
 */
#ifndef NEST_RUN_FOLDER_H
#define NEST_RUN_FOLDER_H

#include "lib/base/error.h"

#include <limits.h>

struct folder {
	char path[PATH_MAX];
};

/*
 * Chooses a name in TMPDIR, or in /tmp if a socket with a name of NAME_BYTES_MOST in it would
 * be too long (sun_path), or if a comma in TMPDIR would separate endpoints.
 */
bool folder_choose(struct folder *folder, size_t name_bytes_most, struct nest_error *error);

/* Fills PATH with the path of the file NAME plus ENDING in the folder. */
bool folder_file(const struct folder *folder, const char *name, const char *ending, char path[PATH_MAX],
    struct nest_error *error);

/*
 * Makes it, with mode 0700.  As long as this process lives, it holds a lock on a file in it.
 * Folders of this user and this host beside it, whose file no process has locked, are removed:
 * they belong to runs that were killed together with all that would have cleaned up.
 */
bool folder_create(const struct folder *folder, struct nest_error *error);

/* Removes it with everything in it, if it exists and belongs to the user. */
bool folder_remove(const struct folder *folder, struct nest_error *error);

#endif
