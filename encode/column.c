/* column.c - where pages end, and which of them a dictionary pays for. */
#include "encode/column.h"
#include "lib/meter/probe.h"
#include "lib/parquet/bound.h"
#include "lib/parquet/hybrid.h"

#include <inttypes.h>

static bool
is_boolean(const struct column *column)
{
	return column->kind.order == ORDER_BOOLEAN;
}

static void
clear_page(struct column *column)
{
	buffer_clear(&column->rep);
	buffer_clear(&column->def);
	buffer_clear(&column->indices);
	column->page_rows = column->page_entries = column->page_values = 0;
	column->page_value_bytes = column->page_raw_bytes = 0;
	statistics_clear(&column->page_statistics);
}

static bool
has_told_encoding(const struct column *column)
{
	return column_options_has(column->own, COLUMN_ENCODING);
}

static enum column_mode
first_mode(const struct column *column)
{
	if (has_told_encoding(column))
		return column->own->encoding == ENCODING_RLE_DICTIONARY ? COLUMN_DICTIONARY : COLUMN_VALUES;
	return column->options->dictionary && !is_boolean(column) ? COLUMN_TRIAL : COLUMN_VALUES;
}

bool
column_clear(struct column *column, struct nest_error *error)
{
	chunk_clear(&column->chunk);
	clear_page(column);
	statistics_clear(&column->statistics);
	column->mode = first_mode(column);
	column->is_settled = has_told_encoding(column);
	column->encoding = ENCODING_PLAIN;
	if (column->mode == COLUMN_VALUES && has_told_encoding(column))
		column->encoding = column->own->encoding;
	page_index_clear(&column->index);
	bloom_set_clear(&column->hashes);
	column->counts = (struct level_counts){0};
	column->rows = 0;
	column->dictionary_used = 0;
	column->value_count = column->raw_bytes = 0;
	return dictionary_init(&column->dictionary, column->kind.value_bytes == 0, error);
}

bool
column_init(struct column *column, const struct leaf *leaf, const struct part_options *options,
    const struct column_options *own, struct nest_error *error)
{
	column->leaf = leaf;
	column->options = options;
	column->own = own;
	column->kind = leaf->kind;
	column->chunk.compression =
	    column_options_has(own, COLUMN_COMPRESSION) ? own->compression : options->compression;
	column->chunk.has_checksums = options->page_checksum;
	column->shape =
	    (struct level_shape){leaf->max_rep, leaf->max_def, leaf->physical == PHYSICAL_BYTE_ARRAY};
	statistics_init(&column->statistics, leaf->kind.order);
	statistics_init(&column->page_statistics, leaf->kind.order);
	return column_clear(column, error);
}

void
column_free(struct column *column)
{
	buffer_free(&column->rep);
	buffer_free(&column->def);
	buffer_free(&column->indices);
	chunk_free(&column->chunk);
	statistics_free(&column->page_statistics);
	statistics_free(&column->statistics);
	buffer_free(&column->bounds);
	buffer_free(&column->sizes);
	page_index_free(&column->index);
	bloom_set_free(&column->hashes);
	bloom_free(&column->bloom);
	dictionary_free(&column->dictionary);
	*column = (struct column){0};
}

/* Leaves the dictionary; what the open page holds of it goes to the values. */
static bool
drop_dictionary(struct column *column, struct nest_error *error)
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
	NEST_SCOPE("parquet_encode.page.copy");
	struct buffer *out = is_boolean(column) ? &column->indices : &column->chunk.values;
	return plain_copy(cursor, count, &column->kind, &column->page_statistics, out, error);
}

static bool
intern_values(struct column *column, uint64_t *count, struct plain_cursor *cursor, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.page.dictionary");
	return plain_intern(cursor, count, &column->kind, &column->dictionary,
	    column->chunk.pages[ENCODING_RLE_DICTIONARY] + 1, &column->page_statistics, &column->indices,
	    error);
}

/* A dictionary that is full, which one long row can do, takes no more, and nothing of the open page. */
static bool
append_values(struct column *column, uint64_t count, struct plain_cursor *cursor, struct nest_error *error)
{
	uint64_t interned = count;
	if (column->mode == COLUMN_VALUES)
		return copy_values(column, count, cursor, error);
	if (!intern_values(column, &interned, cursor, error))
		return false;
	return interned == count ||
	       (drop_dictionary(column, error) && copy_values(column, count - interned, cursor, error));
}

bool
column_append(struct column *column, const struct column_run *run, struct plain_cursor *cursor,
    struct nest_error *error)
{
	const struct leaf *leaf = column->leaf;
	const uint8_t *start = cursor->at;
	if ((leaf->max_rep > 0 && !buffer_append(&column->rep, run->rep, run->entries, error)) ||
	    (leaf->max_def > 0 && !buffer_append(&column->def, run->def, run->entries, error)) ||
	    !append_values(column, run->value_count, cursor, error))
		return false;
	uint64_t value_bytes = (uint64_t)(cursor->at - start);
	uint64_t levels = (uint64_t)(leaf->max_rep > 0) + (uint64_t)(leaf->max_def > 0);
	uint64_t raw_bytes = value_bytes + levels * run->entries;
	column->page_rows += run->rows;
	column->page_entries += run->entries;
	column->page_values += run->value_count;
	column->page_value_bytes += value_bytes;
	column->page_raw_bytes += raw_bytes;
	column->value_count += run->value_count;
	column->raw_bytes += raw_bytes;
	if (column->page_raw_bytes <= COLUMN_PAGE_LIMIT)
		return true;
	return nest_error_set(error, NEST_INVALID,
	    "column %s has %" PRIu64 " bytes in %" PRIu64 " rows, more than a page can hold", leaf->path,
	    column->page_raw_bytes, column->page_rows);
}

uint64_t
column_rows_left(const struct column *column)
{
	uint64_t strides = (column->options->page_rows + PART_STRIDE - 1) / PART_STRIDE;
	return (strides > 0 ? strides : 1) * PART_STRIDE - column->page_rows;
}

bool
column_is_free(const struct column *column, uint64_t raw_bytes)
{
	return column->mode != COLUMN_TRIAL && raw_bytes < column->options->page_bytes &&
	       column->page_raw_bytes + raw_bytes < column->options->page_bytes;
}

static unsigned
index_bits(const struct column *column)
{
	return column->dictionary.count == 0 ? 0 : hybrid_width_bits(column->dictionary.count - 1);
}

/* Whether the open page is smaller with what it added to the dictionary than as PLAIN. */
static bool
is_dictionary_smaller(const struct column *column)
{
	size_t added = dictionary_bytes(&column->dictionary, column->dictionary.count) -
	               dictionary_bytes(&column->dictionary, column->dictionary_used);
	return added + column->page_values * index_bits(column) / 8 + 1 < column->page_value_bytes;
}

bool
column_has_bloom(const struct column *column)
{
	return column_options_has(column->own, COLUMN_BLOOM) && column->own->bloom_rate > 0;
}

/* The values of the open page; those of a dictionary follow at the end, once. */
static bool
note_values(struct column *column, enum encoding encoding, struct nest_error *error)
{
	const struct buffer *values = &column->chunk.values;
	size_t start = column->chunk.page_start;
	if (!column_has_bloom(column) || encoding == ENCODING_RLE_DICTIONARY)
		return true;
	return bloom_set_add_all(&column->hashes, column->kind.order,
	    (struct view){values->data + start, values->size - start}, column->kind.value_bytes, error);
}

static bool
finish_bloom(struct column *column, struct nest_error *error)
{
	struct view values = {
	    column->dictionary.values.data, dictionary_bytes(&column->dictionary, column->dictionary_used)};
	return !column_has_bloom(column) ||
	       (bloom_set_add_all(
		    &column->hashes, column->kind.order, values, column->kind.value_bytes, error) &&
		   bloom_build(&column->bloom, &column->hashes, column->own->bloom_rate, error));
}

/* Notes the open page, which has gone into the chunk from byte START of its data pages on. */
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
	return !column->options->page_index ||
	       page_index_add(&column->index, &page, range, &counts, column->shape, error);
}

static struct page
describe_page(const struct column *column)
{
	return (struct page){
	    .type = column->options->page_type,
	    .rep = {column->rep.data, column->rep.size},
	    .def = {column->def.data, column->def.size},
	    .max_rep = column->leaf->max_rep,
	    .max_def = column->leaf->max_def,
	    .rows = column->page_rows,
	    .entries = column->page_entries,
	    .value_count = column->page_values,
	    .encoding = column->mode == COLUMN_VALUES ? column->encoding : ENCODING_RLE_DICTIONARY,
	    .indices = (const uint32_t *)(const void *)column->indices.data,
	    .index_bits = index_bits(column),
	    .booleans = is_boolean(column) ? column->indices.data : NULL,
	    .value_bytes = column->kind.value_bytes,
	};
}

static bool
is_page_full(const struct column *column)
{
	return column->page_rows >= column->options->page_rows ||
	       column->page_raw_bytes >= column->options->page_bytes;
}

/* Looks how the values of the open page, and those that follow, are smallest, with the dictionary or without.
 */
static bool
choose(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	bool has_dictionary = column->mode != COLUMN_VALUES;
	uint64_t pages = is_page_full(column) ? column->options->row_group_rows / column->page_rows : 1;
	struct choice choice = {
	    .preset = column->options->preset,
	    .compression = column->chunk.compression,
	    .physical = column->leaf->physical,
	    .kind = &column->kind,
	    .page = describe_page(column),
	    .dictionary = has_dictionary ? &column->dictionary : NULL,
	    .pages = pages > 0 ? pages : 1,
	    .spare = &column->chunk.values,
	};
	if (!has_dictionary && !is_boolean(column))
		choice.page.values = column->chunk.values.data + column->chunk.page_start;
	if (!choose_encoding(&choice, scratch, &column->encoding, error))
		return false;
	column->is_settled = true;
	if (column->encoding != ENCODING_RLE_DICTIONARY)
		return !has_dictionary || drop_dictionary(column, error);
	column->mode = COLUMN_DICTIONARY;
	column->encoding = ENCODING_PLAIN;
	return true;
}

/* Decides about a page that ends: a dictionary on trial, and what else there may be. */
static bool
settle(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	if (column->is_settled)
		return true;
	if (column->options->preset != PRESET_FAST && column->page_values > 0)
		return choose(column, scratch, error);
	if (column->mode == COLUMN_TRIAL && !is_dictionary_smaller(column))
		return drop_dictionary(column, error);
	bool is_packed = column->chunk.compression.kind != CODEC_NONE;
	return column->mode == COLUMN_VALUES || !is_packed || column->page_values == 0 ||
	       choose(column, scratch, error);
}

/* Appends the open page to the chunk. */
static bool
put_page(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.page");
	bool is_indexed = column->options->page_index;
	uint64_t start = column->chunk.compressed_bytes;
	column->page_statistics.null_count = column->page_entries - column->page_values;
	struct page page = describe_page(column);
	struct value_range range = statistics_range(&column->page_statistics);
	size_t most = is_indexed ? PAGE_INDEX_BOUND_BYTES : METADATA_STATISTICS_LIMIT;
	if (!bound_shorten(&range, &column->kind, most, &column->bounds, error))
		return false;
	/* Who reads an index asks for it there, and not at every page. */
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

/* Whether the pages that follow are better without the dictionary. */
static bool
is_dictionary_done(const struct column *column)
{
	uint64_t distinct = column->dictionary.count;
	if (column->mode == COLUMN_DICTIONARY && distinct * 2 > column->value_count &&
	    !has_told_encoding(column))
		return true;
	return dictionary_bytes(&column->dictionary, column->dictionary.count) >
	       column->options->dictionary_page_bytes;
}

static bool
close_page(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	if (column->page_rows == 0)
		return true;
	if (!settle(column, scratch, error) || !put_page(column, scratch, error))
		return false;
	if (column->mode != COLUMN_VALUES && is_dictionary_done(column)) {
		column->mode = COLUMN_VALUES;
		column->is_settled = has_told_encoding(column);
	}
	clear_page(column);
	return true;
}

/*
 * Whether as many values on trial were there before as of COLUMN_KINDS_MOST kinds, all as frequent:
 * of n values of k kinds these are about n * n / 2k, as long as n is far below k.
 */
static bool
has_few_kinds(const struct column *column)
{
	uint64_t count = column->value_count, again = count - column->dictionary.count;
	return again * 2 * COLUMN_KINDS_MOST >= count * count;
}

bool
column_decide(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	if (column->mode == COLUMN_TRIAL && column->value_count >= COLUMN_TRIAL_VALUES) {
		if ((uint64_t)column->dictionary.count * 2 <= column->value_count)
			column->mode = COLUMN_DICTIONARY;
		else if (!has_few_kinds(column) && !drop_dictionary(column, error))
			return false;
	}
	return !is_page_full(column) || close_page(column, scratch, error);
}

bool
column_finish(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	if (!close_page(column, scratch, error))
		return false;
	column->range = statistics_range(&column->statistics);
	buffer_clear(&column->sizes);
	if (!bound_shorten(
		&column->range, &column->kind, METADATA_STATISTICS_LIMIT, &column->bounds, error) ||
	    !size_statistics_encode(&column->sizes, &column->counts, column->shape, error) ||
	    !finish_bloom(column, error))
		return false;
	if (column->chunk.pages[ENCODING_RLE_DICTIONARY] == 0)
		return true;
	struct view values = {
	    column->dictionary.values.data, dictionary_bytes(&column->dictionary, column->dictionary_used)};
	return chunk_add_dictionary(&column->chunk, values, column->dictionary_used, scratch, error);
}

struct column_chunk
column_describe(struct column *column, uint64_t offset)
{
	struct column_chunk chunk = chunk_describe(&column->chunk, offset);
	chunk.physical = column->leaf->physical;
	chunk.range = column->range;
	chunk.size_statistics = (struct view){column->sizes.data, column->sizes.size};
	page_index_finish(&column->index, chunk.data_page_offset, column->kind.order);
	return chunk;
}
