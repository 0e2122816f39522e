/*
 * fuzz_number - any bytes as a number.
 *
 * What is taken has the grammar of RFC 8259, the doubles and floats of the C
 * library, the same integer in both ways to it, and a decimal that is the same
 * at any scale.
 */
#include "lib/json/number.h"

#include "tests/fuzz/must.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WIDE_BYTES = 64, WIDE_DIGITS = 140, WIDE_INTEGER_DIGITS = 38 };

static const char *
digits(const char *at)
{
	while (*at >= '0' && *at <= '9')
		at++;
	return at;
}

/* The grammar, written once more. */
static bool
is_number(const char *at, size_t size)
{
	const char *end = at + size, *begin;
	at += *at == '-';
	begin = at;
	at = digits(at);
	if (at == begin || (*begin == '0' && at > begin + 1))
		return false;
	if (*at == '.') {
		begin = at + 1;
		at = digits(begin);
		if (at == begin)
			return false;
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		at += *at == '+' || *at == '-';
		begin = at;
		at = digits(begin);
		if (at == begin)
			return false;
	}
	return at == end;
}

static void
check_reals(const struct number *number, const char *text)
{
	double real = number_double(number), due = strtod(text, NULL);
	float narrow = number_float(number), narrow_due = strtof(text, NULL);
	must(memcmp(&real, &due, sizeof real) == 0);
	must(memcmp(&narrow, &narrow_due, sizeof narrow) == 0);
	/* A half is rounded once, and so between those of the doubles beside. */
	uint16_t half = number_half(number) & 0x7fff;
	must(half >= half_of_double(nextafter(fabs(real), 0)));
	must(half <= half_of_double(nextafter(fabs(real), HUGE_VAL)));
}

static void
check_integers(const struct number *number)
{
	uint8_t bytes[WIDE_BYTES];
	uint64_t magnitude;
	__int128_t value = 0;
	bool fits = number_integer(number, &magnitude);
	bool is_whole = number_decimal(number, 0, WIDE_INTEGER_DIGITS, bytes, 16) == DECIMAL_FITS;
	for (size_t i = 0; i < 16; i++)
		value = (__int128_t)((__uint128_t)value << 8 | bytes[i]);
	if (value < 0)
		value = -value;
	must(fits == (is_whole && value <= UINT64_MAX));
	must(!fits || magnitude == (uint64_t)value);
}

/* With one more digit behind the point, ten times the value. */
static void
check_scales(const struct number *number)
{
	uint8_t small[WIDE_BYTES], large[WIDE_BYTES];
	for (int scale = 0; scale < 30; scale++) {
		enum decimal_fit fit = number_decimal(number, scale, WIDE_DIGITS, small, sizeof small);
		if (fit != DECIMAL_FITS)
			continue;
		if (number_decimal(number, scale + 1, WIDE_DIGITS, large, sizeof large) != DECIMAL_FITS)
			return;
		unsigned carry = 0;
		for (size_t i = WIDE_BYTES; i-- > 0;) {
			carry += small[i] * 10u;
			must(large[i] == (uint8_t)carry);
			carry >>= 8;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct number number;
	char *text = malloc(size + 1);
	must(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	bool taken = number_read_all((struct view){(const uint8_t *)text, size}, &number);
	must(taken == is_number(text, size));
	if (taken) {
		check_reals(&number, text);
		check_integers(&number);
		check_scales(&number);
	}
	free(text);
	return 0;
}
