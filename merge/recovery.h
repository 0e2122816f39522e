/* recovery - the remains of a failed run: which parts are missing, and how to remove them. */
#ifndef NEST_MERGE_RECOVERY_H
#define NEST_MERGE_RECOVERY_H

#include "lib/base/error.h"

#include <stdint.h>

/* The parts `index`, `index + count` and so on. */
struct recovery_share {
	uint64_t index, count;
};

/*
 * Prints the numbers of the parts in SHARE of the dataset DIRECTORY that are not complete on
 * standard output, as a line of numbers and ranges, or nothing.  Broken parts are removed first.
 * NEST_USAGE if nothing is staged.
 */
bool recovery_missing(const char *directory, struct recovery_share share, struct nest_error *error);

/* Removes what is staged for DIRECTORY, if anything is.  NEST_FAILED while a process is at work there. */
bool recovery_sweep(const char *directory, struct nest_error *error);

#endif
