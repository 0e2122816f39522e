/* column_page.c - the values of a page, and its statistics. */
#include "lib/parquet/column_page.h"

#include "lib/meter/probe.h"
#include "lib/parquet/bound.h"
#include "lib/parquet/hybrid.h"

void
column_page_clear(struct column *column)
{
	buffer_clear(&column->rep);
	buffer_clear(&column->def);
	buffer_clear(&column->indices);
	column->page_rows = column->page_entries = column->page_values = 0;
	column->page_value_bytes = column->page_raw_bytes = 0;
	statistics_clear(&column->page_statistics);
}

bool
column_page_resolve(struct column *column, struct nest_error *error)
{
	const uint32_t *indices = (const uint32_t *)(const void *)column->indices.data;
	uint64_t count = column->indices.size / sizeof *indices;
	column->mode = COLUMN_VALUES;
	if (!buffer_reserve(&column->chunk.values, column->page_value_bytes, error) ||
	    !dictionary_resolve(&column->dictionary, indices, count, &column->chunk.values, error))
		return false;
	buffer_clear(&column->indices);
	return true;
}

static bool
copy_values(struct column *column, uint64_t count, struct plain_cursor *cursor, struct nest_error *error)
{
	NEST_SCOPE("parquet.page.copy");
	struct buffer *out = column_is_boolean(column) ? &column->indices : &column->chunk.values;
	return plain_copy(cursor, count, &column->taken, &column->page_statistics, out, error);
}

static bool
intern_values(struct column *column, uint64_t *count, struct plain_cursor *cursor, struct nest_error *error)
{
	NEST_SCOPE("parquet.page.dictionary");
	return plain_intern(cursor, count, &column->taken, &column->dictionary,
	    column->chunk.pages[ENCODING_RLE_DICTIONARY] + 1, &column->page_statistics, &column->indices,
	    error);
}

/* A dictionary that is full, which one long row can cause, takes nothing of the open page. */
bool
column_page_take(struct column *column, uint64_t count, struct plain_cursor *cursor, struct nest_error *error)
{
	uint64_t interned = count;
	if (column->mode == COLUMN_VALUES)
		return copy_values(column, count, cursor, error);
	if (!intern_values(column, &interned, cursor, error))
		return false;
	return interned == count ||
	       (column_page_resolve(column, error) && copy_values(column, count - interned, cursor, error));
}

unsigned
column_page_index_bits(const struct column *column)
{
	return column->dictionary.count == 0 ? 0 : hybrid_width_bits(column->dictionary.count - 1);
}

/* Notes the values of the open page for the filter; those of a dictionary are added once, at the end. */
static bool
note_values(struct column *column, enum encoding encoding, struct nest_error *error)
{
	bool is_boolean = column_is_boolean(column);
	const struct buffer *values = is_boolean ? &column->indices : &column->chunk.values;
	size_t start = is_boolean ? 0 : column->chunk.page_start;
	if (column->rules.bloom_rate == 0 || encoding == ENCODING_RLE_DICTIONARY)
		return true;
	return bloom_set_add_all(&column->hashes, column->kind.order,
	    (struct view){values->data + start, values->size - start}, column->kind.value_bytes, error);
}

/* Enters the page into the index; it begins at byte START of the chunk's data pages. */
static bool
index_page(struct column *column, uint64_t start, const struct value_range *range, struct nest_error *error)
{
	const struct level_run run = {
	    .rep = column->rep.data,
	    .def = column->def.data,
	    .rows = column->page_rows,
	    .entries = column->page_entries,
	    .value_count = column->page_values,
	};
	const struct indexed_page page = {
	    .offset = start,
	    .size_bytes = column->chunk.compressed_bytes - start,
	    .first_row = column->rows,
	};
	struct level_counts counts = {0};
	level_counts_take(&counts, column->shape, &run);
	if (column->shape.is_binary)
		counts.value_bytes = column->page_value_bytes - sizeof(uint32_t) * column->page_values;
	level_counts_add(&column->counts, column->shape, &counts);
	column->rows += column->page_rows;
	return !column->rules.page_index ||
	       page_index_add(&column->index, &page, range, &counts, column->shape, error);
}

struct page
column_page_describe(const struct column *column)
{
	return (struct page){
	    .type = column->rules.page_type,
	    .rep = {column->rep.data, column->rep.size},
	    .def = {column->def.data, column->def.size},
	    .max_rep = column->leaf->max_rep,
	    .max_def = column->leaf->max_def,
	    .rows = column->page_rows,
	    .entries = column->page_entries,
	    .value_count = column->page_values,
	    .encoding = column->mode == COLUMN_VALUES ? column->encoding : ENCODING_RLE_DICTIONARY,
	    .indices = (const uint32_t *)(const void *)column->indices.data,
	    .index_bits = column_page_index_bits(column),
	    .booleans = column_is_boolean(column) ? column->indices.data : NULL,
	    .value_bytes = column->kind.value_bytes,
	};
}

bool
column_page_put(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	NEST_SCOPE("parquet.page");
	bool is_indexed = column->rules.page_index;
	uint64_t start = column->chunk.compressed_bytes;
	column->page_statistics.null_count = column->page_entries - column->page_values;
	struct page page = column_page_describe(column);
	struct value_range range = statistics_range(&column->page_statistics);
	size_t most = is_indexed ? PAGE_INDEX_BOUND_BYTES : METADATA_STATISTICS_LIMIT;
	if (!bound_shorten(&range, &column->kind, most, &column->bounds, error))
		return false;
	/* Readers of an index take it from there, and not from every page. */
	if (!is_indexed)
		page.range = range;
	if (!note_values(column, page.encoding, error) ||
	    !chunk_add_page(&column->chunk, &page, scratch, error) ||
	    !index_page(column, start, &range, error))
		return false;
	if (page.encoding == ENCODING_RLE_DICTIONARY)
		column->dictionary_used = column->dictionary.count;
	return statistics_merge(&column->statistics, &column->page_statistics, error);
}
