/* page.c - bodies of data pages. */
#include "lib/parquet/page.h"

#include "lib/meter/probe.h"
#include "lib/parquet/delta.h"
#include "lib/parquet/delta_bytes.h"
#include "lib/parquet/hybrid.h"
#include "lib/parquet/split.h"

enum { LENGTH_BYTES = 4 };

/* Appends bits of levels or booleans, after their length if HAS_LENGTH. */
static bool
encode_bits(struct buffer *body, const uint8_t *values, size_t count, unsigned width, bool has_length,
    struct nest_error *error)
{
	size_t start = body->size, length_bytes = has_length ? LENGTH_BYTES : 0;
	if (!buffer_append(body, "\0\0\0", length_bytes, error) ||
	    !hybrid_encode_levels(body, values, count, width, error))
		return false;
	size_t size = body->size - start - length_bytes;
	for (size_t i = 0; i < length_bytes; i++)
		body->data[start + i] = (uint8_t)(size >> 8 * i);
	return true;
}

/* *SIZE is the size of the encoded levels. */
static bool
encode_levels(struct buffer *body, struct view levels, uint8_t most, bool has_length, size_t *size,
    struct nest_error *error)
{
	size_t start = body->size;
	*size = 0;
	if (most == 0)
		return true;
	NEST_SCOPE("parquet.levels");
	if (!encode_bits(body, levels.data, levels.size, hybrid_width_bits(most), has_length, error))
		return false;
	*size = body->size - start;
	return true;
}

static bool
encode_indices(struct buffer *body, const struct page *page, struct nest_error *error)
{
	uint8_t bits = (uint8_t)page->index_bits;
	return buffer_append(body, &bits, 1, error) &&
	       hybrid_encode_indices(body, page->indices, page->value_count, bits, error);
}

static bool
encode_booleans(struct buffer *body, const struct page *page, struct nest_error *error)
{
	size_t size = (page->value_count + 7) / 8;
	if (!buffer_reserve(body, size, error))
		return false;
	hybrid_pack_bits(body->data + body->size, page->booleans, page->value_count);
	body->size += size;
	return true;
}

bool
page_encode_values(
    struct buffer *body, const struct page *page, struct buffer *scratch, struct nest_error *error)
{
	NEST_SCOPE("parquet.values");
	const uint8_t *values = page->values;
	size_t count = page->value_count, value_bytes = page->value_bytes;
	switch (page->encoding) {
	case ENCODING_RLE_DICTIONARY:
		return encode_indices(body, page, error);
	case ENCODING_RLE:
		return encode_bits(body, page->booleans, count, 1, true, error);
	case ENCODING_DELTA_BINARY_PACKED:
		return delta_encode(body, values, count, value_bytes, error);
	case ENCODING_DELTA_LENGTH_BYTE_ARRAY:
		return delta_length_encode(body, values, count, scratch, error);
	case ENCODING_DELTA_BYTE_ARRAY:
		return delta_bytes_encode(body, values, count, value_bytes, scratch, error);
	case ENCODING_BYTE_STREAM_SPLIT:
		return split_encode(body, values, count, value_bytes, error);
	default:
		return page->booleans == NULL || encode_booleans(body, page, error);
	}
}

bool
page_encode(struct buffer *body, const struct page *page, struct page_levels *levels, struct buffer *scratch,
    struct nest_error *error)
{
	bool has_length = page->type == PAGE_DATA;
	return encode_levels(body, page->rep, page->max_rep, has_length, &levels->rep_bytes, error) &&
	       encode_levels(body, page->def, page->max_def, has_length, &levels->def_bytes, error) &&
	       page_encode_values(body, page, scratch, error);
}
