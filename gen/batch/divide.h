/*
 * divide - divides by a constant divisor with a multiplication (Granlund and
 * Montgomery, "Division by invariant integers using multiplication", PLDI 1994).
 */
#ifndef NEST_GEN_DIVIDE_H
#define NEST_GEN_DIVIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* BITS is the size of the numbers to divide: 63, or 31 if both they and the divisor are below 2^31. */
struct divisor {
	uint64_t by, factor;
	unsigned shift; /* of the product */
};

/* BY must be above 0 and below 2^BITS. */
static inline struct divisor
divisor_of(uint64_t by, unsigned bits)
{
	unsigned log = by > 1 ? 64 - (unsigned)__builtin_clzll(by - 1) : 0;
	unsigned shift = bits + log;
	__uint128_t power = (__uint128_t)1 << shift;
	return (struct divisor){by, (uint64_t)((power + by - 1) / by), shift};
}

/* The quotient of a number below 2^63, rounded down. */
static inline uint64_t
divide_wide(uint64_t number, const struct divisor *divisor)
{
	return (uint64_t)((__uint128_t)number * divisor->factor >> divisor->shift);
}

/* The same for a number below 2^31. */
static inline uint64_t
divide_narrow(uint64_t number, const struct divisor *divisor)
{
	return (uint64_t)(uint32_t)number * (uint32_t)divisor->factor >> divisor->shift;
}

/* The quotient of any number, rounded down. */
static inline int64_t
divide_down(int64_t number, const struct divisor *divisor)
{
	uint64_t sign = number < 0 ? UINT64_MAX : 0;
	return (int64_t)(divide_wide((uint64_t)number ^ sign, divisor) ^ sign);
}

/* Whether all of COUNT numbers are from 0 to 2^31 - 1. */
static inline bool
divide_are_narrow(const int64_t *numbers, size_t count)
{
	uint64_t bits = 0;
	for (size_t i = 0; i < count; i++)
		bits |= (uint64_t)numbers[i];
	return bits >> 31 == 0;
}

#endif
