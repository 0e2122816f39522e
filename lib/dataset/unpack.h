/* unpack - the files of a bundle (bundle.h) put where they stand in a dataset. */
#ifndef NEST_DATASET_UNPACK_H
#define NEST_DATASET_UNPACK_H

#include "lib/dataset/commit.h"

/*
 * Copies the files of PART, which has an index, into directories below the directory NEW_FD, each as
 * NAME; PATH names that directory in messages.  Nothing is synced.  NEST_INVALID if the part is
 * not what was accepted.
 */
bool unpack_part(const struct place *place, const struct commit_part *part, const char *name, int new_fd,
    const char *path, struct nest_error *error);

#endif
