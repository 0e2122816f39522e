#include "encode/partition_keys.h"

#include "encode/partition_value.h"
#include "lib/base/program.h"

#include <inttypes.h>

static bool
open_column(struct partition_column *column, const struct schema *schema, const struct leaf *leaves,
    uint32_t number, struct nest_error *error)
{
	column->node = &schema->nodes[schema->leaves[number]];
	column->leaf = &leaves[number];
	column->number = number;
	return partition_value_escape(&column->prefix, view_of_text(column->node->name), error) &&
	       buffer_append(&column->prefix, "=", 1, error);
}

bool
partition_keys_open(struct partition_keys *keys, const struct schema *schema, const struct leaf *leaves,
    const uint32_t *columns, uint32_t count, struct nest_error *error)
{
	keys->column_count = count;
	for (uint32_t i = 0; i < count; i++)
		if (!open_column(&keys->columns[i], schema, leaves, columns[i], error))
			return false;
	return dictionary_init(&keys->values, false, error) && dictionary_init(&keys->folders, false, error);
}

void
partition_keys_free(struct partition_keys *keys)
{
	for (uint32_t i = 0; i < keys->column_count; i++)
		buffer_free(&keys->columns[i].prefix);
	dictionary_free(&keys->values);
	dictionary_free(&keys->folders);
	buffer_free(&keys->partitions);
	buffer_free(&keys->row);
	buffer_free(&keys->folder);
}

uint32_t
partition_keys_count(const struct partition_keys *keys)
{
	return keys->folders.count;
}

struct view
partition_keys_folder(const struct partition_keys *keys, uint32_t partition)
{
	return (struct view){
	    dictionary_value(&keys->folders, partition), keys->folders.entries[partition].size};
}

/* ---- directories ---- */

static bool
fail_too_many(uint64_t row, struct nest_error *error)
{
	return nest_error_set(error, NEST_INVALID,
	    "row %" PRIu64 " begins a partition, and its part has %d already, which is the most that it can "
	    "have; give --partition-by columns of fewer values, or make more parts",
	    row, BUNDLE_FILES_MOST);
}

/* Warns of a value that readers will take for null, so that it is not lost silently. */
static void
warn_of_vague(const struct partition_column *column, uint64_t row)
{
	static bool is_told;
	if (!is_told)
		program_warn("column %s, row %" PRIu64 ": the string stands for null in a directory's name, "
			     "and is read as null, as are others like it",
		    column->leaf->path, row);
	is_told = true;
}

static bool
put_column(struct partition_keys *keys, const struct partition_column *column, struct view value,
    uint64_t row, struct nest_error *error)
{
	struct buffer *folder = &keys->folder;
	const char *problem;
	bool is_vague;
	if (folder->size > 0 && !buffer_append(folder, "/", 1, error))
		return false;
	size_t start = folder->size;
	if (!buffer_append(folder, column->prefix.data, column->prefix.size, error) ||
	    !partition_value_put(folder, column->node, value, &is_vague, &problem, error))
		return false;
	if (problem != NULL)
		return nest_error_set(
		    error, NEST_INVALID, "column %s, row %" PRIu64 ": %s", column->leaf->path, row, problem);
	if (folder->size - start > BUNDLE_NAME_MOST)
		return nest_error_set(error, NEST_INVALID,
		    "column %s, row %" PRIu64
		    ": its directory's name has %zu bytes, and no file system takes more than %d",
		    column->leaf->path, row, folder->size - start, BUNDLE_NAME_MOST);
	if (is_vague)
		warn_of_vague(column, row);
	return true;
}

/* The next value of the row, as take_values() put it there. */
static struct view
next_value(const uint8_t **at)
{
	struct view value = {NULL, 0};
	if (*(*at)++ == 0)
		return value;
	memcpy(&value.size, *at, sizeof value.size);
	value.data = *at + sizeof value.size;
	*at = value.data + value.size;
	return value;
}

/* The partition of a row whose values are new; others may have been written as the same directory. */
static bool
find_folder(struct partition_keys *keys, uint64_t row, struct nest_error *error)
{
	const uint8_t *at = keys->row.data;
	buffer_clear(&keys->folder);
	for (uint32_t i = 0; i < keys->column_count; i++)
		if (!put_column(keys, &keys->columns[i], next_value(&at), row, error))
			return false;
	const struct dictionary_slot *slot =
	    buffer_reserve(&keys->folder, DICTIONARY_SHORT, error)
		? dictionary_intern(&keys->folders, keys->folder.data, (uint32_t)keys->folder.size, error)
		: NULL;
	if (keys->folders.is_full || keys->folders.count > BUNDLE_FILES_MOST)
		return fail_too_many(row, error);
	uint32_t partition = slot != NULL ? slot->index : 0;
	return slot != NULL && buffer_append(&keys->partitions, &partition, sizeof partition, error);
}

/* ---- rows ---- */

/* Where a column of the slice is read. */
struct value_cursor {
	const uint8_t *def, *at, *end;
};

static bool
fail_inside(const struct partition_column *column, uint64_t row, struct nest_error *error)
{
	return nest_error_set(error, NEST_INVALID,
	    "column %s, row %" PRIu64 ": the values end inside this one", column->leaf->path, row);
}

static bool
take_value(struct partition_keys *keys, const struct partition_column *column, struct value_cursor *cursor,
    uint64_t row, struct nest_error *error)
{
	uint8_t is_there = cursor->def == NULL || *cursor->def++ == column->leaf->max_def;
	if (!buffer_append(&keys->row, &is_there, 1, error))
		return false;
	if (!is_there)
		return true;
	size_t size = column->leaf->kind.value_bytes, left = (size_t)(cursor->end - cursor->at);
	if (size == 0) {
		if (left < sizeof(uint32_t))
			return fail_inside(column, row, error);
		size = plain_length(cursor->at);
		cursor->at += sizeof(uint32_t);
		left -= sizeof(uint32_t);
	}
	if (size > left)
		return fail_inside(column, row, error);
	if (column->leaf->physical == PHYSICAL_BOOLEAN && cursor->at[0] > 1)
		return nest_error_set(error, NEST_INVALID,
		    "column %s, row %" PRIu64 ": the boolean is neither 0 nor 1", column->leaf->path, row);
	const uint8_t *value = cursor->at;
	cursor->at += size;
	return buffer_append(&keys->row, &size, sizeof size, error) &&
	       buffer_append(&keys->row, value, size, error);
}

static bool
find_partition(struct partition_keys *keys, uint64_t row, uint32_t *partition, struct nest_error *error)
{
	uint32_t known = keys->values.count;
	if (!buffer_reserve(&keys->row, DICTIONARY_SHORT, error))
		return false;
	const struct dictionary_slot *slot =
	    dictionary_intern(&keys->values, keys->row.data, (uint32_t)keys->row.size, error);
	if (keys->values.is_full)
		return fail_too_many(row, error);
	if (slot == NULL || (slot->index == known && !find_folder(keys, row, error)))
		return false;
	*partition = ((const uint32_t *)(const void *)keys->partitions.data)[slot->index];
	return true;
}

static bool
check_ends(const struct partition_keys *keys, const struct value_cursor *cursors, uint64_t first_row,
    struct nest_error *error)
{
	for (uint32_t i = 0; i < keys->column_count; i++)
		if (cursors[i].at != cursors[i].end)
			return nest_error_set(error, NEST_INVALID,
			    "column %s has %td bytes behind the last value of the slice at row %" PRIu64,
			    keys->columns[i].leaf->path, cursors[i].end - cursors[i].at, first_row);
	return true;
}

bool
partition_keys_take(struct partition_keys *keys, const struct leaf_slice *slices, uint64_t rows,
    uint64_t first_row, uint32_t *partitions, struct nest_error *error)
{
	struct value_cursor cursors[PARTITION_COLUMNS_MOST];
	for (uint32_t i = 0; i < keys->column_count; i++) {
		const struct leaf_slice *slice = &slices[keys->columns[i].number];
		cursors[i] =
		    (struct value_cursor){slice->def, slice->values, slice->values + slice->value_bytes};
	}
	for (uint64_t row = 0; row < rows; row++) {
		buffer_clear(&keys->row);
		for (uint32_t i = 0; i < keys->column_count; i++)
			if (!take_value(keys, &keys->columns[i], &cursors[i], first_row + row, error))
				return false;
		if (!find_partition(keys, first_row + row, &partitions[row], error))
			return false;
	}
	return check_ends(keys, cursors, first_row, error);
}
