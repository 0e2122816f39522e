/* chunk.c - pages one behind another. */
#include "lib/parquet/chunk.h"

#include "lib/parquet/page_header.h"

#include <sys/uio.h>

/* Where a page's bytes are: in HEADS up to HEAD_END from where the page before ended, then in VALUES. */
struct page_span {
	size_t head_end, value_start, value_end;
};

void
chunk_clear(struct chunk *chunk)
{
	buffer_clear(&chunk->values);
	buffer_clear(&chunk->heads);
	buffer_clear(&chunk->spans);
	buffer_clear(&chunk->dictionary_head);
	chunk->page_start = 0;
	chunk->entries = chunk->uncompressed_bytes = chunk->compressed_bytes = 0;
	chunk->dictionary_pages = chunk->plain_pages = 0;
}

void
chunk_free(struct chunk *chunk)
{
	buffer_free(&chunk->values);
	buffer_free(&chunk->heads);
	buffer_free(&chunk->spans);
	buffer_free(&chunk->dictionary_head);
	*chunk = (struct chunk){0};
}

/*
 * Appends HEADER and BODY to OUT, compressed where the file is; VALUE_BYTES belong to the
 * page and stand elsewhere.
 */
static bool
encode_page(struct chunk *chunk, struct buffer *out, struct page_header *header, struct view body,
    size_t value_bytes, struct codec *codec, struct nest_error *error)
{
	size_t start = out->size;
	header->uncompressed_bytes = header->compressed_bytes = (uint32_t)(body.size + value_bytes);
	if (codec->kind == CODEC_NONE) {
		if (!page_header_encode(out, header, error) ||
		    !buffer_append(out, body.data, body.size, error))
			return false;
		chunk->uncompressed_bytes += out->size - start + value_bytes;
		chunk->compressed_bytes += out->size - start + value_bytes;
		return true;
	}
	struct buffer *packed = &codec->packed;
	buffer_clear(packed);
	if (!codec_encode(codec, packed, body, error))
		return false;
	header->compressed_bytes = (uint32_t)packed->size;
	if (!page_header_encode(out, header, error))
		return false;
	chunk->uncompressed_bytes += out->size - start + body.size;
	chunk->compressed_bytes += out->size - start + packed->size;
	return buffer_append(out, packed->data, packed->size, error);
}

bool
chunk_add_page(
    struct chunk *chunk, const struct page *page, struct page_scratch *scratch, struct nest_error *error)
{
	struct buffer *body = &scratch->body;
	size_t value_bytes = chunk->values.size - chunk->page_start;
	buffer_clear(body);
	if (!page_encode(body, page, error))
		return false;
	if (scratch->codec.kind != CODEC_NONE) {
		if (value_bytes > 0 &&
		    !buffer_append(body, chunk->values.data + chunk->page_start, value_bytes, error))
			return false;
		chunk->values.size = chunk->page_start;
		value_bytes = 0;
	}
	struct page_header header = {
	    .type = PAGE_DATA,
	    .num_values = (uint32_t)page->entries,
	    .encoding = page->encoding,
	    .range = page->range,
	};
	if (!encode_page(chunk, &chunk->heads, &header, (struct view){body->data, body->size}, value_bytes,
		&scratch->codec, error))
		return false;
	struct page_span span = {chunk->heads.size, chunk->page_start, chunk->page_start + value_bytes};
	chunk->entries += page->entries;
	if (page->encoding == ENCODING_PLAIN)
		chunk->plain_pages++;
	else
		chunk->dictionary_pages++;
	chunk->page_start = chunk->values.size;
	return buffer_append(&chunk->spans, &span, sizeof span, error);
}

bool
chunk_add_dictionary(struct chunk *chunk, struct view values, uint32_t count, struct page_scratch *scratch,
    struct nest_error *error)
{
	struct page_header header = {
	    .type = PAGE_DICTIONARY,
	    .num_values = count,
	    .encoding = ENCODING_PLAIN,
	};
	return encode_page(chunk, &chunk->dictionary_head, &header, values, 0, &scratch->codec, error);
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
chunk_pieces(const struct chunk *chunk, struct buffer *pieces, struct nest_error *error)
{
	const struct page_span *spans = (const struct page_span *)(const void *)chunk->spans.data;
	size_t count = chunk->spans.size / sizeof *spans, head = 0;
	if (!add_piece(pieces, &chunk->dictionary_head, 0, chunk->dictionary_head.size, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct page_span *span = &spans[i];
		/* Heads that no values stand between go as one. */
		if (span->value_end == span->value_start && i + 1 < count)
			continue;
		if (!add_piece(pieces, &chunk->heads, head, span->head_end, error) ||
		    !add_piece(pieces, &chunk->values, span->value_start, span->value_end, error))
			return false;
		head = span->head_end;
	}
	return true;
}

struct column_chunk
chunk_describe(const struct chunk *chunk, uint64_t offset)
{
	bool has_dictionary = chunk->dictionary_head.size > 0;
	struct column_chunk described = {
	    .encodings = 1u << ENCODING_PLAIN | 1u << ENCODING_RLE,
	    .num_values = chunk->entries,
	    .total_uncompressed_bytes = chunk->uncompressed_bytes,
	    .total_compressed_bytes = chunk->compressed_bytes,
	    .data_page_offset = offset + chunk->dictionary_head.size,
	    .dictionary_page_offset = has_dictionary ? offset : 0,
	};
	if (has_dictionary) {
		described.encodings |= 1u << ENCODING_RLE_DICTIONARY;
		described.counts[described.count_count++] =
		    (struct encoding_count){PAGE_DICTIONARY, ENCODING_PLAIN, 1};
		described.counts[described.count_count++] =
		    (struct encoding_count){PAGE_DATA, ENCODING_RLE_DICTIONARY, chunk->dictionary_pages};
	}
	if (chunk->plain_pages > 0)
		described.counts[described.count_count++] =
		    (struct encoding_count){PAGE_DATA, ENCODING_PLAIN, chunk->plain_pages};
	return described;
}
