/*
 * column - what shredding one leaf gives: levels, and PLAIN values.
 *
 * The memory of all columns of a shredder is counted in one place, so that a
 * small hostile record cannot ask for all of it.  column_free() gives it back.
 */
#ifndef NEST_SHRED_COLUMN_H
#define NEST_SHRED_COLUMN_H

#include "lib/base/buffer.h"

#include <stdint.h>

enum {
	COLUMN_MEMORY_LIMIT = 160 << 20, /* bytes, of all columns together */
	COLUMN_SLACK_BYTES = 32,         /* behind the values: short texts are copied by the slot */
};

struct column {
	uint8_t *rep, *def; /* one byte a level */
	size_t entries, entry_capacity;
	uint8_t *values;
	size_t value_bytes, value_capacity;
};

/* Makes room for MORE entries; *MEMORY_BYTES is the account of all columns. */
bool column_grow_entries(struct column *column, size_t more, size_t *memory_bytes, struct nest_error *error);

/* Makes room for MORE bytes of values and the slack. */
bool column_grow_values(
    struct column *column, size_t more_bytes, size_t *memory_bytes, struct nest_error *error);

/*
 * Whether all values, texts, are UTF-8; where one is not, *ROW is the number
 * of its record among those of the column.  Entries at MAX_DEF have a value.
 */
bool column_texts_valid(const struct column *column, uint8_t max_def, uint64_t *row);

void column_free(struct column *column);

static inline bool
column_append_entry(
    struct column *column, uint8_t rep, uint8_t def, size_t *memory_bytes, struct nest_error *error)
{
	if (__builtin_expect(column->entries == column->entry_capacity, 0) &&
	    !column_grow_entries(column, 1, memory_bytes, error))
		return false;
	column->rep[column->entries] = rep;
	column->def[column->entries] = def;
	column->entries++;
	return true;
}

static inline bool
column_reserve_values(
    struct column *column, size_t more_bytes, size_t *memory_bytes, struct nest_error *error)
{
	if (__builtin_expect(
		column->value_capacity - column->value_bytes >= more_bytes + COLUMN_SLACK_BYTES, 1))
		return true;
	return column_grow_values(column, more_bytes, memory_bytes, error);
}

#endif
