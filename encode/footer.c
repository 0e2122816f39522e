/* footer.c - collects row groups, chunks and key-values for the footer. */
#include "encode/footer.h"

#include "lib/dataset/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_BYTES = 24 }; /* a decimal number of 64 bits, and its end */

/* Where the bytes of a chunk's views begin in `views`, which may still move. */
struct view_place {
	size_t min_at, max_at, sizes_at;
};

static int
compare_keys(const void *left, const void *right)
{
	const struct key_value *a = left, *b = right;
	size_t shared = a->key.size < b->key.size ? a->key.size : b->key.size;
	int order = shared > 0 ? memcmp(a->key.data, b->key.data, shared) : 0;
	return order != 0 ? order : (a->key.size > b->key.size) - (a->key.size < b->key.size);
}

/* Each of the sorted keys must come once, and those that are added at the end not at all. */
static bool
check_keys(const struct footer *footer, struct nest_error *error)
{
	const struct key_value *pairs = (const struct key_value *)(const void *)footer->key_values.data;
	size_t count = footer->key_values.size / sizeof *pairs;
	for (size_t i = 0; i < count; i++) {
		const struct key_value *pair = &pairs[i];
		bool again = i > 0 && compare_keys(pair - 1, pair) == 0;
		if (again || view_equal(pair->key, view_of_text(KEY_PART)) ||
		    view_equal(pair->key, view_of_text(KEY_FIRST_ROW)) ||
		    view_equal(pair->key, view_of_text(KEY_PART_ROWS)) ||
		    view_equal(pair->key, view_of_text(KEY_PARTITIONS)))
			return nest_error_set(error, NEST_INVALID, "the key %.*s of the metadata is %s",
			    (int)(pair->key.size < 200 ? pair->key.size : 200), (const char *)pair->key.data,
			    again ? "there twice" : "this program's own");
	}
	return true;
}

bool
footer_init(struct footer *footer, const struct key_value *meta, size_t meta_count, struct nest_error *error)
{
	size_t size = 0;
	buffer_clear(&footer->groups);
	buffer_clear(&footer->chunks);
	buffer_clear(&footer->places);
	buffer_clear(&footer->views);
	buffer_clear(&footer->bounds);
	buffer_clear(&footer->offsets);
	buffer_clear(&footer->key_values);
	buffer_clear(&footer->text);
	for (size_t i = 0; i < meta_count; i++)
		size += meta[i].key.size + meta[i].value.size; /* all are in memory: no overflow */
	/* Room for all, since pairs point into it; and at least some, for a place to point to. */
	if (!buffer_reserve(&footer->text, size + 1, error) || !buffer_reserve(&footer->views, 1, error))
		return false;
	for (size_t i = 0; i < meta_count; i++) {
		struct key_value pair = meta[i];
		pair.key.data = footer->text.data + footer->text.size;
		if (!buffer_append(&footer->text, meta[i].key.data, meta[i].key.size, error))
			return false;
		pair.value.data = footer->text.data + footer->text.size;
		if (!buffer_append(&footer->text, meta[i].value.data, meta[i].value.size, error) ||
		    !buffer_append(&footer->key_values, &pair, sizeof pair, error))
			return false;
	}
	if (meta_count > 0)
		qsort(footer->key_values.data, meta_count, sizeof *meta, compare_keys);
	return check_keys(footer, error);
}

void
footer_free(struct footer *footer)
{
	buffer_free(&footer->groups);
	buffer_free(&footer->chunks);
	buffer_free(&footer->places);
	buffer_free(&footer->views);
	buffer_free(&footer->bounds);
	buffer_free(&footer->offsets);
	buffer_free(&footer->key_values);
	buffer_free(&footer->text);
	buffer_free(&footer->bytes);
}

static bool
copy_view(struct footer *footer, struct view *view, size_t *at, struct nest_error *error)
{
	const uint8_t *data = view->data;
	*at = footer->views.size;
	view->data = NULL;
	return buffer_append(&footer->views, data, view->size, error);
}

/* Encodes both structs after those of earlier chunks; their offsets are set at the end. */
static bool
add_index(struct footer *footer, struct column_chunk *chunk, const struct page_index *index,
    struct level_shape shape, struct nest_error *error)
{
	size_t bounds_at = footer->bounds.size, offsets_at = footer->offsets.size;
	if (index->count == 0)
		return true;
	if ((index->has_bounds && !page_index_encode_bounds(&footer->bounds, index, shape, error)) ||
	    !page_index_encode_offsets(&footer->offsets, index, shape, error))
		return false;
	chunk->column_index_bytes = footer->bounds.size - bounds_at;
	chunk->offset_index_bytes = footer->offsets.size - offsets_at;
	return true;
}

bool
footer_add_chunk(struct footer *footer, struct column_chunk chunk, const struct page_index *index,
    struct level_shape shape, struct nest_error *error)
{
	struct view_place place;
	if (!chunk.range.has_min_max)
		chunk.range.min = chunk.range.max = (struct view){NULL, 0};
	return copy_view(footer, &chunk.range.min, &place.min_at, error) &&
	       copy_view(footer, &chunk.range.max, &place.max_at, error) &&
	       copy_view(footer, &chunk.size_statistics, &place.sizes_at, error) &&
	       add_index(footer, &chunk, index, shape, error) &&
	       buffer_append(&footer->chunks, &chunk, sizeof chunk, error) &&
	       buffer_append(&footer->places, &place, sizeof place, error);
}

bool
footer_add_group(struct footer *footer, const struct row_group *group, struct nest_error *error)
{
	return buffer_append(&footer->groups, group, sizeof *group, error);
}

/* Sets pointers into buffers, which no longer grow. */
static struct file_metadata
describe(struct footer *footer, const struct schema *schema, uint64_t rows, uint64_t offset)
{
	struct column_chunk *chunks = (struct column_chunk *)(void *)footer->chunks.data;
	const struct view_place *places = (const struct view_place *)(void *)footer->places.data;
	struct row_group *groups = (struct row_group *)(void *)footer->groups.data;
	size_t group_count = footer->groups.size / sizeof *groups;
	uint64_t bounds_at = offset, offsets_at = offset + footer->bounds.size;
	for (size_t i = 0; i < footer->chunks.size / sizeof *chunks; i++) {
		struct column_chunk *chunk = &chunks[i];
		chunk->range.min.data = footer->views.data + places[i].min_at;
		chunk->range.max.data = footer->views.data + places[i].max_at;
		chunk->size_statistics.data = footer->views.data + places[i].sizes_at;
		chunk->column_index_offset = bounds_at;
		chunk->offset_index_offset = offsets_at;
		bounds_at += chunk->column_index_bytes;
		offsets_at += chunk->offset_index_bytes;
	}
	for (size_t i = 0; i < group_count; i++)
		groups[i].columns = chunks + i * schema->leaf_count;
	return (struct file_metadata){
	    .schema = schema,
	    .num_rows = rows,
	    .row_groups = groups,
	    .row_group_count = group_count,
	    .key_values = (struct key_value *)(void *)footer->key_values.data,
	    .key_value_count = footer->key_values.size / sizeof(struct key_value),
	    .sorting = (const struct sorting_column *)(const void *)footer->sorting.data,
	    .sorting_count = footer->sorting.size / sizeof(struct sorting_column),
	};
}

static bool
add_number(
    struct footer *footer, const char *key, uint64_t value, char text[NUMBER_BYTES], struct nest_error *error)
{
	snprintf(text, NUMBER_BYTES, "%" PRIu64, value);
	struct key_value pair = {view_of_text(key), view_of_text(text)};
	return buffer_append(&footer->key_values, &pair, sizeof pair, error);
}

bool
footer_encode(struct footer *footer, const struct schema *schema, const struct part_position *position,
    uint64_t rows, uint64_t offset, struct nest_error *error)
{
	char number[NUMBER_BYTES], first_row[NUMBER_BYTES], part_rows[NUMBER_BYTES];
	bool is_part = part_has_file(position);
	if ((is_part && (!add_number(footer, KEY_PART, position->number, number, error) ||
			    !add_number(footer, KEY_PART_ROWS, rows, part_rows, error))) ||
	    (is_part && !position->is_part_numbered &&
		!add_number(footer, KEY_FIRST_ROW, position->first_row, first_row, error)))
		return false;
	struct file_metadata metadata = describe(footer, schema, rows, offset);
	if (metadata.key_value_count > 0)
		qsort(
		    metadata.key_values, metadata.key_value_count, sizeof *metadata.key_values, compare_keys);
	buffer_clear(&footer->bytes);
	return buffer_append(&footer->bytes, footer->bounds.data, footer->bounds.size, error) &&
	       buffer_append(&footer->bytes, footer->offsets.data, footer->offsets.size, error) &&
	       metadata_encode(&footer->bytes, &metadata, error);
}
