/*
 * notation - values that a text stands for: dates and times (ISO 8601 as
 * RFC 3339 profiles it), UUIDs (RFC 9562), base64 and hexadecimal (RFC 4648).
 *
 * All take a text to its last byte; false if it is not of the form, and the
 * results may then be anything.
 */
#ifndef NEST_JSON_NOTATION_H
#define NEST_JSON_NOTATION_H

#include "lib/base/buffer.h"
#include "lib/schema/schema.h"

/* YYYY-MM-DD, as days from 1970-01-01; years of more digits with a sign before them. */
bool notation_date(struct view text, int64_t *days);

/* A moment: whole seconds, from 1970-01-01 or from midnight, and nanoseconds. */
struct notation_moment {
	int64_t seconds;
	uint32_t nanoseconds;
	bool is_finer;   /* digits below nanoseconds were given, not all zero */
	bool has_offset; /* 'Z' or an offset, which has been applied */
};

/* HH:MM, HH:MM:SS or with a fraction, and perhaps an offset, which wraps around midnight. */
bool notation_time(struct view text, struct notation_moment *moment);

/* A date, then 'T' or a blank and a time; or a date alone, which is its midnight. */
bool notation_timestamp(struct view text, struct notation_moment *moment);

/*
 * The moment in UNITs; false if it does not fit 64 bits.  *IS_FINER is set if
 * it is not a whole number of them.
 */
bool notation_units(
    const struct notation_moment *moment, enum time_unit unit, int64_t *value, bool *is_finer);

bool notation_uuid(struct view text, uint8_t uuid[16]);

/* The value of a hexadecimal digit in either case, or -1. */
int notation_hex_digit(uint8_t byte);

/* Both write *SIZE bytes at BYTES, which has room for as many as TEXT has. */
bool notation_hex(struct view text, uint8_t *bytes, size_t *size);
bool notation_base64(struct view text, uint8_t *bytes, size_t *size);

/* NaN, Infinity or Inf, in any case, with a sign or without. */
bool notation_non_finite(struct view text, double *real);

#endif
