/* internal - what the files of this folder share. */
#ifndef NEST_DATASET_INTERNAL_H
#define NEST_DATASET_INTERNAL_H

#include "lib/dataset/listing.h"
#include "lib/dataset/place.h"

#include <limits.h>

struct place {
	char target[PATH_MAX]; /* the dataset directory: no slash at its end, not "..", no symbolic link */
	char parent[PATH_MAX]; /* the directory that both stand in */
	char path[PATH_MAX];   /* the place */
	const char *target_name, *name; /* of target and path in the parent */
	const char *program;
	int parent_fd, fd; /* -1 unless open */
	int run_fd;        /* the run's file, with a shared lock on it; -1 unless joined */
	bool claimed;      /* fd is locked */
	struct digest_value run;
	struct listing known; /* what was complete when the run was joined */
};

#endif
