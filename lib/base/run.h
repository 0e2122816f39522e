/*
 * run - what the identity of a run says besides which run it is.
 *
 * An identity is the digest of all that decides the bytes of a dataset.  Its
 * last bit is set if the same command makes the same run again.  The bit is not
 * set if the input has no name, such as a pipe, nor in the identity zero,
 * which stands for runs without a name.
 */
#ifndef NEST_BASE_RUN_H
#define NEST_BASE_RUN_H

#include "lib/base/digest.h"

/* Makes an identity from DIGEST. */
static inline struct digest_value
run_identity(struct digest_value digest, bool is_repeatable)
{
	uint8_t *last = &digest.bytes[DIGEST_BYTES - 1];
	*last = (uint8_t)((*last & ~1u) | is_repeatable);
	return digest;
}

/* Whether a later run can use what is left of this one. */
static inline bool
run_is_repeatable(struct digest_value run)
{
	return (run.bytes[DIGEST_BYTES - 1] & 1) != 0;
}

#endif
