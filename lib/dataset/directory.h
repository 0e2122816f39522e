/*
 * directory - what is done with a directory and with names in it.
 *
 * Directories are open descriptors; the path beside one is for messages.
 * Nothing here follows links.  Failures are NEST_FAILED.
 */
#ifndef NEST_DATASET_DIRECTORY_H
#define NEST_DATASET_DIRECTORY_H

#include "lib/base/error.h"

typedef bool directory_visit(int fd, const char *name, void *context, struct nest_error *error);

/* Calls VISIT for each entry but "." and "..", until it returns false. */
bool directory_each(
    int fd, const char *path, directory_visit *visit, void *context, struct nest_error *error);

/* Which names in a directory are the caller's: of files, and of directories of such again. */
struct directory_ours {
	bool (*is_file)(const char *name);
	bool (*is_folder)(const char *name);
	unsigned depth_most; /* as deep as that they are */
};

/*
 * Removes what is OURS from NAME in PARENT_FD, then NAME itself; it stays where anything else is in
 * it.  That it is not there is fine.
 */
bool directory_remove(int parent_fd, const char *name, const char *path, const struct directory_ours *ours,
    struct nest_error *error);

/*
 * Renames FROM to TO in the directory FD, where TO is not there yet: 0, or -1 and errno, which
 * is EEXIST where it is.
 */
int directory_rename_new(int fd, const char *from, const char *to);

/* Syncs the open directory FD, so that the names in it outlive a crash; PATH names it in the message. */
bool directory_sync(int fd, const char *path, struct nest_error *error);

/* Whether something is mounted at PATH, a directory in PARENT. */
bool directory_is_mount_point(const char *path, const char *parent);

#endif
