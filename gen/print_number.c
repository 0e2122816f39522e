#include "gen/print.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	FLOAT_EXACT = 1 << 24, /* every integer up to here is a float */
	PLACES_MOST = 8,       /* behind the point, of what is printed without asking printf() */
	DIGITS_MOST = 160,     /* of PRINT_DECIMAL_BYTES */
	ZEROS_MOST = 40,       /* before the digits of a decimal */
	LIMB_DIGITS = 9,       /* of one step of a long division */
	LIMB = 1000000000,     /* 10^LIMB_DIGITS */
};

static const char PAIRS[] = "00010203040506070809"
			    "10111213141516171819"
			    "20212223242526272829"
			    "30313233343536373839"
			    "40414243444546474849"
			    "50515253545556575859"
			    "60616263646566676869"
			    "70717273747576777879"
			    "80818283848586878889"
			    "90919293949596979899";

uint8_t *
print_pair(uint8_t *to, unsigned number)
{
	memcpy(to, PAIRS + 2 * number, 2);
	return to + 2;
}

static uint8_t *
print_word(uint8_t *to, const char *word)
{
	size_t size = strlen(word);
	memcpy(to, word, size);
	return to + size;
}

/* ---- integers ---- */

/* The decimal digits of NUMBER; 1 of zero. */
static unsigned
count_digits(uint64_t number)
{
	static const uint64_t powers[] = {0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	    1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
	    1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
	    10000000000000000000u};
	/* 1233 / 4096 is log10(2), near enough for 64 bits. */
	unsigned bits = 64 - (unsigned)__builtin_clzll(number | 1), digits = bits * 1233 >> 12;
	return digits + (number >= powers[digits]);
}

static uint8_t *
print_unsigned(uint8_t *to, uint64_t number)
{
	uint8_t *end = to + count_digits(number), *at = end;
	while (number >= 100) {
		at -= 2;
		print_pair(at, (unsigned)(number % 100));
		number /= 100;
	}
	if (number >= 10)
		print_pair(at - 2, (unsigned)number);
	else
		at[-1] = (uint8_t)('0' + number);
	return end;
}

uint8_t *
print_integer(uint8_t *to, uint64_t magnitude, bool is_negative)
{
	*to = '-';
	return print_unsigned(to + is_negative, magnitude);
}

/* ---- floating point ---- */

/* COUNT digits, PLACES of them behind the point. */
static uint8_t *
print_digits(uint8_t *to, const uint8_t *digits, size_t count, size_t places)
{
	size_t whole = count > places ? count - places : 0;
	memcpy(to, digits, whole);
	to += whole;
	if (whole == 0)
		*to++ = '0';
	if (places == 0)
		return to;
	*to++ = '.';
	size_t zeros = places > count ? places - count : 0;
	memset(to, '0', zeros);
	to += zeros;
	memcpy(to, digits + whole, count - whole);
	return to + (count - whole);
}

static uint8_t *
print_scaled(uint8_t *to, uint64_t magnitude, bool is_negative, size_t places)
{
	uint8_t digits[24];
	size_t count = (size_t)(print_unsigned(digits, magnitude) - digits);
	*to = '-';
	return print_digits(to + is_negative, digits, count, places);
}

/* What JSON has no number for. */
static uint8_t *
print_no_number(uint8_t *to, double real)
{
	return print_word(to, isnan(real) ? "\"NaN\"" : real < 0 ? "\"-Infinity\"" : "\"Infinity\"");
}

/* As a float, where it must be rounded twice: right unless the first time hit the middle of two floats. */
static bool
is_float(double quotient, float real)
{
	uint64_t bits;
	memcpy(&bits, &quotient, sizeof bits);
	return (float)quotient == real && (bits & 0x1fffffff) != 0x10000000;
}

/*
 * A whole number, or one of few digits behind the point, which times a power of
 * ten is a whole one, near enough, and divided by it the same again: that is
 * how a reader rounds, too.  NULL where there are more digits.
 */
static uint8_t *
print_short(uint8_t *to, double real, bool is_single)
{
	static const double powers[PLACES_MOST + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
	const double most = is_single ? 1e6 : 1e15;
	double size = fabs(real);
	if (size < (is_single ? FLOAT_EXACT : most) && size == (double)(uint64_t)size)
		return print_integer(to, (uint64_t)size, real < 0);
	for (size_t places = 1; places <= PLACES_MOST; places++) {
		double scaled = size * powers[places];
		if (scaled >= most)
			return NULL;
		uint64_t whole = (uint64_t)(scaled + 0.5);
		double quotient = (double)whole / powers[places];
		if (is_single ? is_float(quotient, (float)size) : quotient == size)
			return print_scaled(to, whole, real < 0, places);
	}
	return NULL;
}

static uint8_t *
print_zero(uint8_t *to, double real)
{
	/* The sign of an integer 0 would be lost on many a reader. */
	return print_word(to, signbit(real) ? "-0.0" : "0");
}

uint8_t *
print_double(uint8_t *to, double real)
{
	char text[40];
	if (!isfinite(real))
		return print_no_number(to, real);
	if (real == 0)
		return print_zero(to, real);
	uint8_t *end = print_short(to, real, false);
	if (end != NULL)
		return end;
	for (int digits = 15; digits <= 17; digits++) {
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
	if (!isfinite(real))
		return print_no_number(to, (double)real);
	if (real == 0)
		return print_zero(to, (double)real);
	uint8_t *end = print_short(to, (double)real, true);
	if (end != NULL)
		return end;
	for (int digits = 6; digits <= 9; digits++) {
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

/* ---- decimals ---- */

static uint8_t *
print_decimal_digits(uint8_t *to, const uint8_t *digits, size_t count, size_t scale)
{
	if (scale <= count + ZEROS_MOST)
		return print_digits(to, digits, count, scale);
	memcpy(to, digits, count);
	memcpy(to + count, "e-", 2);
	return print_unsigned(to + count + 2, scale);
}

uint8_t *
print_small_decimal(uint8_t *to, uint64_t magnitude, bool is_negative, int scale)
{
	return print_scaled(to, magnitude, is_negative, (size_t)scale);
}

/* The number in LIMBS, the highest first, as digits without zeros before them; it is used up. */
static size_t
divide_into_digits(uint32_t *limbs, size_t limb_count, uint8_t digits[DIGITS_MOST])
{
	uint8_t backwards[DIGITS_MOST];
	size_t count = 0, first = 0;
	while (first < limb_count) {
		uint64_t rest = 0;
		for (size_t i = first; i < limb_count; i++) {
			rest = rest << 32 | limbs[i];
			limbs[i] = (uint32_t)(rest / LIMB);
			rest %= LIMB;
		}
		while (first < limb_count && limbs[first] == 0)
			first++;
		for (unsigned i = 0; i < LIMB_DIGITS; i++, rest /= 10)
			backwards[count++] = (uint8_t)('0' + rest % 10);
	}
	while (count > 1 && backwards[count - 1] == '0')
		count--;
	for (size_t i = 0; i < count; i++)
		digits[i] = backwards[count - 1 - i];
	return count;
}

/* The magnitude of two's complement, as numbers of 32 bits. */
static void
fill_limbs(struct view bytes, uint8_t sign, uint32_t limbs[PRINT_DECIMAL_BYTES / 4])
{
	uint64_t carry = sign & 1;
	memset(limbs, 0, PRINT_DECIMAL_BYTES);
	for (size_t i = 0; i < bytes.size; i++)
		limbs[PRINT_DECIMAL_BYTES / 4 - 1 - i / 4] |=
		    (uint32_t)(uint8_t)(bytes.data[bytes.size - 1 - i] ^ sign) << 8 * (i % 4);
	for (size_t i = PRINT_DECIMAL_BYTES / 4; i-- > 0;) {
		carry += limbs[i];
		limbs[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

uint8_t *
print_decimal(uint8_t *to, struct view bytes, int precision, int scale)
{
	uint32_t limbs[PRINT_DECIMAL_BYTES / 4];
	uint8_t digits[DIGITS_MOST];
	if (bytes.size == 0)
		return NULL;
	uint8_t sign = bytes.data[0] & 0x80 ? 0xff : 0;
	for (; bytes.size > 1 && bytes.data[0] == sign; bytes.size--)
		bytes.data++;
	if (bytes.size > PRINT_DECIMAL_BYTES)
		return NULL;
	fill_limbs(bytes, sign, limbs);
	size_t count = divide_into_digits(limbs, PRINT_DECIMAL_BYTES / 4, digits);
	if (count > (size_t)precision || count > PRINT_DECIMAL_DIGITS)
		return NULL;
	*to = '-';
	return print_decimal_digits(to + (sign != 0), digits, count, (size_t)scale);
}

/* ---- bytes ---- */

uint8_t *
print_hexadecimal(uint8_t *to, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";
	to[0] = (uint8_t)digits[byte >> 4];
	to[1] = (uint8_t)digits[byte & 15];
	return to + 2;
}

uint8_t *
print_uuid(uint8_t *to, const uint8_t *uuid)
{
	*to++ = '"';
	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		to = print_hexadecimal(to, uuid[i]);
	}
	*to++ = '"';
	return to;
}
