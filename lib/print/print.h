/*
 * print - numbers, dates and times as the text that JSON has of them.
 *
 * All write at TO, where the caller has made room for PRINT_BYTES, and return
 * what is behind the text.  Nothing here is in quotes but what is a string in
 * JSON: dates, times, and numbers that are none.
 */
#ifndef NEST_PRINT_PRINT_H
#define NEST_PRINT_PRINT_H

#include "lib/schema/schema.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PRINT_BYTES = 256,
	/* Of an unscaled number, but for bytes that only repeat its sign; nest-shred(1) takes no more. */
	PRINT_DECIMAL_BYTES = 64,
	PRINT_DECIMAL_DIGITS = 150,
};

uint8_t *print_unsigned(uint8_t *to, uint64_t number);
uint8_t *print_integer(uint8_t *to, uint64_t magnitude, bool is_negative);

/* COUNT decimal digits, PLACES of them behind the point. */
uint8_t *print_digits(uint8_t *to, const uint8_t *digits, size_t count, size_t places);

/*
 * The fewest digits that read back as the same number, and of those the nearest
 * to it; beyond 10^15 and below 10^-11 those that printf() finds.  Infinities
 * and what is no number are strings: "Infinity", "-Infinity", "NaN".
 */
uint8_t *print_double(uint8_t *to, double real);
uint8_t *print_float(uint8_t *to, float real);
/* The bits of an IEEE half; the text is that of a float. */
uint8_t *print_half(uint8_t *to, uint16_t bits);

/* MAGNITUDE / 10^SCALE with all digits of the scale; with an exponent where they would be many zeros. */
uint8_t *print_small_decimal(uint8_t *to, uint64_t magnitude, bool is_negative, int scale);
/*
 * The same of two's complement, the highest byte first; NULL where there are no
 * bytes, too many, or more digits than PRECISION or PRINT_DECIMAL_DIGITS.
 */
uint8_t *print_decimal(uint8_t *to, struct view bytes, int precision, int scale);

/* YYYY-MM-DD; years beyond four digits with a sign, and as days alone beyond six. */
uint8_t *print_date(uint8_t *to, int64_t days);
/* HH:MM:SS and all digits of the unit; as units alone where that is no time of a day. */
uint8_t *print_time(uint8_t *to, int64_t units, enum time_unit unit, bool is_adjusted_to_utc);
/* Date, 'T' and time; as units alone where the date would be days alone. */
uint8_t *print_timestamp(uint8_t *to, int64_t units, enum time_unit unit, bool is_adjusted_to_utc);

/* 36 characters in quotes, of 16 bytes. */
uint8_t *print_uuid(uint8_t *to, const uint8_t *uuid);

/* Two hexadecimal digits. */
uint8_t *print_hexadecimal(uint8_t *to, uint8_t byte);

/* Two decimal digits, of 0 to 99. */
uint8_t *print_pair(uint8_t *to, unsigned number);

#endif
