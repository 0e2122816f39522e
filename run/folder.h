/*
 * folder - a run's private folder: its sockets, accounts and endpoints.
 *
 * Its name is chosen before it is made, so that whoever outlives the process that
 * made it knows what to remove; and if nobody does, the next run removes it.
 */
#ifndef NEST_RUN_FOLDER_H
#define NEST_RUN_FOLDER_H

#include "lib/base/error.h"

#include <limits.h>

struct folder {
	char path[PATH_MAX];
};

/*
 * Chooses a name in TMPDIR, or in /tmp where a socket of NAME_BYTES_MOST in it would be
 * too long (sun_path), or where a comma in TMPDIR would part endpoints.
 */
bool folder_choose(struct folder *folder, size_t name_bytes_most, struct nest_error *error);

/* Fills PATH with that of the file NAME, with ENDING behind it, in the folder. */
bool folder_file(const struct folder *folder, const char *name, const char *ending, char path[PATH_MAX],
    struct nest_error *error);

/*
 * Makes it, mode 0700.  As long as this process lives, it holds a lock on a file in it.  Folders
 * beside it that have such a file which nobody holds, and are the user's own and this host's, are
 * removed: they are of runs that were killed with all who would have cleaned up.
 */
bool folder_create(const struct folder *folder, struct nest_error *error);

/* Removes it with all that is in it, where it is there and the user's own. */
bool folder_remove(const struct folder *folder, struct nest_error *error);

#endif
