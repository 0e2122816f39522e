/* digits - numbers as digits, eight at a time.  Up to DIGITS_ROOM bytes from AT on may be written. */
#ifndef NEST_BASE_DIGITS_H
#define NEST_BASE_DIGITS_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	DIGITS_EIGHT = 100000000, /* 10^8 */
	DIGITS_WIDTH_MOST = 20,
	DIGITS_ROOM = 40,
};

/* The two digits of each of four numbers below 100, side by side in a word, the first of them in the lowest
 * byte. */
static inline uint64_t
digits_of_pairs(uint64_t pairs)
{
	uint64_t tens = (pairs * 103 >> 10) & 0x000f000f000f000fu;
	return (tens | (pairs - 10 * tens) << 8) + 0x3030303030303030u;
}

/* Eight digits of a number below 10^8, the first in the lowest byte, by three multiplications: pairs, then
 * fours, side by side in a word. */
static inline uint64_t
digits_of_eight(uint32_t number)
{
	/* A division by 10000, in words of one size, so that processors make several side by side. */
	uint64_t high = (uint64_t)number * 109951163 >> 40, low = number - high * 10000;
	uint64_t fours = high | low << 32;
	uint64_t hundreds = (fours * 10486 >> 20) & 0x7f0000007fu;
	return digits_of_pairs(hundreds | (fours - 100 * hundreds) << 16);
}

static inline uint8_t *
digits_store(uint8_t *at, uint64_t eight)
{
	eight = htole64(eight);
	memcpy(at, &eight, 8);
	return at + 8;
}

/* How many of EIGHT digits are zeros before the others; the last digit stands, also where it is 0. */
static inline size_t
digits_zeros(uint64_t eight)
{
	return (size_t)__builtin_ctzll((eight ^ 0x3030303030303030u) | (uint64_t)1 << 56) / 8;
}

/* A number below 10^8 with at least WIDTH digits, without branches that depend on it. */
static inline uint8_t *
digits_put_short(uint8_t *at, uint32_t number, size_t width)
{
	uint64_t eight = digits_of_eight(number);
	size_t zeros = digits_zeros(eight), before = 0;
	if (width > 8) {
		before = width - 8;
		memset(at, '0', DIGITS_WIDTH_MOST - 8);
		width = 8;
	}
	zeros = zeros < 8 - width ? zeros : 8 - width;
	digits_store(at + before, eight >> 8 * zeros);
	return at + before + 8 - zeros;
}

/* The digits of NUMBER, at least WIDTH of them, which are up to DIGITS_WIDTH_MOST. */
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
		at = digits_store(at, middle);
	}
	return digits_store(at, low);
}

/* A number below 10^8, with at least WIDTH digits and FRACTION of them, of both 7 at most, behind a point. */
static inline uint8_t *
digits_put_short_point(uint8_t *at, uint32_t number, size_t width, size_t fraction)
{
	uint64_t eight = digits_of_eight(number);
	size_t zeros = digits_zeros(eight), most = 8 - (width > fraction ? width : fraction + 1);
	zeros = zeros < most ? zeros : most;
	eight >>= 8 * zeros;
	size_t whole = 8 - zeros - fraction;
	digits_store(at, eight);
	at[whole] = '.';
	digits_store(at + whole + 1, eight >> 8 * whole);
	return at + 8 - zeros + 1;
}

/* 10^ZEROS, which are fewer than DIGITS_WIDTH_MOST. */
static inline uint64_t
digits_power(size_t zeros)
{
	static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	    1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
	    1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
	    10000000000000000000u};
	return powers[zeros];
}

/* NUMBER with at least WIDTH digits, and a point before the last FRACTION digits, one of them at least before
 * it; no point before none. */
static inline uint8_t *
digits_put_point(uint8_t *at, uint64_t number, size_t width, size_t fraction)
{
	if (fraction == 0)
		return digits_put(at, number, width);
	if (number < DIGITS_EIGHT && width < 8 && fraction < 8)
		return digits_put_short_point(at, (uint32_t)number, width, fraction);
	uint64_t power = digits_power(fraction), whole = number / power;
	at = digits_put(at, whole, width > fraction ? width - fraction : 1);
	*at = '.';
	return digits_put(at + 1, number - whole * power, fraction);
}

/* ---- hexadecimal digits ---- */

/* Eight of four bytes, which are in a word as a host with the lowest first has them. */
static inline uint64_t
digits_of_four_bytes(uint32_t four)
{
	uint64_t bytes = (four | (uint64_t)four << 16) & 0x0000ffff0000ffffu;
	bytes = (bytes | bytes << 8) & 0x00ff00ff00ff00ffu;
	uint64_t digits = (bytes >> 4 & 0x000f000f000f000fu) | (bytes & 0x000f000f000f000fu) << 8;
	uint64_t are_letters = (digits + 0x0606060606060606u) >> 4 & 0x0101010101010101u;
	return digits + 0x3030303030303030u + are_letters * ('a' - '9' - 1);
}

/* Two of each of SIZE bytes, which can be read up to a multiple of four. */
static inline uint8_t *
digits_put_bytes(uint8_t *at, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += 4) {
		uint32_t four;
		memcpy(&four, bytes + i, 4);
		digits_store(at + 2 * i, digits_of_four_bytes(le32toh(four)));
	}
	return at + 2 * size;
}

/* Sixteen bytes as the 36 characters of a UUID. */
static inline uint8_t *
digits_put_uuid(uint8_t *at, const uint8_t bytes[16])
{
	uint8_t digits[32];
	for (unsigned i = 0; i < 4; i++) {
		uint32_t four;
		memcpy(&four, bytes + 4 * i, 4);
		digits_store(digits + 8 * i, digits_of_four_bytes(le32toh(four)));
	}
	memcpy(at, digits, 8);
	memcpy(at + 9, digits + 8, 4);
	memcpy(at + 14, digits + 12, 4);
	memcpy(at + 19, digits + 16, 4);
	memcpy(at + 24, digits + 20, 4);
	memcpy(at + 28, digits + 24, 8);
	at[8] = at[13] = at[18] = at[23] = '-';
	return at + 36;
}

#endif
