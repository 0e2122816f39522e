/*
 * hash - XXH3 (xxhash) in 64 bits, for tables of names that others may choose.
 *
 * It begins from a secret of the process's own, so that nobody can make names
 * that all meet in one slot.  Hashes differ from run to run, then: no output
 * may depend on them.
 */
#ifndef NEST_BASE_HASH_H
#define NEST_BASE_HASH_H

#include "lib/base/buffer.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Drawn before main() begins. */
extern uint64_t hash_secret;

/* SEED tells apart what has the same bytes in different places. */
static inline uint64_t
hash_bytes(struct view bytes, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes.data, bytes.size, hash_secret + seed);
}

#endif
