/* page.c - bodies of data pages. */
#include "lib/parquet/page.h"

#include "lib/meter/probe.h"
#include "lib/parquet/hybrid.h"

enum { LEVELS_LENGTH_BYTES = 4 };

static bool
encode_levels(struct buffer *body, struct view levels, uint8_t most, struct nest_error *error)
{
	size_t start = body->size;
	if (most == 0)
		return true;
	NEST_SCOPE("parquet.levels");
	if (!buffer_append(body, "\0\0\0", LEVELS_LENGTH_BYTES, error) ||
	    !hybrid_encode_levels(body, levels.data, levels.size, hybrid_width_bits(most), error))
		return false;
	size_t size = body->size - start - LEVELS_LENGTH_BYTES;
	for (size_t i = 0; i < LEVELS_LENGTH_BYTES; i++)
		body->data[start + i] = (uint8_t)(size >> 8 * i);
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

static bool
encode_values(struct buffer *body, const struct page *page, struct nest_error *error)
{
	NEST_SCOPE("parquet.values");
	if (page->encoding == ENCODING_RLE_DICTIONARY)
		return encode_indices(body, page, error);
	return page->booleans == NULL || encode_booleans(body, page, error);
}

bool
page_encode(struct buffer *body, const struct page *page, struct nest_error *error)
{
	return encode_levels(body, page->rep, page->max_rep, error) &&
	       encode_levels(body, page->def, page->max_def, error) && encode_values(body, page, error);
}
