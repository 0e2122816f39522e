/* digits - writes numbers as decimal digits, eight at a time; up to TEXT_SLACK bytes at AT may be written. */
#ifndef NEST_GEN_DIGITS_H
#define NEST_GEN_DIGITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	DIGITS_EIGHT = 100000000, /* 10^8 */
	DIGITS_WIDTH_MOST = 20,
};

/* The eight digits of a number below 10^8, by multiplications: fours, then pairs, side by side in a word. */
static inline uint64_t
digits_of_eight(uint32_t number)
{
	/* A division by 10000, in words of one size, so that processors compute several side by side. */
	uint64_t high = (uint64_t)number * 109951163 >> 40, low = number - high * 10000;
	uint64_t fours = high | low << 32;
	uint64_t hundreds = (fours * 10486 >> 20) & 0x7f0000007fu;
	uint64_t pairs = hundreds | (fours - 100 * hundreds) << 16;
	uint64_t tens = (pairs * 103 >> 10) & 0x000f000f000f000fu;
	return (tens | (pairs - 10 * tens) << 8) + 0x3030303030303030u;
}

/* A number below 10^8 with at least WIDTH digits, without branches that depend on it. */
static inline uint8_t *
digits_put_short(uint8_t *at, uint32_t number, size_t width)
{
	uint64_t eight = digits_of_eight(number);
	/* The last digit is kept, even if it is 0. */
	size_t zeros = (size_t)__builtin_ctzll((eight ^ 0x3030303030303030u) | (uint64_t)1 << 56) / 8;
	size_t before = 0;
	if (width > 8) {
		before = width - 8;
		memset(at, '0', DIGITS_WIDTH_MOST - 8);
		width = 8;
	}
	zeros = zeros < 8 - width ? zeros : 8 - width;
	eight >>= 8 * zeros;
	memcpy(at + before, &eight, 8);
	return at + before + 8 - zeros;
}

/* The digits of NUMBER, at least WIDTH (up to DIGITS_WIDTH_MOST) of them. */
static inline uint8_t *
digits_put(uint8_t *at, uint64_t number, size_t width)
{
	if (number < DIGITS_EIGHT)
		return digits_put_short(at, (uint32_t)number, width);
	uint64_t low = digits_of_eight((uint32_t)(number % DIGITS_EIGHT));
	uint64_t high = number / DIGITS_EIGHT;
	width = width > 8 ? width - 8 : 0;
	if (high < DIGITS_EIGHT) {
		at = digits_put_short(at, (uint32_t)high, width);
	} else {
		uint64_t middle = digits_of_eight((uint32_t)(high % DIGITS_EIGHT));
		at = digits_put_short(at, (uint32_t)(high / DIGITS_EIGHT), width > 8 ? width - 8 : 0);
		memcpy(at, &middle, 8);
		at += 8;
	}
	memcpy(at, &low, 8);
	return at + 8;
}

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
	if (fraction == 0)
		return digits_put(at, size, width);
	uint8_t *end = digits_put(at, size, width > fraction ? width : fraction + 1);
	memmove(end - fraction + 1, end - fraction, fraction);
	end[-(ptrdiff_t)fraction] = '.';
	return end + 1;
}

/* The same; most numbers that have a width have one of eight. */
static inline uint8_t *
digits_put_decimal(uint8_t *at, int64_t number, size_t width, size_t fraction)
{
	if (fraction != 0 || width != 8 || (uint64_t)number >= DIGITS_EIGHT)
		return digits_put_any(at, number, width, fraction);
	uint64_t eight = digits_of_eight((uint32_t)number);
	memcpy(at, &eight, 8);
	return at + 8;
}

#endif
