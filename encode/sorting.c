/* sorting.c - reads keys and finds them in a schema; compares each row with the one before. */
#include "encode/sorting.h"

#include "lib/parquet/sorted_value.h"
#include "lib/schema/path.h"

#include <inttypes.h>
#include <stdio.h>

enum { WORD_MOST = 60, PATH_BYTES = 256 }; /* of a word and of a path in a message */

struct sort_key {
	struct buffer names; /* the path (lib/schema/path.h) */
	bool descending, nulls_first;
};

/* ---- the command line ---- */

/* The part of TEXT after its colon, up to the next one or the end. */
static struct view
take_word(struct view *text)
{
	const uint8_t *begin = text->data + 1, *end = text->data + text->size;
	const uint8_t *stop = begin < end ? memchr(begin, ':', (size_t)(end - begin)) : NULL;
	stop = stop != NULL ? stop : end;
	*text = (struct view){stop, (size_t)(end - stop)};
	return (struct view){begin, (size_t)(stop - begin)};
}

static bool
take_words(struct sort_key *key, struct view text, struct nest_error *error)
{
	while (text.size > 0) {
		struct view word = take_word(&text);
		if (view_equal(word, view_of_text("desc")) && !key->descending)
			key->descending = true;
		else if (view_equal(word, view_of_text("nulls-first")) && !key->nulls_first)
			key->nulls_first = true;
		else
			return nest_error_set(error, NEST_USAGE,
			    "'%.*s' stands where desc or nulls-first may, each once",
			    (int)(word.size < WORD_MOST ? word.size : WORD_MOST), (const char *)word.data);
	}
	return true;
}

bool
sort_options_add(struct sort_options *options, const char *text, struct nest_error *error)
{
	struct sort_key key = {0};
	struct view rest = view_of_text(text);
	if (path_take(&rest, &key.names, error) && take_words(&key, rest, error) &&
	    buffer_append(&options->keys, &key, sizeof key, error))
		return true;
	buffer_free(&key.names);
	return error->status == NEST_USAGE ? nest_error_prefix(error, "--sorted-by '%s': ", text) : false;
}

static size_t
count_keys(const struct sort_options *options, const struct sort_key **keys)
{
	*keys = (const struct sort_key *)(const void *)options->keys.data;
	return options->keys.size / sizeof **keys;
}

void
sort_options_free(struct sort_options *options)
{
	struct sort_key *keys = (struct sort_key *)(void *)options->keys.data;
	for (size_t i = 0; i < options->keys.size / sizeof *keys; i++)
		buffer_free(&keys[i].names);
	buffer_free(&options->keys);
}

void
sort_options_digest(const struct sort_options *options, struct digest *digest)
{
	const struct sort_key *keys;
	size_t count = count_keys(options, &keys);
	for (size_t i = 0; i < count; i++) {
		digest_add_text(digest, "sorted by", (struct view){keys[i].names.data, keys[i].names.size});
		digest_add_count(digest, "descending", keys[i].descending);
		digest_add_count(digest, "nulls first", keys[i].nulls_first);
	}
}

/* ---- a part ---- */

static struct sorting_column *
columns_of(const struct sorter *sorter, size_t *count)
{
	*count = sorter->columns.size / sizeof(struct sorting_column);
	return (struct sorting_column *)(void *)sorter->columns.data;
}

static struct sorted_value *
values_of(const struct sorter *sorter)
{
	return (struct sorted_value *)(void *)sorter->values.data;
}

void
sorter_free(struct sorter *sorter)
{
	size_t count = sorter->values.size / sizeof(struct sorted_value);
	for (size_t i = 0; i < count; i++)
		sorted_value_free(&values_of(sorter)[i]);
	buffer_free(&sorter->columns);
	buffer_free(&sorter->values);
	*sorter = (struct sorter){0};
}

/* Rows cannot be sorted by lists. */
static bool
check_leaf(const struct sorter *sorter, const struct schema *schema, uint32_t leaf, struct nest_error *error)
{
	size_t count;
	const struct sorting_column *columns = columns_of(sorter, &count);
	const struct schema_node *node = &schema->nodes[schema->leaves[leaf]];
	const char *problem = NULL;
	char path[PATH_BYTES];
	for (size_t i = 0; i < count; i++)
		if (columns[i].leaf == leaf)
			problem = "is given twice";
	if (node->max_rep > 0)
		problem = "is of a list";
	else if (statistics_order(node) == ORDER_NONE)
		problem = "is of a type without an order";
	return problem == NULL || nest_error_set(error, NEST_USAGE, "column %s %s",
				      schema_path(schema, schema->leaves[leaf], path, sizeof path), problem);
}

static bool
add_column(
    struct sorter *sorter, const struct sort_key *key, const struct schema *schema, struct nest_error *error)
{
	struct sorting_column column = {0, key->descending, key->nulls_first};
	if (!path_find(schema, (struct view){key->names.data, key->names.size}, &column.leaf, error) ||
	    !check_leaf(sorter, schema, column.leaf, error))
		return false;
	struct sorted_value value;
	sorted_value_init(&value, &schema->nodes[schema->leaves[column.leaf]]);
	return buffer_append(&sorter->columns, &column, sizeof column, error) &&
	       buffer_append(&sorter->values, &value, sizeof value, error);
}

bool
sorter_begin(struct sorter *sorter, const struct sort_options *options, const struct schema *schema,
    struct nest_error *error)
{
	const struct sort_key *keys;
	size_t count = options != NULL ? count_keys(options, &keys) : 0;
	sorter_free(sorter);
	for (size_t i = 0; i < count; i++)
		if (!add_column(sorter, &keys[i], schema, error))
			return error->status == NEST_USAGE ? nest_error_prefix(error, "--sorted-by: ")
			                                   : false;
	return true;
}

/* ---- rows ---- */

/* Whether the next row sorts after the one before; if not, *AT is the key that shows it. */
static bool
take_row(struct sorter *sorter, size_t *at)
{
	size_t count;
	const struct sorting_column *columns = columns_of(sorter, &count);
	struct sorted_value *values = values_of(sorter);
	int order = sorter->rows++ > 0 ? 0 : -1;
	for (size_t i = 0; i < count; i++) {
		sorted_value_next(&values[i]);
		if (order == 0) {
			order = sorted_value_compare(&values[i], &columns[i]);
			*at = i;
		}
	}
	return order <= 0;
}

/* Keeps the values of the last row, since its slice goes. */
static bool
keep_values(struct sorter *sorter, struct nest_error *error)
{
	size_t count;
	columns_of(sorter, &count);
	for (size_t i = 0; i < count; i++)
		if (!sorted_value_keep(&values_of(sorter)[i], error))
			return false;
	return true;
}

bool
sorter_take(struct sorter *sorter, const struct leaf *leaves, const struct leaf_slice *slices,
    uint64_t first_row, uint64_t rows, struct nest_error *error)
{
	size_t count, at = 0;
	const struct sorting_column *columns = columns_of(sorter, &count);
	struct sorted_value *values = values_of(sorter);
	if (count == 0 || rows == 0)
		return true;
	for (size_t i = 0; i < count; i++) {
		values[i].def = slices[columns[i].leaf].def;
		values[i].at = slices[columns[i].leaf].values;
	}
	for (uint64_t row = 0; row < rows; row++)
		if (!take_row(sorter, &at))
			return nest_error_set(error, NEST_INVALID,
			    "column %s, row %" PRIu64
			    ": the row before it is to come behind it by --sorted-by",
			    leaves[columns[at].leaf].path, first_row + row);
	return keep_values(sorter, error);
}
