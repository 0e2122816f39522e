/*
 * run - what the identity of a run says besides which run it is.
 *
 * An identity is the digest of all that decides the bytes of a dataset, with
 * its last bit set where the same command makes the same run again.  It is not
 * set where the input has no name, such as a pipe, and in the identity that is
 * zero, which is that of runs without a name.
 */
#ifndef NEST_BASE_RUN_H
#define NEST_BASE_RUN_H

#include "lib/base/digest.h"

/* The identity that DIGEST makes. */
static inline struct digest_value
run_identity(struct digest_value digest, bool is_repeatable)
{
	uint8_t *last = &digest.bytes[DIGEST_BYTES - 1];
	*last = (uint8_t)((*last & ~1u) | is_repeatable);
	return digest;
}

/* Whether what is left of the run can be of use to a run made later. */
static inline bool
run_is_repeatable(struct digest_value run)
{
	return (run.bytes[DIGEST_BYTES - 1] & 1) != 0;
}

#endif
