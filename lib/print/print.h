/*
 * print - numbers, dates and times as JSON text.
 *
 * All write at TO, where the caller has made room for PRINT_BYTES, and return
 * the place after the text.  Only JSON strings are in quotes: dates, times, and
 * values such as NaN.
 */
#ifndef NEST_PRINT_PRINT_H
#define NEST_PRINT_PRINT_H

#include "lib/schema/schema.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PRINT_BYTES = 256,
	/* Of an unscaled number, except bytes that only repeat its sign; nest-shred(1) takes no more. */
	PRINT_DECIMAL_BYTES = 64,
	PRINT_DECIMAL_DIGITS = 150,
};

uint8_t *print_unsigned(uint8_t *to, uint64_t number);
uint8_t *print_integer(uint8_t *to, uint64_t magnitude, bool is_negative);

/* COUNT decimal digits, PLACES of them after the point. */
uint8_t *print_digits(uint8_t *to, const uint8_t *digits, size_t count, size_t places);

/*
 * The fewest digits that read back as the same number, and of those the nearest
 * to it; above 10^15 and below 10^-11 those that printf() finds.  Infinities
 * and NaN are strings: "Infinity", "-Infinity", "NaN".
 */
uint8_t *print_double(uint8_t *to, double real);
uint8_t *print_float(uint8_t *to, float real);
/* The bits of an IEEE half; the text is that of a float. */
uint8_t *print_half(uint8_t *to, uint16_t bits);

/* MAGNITUDE / 10^SCALE with all digits of the scale; with an exponent if there would be many zeros. */
uint8_t *print_small_decimal(uint8_t *to, uint64_t magnitude, bool is_negative, int scale);
/*
 * The same for two's complement, the highest byte first; NULL if there are no
 * bytes, too many, or more digits than PRECISION or PRINT_DECIMAL_DIGITS.
 */
uint8_t *print_decimal(uint8_t *to, struct view bytes, int precision, int scale);

/* YYYY-MM-DD; a year beyond four digits has a sign, and a date with one beyond six is days. */
uint8_t *print_date(uint8_t *to, int64_t days);
/* HH:MM:SS and all digits of the unit; only units if that is not a time of day. */
uint8_t *print_time(uint8_t *to, int64_t units, enum time_unit unit, bool is_adjusted_to_utc);
/* Date, 'T' and time; only units if the date would be only days. */
uint8_t *print_timestamp(uint8_t *to, int64_t units, enum time_unit unit, bool is_adjusted_to_utc);

/* 16 bytes as 36 characters in quotes. */
uint8_t *print_uuid(uint8_t *to, const uint8_t *uuid);

/* Two hexadecimal digits. */
uint8_t *print_hexadecimal(uint8_t *to, uint8_t byte);

/* Two decimal digits, of 0 to 99. */
uint8_t *print_pair(uint8_t *to, unsigned number);

#endif
