/* stamp - what tells a file from what it was before, and from another one of its name. */
#ifndef NEST_DATASET_STAMP_H
#define NEST_DATASET_STAMP_H

#include "lib/base/digest.h"

#include <sys/stat.h>

/*
 * Its number and the time of its last change, which nobody can set back.  Never zero: no file has
 * number 0.
 */
static inline struct digest_value
stamp_of(const struct stat *status)
{
	struct digest_value stamp;
	uint64_t inode = status->st_ino;
	uint64_t changed_ns =
	    (uint64_t)status->st_ctim.tv_sec * 1000000000u + (uint64_t)status->st_ctim.tv_nsec;
	for (unsigned i = 0; i < 8; i++) {
		stamp.bytes[i] = (uint8_t)(inode >> (8 * i));
		stamp.bytes[8 + i] = (uint8_t)(changed_ns >> (8 * i));
	}
	return stamp;
}

#endif
