/* published - what files of a dataset are called, and the directory in which a new one is put together. */
#ifndef NEST_DATASET_PUBLISHED_H
#define NEST_DATASET_PUBLISHED_H

#include "lib/dataset/place.h"

enum {
	PUBLISHED_BASE_LIMIT = 200, /* bytes: with a number and a suffix a file's name is 255 at most */
	PUBLISHED_NAME_BYTES = PUBLISHED_BASE_LIMIT + 32,
};

#define PUBLISHED_SUCCESS "_SUCCESS"

/*
 * "BASE-00003.parquet", or with as many digits as the last of all PARTS takes where that is more:
 * readers sort the names of a dataset, and must find its rows in their order.
 */
void published_name(const char *base, uint64_t part, uint64_t parts, char name[PUBLISHED_NAME_BYTES]);

/* Whether a name ends as such a one does. */
bool published_is_parquet(const char *name);

/* What a dataset directory may hold, whoever wrote it: such files, and directories of such again. */
bool published_is_dataset_file(const char *name);

/* Whether a directory within a dataset is called as one of a partition is: NAME=VALUE. */
bool published_is_partition(const char *name);

enum { PUBLISHED_DEPTH_MOST = 64 }; /* directories one within the other that are looked into */

/*
 * Removes the dataset that is NAME in the directory PARENT_FD, and PATH in messages; it stays where
 * anything else is in it.  That it is not there is fine.
 */
bool published_remove(int parent_fd, const char *name, const char *path, struct nest_error *error);

/*
 * Removes the directory `new` of PLACE: one that was not finished, or the old dataset for which
 * a finished one was exchanged.  That there is none is fine.
 */
bool published_remove_new(const struct place *place, struct nest_error *error);

#endif
