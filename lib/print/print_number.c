#include "lib/print/print.h"

#include "lib/base/digits.h"

enum {
	ZEROS_MOST = 40,                /* before the digits of a decimal */
	LIMB_DIGITS = 9,                /* of one step of a long division */
	LIMB = 1000000000,              /* 10^LIMB_DIGITS */
	DIGITS_MOST = 18 * LIMB_DIGITS, /* of PRINT_DECIMAL_BYTES, which are 154 */
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

/* ---- integers ---- */

uint8_t *
print_unsigned(uint8_t *to, uint64_t number)
{
	return digits_put(to, number, 1);
}

uint8_t *
print_integer(uint8_t *to, uint64_t magnitude, bool is_negative)
{
	*to = '-';
	return digits_put(to + is_negative, magnitude, 1);
}

/* ---- decimals ---- */

/* COUNT digits, PLACES of them after the point. */
uint8_t *
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
	*to = '-';
	return digits_put_point(to + is_negative, magnitude, 1, (size_t)scale);
}

/* Turns the number in LIMBS, the highest first, into digits without leading zeros; LIMBS are overwritten. */
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

/* Whether 64 bits hold the two's complement in BYTES, which has the bits of SIGN before it. */
static bool
read_word(struct view bytes, uint8_t sign, uint64_t *word)
{
	size_t i = 0;
	for (; i + sizeof *word < bytes.size; i++)
		if (bytes.data[i] != sign)
			return false;
	*word = 0 - (uint64_t)(sign & 1);
	for (; i < bytes.size; i++)
		*word = *word << 8 | bytes.data[i];
	return *word >> 63 == (sign & 1);
}

/* Most are numbers of 64 bits. */
static uint8_t *
print_word_decimal(uint8_t *to, uint64_t word, int precision, int scale)
{
	bool is_negative = word >> 63 != 0;
	uint64_t magnitude = is_negative ? 0 - word : word;
	if (precision < DIGITS_WIDTH_MOST && magnitude >= digits_power((size_t)precision))
		return NULL;
	return print_small_decimal(to, magnitude, is_negative, scale);
}

uint8_t *
print_decimal(uint8_t *to, struct view bytes, int precision, int scale)
{
	uint32_t limbs[PRINT_DECIMAL_BYTES / 4];
	uint8_t digits[DIGITS_MOST];
	uint64_t word;
	if (bytes.size == 0)
		return NULL;
	uint8_t sign = bytes.data[0] & 0x80 ? 0xff : 0;
	if (scale < DIGITS_WIDTH_MOST && read_word(bytes, sign, &word))
		return print_word_decimal(to, word, precision, scale);
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
	to = digits_put_uuid(to, uuid);
	*to++ = '"';
	return to;
}
