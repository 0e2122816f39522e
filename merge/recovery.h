/* recovery - what a run that failed left: which parts are not complete, and taking it away. */
#ifndef NEST_MERGE_RECOVERY_H
#define NEST_MERGE_RECOVERY_H

#include "lib/base/error.h"

#include <stdint.h>

/* The parts index, index + count and so on. */
struct recovery_share {
	uint64_t index, count;
};

/*
 * Prints on standard output the numbers of the parts in SHARE of the dataset DIRECTORY that are
 * not complete, as a line of numbers and ranges, or nothing.  What is broken is removed first.
 * NEST_USAGE where nothing is staged.
 */
bool recovery_missing(const char *directory, struct recovery_share share, struct nest_error *error);

/* Removes what is staged for DIRECTORY, if anything is.  NEST_FAILED while somebody is at work there. */
bool recovery_sweep(const char *directory, struct nest_error *error);

#endif
