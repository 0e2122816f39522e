/* column.c - pages and dictionaries of a column chunk. */
#include "encode/column.h"
#include "lib/meter/probe.h"
#include "lib/parquet/hybrid.h"

#include <inttypes.h>

enum { LEVELS_LENGTH_BYTES = 4 };

/* Where a page's bytes are: in HEADS up to HEAD_END from where the page before ended, then in VALUES. */
struct page_span {
	size_t head_end, value_start, value_end;
};

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
	column->page_start = column->values.size;
	statistics_clear(&column->page_statistics);
}

bool
column_clear(struct column *column, struct nest_error *error)
{
	buffer_clear(&column->values);
	buffer_clear(&column->heads);
	buffer_clear(&column->spans);
	buffer_clear(&column->dictionary_head);
	clear_page(column);
	statistics_clear(&column->statistics);
	column->mode = column->options->dictionary && !is_boolean(column) ? COLUMN_TRIAL : COLUMN_PLAIN;
	column->dictionary_used = 0;
	column->entries = column->value_count = column->raw_bytes = 0;
	column->uncompressed_bytes = column->compressed_bytes = 0;
	column->dictionary_pages = column->plain_pages = 0;
	return dictionary_init(&column->dictionary, column->kind.value_bytes == 0, error);
}

bool
column_init(struct column *column, const struct leaf *leaf, const struct part_options *options,
    struct nest_error *error)
{
	column->leaf = leaf;
	column->options = options;
	column->kind = (struct value_kind){
	    .order = leaf->order,
	    .value_bytes = leaf->value_bytes,
	    .is_text = leaf->logical == LOGICAL_STRING || leaf->logical == LOGICAL_ENUM ||
	               leaf->logical == LOGICAL_JSON,
	};
	statistics_init(&column->statistics, leaf->order);
	statistics_init(&column->page_statistics, leaf->order);
	return column_clear(column, error);
}

void
column_free(struct column *column)
{
	buffer_free(&column->rep);
	buffer_free(&column->def);
	buffer_free(&column->indices);
	buffer_free(&column->values);
	buffer_free(&column->heads);
	buffer_free(&column->spans);
	buffer_free(&column->dictionary_head);
	statistics_free(&column->page_statistics);
	statistics_free(&column->statistics);
	dictionary_free(&column->dictionary);
	*column = (struct column){0};
}

/* Leaves the dictionary; what the open page holds of it becomes PLAIN. */
static bool
drop_dictionary(struct column *column, struct nest_error *error)
{
	const struct dictionary *dictionary = &column->dictionary;
	size_t length_bytes = dictionary->has_lengths ? sizeof(uint32_t) : 0;
	const uint32_t *indices = (const uint32_t *)(const void *)column->indices.data;
	uint64_t count = column->indices.size / sizeof *indices;
	column->mode = COLUMN_PLAIN;
	if (!buffer_reserve(&column->values, column->page_value_bytes, error))
		return false;
	for (uint64_t i = 0; i < count; i++) {
		const struct dictionary_entry *entry = &dictionary->entries[indices[i]];
		if (!buffer_append(&column->values, dictionary->values.data + entry->offset - length_bytes,
			entry->size + length_bytes, error))
			return false;
	}
	buffer_clear(&column->indices);
	return true;
}

static bool
copy_values(struct column *column, uint64_t count, struct cursor *cursor, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.page.copy");
	struct buffer *out = is_boolean(column) ? &column->indices : &column->values;
	return values_copy(cursor, count, &column->kind, &column->page_statistics, out, error);
}

static bool
intern_values(struct column *column, uint64_t *count, struct cursor *cursor, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.page.dictionary");
	return values_intern(cursor, count, &column->kind, &column->dictionary, column->dictionary_pages + 1,
	    &column->page_statistics, &column->indices, error);
}

/* A dictionary that is full, which one long row can do, takes no more, and nothing of the open page. */
static bool
append_values(struct column *column, uint64_t count, struct cursor *cursor, struct nest_error *error)
{
	uint64_t interned = count;
	if (column->mode == COLUMN_PLAIN)
		return copy_values(column, count, cursor, error);
	if (!intern_values(column, &interned, cursor, error))
		return false;
	return interned == count ||
	       (drop_dictionary(column, error) && copy_values(column, count - interned, cursor, error));
}

bool
column_append(
    struct column *column, const struct column_run *run, struct cursor *cursor, struct nest_error *error)
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
	column->entries += run->entries;
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

static bool
encode_levels(struct buffer *body, const struct buffer *levels, uint8_t most, struct nest_error *error)
{
	size_t start = body->size;
	if (most == 0)
		return true;
	NEST_SCOPE("parquet_encode.page.levels");
	if (!buffer_append(body, "\0\0\0", LEVELS_LENGTH_BYTES, error) ||
	    !hybrid_encode_levels(body, levels->data, levels->size, hybrid_width_bits(most), error))
		return false;
	size_t size = body->size - start - LEVELS_LENGTH_BYTES;
	for (size_t i = 0; i < LEVELS_LENGTH_BYTES; i++)
		body->data[start + i] = (uint8_t)(size >> 8 * i);
	return true;
}

/* Appends to BODY the values that are not in VALUES: indices and booleans. */
static bool
encode_values(const struct column *column, struct buffer *body, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.page.values");
	if (column->mode != COLUMN_PLAIN) {
		uint8_t bits = (uint8_t)index_bits(column);
		return buffer_append(body, &bits, 1, error) &&
		       hybrid_encode_indices(body, (const uint32_t *)(const void *)column->indices.data,
			   column->page_values, bits, error);
	}
	if (!is_boolean(column))
		return true;
	size_t size = (column->page_values + 7) / 8;
	if (!buffer_reserve(body, size, error))
		return false;
	hybrid_pack_bits(body->data + body->size, column->indices.data, column->page_values);
	body->size += size;
	return true;
}

/*
 * Appends HEADER and BODY to OUT, compressed where the file is; VALUE_BYTES belong to the
 * page and stand elsewhere.
 */
static bool
encode_page(struct column *column, struct buffer *out, struct page_header *header, struct view body,
    size_t value_bytes, struct codec *codec, struct nest_error *error)
{
	size_t start = out->size;
	header->uncompressed_bytes = header->compressed_bytes = (uint32_t)(body.size + value_bytes);
	if (codec->kind == CODEC_NONE) {
		if (!page_header_encode(out, header, error) ||
		    !buffer_append(out, body.data, body.size, error))
			return false;
		column->uncompressed_bytes += out->size - start + value_bytes;
		column->compressed_bytes += out->size - start + value_bytes;
		return true;
	}
	struct buffer *packed = &codec->packed;
	buffer_clear(packed);
	if (!codec_encode(codec, packed, body, error))
		return false;
	header->compressed_bytes = (uint32_t)packed->size;
	if (!page_header_encode(out, header, error))
		return false;
	column->uncompressed_bytes += out->size - start + body.size;
	column->compressed_bytes += out->size - start + packed->size;
	return buffer_append(out, packed->data, packed->size, error);
}

/* Appends the open page to the chunk. */
static bool
put_page(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.page");
	struct buffer *body = &scratch->body;
	bool is_plain = column->mode == COLUMN_PLAIN;
	size_t value_bytes = column->values.size - column->page_start;
	buffer_clear(body);
	if (!encode_levels(body, &column->rep, column->leaf->max_rep, error) ||
	    !encode_levels(body, &column->def, column->leaf->max_def, error) ||
	    !encode_values(column, body, error))
		return false;
	if (scratch->codec.kind != CODEC_NONE) {
		if (value_bytes > 0 &&
		    !buffer_append(body, column->values.data + column->page_start, value_bytes, error))
			return false;
		column->values.size = column->page_start;
		value_bytes = 0;
	}
	column->page_statistics.null_count = column->page_entries - column->page_values;
	struct page_header header = {
	    .type = PAGE_DATA,
	    .num_values = (uint32_t)column->page_entries,
	    .encoding = is_plain ? ENCODING_PLAIN : ENCODING_RLE_DICTIONARY,
	    .range = statistics_range(&column->page_statistics),
	};
	if (!encode_page(column, &column->heads, &header, (struct view){body->data, body->size}, value_bytes,
		&scratch->codec, error))
		return false;
	struct page_span span = {column->heads.size, column->page_start, column->page_start + value_bytes};
	if (is_plain)
		column->plain_pages++;
	else
		column->dictionary_pages++;
	if (!is_plain)
		column->dictionary_used = column->dictionary.count;
	return buffer_append(&column->spans, &span, sizeof span, error) &&
	       statistics_merge(&column->statistics, &column->page_statistics, error);
}

static bool
close_page(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	if (column->page_rows == 0)
		return true;
	if (column->mode == COLUMN_TRIAL && !is_dictionary_smaller(column) && !drop_dictionary(column, error))
		return false;
	if (!put_page(column, scratch, error))
		return false;
	uint64_t distinct = column->dictionary.count;
	if (column->mode == COLUMN_DICTIONARY && distinct * 2 > column->value_count)
		column->mode = COLUMN_PLAIN;
	if (dictionary_bytes(&column->dictionary, column->dictionary.count) >
	    column->options->dictionary_page_bytes)
		column->mode = COLUMN_PLAIN;
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
	if (column->page_rows < column->options->page_rows &&
	    column->page_raw_bytes < column->options->page_bytes)
		return true;
	return close_page(column, scratch, error);
}

bool
column_finish(struct column *column, struct page_scratch *scratch, struct nest_error *error)
{
	if (!close_page(column, scratch, error))
		return false;
	if (column->dictionary_pages == 0)
		return true;
	struct view values = {
	    column->dictionary.values.data, dictionary_bytes(&column->dictionary, column->dictionary_used)};
	struct page_header header = {
	    .type = PAGE_DICTIONARY,
	    .num_values = column->dictionary_used,
	    .encoding = ENCODING_PLAIN,
	};
	return encode_page(column, &column->dictionary_head, &header, values, 0, &scratch->codec, error);
}

static bool
add_piece(
    struct buffer *pieces, const struct buffer *from, size_t start, size_t end, struct nest_error *error)
{
	if (start == end)
		return true;
	struct iovec piece = {from->data + start, end - start};
	return buffer_append(pieces, &piece, sizeof piece, error);
}

bool
column_pieces(const struct column *column, struct buffer *pieces, struct nest_error *error)
{
	const struct page_span *spans = (const struct page_span *)(const void *)column->spans.data;
	size_t count = column->spans.size / sizeof *spans, head = 0;
	if (!add_piece(pieces, &column->dictionary_head, 0, column->dictionary_head.size, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct page_span *span = &spans[i];
		/* Heads that no values stand between go as one. */
		if (span->value_end == span->value_start && i + 1 < count)
			continue;
		if (!add_piece(pieces, &column->heads, head, span->head_end, error) ||
		    !add_piece(pieces, &column->values, span->value_start, span->value_end, error))
			return false;
		head = span->head_end;
	}
	return true;
}

struct column_chunk
column_chunk(const struct column *column, uint64_t offset)
{
	bool has_dictionary = column->dictionary_pages > 0;
	struct column_chunk chunk = {
	    .physical = column->leaf->physical,
	    .encodings = 1u << ENCODING_PLAIN | 1u << ENCODING_RLE,
	    .num_values = column->entries,
	    .total_uncompressed_bytes = column->uncompressed_bytes,
	    .total_compressed_bytes = column->compressed_bytes,
	    .data_page_offset = offset + column->dictionary_head.size,
	    .dictionary_page_offset = has_dictionary ? offset : 0,
	    .range = statistics_range(&column->statistics),
	};
	chunk.codec = (int32_t)column->options->codec;
	if (has_dictionary) {
		chunk.encodings |= 1u << ENCODING_RLE_DICTIONARY;
		chunk.counts[chunk.count_count++] =
		    (struct encoding_count){PAGE_DICTIONARY, ENCODING_PLAIN, 1};
		chunk.counts[chunk.count_count++] =
		    (struct encoding_count){PAGE_DATA, ENCODING_RLE_DICTIONARY, column->dictionary_pages};
	}
	if (column->plain_pages > 0)
		chunk.counts[chunk.count_count++] =
		    (struct encoding_count){PAGE_DATA, ENCODING_PLAIN, column->plain_pages};
	return chunk;
}
