/* check_order.c - walks, row by row, the columns that rows are sorted by. */
#include "merge/check_order.h"

#include "lib/base/program.h"
#include "lib/parquet/chunk_reader.h"
#include "lib/parquet/sorted_value.h"
#include "lib/parquet/sorting.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PATH_BYTES = 512 };

/* A column that rows are sorted by. */
struct key {
	struct sorting_column column;
	struct chunk_reader reader;
	uint64_t left; /* rows of the page */
	struct sorted_value value;
};

struct keys {
	struct key *list;
	size_t count;
};

/* ---- opening ---- */

static bool
comes_before(const struct sorting_column *columns, size_t count, uint32_t leaf)
{
	size_t i = 0;
	while (i < count && columns[i].leaf != leaf)
		i++;
	return i < count;
}

/*
 * How many of COUNT COLUMNS, from the first on, can be compared.  It also ends at one that comes again,
 * since there could be any number of these.
 */
static size_t
count_comparable(const struct schema *schema, const struct sorting_column *columns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct schema_node *leaf = &schema->nodes[schema->leaves[columns[i].leaf]];
		if (leaf->max_rep > 0 || statistics_order(leaf) == ORDER_NONE ||
		    comes_before(columns, i, columns[i].leaf))
			return i;
	}
	return count;
}

static bool
open_keys(struct keys *keys, const struct metadata_source *source, const struct file_metadata *metadata,
    const struct row_group *group, struct nest_error *error)
{
	const struct schema *schema = metadata->schema;
	struct buffer columns = {0};
	bool fine = sorting_decode(&columns, group->sorting, schema->leaf_count, error);
	const struct sorting_column *list = (const struct sorting_column *)(const void *)columns.data;
	keys->count = fine ? count_comparable(schema, list, columns.size / sizeof *list) : 0;
	keys->list = calloc(keys->count + 1, sizeof *keys->list);
	if (keys->list == NULL) {
		fine = nest_error_memory(error, keys->count * sizeof *keys->list, "the sorting columns");
		keys->count = 0;
	}
	for (size_t i = 0; i < keys->count; i++) {
		const struct schema_node *leaf = &schema->nodes[schema->leaves[list[i].leaf]];
		keys->list[i].column = list[i];
		sorted_value_init(&keys->list[i].value, leaf);
		chunk_reader_open(&keys->list[i].reader, source, &group->columns[list[i].leaf], leaf);
	}
	buffer_free(&columns);
	return fine;
}

static void
close_keys(struct keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		chunk_reader_free(&keys->list[i].reader);
		sorted_value_free(&keys->list[i].value);
	}
	free(keys->list);
}

/* ---- rows ---- */

/* Moves on to the next page that has rows. */
static bool
next_page(struct key *key, struct nest_error *error)
{
	const struct page_content *content = &key->reader.content;
	bool found;
	if (!sorted_value_keep(&key->value, error))
		return false;
	do {
		if (program_interrupted())
			return program_interrupt_error(error);
		if (!chunk_reader_next_data(&key->reader, &found, error))
			return false;
		if (!found)
			return nest_error_set(error, NEST_INVALID, "it has fewer rows than its row group");
	} while (content->rows == 0);
	key->left = content->rows;
	key->value.def = content->def.data;
	key->value.at = content->values.data;
	return true;
}

/* Moves on to the value of the next row. */
static bool
next_value(struct key *key, struct nest_error *error)
{
	if (key->left == 0 && !next_page(key, error))
		return false;
	key->left--;
	sorted_value_next(&key->value);
	return true;
}

/* Whether writers differ on which of two values with different bytes comes first. */
static bool
is_free(const struct sorted_value *value)
{
	if (value->was_null || value->is_null || view_equal(value->before, value->value))
		return false;
	const uint8_t *before = value->before.data, *now = value->value.data;
	return value_order_is_nan(value->order, before) || value_order_is_nan(value->order, now) ||
	       (value_order_is_zero(value->order, before) && value_order_is_zero(value->order, now));
}

/* The order of the value before and this one; below 0, as if in order, if writers differ on it. */
static int
compare(const struct key *key)
{
	return is_free(&key->value) ? -1 : sorted_value_compare(&key->value, &key->column);
}

/* Checks row NUMBER of the row group against the one before; *AT is the key that decides or fails. */
static bool
check_row(struct keys *keys, uint64_t number, size_t *at, struct nest_error *error)
{
	int order = number > 0 ? 0 : -1;
	for (size_t i = 0; i < keys->count; i++) {
		if (!next_value(&keys->list[i], error)) {
			*at = i;
			return false;
		}
		if (order == 0) {
			order = compare(&keys->list[i]);
			*at = i;
		}
	}
	return order <= 0 ||
	       nest_error_set(error, NEST_INVALID,
		   "row %" PRIu64 " is out of the order that the row group is told to be in", number);
}

static bool
check_rows(struct keys *keys, uint64_t rows, size_t *at, struct nest_error *error)
{
	for (uint64_t row = 0; row < rows; row++)
		if (!check_row(keys, row, at, error))
			return false;
	return true;
}

bool
check_order(const struct metadata_source *source, const struct file_metadata *metadata, size_t number,
    struct nest_error *error)
{
	const struct row_group *group = &metadata->row_groups[number];
	const struct schema *schema = metadata->schema;
	struct keys keys = {0};
	size_t at = 0;
	char path[PATH_BYTES];
	if (group->sorting.size == 0)
		return true;
	bool fine = open_keys(&keys, source, metadata, group, error);
	if (!fine && error->status == NEST_INVALID)
		nest_error_prefix(error, "row group %zu: ", number);
	if (fine && keys.count > 0 && !check_rows(&keys, group->num_rows, &at, error)) {
		fine = false;
		if (error->status == NEST_INVALID)
			nest_error_prefix(error, "row group %zu, column %s: ", number,
			    schema_path(
				schema, schema->leaves[keys.list[at].column.leaf], path, sizeof path));
	}
	close_keys(&keys);
	return fine;
}
