/* digits - numbers of either sign as decimal digits.  Up to TEXT_SLACK bytes from AT on may be written. */
#ifndef NEST_GEN_DIGITS_H
#define NEST_GEN_DIGITS_H

#include "lib/base/digits.h"

/*
 * What stands before the last eight digits of NUMBER, as a number; 0 below zero.
 *
 * Numbers of a batch are often near each other, so that this is the same for
 * all of them: what is before the first one is made once, and the last eight of
 * those that it does not hold for are found as digits_put_any() finds them.
 */
static inline uint64_t
digits_before_eight(int64_t number)
{
	return number < 0 ? 0 : (uint64_t)number / DIGITS_EIGHT;
}

/* NUMBER with its sign and at least WIDTH digits, FRACTION of them after a point. */
static __attribute__((noinline, unused)) uint8_t *
digits_put_any(uint8_t *at, int64_t number, size_t width, size_t fraction)
{
	uint64_t size = number < 0 ? (uint64_t)0 - (uint64_t)number : (uint64_t)number;
	*at = '-';
	at += number < 0;
	return digits_put_point(at, size, width, fraction);
}

/* The same; most numbers have eight digits at most. */
static inline uint8_t *
digits_put_decimal(uint8_t *at, int64_t number, size_t width, size_t fraction)
{
	if (fraction != 0 || width > 8 || (uint64_t)number >= DIGITS_EIGHT)
		return digits_put_any(at, number, width, fraction);
	uint64_t eight = digits_of_eight((uint32_t)number);
	size_t zeros = digits_zeros(eight), most = 8 - width;
	zeros = zeros < most ? zeros : most;
	digits_store(at, eight >> 8 * zeros);
	return at + 8 - zeros;
}

#endif
