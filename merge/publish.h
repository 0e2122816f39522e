/*
 * publish - from the staging directory to the dataset, in one step.
 *
 * Until that step the dataset directory is as it was; with it, the whole new
 * dataset is there.  While a program has claimed the staging directory it
 * holds a lock on it, so that two runs on one dataset do not mix.
 *
 * Failures of the environment are NEST_FAILED.
 */
#ifndef NEST_MERGE_PUBLISH_H
#define NEST_MERGE_PUBLISH_H

#include "lib/parquet/staging.h"
#include "merge/dataset.h"

struct publication {
	const struct staging *staging;
	const char *base; /* the beginning of the files' names */
	bool force;       /* a dataset that is there already is replaced */
	int fd;           /* the staging directory, locked; -1 unless claimed */
	bool published;
};

void publish_init(
    struct publication *publication, const struct staging *staging, const char *base, bool force);

/*
 * Whether a dataset could be published as the options say: NEST_USAGE where
 * the base name is none, or the dataset directory is a file, a mount point, not
 * empty and not to be replaced, or to be replaced and holds more than a dataset or cannot be
 * emptied.
 */
bool publish_check(const struct publication *publication, struct nest_error *error);

/* Creates the staging directory where it is not there yet, and locks it. */
bool publish_claim(struct publication *publication, struct nest_error *error);

/*
 * Publishes DATASET, which dataset_check() found whole, and nothing else that
 * is staged.  An error after which .published is set means that the dataset is
 * there but could not be synced.
 */
bool publish_dataset(
    struct publication *publication, const struct dataset *dataset, struct nest_error *error);

/*
 * Lets go.  What was claimed and not published is removed: the parts of
 * DATASET and every file that a run of ours leaves; of anything else the
 * program warns.
 */
void publish_close(struct publication *publication, const struct dataset *dataset);

#endif
