#include "shred/column.h"

#include "lib/base/utf8.h"

#include <endian.h>
#include <stdlib.h>

/* Half as much again, and what is needed at least. */
static size_t
next_capacity(size_t capacity, size_t needed)
{
	size_t grown = capacity + capacity / 2 + 4096;
	return grown > needed ? grown : needed;
}

static bool
account_for(size_t *memory_bytes, size_t more_bytes, struct nest_error *error)
{
	if (more_bytes > COLUMN_MEMORY_LIMIT - *memory_bytes)
		return nest_error_set(error, NEST_INVALID,
		    "the columns of one batch take more than %d bytes; make smaller batches",
		    COLUMN_MEMORY_LIMIT);
	*memory_bytes += more_bytes;
	return true;
}

static bool
grow(uint8_t **bytes, size_t capacity, struct nest_error *error)
{
	uint8_t *grown = realloc(*bytes, capacity);
	if (grown == NULL)
		return nest_error_memory(error, capacity, "a column");
	*bytes = grown;
	return true;
}

bool
column_grow_entries(struct column *column, size_t more, size_t *memory_bytes, struct nest_error *error)
{
	size_t capacity = next_capacity(column->entry_capacity, column->entries + more);
	if (!account_for(memory_bytes, 2 * (capacity - column->entry_capacity), error) ||
	    !grow(&column->rep, capacity, error) || !grow(&column->def, capacity, error))
		return false;
	column->entry_capacity = capacity;
	return true;
}

bool
column_grow_values(struct column *column, size_t more_bytes, size_t *memory_bytes, struct nest_error *error)
{
	size_t needed = column->value_bytes + more_bytes + COLUMN_SLACK_BYTES;
	size_t capacity = next_capacity(column->value_capacity, needed);
	if (!account_for(memory_bytes, capacity - column->value_capacity, error) ||
	    !grow(&column->values, capacity, error))
		return false;
	column->value_capacity = capacity;
	return true;
}

/* Lengths below 128 have no high bit either, so one pass over everything tells that all is ASCII. */
static bool
all_ascii(const uint8_t *bytes, size_t size)
{
	uint8_t seen = 0;
	for (size_t i = 0; i < size; i++)
		seen |= bytes[i];
	return seen < 0x80;
}

bool
column_texts_valid(const struct column *column, uint8_t max_def, uint64_t *row)
{
	if (all_ascii(column->values, column->value_bytes))
		return true;
	const uint8_t *at = column->values;
	uint64_t begun = 0;
	for (size_t i = 0; i < column->entries; i++) {
		begun += column->rep[i] == 0;
		if (column->def[i] != max_def)
			continue;
		uint32_t length;
		memcpy(&length, at, 4);
		length = le32toh(length);
		if (!utf8_valid(at + 4, length)) {
			*row = begun - 1;
			return false;
		}
		at += 4 + length;
	}
	return true;
}

void
column_free(struct column *column)
{
	free(column->rep);
	free(column->def);
	free(column->values);
	*column = (struct column){0};
}
