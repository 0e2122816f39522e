/* accepted - whether a part to be published is still what was accepted. */
#ifndef NEST_DATASET_ACCEPTED_H
#define NEST_DATASET_ACCEPTED_H

#include "lib/dataset/commit.h"

#include <sys/stat.h>

/* Fills STATUS with the present state of PART.  NEST_INVALID if its bytes are not those that were accepted.
 */
bool accepted_check(
    const struct place *place, const struct commit_part *part, struct stat *status, struct nest_error *error);

/* Whether it was left alone between BEFORE and AFTER; NEST_INVALID says that it was not. */
bool accepted_check_same(const struct commit_part *part, const struct stat *before, const struct stat *after,
    struct nest_error *error);

#endif
