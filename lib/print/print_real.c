#include "lib/print/print.h"

#include "lib/base/digits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	DOUBLE_BITS = 53,   /* of a significand */
	DOUBLE_DIGITS = 17, /* always enough */
	FLOAT_BITS = 24,
	FLOAT_DIGITS = 9,
	POWER_MOST = 27,      /* 5^27 is the largest power of five of 64 bits */
	EXPONENT_LEAST = -5,  /* of ten: below it, zeros after the point would be longer than an exponent */
	ZEROS_POWER = 100000, /* of ten, of so many digits */
};

/* Whole numbers are printed as integers up to here, with few digits and for all readers. */
#define DOUBLE_WHOLE 1e15
#define FLOAT_WHOLE 16777216.0

/* The bits of a significand that are stored: all but the first. */
#define DOUBLE_FRACTION (((uint64_t)1 << (DOUBLE_BITS - 1)) - 1)
#define FLOAT_FRACTION (((uint32_t)1 << (FLOAT_BITS - 1)) - 1)

static uint8_t *
print_word(uint8_t *to, const char *word)
{
	size_t size = strlen(word);
	memcpy(to, word, size);
	return to + size;
}

/* Prints a value for which JSON has no number. */
static uint8_t *
print_no_number(uint8_t *to, double real)
{
	return print_word(to, isnan(real) ? "\"NaN\"" : real < 0 ? "\"-Infinity\"" : "\"Infinity\"");
}

/* ---- the fewest digits ---- */

/* DIGITS / 10^PLACES. */
struct shortest {
	uint64_t digits;
	unsigned places;
};

/*
 * All that reads back as a number is between the midpoints to its two neighbours.
 * LOW and HIGH are the least and the greatest integer within, if all is multiplied
 * by a power of ten.  TAKEN is the power by which they have since been divided.
 */
struct between {
	uint64_t low, high, taken;
	unsigned digits; /* zeros of TAKEN */
};

/* Inlined, where POWER is a constant and there is no division. */
static inline __attribute__((always_inline)) void
take_off(struct between *between, uint64_t power, unsigned digits)
{
	uint64_t low = (between->low + power - 1) / power, high = between->high / power;
	bool is_left = low <= high;
	between->low = is_left ? low : between->low;
	between->high = is_left ? high : between->high;
	between->taken *= is_left ? power : 1;
	between->digits += is_left ? digits : 0;
}

/*
 * Drops digits, up to 17, as long as an integer remains in between.  Numbers that nobody rounded have but
 * few to drop, and processors foresee which reals are such.
 */
static void
take_digits_off(struct between *between)
{
	struct between four = *between;
	take_off(&four, 10000, 4);
	if (four.digits == 0) {
		take_off(between, 100, 2);
		take_off(between, 10, 1);
		return;
	}
	take_off(between, 100000000, 8);
	take_off(between, 10000, 4);
	take_off(between, 100, 2);
	take_off(between, 10, 1);
	/* Of 16 and 17 digits, one and two are left. */
	take_off(between, 10, 1);
	take_off(between, 10, 1);
}

/*
 * SIGNIFICAND * 2^EXPONENT, of so many bits, times a power of ten that makes at
 * least DIGITS digits of it: exact in 128 bits, with the fraction in the lowest
 * FRACTION of them.  False if it is not.
 */
static bool
find_shortest(uint64_t significand, int exponent, int bits, int digits, struct shortest *shortest)
{
	static const uint64_t fives[POWER_MOST + 1] = {1, 5, 25, 125, 625, 3125, 15625, 78125, 390625,
	    1953125, 9765625, 48828125, 244140625, 1220703125, 6103515625, 30517578125, 152587890625,
	    762939453125, 3814697265625, 19073486328125, 95367431640625, 476837158203125, 2384185791015625,
	    11920928955078125, 59604644775390625, 298023223876953125, 1490116119384765625,
	    7450580596923828125};
	/* 1233 / 4096 is log10(2), accurate enough; it rounds down, to one digit too many. */
	int places = digits - 1 - ((exponent + bits - 1) * 1233 >> 12);
	int fraction = 2 - exponent - places;
	if (places < 0 || places > POWER_MOST || fraction < 1)
		return false;
	__uint128_t five = fives[places], scaled = 4 * significand * five;
	/* Below a power of two numbers are twice as close. */
	bool is_power = significand == (uint64_t)1 << (bits - 1);
	__uint128_t below = scaled - (is_power ? five : 2 * five), above = scaled + 2 * five;
	struct between left = {.low = (uint64_t)(below >> fraction) + 1,
	    .high = (uint64_t)((above - 1) >> fraction),
	    .taken = 1};
	take_digits_off(&left);
	if (left.digits > (unsigned)places)
		return false;
	shortest->places = (unsigned)places - left.digits;
	/* Of all that are left, the nearest to the number. */
	uint64_t twice = (uint64_t)(scaled >> (fraction - 1)), nearest = (twice / left.taken + 1) / 2;
	shortest->digits = nearest < left.low ? left.low : nearest > left.high ? left.high : nearest;
	return true;
}

static uint8_t *
print_shortest(uint8_t *to, const struct shortest *shortest)
{
	unsigned places = shortest->places;
	if (places < DIGITS_WIDTH_MOST && shortest->digits >= digits_power(places) / ZEROS_POWER)
		return digits_put_point(to, shortest->digits, 1, places);
	uint8_t digits[24];
	size_t count = (size_t)(print_unsigned(digits, shortest->digits) - digits);
	int exponent = (int)count - 1 - (int)shortest->places;
	if (exponent >= EXPONENT_LEAST)
		return print_digits(to, digits, count, shortest->places);
	to[0] = digits[0];
	to[1] = '.';
	memcpy(to + 2, digits + 1, sizeof digits - 1);
	to = print_word(to + (count > 1 ? count + 1 : 1), "e-");
	return print_unsigned(to, (uint64_t)-exponent);
}

/* ---- doubles and floats ---- */

/* Prints a number that needs no fraction and no exponent, or is special; NULL if it is another one. */
static uint8_t *
print_simple(uint8_t *to, double real, double whole)
{
	if (!isfinite(real))
		return print_no_number(to, real);
	/* Many readers would lose the sign of an integer 0. */
	if (real == 0)
		return print_word(to, signbit(real) ? "-0.0" : "0");
	double size = fabs(real);
	if (size < whole && size == (double)(uint64_t)size)
		return print_integer(to, (uint64_t)size, real < 0);
	return NULL;
}

uint8_t *
print_double(uint8_t *to, double real)
{
	char text[40];
	struct shortest shortest;
	uint8_t *end = print_simple(to, real, DOUBLE_WHOLE);
	if (end != NULL)
		return end;
	uint64_t bits;
	memcpy(&bits, &real, sizeof bits);
	/* A number too small for a full significand is out of range by its exponent. */
	int exponent = (int)(bits >> (DOUBLE_BITS - 1) & 0x7ff) - 1075;
	bits = (bits & DOUBLE_FRACTION) | (DOUBLE_FRACTION + 1);
	if (find_shortest(bits, exponent, DOUBLE_BITS, DOUBLE_DIGITS, &shortest)) {
		*to = '-';
		return print_shortest(to + (real < 0), &shortest);
	}
	for (int digits = 15; digits <= DOUBLE_DIGITS; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
	return print_word(to, text);
}

uint8_t *
print_float(uint8_t *to, float real)
{
	char text[40];
	struct shortest shortest;
	uint8_t *end = print_simple(to, (double)real, FLOAT_WHOLE);
	if (end != NULL)
		return end;
	uint32_t bits;
	memcpy(&bits, &real, sizeof bits);
	int exponent = (int)(bits >> (FLOAT_BITS - 1) & 0xff) - 150;
	bits = (bits & FLOAT_FRACTION) | (FLOAT_FRACTION + 1);
	if (find_shortest(bits, exponent, FLOAT_BITS, FLOAT_DIGITS, &shortest)) {
		*to = '-';
		return print_shortest(to + (real < 0), &shortest);
	}
	for (int digits = 6; digits <= FLOAT_DIGITS; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, (double)real);
		if (strtof(text, NULL) == real)
			break;
	}
	return print_word(to, text);
}

uint8_t *
print_half(uint8_t *to, uint16_t bits)
{
	int exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
	float real;
	if (exponent == 31)
		real = fraction != 0 ? NAN : INFINITY;
	else if (exponent == 0)
		real = ldexpf((float)fraction, -24);
	else
		real = ldexpf((float)(fraction | 0x400), exponent - 25);
	return print_float(to, bits & 0x8000 ? -real : real);
}
