/*
 * column - what shredding one leaf gives: entries and PLAIN values.
 *
 * An entry is a repetition level, in the low byte, and a definition level: one
 * store for both.  The memory of all columns of a shredder is counted in one
 * place, so that a small hostile record cannot ask for all of it.
 * column_free() gives it back.
 */
#ifndef NEST_SHRED_COLUMN_H
#define NEST_SHRED_COLUMN_H

#include "lib/base/buffer.h"

#include <stdint.h>

enum {
	COLUMN_MEMORY_LIMIT = 160 << 20, /* bytes, of all columns together */
	COLUMN_SLOT = 32,                /* a short text is copied as a whole slot */
};

/* Each pair of cursors: where the next goes, and where room ends. */
struct column {
	uint16_t *entry, *entry_end;
	uint8_t *value, *value_end; /* behind it a short text and its length still fit */
	uint16_t *entries;
	uint8_t *values;
};

static inline size_t
column_entry_count(const struct column *column)
{
	return (size_t)(column->entry - column->entries);
}

static inline size_t
column_value_bytes(const struct column *column)
{
	return (size_t)(column->value - column->values);
}

static inline void
column_clear(struct column *column)
{
	column->entry = column->entries;
	column->value = column->values;
}

/* Makes room for one more entry; *MEMORY_BYTES is the account of all columns. */
bool column_grow_entries(struct column *column, size_t *memory_bytes, struct nest_error *error);

/* Makes room for MORE bytes of values, and for a short text behind them. */
bool column_grow_values(
    struct column *column, size_t more_bytes, size_t *memory_bytes, struct nest_error *error);

static inline bool
column_append_entry(
    struct column *column, uint8_t rep, uint8_t def, size_t *memory_bytes, struct nest_error *error)
{
	if (__builtin_expect(column->entry == column->entry_end, 0) &&
	    !column_grow_entries(column, memory_bytes, error))
		return false;
	*column->entry++ = (uint16_t)(rep | def << 8);
	return true;
}

static inline bool
column_append_value(struct column *column, const void *bytes, size_t size_bytes, size_t *memory_bytes,
    struct nest_error *error)
{
	/* A short text may have gone beyond the end, into the slack: the difference has a sign. */
	if ((column->values == NULL || column->value_end - column->value < (ptrdiff_t)size_bytes) &&
	    !column_grow_values(column, size_bytes, memory_bytes, error))
		return false;
	memcpy(column->value, bytes, size_bytes);
	column->value += size_bytes;
	return true;
}

/* Appends the repetition or the definition levels to a buffer, one byte each. */
bool column_copy_rep(const struct column *column, struct buffer *out, struct nest_error *error);
bool column_copy_def(const struct column *column, struct buffer *out, struct nest_error *error);

/*
 * Whether all values, texts, are UTF-8; where one is not, *ROW is the number
 * of its record among those of the column.  Entries at MAX_DEF have a value.
 */
bool column_texts_valid(const struct column *column, uint8_t max_def, uint64_t *row);

void column_free(struct column *column);

#endif
