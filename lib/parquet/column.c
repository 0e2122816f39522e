/* column.c - where pages end, and which of them a dictionary pays for. */
#include "lib/parquet/column.h"

#include "lib/parquet/bound.h"
#include "lib/parquet/column_page.h"

static enum column_mode
first_mode(const struct column *column)
{
	if (!column->rules.dictionary || column_is_boolean(column))
		return COLUMN_VALUES;
	return column->rules.is_told ? COLUMN_DICTIONARY : COLUMN_TRIAL;
}

void
column_clear(struct column *column)
{
	chunk_clear(&column->chunk);
	column_page_clear(column);
	statistics_clear(&column->statistics);
	column->mode = first_mode(column);
	column->is_settled = column->rules.is_told;
	column->encoding = column->rules.encoding;
	page_index_clear(&column->index);
	bloom_set_clear(&column->hashes);
	column->counts = (struct level_counts){0};
	column->rows = 0;
	column->dictionary_used = 0;
	column->value_count = column->raw_bytes = 0;
	dictionary_clear(&column->dictionary);
}

/* Drops the checks that values of other writers may fail. */
static struct value_kind
lenient(struct value_kind kind)
{
	kind.is_text = false;
	kind.most_bytes = UINT32_MAX;
	kind.time_end = 0;
	return kind;
}

bool
column_init(struct column *column, const struct schema_node *leaf, const struct column_rules *rules,
    struct nest_error *error)
{
	column->leaf = leaf;
	column->rules = *rules;
	column->kind = plain_kind(leaf);
	column->taken = rules->is_lenient ? lenient(column->kind) : column->kind;
	column->chunk.compression = rules->compression;
	column->chunk.has_checksums = rules->page_checksum;
	column->shape = level_shape(leaf);
	statistics_init(&column->statistics, column->kind.order);
	statistics_init(&column->page_statistics, column->kind.order);
	column_clear(column);
	return dictionary_init(&column->dictionary, column->kind.value_bytes == 0, error);
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

bool
column_append(struct column *column, const struct column_run *run, struct plain_cursor *cursor,
    struct nest_error *error)
{
	const struct schema_node *leaf = column->leaf;
	const uint8_t *start = cursor->at;
	if ((leaf->max_rep > 0 && !buffer_append(&column->rep, run->rep, run->entries, error)) ||
	    (leaf->max_def > 0 && !buffer_append(&column->def, run->def, run->entries, error)) ||
	    !column_page_take(column, run->value_count, cursor, error))
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
	return true;
}

uint64_t
column_rows_left(const struct column *column)
{
	uint64_t strides = (column->rules.page_rows + COLUMN_STRIDE - 1) / COLUMN_STRIDE;
	return (strides > 0 ? strides : 1) * COLUMN_STRIDE - column->page_rows;
}

bool
column_is_free(const struct column *column, uint64_t raw_bytes)
{
	return column->mode != COLUMN_TRIAL && raw_bytes < column->rules.page_bytes &&
	       column->page_raw_bytes + raw_bytes < column->rules.page_bytes;
}

/* Whether the open page is smaller with what it added to the dictionary than as PLAIN. */
static bool
is_dictionary_smaller(const struct column *column)
{
	size_t added = dictionary_bytes(&column->dictionary, column->dictionary.count) -
	               dictionary_bytes(&column->dictionary, column->dictionary_used);
	return added + column->page_values * column_page_index_bits(column) / 8 + 1 <
	       column->page_value_bytes;
}

static bool
finish_bloom(struct column *column, struct nest_error *error)
{
	struct view values = {
	    column->dictionary.values.data, dictionary_bytes(&column->dictionary, column->dictionary_used)};
	return column->rules.bloom_rate == 0 ||
	       (bloom_set_add_all(
		    &column->hashes, column->kind.order, values, column->kind.value_bytes, error) &&
		   bloom_build(&column->bloom, &column->hashes, column->rules.bloom_rate, error));
}

bool
column_is_full(const struct column *column)
{
	return column->page_rows >= column->rules.page_rows ||
	       column->page_raw_bytes >= column->rules.page_bytes;
}

/* Finds the smallest form of the open page's values, and of those that follow, with or without dictionary. */
static bool
choose(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	bool has_dictionary = column->mode != COLUMN_VALUES;
	uint64_t pages = column_is_full(column) ? column->rules.chunk_rows / column->page_rows : 1;
	struct choice choice = {
	    .preset = column->rules.preset,
	    .compression = column->chunk.compression,
	    .physical = column->leaf->physical,
	    .kind = &column->kind,
	    .page = column_page_describe(column),
	    .dictionary = has_dictionary ? &column->dictionary : NULL,
	    .pages = pages > 0 ? pages : 1,
	    .spare = &column->chunk.values,
	};
	if (!has_dictionary && !column_is_boolean(column))
		choice.page.values = column->chunk.values.data + column->chunk.page_start;
	if (!choose_encoding(&choice, scratch, &column->encoding, error))
		return false;
	column->is_settled = true;
	if (column->encoding != ENCODING_RLE_DICTIONARY)
		return !has_dictionary || column_page_resolve(column, error);
	column->mode = COLUMN_DICTIONARY;
	column->encoding = ENCODING_PLAIN;
	return true;
}

/* Decides about a page that ends: whether a dictionary on trial stays, and which encoding it has. */
static bool
settle(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	if (column->is_settled)
		return true;
	if (column->rules.preset != PRESET_FAST && column->page_values > 0)
		return choose(column, scratch, error);
	if (column->mode == COLUMN_TRIAL && !is_dictionary_smaller(column))
		return column_page_resolve(column, error);
	bool is_packed = column->chunk.compression.kind != CODEC_NONE;
	return column->mode == COLUMN_VALUES || !is_packed || column->page_values == 0 ||
	       choose(column, scratch, error);
}

/* Whether the pages that follow are better without the dictionary. */
static bool
is_dictionary_done(const struct column *column)
{
	uint64_t distinct = column->dictionary.count;
	if (column->mode == COLUMN_DICTIONARY && distinct * 2 > column->value_count && !column->rules.is_told)
		return true;
	return dictionary_bytes(&column->dictionary, column->dictionary.count) >
	       column->rules.dictionary_bytes;
}

static bool
close_page(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	if (column->page_entries == 0)
		return true;
	if (!settle(column, scratch, error) || !column_page_put(column, scratch, error))
		return false;
	if (column->mode != COLUMN_VALUES && is_dictionary_done(column)) {
		column->mode = COLUMN_VALUES;
		column->is_settled = column->rules.is_told;
	}
	column_page_clear(column);
	return true;
}

/*
 * Whether as many values on trial are repeats as with COLUMN_KINDS_MOST different values, all equally
 * frequent: among n values of k kinds about n * n / 2k repeat, as long as n is far below k.
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
		else if (!has_few_kinds(column) && !column_page_resolve(column, error))
			return false;
	}
	return !column_is_full(column) || close_page(column, scratch, error);
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
