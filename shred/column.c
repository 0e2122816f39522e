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

bool
column_grow_entries(struct column *column, size_t *memory_bytes, struct nest_error *error)
{
	size_t count = column_entry_count(column);
	size_t old = (size_t)(column->entry_end - column->entries), capacity = next_capacity(old, count + 1);
	if (!account_for(memory_bytes, (capacity - old) * sizeof *column->entries, error))
		return false;
	uint16_t *entries = realloc(column->entries, capacity * sizeof *entries);
	if (entries == NULL)
		return nest_error_memory(error, capacity * sizeof *entries, "a column");
	column->entries = entries;
	column->entry = entries + count;
	column->entry_end = entries + capacity;
	return true;
}

bool
column_grow_values(struct column *column, size_t more_bytes, size_t *memory_bytes, struct nest_error *error)
{
	size_t slack = 4 + COLUMN_SLOT, size = column_value_bytes(column);
	size_t old = column->values == NULL ? 0 : (size_t)(column->value_end - column->values) + slack;
	size_t capacity = next_capacity(old, size + more_bytes + slack);
	if (!account_for(memory_bytes, capacity - old, error))
		return false;
	uint8_t *values = realloc(column->values, capacity);
	if (values == NULL)
		return nest_error_memory(error, capacity, "a column");
	column->values = values;
	column->value = values + size;
	column->value_end = values + capacity - slack;
	return true;
}

/* Appends one byte of each entry, SHIFT saying which. */
static bool
copy_levels(const struct column *column, unsigned shift, struct buffer *out, struct nest_error *error)
{
	size_t count = column_entry_count(column);
	if (!buffer_reserve(out, count, error))
		return false;
	uint8_t *to = out->data + out->size;
	for (size_t i = 0; i < count; i++)
		to[i] = (uint8_t)(column->entries[i] >> shift);
	out->size += count;
	return true;
}

bool
column_copy_rep(const struct column *column, struct buffer *out, struct nest_error *error)
{
	return copy_levels(column, 0, out, error);
}

bool
column_copy_def(const struct column *column, struct buffer *out, struct nest_error *error)
{
	return copy_levels(column, 8, out, error);
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
	if (all_ascii(column->values, column_value_bytes(column)))
		return true;
	const uint8_t *at = column->values;
	uint64_t begun = 0;
	for (const uint16_t *entry = column->entries; entry < column->entry; entry++) {
		begun += (*entry & 0xff) == 0;
		if (*entry >> 8 != max_def)
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
	free(column->entries);
	free(column->values);
	*column = (struct column){0};
}
