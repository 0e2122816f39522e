/*
 * staging - where parts stand until the dataset is whole.
 *
 * For a dataset directory PARENT/NAME it is PARENT/.NAME.staging: its sibling,
 * so that one rename publishes it, and hidden, so that no reader looks inside.
 * A part is written there as .part-00003.tmp and renamed to part-00003, which
 * does not end in .parquet, once it is complete and synced.  Who writes parts
 * and who publishes them agree on these names here.
 *
 * A struct staging holds only names and owns no memory.
 */
#ifndef NEST_PARQUET_STAGING_H
#define NEST_PARQUET_STAGING_H

#include "lib/base/error.h"

#include <limits.h>
#include <stdint.h>

enum { STAGING_NAME_BYTES = 40 }; /* room for either name of a part */

struct staging {
	char target[PATH_MAX]; /* the dataset directory: no slash at its end, not "..", no symbolic link */
	char parent[PATH_MAX]; /* the directory that both stand in */
	char path[PATH_MAX];   /* the staging directory */
};

/*
 * Fills STAGING for the dataset directory DIR, which need not exist.  "." and
 * ".." and a symbolic link stand for the directory that they lead to.
 * NEST_USAGE where DIR cannot name a dataset.
 */
bool staging_path(struct staging *staging, const char *dir, struct nest_error *error);

/*
 * Creates the staging directory and whatever is missing above it; that it is
 * there already is fine.  *FD is the open directory, the caller's to close.
 */
bool staging_create(const struct staging *staging, int *fd, struct nest_error *error);

/*
 * Locks the directory or file FD until it is closed.  False where somebody else
 * holds the lock, or has moved what is locked away from PATH before it was taken.
 */
bool staging_lock(int fd, const char *path);

/* The file name of a part while it is written, and once it is complete. */
void staging_temporary_name(uint64_t part, char name[STAGING_NAME_BYTES]);
void staging_part_name(uint64_t part, char name[STAGING_NAME_BYTES]);

/* Whether NAME is one of these two, of whatever part. */
bool staging_is_part(const char *name);

/* Syncs the open directory FD, so that the names in it outlive a crash; PATH names it in the message. */
bool staging_sync_dir(int fd, const char *path, struct nest_error *error);

#endif
