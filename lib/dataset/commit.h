/*
 * commit - publishes the parts in a place as a dataset, in one step.
 *
 * Until that step the dataset directory is as it was; after it, the whole new
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
	bool force;       /* replace an existing dataset */
	bool published;   /* set by commit_parts() once the dataset is published */
	/*
	 * Checks the new dataset, in the directory PATH, before it is published, if it was put
	 * together from bundles; NULL: no check.
	 */
	bool (*check)(void *context, const char *path, struct nest_error *error);
	void *check_context;
};

/* A part that was accepted and is to be published. */
struct commit_part {
	uint64_t number;
	const char *file; /* its name in the place */
	uint64_t size_bytes;
	struct digest_value stamp; /* of the file when it was checked (struct part_reader) */
	const char *index;         /* of the files in it (bundle.h), checked; NULL: it is one file */
};

/*
 * Whether a dataset could be published as COMMIT says: NEST_USAGE if the
 * base name is invalid, or if the dataset directory is a file, is a mount point, is not
 * empty and not to be replaced, or is to be replaced and contains more than a dataset
 * or cannot be emptied.
 */
bool commit_check(const struct commit *commit, struct nest_error *error);

/*
 * Puts back an old dataset that a run had moved away when it was killed, on a file system that
 * cannot exchange two directories.  The place must be claimed.
 */
bool commit_restore(const struct commit *commit, struct nest_error *error);

/*
 * Publishes the COUNT parts, which are numbered from 0, and nothing else in the
 * place, which must be claimed and is removed.  Bundles are taken apart.  NEST_INVALID, and nothing is
 * published, if a file is not what was accepted, or if another attempt at a part was completed with
 * other bytes.  If .published is set after an error, the dataset is there but could not be synced.
 */
bool commit_parts(
    struct commit *commit, const struct commit_part *parts, size_t count, struct nest_error *error);

/*
 * Puts the files of a dataset into the empty directory FD, which PATH names in messages, and syncs
 * each of them.  Their names must be allowed for a dataset's files (published.h).
 */
typedef bool commit_fill(void *context, int fd, const char *path, struct nest_error *error);

/* The same for files that FILL makes in their final place: none of them is staged before. */
bool commit_files(struct commit *commit, commit_fill *fill, void *context, struct nest_error *error);

#endif
