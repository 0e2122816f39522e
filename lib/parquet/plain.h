/*
 * plain - the PLAIN encoding: values one after another, byte strings after their lengths.
 *
 * Whatever encoding a page has, its values are in PLAIN layout before they are
 * encoded and after they are decoded, with booleans one byte each.  On both ways
 * they are untrusted; on their way into a page they are checked, and copied or
 * interned.
 *
 * A struct plain_cursor borrows the bytes.  It counts the values taken, so
 * that a caller who meets a bad one can say which.  At least PLAIN_SLACK bytes
 * after the end must be readable.
 *
 * Functions return false at the first bad value, with `problem` set to a text
 * that reads after "column c, row r: ", or for lack of memory, with `error`
 * set and no problem.
 */
#ifndef NEST_PARQUET_PLAIN_H
#define NEST_PARQUET_PLAIN_H

#include "lib/parquet/dictionary.h"
#include "lib/parquet/statistics.h"

enum { PLAIN_SLACK = 32 }; /* bytes that must be readable after values; they may be anything */

struct plain_cursor {
	const uint8_t *at, *end;
	uint64_t taken;
	const char *problem;
};

/* What the values of a column may be. */
struct value_kind {
	enum value_order order;
	size_t value_bytes; /* 0 for BYTE_ARRAY */
	bool is_text;       /* must be UTF-8 */
	bool is_whole;      /* a bound cannot be cut: part of a value need not be a value */
	bool is_decimal;    /* byte strings of 1 to MOST_BYTES */
	uint32_t most_bytes;
	int64_t time_end; /* integers from 0 up to, but excluding, this one; 0: any */
};

/* What the format says about values of LEAF. */
struct value_kind plain_kind(const struct schema_node *leaf);

/* Checks COUNT values, adds them to STATISTICS (which then own their extremes) and appends them to OUT. */
bool plain_copy(struct plain_cursor *cursor, uint64_t count, const struct value_kind *kind,
    struct statistics *statistics, struct buffer *out, struct nest_error *error);

/*
 * Checks *COUNT values and interns them; their indices are appended to OUT.  If the dictionary
 * is full, *COUNT is set to how many went in.  The values enter STATISTICS, byte strings once in
 * a page: one whose stamp differs from STAMP, which is not 0, is new to the page and gets it.
 */
bool plain_intern(struct plain_cursor *cursor, uint64_t *count, const struct value_kind *kind,
    struct dictionary *dictionary, uint32_t stamp, struct statistics *statistics, struct buffer *out,
    struct nest_error *error);

/* The length at AT, in front of a byte string. */
static inline uint32_t
plain_length(const uint8_t *at)
{
	uint32_t length;
	memcpy(&length, at, sizeof length);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	length = __builtin_bswap32(length);
#endif
	return length;
}

/*
 * Adds VALUES, COUNT sound ones, to STATISTICS, which point at them until
 * statistics_own(): VALUE_BYTES each, or byte strings if that is 0.
 */
void plain_look(struct view values, uint64_t count, size_t value_bytes, struct statistics *statistics);

/*
 * Takes the COUNT values that BYTES, those of a page, begin with: VALUE_BYTES each, or byte strings if
 * that is 0.  BYTES moves past them.  NEST_INVALID if it ends too soon.
 */
bool plain_take(
    struct view *bytes, size_t count, size_t value_bytes, struct view *values, struct nest_error *error);

/* The same for booleans, which are bits in a page; they are appended to OUT, one byte each. */
bool plain_unpack_booleans(struct view *bytes, size_t count, struct buffer *out, struct nest_error *error);

#endif
