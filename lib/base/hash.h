/*
 * hash - XXH3 (xxhash) in 64 bits, for tables of names that others may choose.
 *
 * It starts from a secret of the process, so that nobody can make names
 * that all fall into one slot.  Hashes therefore differ from run to run: no output
 * may depend on them.
 */
#ifndef NEST_BASE_HASH_H
#define NEST_BASE_HASH_H

#include "lib/base/buffer.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Drawn before main() begins. */
extern uint64_t hash_secret;

/* SEED tells apart equal bytes in different places. */
static inline uint64_t
hash_bytes(struct view bytes, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes.data, bytes.size, hash_secret + seed);
}

#endif
