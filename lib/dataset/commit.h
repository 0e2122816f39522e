/*
 * commit - from the place where parts stand to the dataset, in one step.
 *
 * Until that step the dataset directory is as it was; with it, the whole new
 * dataset is there.
 *
 * Failures of the environment are NEST_FAILED.
 */
#ifndef NEST_DATASET_COMMIT_H
#define NEST_DATASET_COMMIT_H

#include "lib/dataset/place.h"

#include <stddef.h>

struct commit {
	struct place *place;
	const char *base; /* the beginning of the files' names */
	bool force;       /* a dataset that is there already is replaced */
	bool published;   /* it is there: set by commit_parts() */
	/*
	 * Looks at the new dataset, whose directory is PATH, before it is published, where it was put
	 * together of parts that are bundles; NULL: nobody does.
	 */
	bool (*check)(void *context, const char *path, struct nest_error *error);
	void *check_context;
};

/* A part that was accepted and is to be published. */
struct commit_part {
	uint64_t number;
	const char *file; /* its name in the place */
	uint64_t size_bytes;
	struct digest_value stamp; /* of the file as it was looked at (struct part_reader) */
	const char *index;         /* of the files that it is (bundle.h), checked; NULL: it is one */
};

/*
 * Whether a dataset could be published as COMMIT says: NEST_USAGE where the
 * base name is none, or the dataset directory is a file, a mount point, not
 * empty and not to be replaced, or to be replaced and holds more than a dataset
 * or cannot be emptied.
 */
bool commit_check(const struct commit *commit, struct nest_error *error);

/*
 * Puts back an old dataset that a run had moved away when it was killed, on a file system that
 * cannot exchange two directories.  The place must be claimed.
 */
bool commit_restore(const struct commit *commit, struct nest_error *error);

/*
 * Publishes the COUNT parts, which are numbered from 0 on, and nothing else that
 * is in the place, which must be claimed and is removed.  Those that are bundles are taken apart.
 * NEST_INVALID, and nothing is published, where a file is not what was accepted, or where another attempt at
 * a part was completed with other bytes.  An error after which .published is set means that the dataset is
 * there but could not be synced.
 */
bool commit_parts(
    struct commit *commit, const struct commit_part *parts, size_t count, struct nest_error *error);

/*
 * Puts the files of a dataset into the empty directory FD, which PATH names in messages, and syncs
 * each of them.  Names are those that a dataset's files may have (published.h).
 */
typedef bool commit_fill(void *context, int fd, const char *path, struct nest_error *error);

/* The same for files that FILL makes where they are to be: nothing of them is staged before. */
bool commit_files(struct commit *commit, commit_fill *fill, void *context, struct nest_error *error);

#endif
