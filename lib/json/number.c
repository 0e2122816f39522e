#include "lib/json/number.h"

#include <fenv.h>
#include <math.h>
#include <stdlib.h>

enum {
	DIGITS_SHORT = 19,     /* decimal digits that always fit 64 bits */
	POWER_MOST = 27,       /* 5^27 is the largest power of five of 64 bits */
	EXPONENT_SHORT = 1000, /* more than any double has */
};

/* More than the digits of any text could make up for. */
#define EXPONENT_MOST ((int64_t)1 << 50)

static inline bool
is_digit(uint8_t byte)
{
	return (uint8_t)(byte - '0') < 10;
}

/* Reads at least one digit; appends digits to the significand while it has room. */
static const uint8_t *
read_digits(const uint8_t *at, struct number *number, unsigned *count, const uint8_t **failed_at)
{
	if (!is_digit(*at)) {
		*failed_at = at;
		return NULL;
	}
	uint64_t significand = number->significand;
	unsigned digits = *count;
	for (; is_digit(*at); at++) {
		/* Leading zeros do not count among the 19. */
		digits += digits > 0 || *at != '0';
		if (digits <= DIGITS_SHORT)
			significand = significand * 10 + (uint64_t)(*at - '0');
	}
	number->significand = significand;
	*count = digits;
	return at;
}

static const uint8_t *
read_exponent(const uint8_t *at, int64_t *exponent, const uint8_t **failed_at)
{
	bool negative = *at == '-';
	if (*at == '-' || *at == '+')
		at++;
	if (!is_digit(*at)) {
		*failed_at = at;
		return NULL;
	}
	int64_t value = 0;
	for (; is_digit(*at); at++)
		if (value < EXPONENT_MOST)
			value = value * 10 + (*at - '0');
	*exponent += negative ? -value : value;
	return at;
}

const uint8_t *
number_read(const uint8_t *text, struct number *number, const uint8_t **failed_at)
{
	const uint8_t *at = text;
	unsigned digits = 0;
	int64_t exponent = 0;
	*number = (struct number){.is_negative = *at == '-'};
	at += number->is_negative;
	const uint8_t *whole = at;
	if ((at = read_digits(at, number, &digits, failed_at)) == NULL)
		return NULL;
	if (*whole == '0' && at > whole + 1) {
		*failed_at = whole + 1;
		return NULL;
	}
	if (*at == '.') {
		const uint8_t *fraction = at + 1;
		if ((at = read_digits(fraction, number, &digits, failed_at)) == NULL)
			return NULL;
		exponent = fraction - at;
	}
	if ((*at | 0x20) == 'e' && (at = read_exponent(at + 1, &exponent, failed_at)) == NULL)
		return NULL;
	number->text = (struct view){text, (size_t)(at - text)};
	number->is_short =
	    digits <= DIGITS_SHORT && exponent >= -EXPONENT_SHORT && exponent <= EXPONENT_SHORT;
	number->exponent = number->is_short ? (int32_t)exponent : 0;
	return at;
}

bool
number_read_all(struct view text, struct number *number)
{
	uint8_t copy[64];
	const uint8_t *failed_at, *end;
	if (text.size < sizeof copy) {
		memcpy(copy, text.data, text.size);
		copy[text.size] = 0;
		end = number_read(copy, number, &failed_at);
		number->text = text;
		return end == copy + text.size;
	}
	uint8_t *long_copy = malloc(text.size + 1);
	if (long_copy == NULL)
		return false;
	memcpy(long_copy, text.data, text.size);
	long_copy[text.size] = 0;
	end = number_read(long_copy, number, &failed_at);
	number->text = text;
	bool whole = end == long_copy + text.size;
	free(long_copy);
	return whole;
}

/* ---- integers ---- */

bool
number_integer(const struct number *number, uint64_t *magnitude)
{
	*magnitude = number->significand;
	if (number->is_short && number->exponent == 0)
		return true;
	uint8_t bytes[16];
	/* 64 bits have at most 20 digits. */
	if (number_decimal(number, 0, 20, bytes, sizeof bytes) != DECIMAL_FITS)
		return false;
	__uint128_t value = 0;
	for (size_t i = 0; i < sizeof bytes; i++)
		value = value << 8 | bytes[i];
	if (number->is_negative)
		value = -value;
	*magnitude = (uint64_t)value;
	return value <= UINT64_MAX;
}

/* ---- floating point ---- */

static const uint64_t POWERS_OF_FIVE[POWER_MOST + 1] = {1, 5, 25, 125, 625, 3125, 15625, 78125, 390625,
    1953125, 9765625, 48828125, 244140625, 1220703125, 6103515625, 30517578125, 152587890625, 762939453125,
    3814697265625, 19073486328125, 95367431640625, 476837158203125, 2384185791015625, 11920928955078125,
    59604644775390625, 298023223876953125, 1490116119384765625, 7450580596923828125};

/*
 * VALUE * 2^EXPONENT, rounded to nearest even; IS_MORE says that a bit below VALUE
 * is set.  VALUE must have more than 55 bits, and the result be in the normal range.
 */
static double
round_wide(__uint128_t value, bool is_more, int exponent)
{
	uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value;
	int shift = high != 0 ? 64 - __builtin_clzll(high) : 0;
	uint64_t top = shift == 0 ? low : shift == 64 ? high : high << (64 - shift) | low >> shift;
	if (shift > 0)
		is_more |= (shift == 64 ? low : low << (64 - shift)) != 0;
	int lead = __builtin_clzll(top);
	top <<= lead;
	/* Now 64 bits, of which 53 are kept. */
	uint64_t mantissa = top >> 11, rest = top & 0x7ff;
	mantissa += rest > 0x400 || (rest == 0x400 && (is_more || (mantissa & 1) != 0));
	return ldexp((double)mantissa, exponent + shift - lead + 11);
}

/*
 * The significand times, or divided by, a power of five, exact in 128 bits: rounded once,
 * it is the nearest double.
 */
static double
short_double(const struct number *number)
{
	uint64_t significand = number->significand;
	int exponent = number->exponent;
	if (significand <= (uint64_t)1 << 53 && exponent == 0)
		return (double)significand;
	if (exponent >= 0)
		return round_wide((__uint128_t)significand * POWERS_OF_FIVE[exponent], false, exponent);
	uint64_t divisor = POWERS_OF_FIVE[-exponent];
	int lead = __builtin_clzll(significand);
	__uint128_t dividend = (__uint128_t)(significand << lead) << 64;
	__uint128_t quotient = dividend / divisor;
	return round_wide(quotient, quotient * divisor != dividend, exponent - lead - 64);
}

/* The text for strtod(), which needs a zero at its end; numbers are rarely longer than COPY. */
static const char *
terminated(const struct number *number, char copy[64], char **allocated)
{
	char *text = number->text.size < 64 ? copy : malloc(number->text.size + 1);
	*allocated = text == copy ? NULL : text;
	if (text == NULL)
		return "nan";
	memcpy(text, number->text.data, number->text.size);
	text[number->text.size] = '\0';
	return text;
}

double
number_double(const struct number *number)
{
	if (number->is_short && number->significand == 0)
		return number->is_negative ? -0.0 : 0.0;
	if (number->is_short && number->exponent >= -POWER_MOST && number->exponent <= POWER_MOST)
		return number->is_negative ? -short_double(number) : short_double(number);
	char copy[64], *allocated;
	double value = strtod(terminated(number, copy, &allocated), NULL);
	free(allocated);
	return value;
}

float
number_float(const struct number *number)
{
	char copy[64], *allocated;
	float value = strtof(terminated(number, copy, &allocated), NULL);
	free(allocated);
	return value;
}

/*
 * Rounding twice may err, unless the first time is to odd: towards zero, and
 * the last bit set where something was cut off (Boldo and Melquiond, 2005).
 */
uint16_t
number_half(const struct number *number)
{
	char copy[64], *allocated;
	const char *text = terminated(number, copy, &allocated);
	int mode = fegetround();
	fesetround(FE_TOWARDZERO);
	double low = strtod(text, NULL);
	fesetround(FE_UPWARD);
	double up = strtod(text, NULL);
	fesetround(FE_DOWNWARD);
	double down = strtod(text, NULL);
	fesetround(mode);
	free(allocated);
	if (up != down) {
		uint64_t bits;
		memcpy(&bits, &low, sizeof bits);
		bits |= 1;
		memcpy(&low, &bits, sizeof low);
	}
	return half_of_double(low);
}

uint16_t
half_of_double(double real)
{
	uint16_t sign = signbit(real) ? 0x8000 : 0;
	double size = fabs(real);
	if (isnan(real))
		return sign | 0x7e00;
	if (size >= 65520) /* midway from the largest half to what would follow */
		return sign | 0x7c00;
	/* Zero has no exponent. */
	if (size == 0)
		return sign;
	/* Below 2^-14 the steps are 2^-24; above, there are as many as 10 bits hold. */
	int exponent = 0;
	frexp(size, &exponent);
	int step = exponent - 11 > -24 ? exponent - 11 : -24;
	double steps = nearbyint(ldexp(size, -step));
	/* Steps that overflow carry into the field of the exponent, as they should. */
	uint16_t field = (uint16_t)(step + 24);
	return (uint16_t)(sign | (uint16_t)((field << 10) + (uint16_t)steps));
}

/* ---- decimals ---- */

/* The digits that count, without zeros at either end, and the power of ten of the last. */
static bool
collect_digits(
    const struct number *number, uint8_t digits[DECIMAL_DIGITS_MOST], int *count, int64_t *exponent)
{
	const uint8_t *at = number->text.data, *end = at + number->text.size, *failed_at;
	bool is_fraction = false;
	int64_t behind = 0, zeros = 0;
	*count = 0;
	for (at += number->is_negative; at < end && (*at | 0x20) != 'e'; at++) {
		if (*at == '.') {
			is_fraction = true;
			continue;
		}
		behind += is_fraction;
		if (*at == '0') {
			zeros += *count > 0;
			continue;
		}
		/* Zeros count once another digit follows. */
		if (*count + zeros >= DECIMAL_DIGITS_MOST)
			return false;
		for (; zeros > 0; zeros--)
			digits[(*count)++] = 0;
		digits[(*count)++] = (uint8_t)(*at - '0');
	}
	*exponent = zeros - behind;
	return at == end || read_exponent(at + 1, exponent, &failed_at) != NULL;
}

/* BYTES = BYTES * 10 + DIGIT; true if that outgrows them. */
static bool
append_digit(uint8_t *bytes, size_t size, unsigned digit)
{
	for (size_t i = size; i-- > 0;) {
		digit += bytes[i] * 10u;
		bytes[i] = (uint8_t)digit;
		digit >>= 8;
	}
	return digit != 0;
}

static void
negate(uint8_t *bytes, size_t size)
{
	unsigned carry = 1;
	for (size_t i = size; i-- > 0;) {
		carry += (uint8_t)~bytes[i];
		bytes[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

enum decimal_fit
number_decimal(const struct number *number, int scale, int precision, uint8_t *bytes, size_t size)
{
	uint8_t digits[DECIMAL_DIGITS_MOST];
	int count;
	int64_t exponent;
	memset(bytes, 0, size);
	bool collected = collect_digits(number, digits, &count, &exponent);
	if (collected && count == 0)
		return DECIMAL_FITS;
	if (collected && exponent + scale < 0)
		return DECIMAL_TOO_FINE;
	if (!collected || count + exponent + scale > precision)
		return DECIMAL_TOO_LARGE;
	bool overflows = false;
	for (int64_t i = 0; i < count + exponent + scale; i++)
		overflows |= append_digit(bytes, size, i < count ? digits[i] : 0);
	bool is_least = false;
	if (number->is_negative) {
		negate(bytes, size);
		is_least = (bytes[0] & 0x80) != 0;
	}
	if (overflows || (!is_least && (bytes[0] & 0x80) != 0) || (number->is_negative && !is_least))
		return DECIMAL_TOO_LARGE;
	return DECIMAL_FITS;
}
