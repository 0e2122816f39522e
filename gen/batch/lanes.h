/*
 * lanes - words side by side in a register, where compilers make less of a loop.
 *
 * They multiply words of 64 bits even where the products of their lower halves are
 * enough, which processors make several times as fast.  The functions return how
 * many of the first numbers they have made; the caller makes the rest by the plain
 * expressions, which say what is made.  LANES_BYTES is the width of a register, and
 * LANES_PRODUCT() multiplies the lower halves of words; without them nothing is made here.
 */
#ifndef NEST_GEN_LANES_H
#define NEST_GEN_LANES_H

#include <stddef.h>
#include <stdint.h>

#if defined(LANES_BYTES)

enum { LANES = LANES_BYTES / 8 };

#define LANES_OF(type) __attribute__((vector_size(LANES_BYTES), aligned(sizeof(type)), may_alias))
typedef uint64_t lanes LANES_OF(uint64_t);
typedef uint32_t half_lanes LANES_OF(uint64_t);
typedef uint16_t quarter_lanes LANES_OF(uint64_t);

/* draw_scramble(), by the halves of the factors. */
static inline lanes
lanes_scramble(lanes counter)
{
	lanes other = counter ^ 0xe7037ed1a0b428dbu, high = counter >> 32, other_high = other >> 32;
	lanes lows = LANES_PRODUCT(counter, other);
	lanes one = LANES_PRODUCT(high, other) + (lows >> 32);
	lanes two = LANES_PRODUCT(counter, other_high) + (one & UINT32_MAX);
	return (LANES_PRODUCT(high, other_high) + (one >> 32) + (two >> 32)) ^
	       (two << 32 | (lows & UINT32_MAX));
}

/* draw() with KEY for each of COUNTERS. */
static inline size_t
lanes_draw(uint64_t key, const uint64_t *counters, size_t count, int64_t *out)
{
	size_t i = 0;
	for (; i + LANES <= count; i += LANES)
		*(lanes *)(out + i) =
		    lanes_scramble(key + *(const lanes *)(counters + i) * 0xa0761d6478bd642fu);
	return i;
}

/* FIRST and up to COUNT - 1 more by BITS of each word from bit SHIFT on: both are at most 32 bits. */
static inline size_t
lanes_even(const int64_t *words, unsigned shift, unsigned bits, int64_t first, uint64_t range, size_t count,
    int64_t *out)
{
	const lanes ranges = (lanes){0} + range;
	size_t i = 0;
	for (; i + LANES <= count; i += LANES) {
		lanes slice = *(const lanes *)(words + i) >> shift & UINT64_MAX >> (64 - bits);
		*(lanes *)(out + i) = (LANES_PRODUCT(slice, ranges) >> bits) + (uint64_t)first;
	}
	return i;
}

/* digits_of_eight() of what is left without BEFORE, or 0 if that is more than eight digits. */
static inline size_t
lanes_eight_digits(const int64_t *numbers, uint64_t before, size_t count, int64_t *out)
{
	const lanes ten_thousandth = (lanes){0} + 109951163;
	size_t i = 0;
	for (; i + LANES <= count; i += LANES) {
		lanes number = *(const lanes *)(numbers + i) - before;
		half_lanes high = (half_lanes)(LANES_PRODUCT(number, ten_thousandth) >> 40);
		half_lanes fours = high | (half_lanes)((lanes)((half_lanes)number - high * 10000) << 32);
		half_lanes hundreds = fours * 10486 >> 20;
		quarter_lanes pairs = (quarter_lanes)(hundreds | (fours - 100 * hundreds) << 16);
		quarter_lanes tens = pairs * 103 >> 10;
		lanes digits = (lanes)(tens | (pairs - 10 * tens) << 8) + 0x3030303030303030u;
		*(lanes *)(out + i) = digits & (lanes)(number < 100000000);
	}
	return i;
}

#else

static inline size_t
lanes_draw(uint64_t key, const uint64_t *counters, size_t count, int64_t *out)
{
	(void)key, (void)counters, (void)count, (void)out;
	return 0;
}

static inline size_t
lanes_even(const int64_t *words, unsigned shift, unsigned bits, int64_t first, uint64_t range, size_t count,
    int64_t *out)
{
	(void)words, (void)shift, (void)bits, (void)first, (void)range, (void)count, (void)out;
	return 0;
}

static inline size_t
lanes_eight_digits(const int64_t *numbers, uint64_t before, size_t count, int64_t *out)
{
	(void)numbers, (void)before, (void)count, (void)out;
	return 0;
}

#endif

#endif
