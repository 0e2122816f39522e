/*
 * draw - randomness from numbers: 64 random bits for a key and a count.
 *
 * The bits are those of a counter, scrambled by one wide multiplication (the
 * output step of wyrand, https://github.com/wangyi-fudan/wyhash).  Nothing is
 * carried from one draw to the next.
 */
#ifndef NEST_GEN_DRAW_H
#define NEST_GEN_DRAW_H

#include <stdint.h>

static inline uint64_t
draw_scramble(uint64_t counter)
{
	__uint128_t wide = (__uint128_t)counter * (counter ^ 0xe7037ed1a0b428dbu);
	return (uint64_t)(wide >> 64) ^ (uint64_t)wide;
}

static inline uint64_t
draw_counter(uint64_t key, uint64_t count)
{
	return key + count * 0xa0761d6478bd642fu;
}

static inline uint64_t
draw(uint64_t key, uint64_t count)
{
	return draw_scramble(draw_counter(key, count));
}

/* The key of a seed; neighbouring seeds start far apart on the counter. */
static inline uint64_t
draw_key(uint64_t seed)
{
	return draw(seed ^ 0x9e3779b97f4a7c15u, seed * 8 + 7);
}

/* The upper 53 bits as a number from 0 up to, but excluding, 1. */
static inline double
draw_unit(uint64_t random)
{
	return (double)(int64_t)(random >> 11) * 0x1p-53;
}

/* One of COUNT numbers from 0 on, even to one in 2^BITS / COUNT (Lemire, 2019); RANDOM is below 2^BITS. */
static inline uint64_t
draw_below(uint64_t random, unsigned bits, uint64_t count)
{
	return (uint64_t)((__uint128_t)random * count >> bits);
}

#endif
