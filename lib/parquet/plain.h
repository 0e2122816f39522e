/*
 * plain - the PLAIN encoding: values one after another, byte strings behind their lengths.
 *
 * Whatever encoding a page has, this project has its values in PLAIN layout
 * before and after it, booleans one byte each: untrusted on their way into a
 * page, where they are judged and copied or interned, and out of one.
 *
 * A struct plain_cursor borrows the bytes.  It counts the values taken, so
 * that whoever meets a bad one can say which.  At least PLAIN_SLACK bytes behind
 * the end must be readable.
 *
 * Functions return false at the first bad value, with `problem` set to a text
 * that reads after "column c, row r: ", or for want of memory, with `error`
 * filled and no problem.
 */
#ifndef NEST_PARQUET_PLAIN_H
#define NEST_PARQUET_PLAIN_H

#include "lib/parquet/dictionary.h"
#include "lib/parquet/statistics.h"

enum { PLAIN_SLACK = 32 }; /* bytes that must be readable behind values; they may be anything */

struct plain_cursor {
	const uint8_t *at, *end;
	uint64_t taken;
	const char *problem;
};

/* What kind of values they are. */
struct value_kind {
	enum value_order order;
	size_t value_bytes; /* 0 for BYTE_ARRAY */
	bool is_text;       /* must be UTF-8 */
	bool is_whole;      /* no part of a value need be one: a bound cannot be cut short */
	bool is_decimal;    /* byte strings of 1 to MOST_BYTES */
	uint32_t most_bytes;
	int64_t time_end; /* integers from 0 to before this one; 0: any */
};

/* What the format says of the values of LEAF. */
struct value_kind plain_kind(const struct schema_node *leaf);

/* Checks COUNT values, adds them to STATISTICS (which then own their extremes) and appends them to OUT. */
bool plain_copy(struct plain_cursor *cursor, uint64_t count, const struct value_kind *kind,
    struct statistics *statistics, struct buffer *out, struct nest_error *error);

/*
 * Checks *COUNT values and interns them; their indices are appended to OUT.  Where the
 * dictionary is full, *COUNT is how many have gone in.  They enter STATISTICS, byte strings
 * once in a page: one whose stamp is not STAMP (which is not 0) is new to it and gets it.
 */
bool plain_intern(struct plain_cursor *cursor, uint64_t *count, const struct value_kind *kind,
    struct dictionary *dictionary, uint32_t stamp, struct statistics *statistics, struct buffer *out,
    struct nest_error *error);

/* The length that a byte string begins with. */
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
 * Adds VALUES, COUNT of them that are sound, to STATISTICS, which point at them until
 * statistics_own(): VALUE_BYTES each, or byte strings where that is 0.
 */
void plain_look(struct view values, uint64_t count, size_t value_bytes, struct statistics *statistics);

/*
 * The COUNT values that BYTES, those of a page, begin with: VALUE_BYTES each, or byte strings where that
 * is 0.  The view moves past them.  NEST_INVALID where they end too soon.
 */
bool plain_take(
    struct view *bytes, size_t count, size_t value_bytes, struct view *values, struct nest_error *error);

/* The same for booleans, which are bits there; they are appended to OUT, one byte each. */
bool plain_unpack_booleans(struct view *bytes, size_t count, struct buffer *out, struct nest_error *error);

#endif
