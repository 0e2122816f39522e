/*
 * permutation - the numbers 0 ... n-1, each once, in an order that looks random:
 * for identifiers that are unique and do not count up.
 *
 * A number is mixed within the next power of two, from 64 on, by rounds that
 * can each be undone (multiplied by an odd number, added to, its upper half
 * folded onto its lower one), and again until it is below n: with n from 32
 * on, at most twice on average (cycle walking; Black and Rogaway, "Ciphers
 * with arbitrary finite domains", CT-RSA 2002).  It is not a cipher: anyone who
 * knows some of the order can find the key.
 */
#ifndef NEST_GEN_PERMUTATION_H
#define NEST_GEN_PERMUTATION_H

#include "lib/base/error.h"

#include <stddef.h>
#include <stdint.h>

#define PERMUTATION_MOST (1ull << 63)

enum { PERMUTATION_ROUNDS = 4 };

struct permutation {
	uint64_t count, mask;
	unsigned shift;
	struct permutation_round {
		uint64_t factor, term;
	} rounds[PERMUTATION_ROUNDS];
};

/* KEY is any word of random bits; NEST_USAGE unless COUNT is from 1 to PERMUTATION_MOST. */
bool permutation_init(
    struct permutation *permutation, uint64_t key, uint64_t count, struct nest_error *error);

/* The place of each of COUNT numbers, all of which are below the permutation's count; PLACES may be NUMBERS.
 */
void permutation_apply(
    const struct permutation *permutation, const uint64_t *numbers, size_t count, uint64_t *places);

#endif
