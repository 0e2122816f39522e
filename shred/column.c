#include "shred/column.h"

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

void
column_free(struct column *column)
{
	free(column->rep);
	free(column->def);
	free(column->values);
	*column = (struct column){0};
}
