/*
 * directory - what publishing does with a directory as a whole.
 *
 * Directories are open descriptors; the path beside one is for messages and
 * for what only goes by name.  Nothing here descends into subdirectories or
 * follows links.  Failures are NEST_FAILED.
 */
#ifndef NEST_MERGE_DIRECTORY_H
#define NEST_MERGE_DIRECTORY_H

#include "lib/base/error.h"

typedef bool directory_visit(int fd, const char *name, void *context, struct nest_error *error);

/* Calls VISIT for each entry but "." and "..", until it returns false. */
bool directory_each(
    int fd, const char *path, directory_visit *visit, void *context, struct nest_error *error);

/*
 * Removes the files whose names IS_OURS accepts, then the directory; it stays where anything
 * else is in it.
 */
bool directory_remove(int fd, const char *path, bool (*is_ours)(const char *name), struct nest_error *error);

/* Whether something is mounted at PATH, a directory in PARENT. */
bool directory_is_mount_point(const char *path, const char *parent);

#endif
