/*
 * values - reading the values of a slice: PLAIN layout, untrusted.
 *
 * A struct cursor borrows the slice's bytes.  It counts the values taken, so
 * that whoever meets a bad one can say which.  At least PART_SLACK bytes behind
 * the end must be readable.
 *
 * Functions return false at the first bad value, with `problem` set to a text
 * that reads after "column c, row r: ", or for want of memory, with `error`
 * filled and no problem.
 */
#ifndef NEST_ENCODE_VALUES_H
#define NEST_ENCODE_VALUES_H

#include "lib/parquet/dictionary.h"
#include "lib/parquet/statistics.h"

struct cursor {
	const uint8_t *at, *end;
	uint64_t taken;
	const char *problem;
};

/* What kind of values they are. */
struct value_kind {
	enum value_order order;
	size_t value_bytes; /* 0 for BYTE_ARRAY */
	bool is_text;       /* must be UTF-8 */
};

/* Checks COUNT values, adds them to STATISTICS (which then own their extremes) and appends them to OUT. */
bool values_copy(struct cursor *cursor, uint64_t count, const struct value_kind *kind,
    struct statistics *statistics, struct buffer *out, struct nest_error *error);

/*
 * Checks *COUNT values and interns them; their indices are appended to OUT.  Where the
 * dictionary is full, *COUNT is how many have gone in.  An entry whose stamp is not STAMP
 * (which is not 0) is new to the page: it gets the stamp and enters STATISTICS.
 */
bool values_intern(struct cursor *cursor, uint64_t *count, const struct value_kind *kind,
    struct dictionary *dictionary, uint32_t stamp, struct statistics *statistics, struct buffer *out,
    struct nest_error *error);

#endif
