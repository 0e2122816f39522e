/*
 * put_json - values as JSON, written by columns: the notation of lines.
 *
 * Each function returns the byte after what it wrote, and may write up to PUT_SLACK bytes more, as those of
 * gen/put.h.  A text must have no character that JSON escapes.  The elements of a list, and the pairs of
 * a map, each begin with a comma.
 */
#ifndef NEST_GEN_PUT_JSON_H
#define NEST_GEN_PUT_JSON_H

#include "gen/batch/slots.h"
#include "lib/base/digits.h"
#include "lib/print/print.h"

enum {
	PUT_CLOSES = 1,
	PUT_NULL_BYTES = 4,
	PUT_SHORT_TEXT = 32, /* one copy is enough for what is shorter */
};

/* The most bytes of a value. */
enum {
	PUT_NUMBER_BYTES = 24, /* with a sign and a point; of a date and a truth, too */
	PUT_REAL_BYTES = 32,
	PUT_MOMENT_BYTES = 40, /* with a time */
	PUT_UUID_BYTES = 38,
};

static inline uint8_t *
put_null(uint8_t *at)
{
	memcpy(at, "null", PUT_NULL_BYTES);
	return at + PUT_NULL_BYTES;
}

ALWAYS uint8_t *
put_nil_if(uint8_t *at, bool is_nothing)
{
	put_null(at);
	return at + (is_nothing ? PUT_NULL_BYTES : 0);
}

/* COUNT elements: over the first comma, and after the last of them.  Null ones have none, and are written
 * without a branch, which would be mispredicted. */
ALWAYS uint8_t *
put_list(uint8_t *at, const uint8_t *elements, size_t size, uint32_t count, bool is_map, bool is_null)
{
	static const union {
		char bytes[4];
		uint32_t word;
	} null = {"null"}, opens[2] = {{"[\0\0\0"}, {"{\0\0\0"}}, first = {"\xff\0\0\0"};
	uint32_t begin;
	memcpy(&begin, elements, sizeof begin);
	begin = (begin & ~first.word) | opens[is_map].word;
	begin = is_null ? null.word : begin;
	uint8_t *end = put_moved(at, elements, size) + (count == 0) + (is_null ? PUT_NULL_BYTES - 1 : 0);
	memcpy(at, &begin, sizeof begin);
	*end = is_map ? '}' : ']';
	return end + !is_null;
}

/* Slots may be longer than one copy is. */
ALWAYS uint8_t *
put_choice(uint8_t *at, const struct slots *slots, uint64_t index)
{
	const uint8_t *slot = slots->bytes + index * slots->slot_bytes;
	return put_bytes(at, (struct text){slot, slot[-1]});
}

/* BEGIN is where its first quote is.  Without a branch, as null is written somewhere: where that is nobody
 * foresees. */
static inline uint8_t *
put_end_of_text(uint8_t *begin, uint8_t *at, bool is_null)
{
	*at = '"';
	return put_nil_if(is_null ? begin : at + 1, is_null);
}

/* Of either size, and any scale. */
static __attribute__((noinline, unused)) uint8_t *
put_long_number(uint8_t *at, int64_t number, size_t scale)
{
	uint64_t magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	*at = '-';
	return digits_put_point(at + (number < 0), magnitude, 1, scale);
}

/* Most have eight digits at most, and are written without a branch on which of them are null. */
ALWAYS uint8_t *
put_number(uint8_t *at, int64_t number, bool is_null)
{
	static const union {
		char bytes[8];
		uint64_t word;
	} null = {"null"};
	number &= (int64_t)is_null - 1;
	if ((uint64_t)number >= DIGITS_EIGHT)
		return put_long_number(at, number, 0);
	uint64_t eight = digits_of_eight((uint32_t)number);
	size_t zeros = digits_zeros(eight);
	eight = is_null ? le64toh(null.word) : eight >> 8 * zeros;
	digits_store(at, eight);
	return at + (is_null ? PUT_NULL_BYTES : 8 - zeros);
}

ALWAYS uint8_t *
put_decimal(uint8_t *at, int64_t number, size_t scale)
{
	if ((uint64_t)number >= DIGITS_EIGHT || scale - 1 >= 7)
		return put_long_number(at, number, scale);
	return digits_put_short_point(at, (uint32_t)number, 1, scale);
}

static inline uint8_t *
put_truth(uint8_t *at, bool truth, bool is_null)
{
	static const char words[3][8] = {"false", "true", "null"};
	unsigned which = is_null ? 2 : truth;
	memcpy(at, words[which], 8);
	return at + (which == 0 ? 5 : 4);
}

/* A text of less than PUT_SHORT_TEXT bytes, without a branch on whether it is null. */
static inline uint8_t *
put_short_text(uint8_t *at, struct text text, bool is_null)
{
	size_t size = text.size & ((size_t)is_null - 1), nil = is_null;
	memcpy(at, is_null ? "null" : "\"\"\"\"", 4);
	at += 1 + 3 * nil;
	copy_32(at, text.data);
	at[size] = '"';
	return at + size + 1 - nil;
}

static inline uint8_t *
put_text(uint8_t *at, struct text text)
{
	*at = '"';
	uint8_t *end = put_bytes(at + 1, text);
	*end = '"';
	return end + 1;
}

static inline uint8_t *
put_hexadecimal(uint8_t *at, struct text bytes)
{
	*at = '"';
	uint8_t *end = digits_put_bytes(at + 1, bytes.data, bytes.size);
	*end = '"';
	return end + 1;
}

/* For each form of columns with values: their type, and what puts VALUES[I] at P. */
#define PUT_UNLESS_NULL(value) is_null ? put_null(p) : (value)
#define PUT_FORMS(PUT)                                                                                   \
	PUT(COLUMN_NUMBER, int64_t, put_number(p, values[i], is_null))                                   \
	PUT(COLUMN_DECIMAL, int64_t, PUT_UNLESS_NULL(put_decimal(p, values[i], (size_t)logical->scale))) \
	PUT(COLUMN_DATE, int64_t, PUT_UNLESS_NULL(print_date(p, values[i])))                             \
	PUT(COLUMN_TIME, int64_t,                                                                        \
	    PUT_UNLESS_NULL(print_time(p, values[i], logical->unit, logical->is_adjusted_to_utc)))       \
	PUT(COLUMN_TIMESTAMP, int64_t,                                                                   \
	    PUT_UNLESS_NULL(print_timestamp(p, values[i], logical->unit, logical->is_adjusted_to_utc)))  \
	PUT(COLUMN_TRUTH, int64_t, put_truth(p, values[i] != 0, is_null))                                \
	PUT(COLUMN_REAL, double, PUT_UNLESS_NULL(print_double(p, values[i])))                            \
	PUT(COLUMN_FLOAT, double, PUT_UNLESS_NULL(print_float(p, (float)values[i])))                     \
	PUT(COLUMN_TEXT, struct text, PUT_UNLESS_NULL(put_text(p, values[i])))                           \
	PUT(COLUMN_SHORT_TEXT, struct text, put_short_text(p, values[i], is_null))                       \
	PUT(COLUMN_BYTES, struct text, PUT_UNLESS_NULL(put_hexadecimal(p, values[i])))                   \
	PUT(COLUMN_UUID, struct text, PUT_UNLESS_NULL(print_uuid(p, values[i].data)))                    \
	PUT(COLUMN_LONG_DECIMAL, struct text,                                                            \
	    PUT_UNLESS_NULL(print_decimal(                                                               \
		p, (struct view){values[i].data, values[i].size}, logical->precision, logical->scale)))

#endif
