/*
 * number - a number in decimal digits, as JSON writes it (RFC 8259, section 6),
 * and its exact or correctly rounded value in binary.
 */
#ifndef NEST_JSON_NUMBER_H
#define NEST_JSON_NUMBER_H

#include "lib/base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

/* Integers up to this are exact in a double, and a double takes no larger one. */
#define NUMBER_DOUBLE_EXACT ((uint64_t)1 << 53)

struct number {
	struct view text; /* borrowed; a byte that cannot be part of a number follows it */
	bool is_negative;
	bool is_short;        /* significand * 10^exponent is the whole number, except for its sign */
	uint64_t significand; /* of up to 19 digits */
	int32_t exponent;
};

/*
 * Reads the number that begins at TEXT, and returns the place after it; NULL
 * if there is none, and *FAILED_AT is then the byte that does not fit.  TEXT
 * need not be terminated, but a byte that cannot be part of a number must follow it.
 */
const uint8_t *number_read(const uint8_t *text, struct number *number, const uint8_t **failed_at);

/* The same for all of TEXT, wherever it is; false if it is not a number to its last byte. */
bool number_read_all(struct view text, struct number *number);

/* The integer that NUMBER is; 1.0 and 1e2 are integers, too.  False if it is none, or not of 64 bits. */
bool number_integer(const struct number *number, uint64_t *magnitude);

/* The nearest double, float or IEEE half (its bits); infinite beyond the range. */
double number_double(const struct number *number);
float number_float(const struct number *number);
uint16_t number_half(const struct number *number);

/* The bits of the half nearest to a double. */
uint16_t half_of_double(double real);

enum { DECIMAL_BYTES_MOST = 64, DECIMAL_DIGITS_MOST = 150 };

enum decimal_fit { DECIMAL_FITS, DECIMAL_TOO_FINE, DECIMAL_TOO_LARGE };

/*
 * NUMBER * 10^SCALE as two's complement, the highest byte first, filling SIZE
 * bytes (at most DECIMAL_BYTES_MOST).  TOO_FINE if digits are left beyond
 * the scale, TOO_LARGE if there are more than PRECISION.
 */
enum decimal_fit number_decimal(
    const struct number *number, int scale, int precision, uint8_t *bytes, size_t size);

#endif
