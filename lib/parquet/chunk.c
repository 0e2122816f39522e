/* chunk.c - pages one after another. */
#include "lib/parquet/chunk.h"

#include "lib/parquet/page_header.h"

#include <libdeflate.h>
#include <sys/uio.h>

/* Where a page's bytes are: in HEADS, from the end of the page before up to HEAD_END, then in VALUES. */
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
	memset(chunk->pages, 0, sizeof chunk->pages);
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

/* The parts of a page's body. */
struct page_body_parts {
	struct view levels; /* of PAGE_DATA_V2, never compressed */
	struct view body;   /* the rest, compressed if the column is */
	size_t value_bytes; /* after the body: the page's values that are elsewhere */
};

static uint32_t
add_checksum(uint32_t checksum, struct view bytes)
{
	/* With NULL and no bytes, libdeflate would begin anew. */
	return bytes.size > 0 ? libdeflate_crc32(checksum, bytes.data, bytes.size) : checksum;
}

/* The checksum of a page as it is in the file: its levels, its BODY and the values that are elsewhere. */
static uint32_t
checksum_page(const struct chunk *chunk, const struct page_body_parts *parts, struct view body)
{
	const uint8_t *at = parts->value_bytes > 0 ? chunk->values.data + chunk->page_start : NULL;
	const struct view values = {at, parts->value_bytes};
	return add_checksum(add_checksum(add_checksum(0, parts->levels), body), values);
}

/* Appends HEADER and the page's PARTS to OUT. */
static bool
encode_page(struct chunk *chunk, struct buffer *out, struct page_header *header,
    const struct page_body_parts *parts, struct codec *codec, struct nest_error *error)
{
	size_t start = out->size, plain = parts->levels.size + parts->body.size + parts->value_bytes;
	struct view body = parts->body;
	header->is_plain = true;
	if (chunk->compression.kind != CODEC_NONE) {
		buffer_clear(&codec->packed);
		if (!codec_encode(codec, chunk->compression, &codec->packed, body, error))
			return false;
		header->is_plain = header->type == PAGE_DATA_V2 && codec->packed.size >= body.size;
		if (!header->is_plain)
			body = (struct view){codec->packed.data, codec->packed.size};
	}
	size_t stored = parts->levels.size + body.size + parts->value_bytes;
	header->uncompressed_bytes = (uint32_t)plain;
	header->compressed_bytes = (uint32_t)stored;
	header->has_crc = chunk->has_checksums;
	if (header->has_crc)
		header->crc = checksum_page(chunk, parts, body);
	if (!page_header_encode(out, header, error))
		return false;
	chunk->uncompressed_bytes += out->size - start + plain;
	chunk->compressed_bytes += out->size - start + stored;
	return buffer_append(out, parts->levels.data, parts->levels.size, error) &&
	       buffer_append(out, body.data, body.size, error);
}

/*
 * Joins the open page's values, which are compressed together with PARTS->body, to it: after it, or in place
 * if nothing is in front of them.  They stay where they are until the next page begins.
 */
static bool
join_values(struct chunk *chunk, struct buffer *body, struct page_body_parts *parts, struct nest_error *error)
{
	struct view values = {chunk->values.data + chunk->page_start, chunk->values.size - chunk->page_start};
	if (parts->body.size == 0) {
		parts->body = values;
		return true;
	}
	/* The body has only the levels of a PAGE_DATA. */
	if (!buffer_append(body, values.data, values.size, error))
		return false;
	parts->body = (struct view){body->data, body->size};
	return true;
}

/* Takes the open page's values from the chunk, unless they are to stay there. */
static bool
take_values(struct chunk *chunk, const struct page *page, struct page_scratch *scratch,
    struct page_body_parts *parts, struct nest_error *error)
{
	size_t value_bytes = chunk->values.size - chunk->page_start;
	if (page->encoding == ENCODING_PLAIN && value_bytes > 0) {
		if (chunk->compression.kind == CODEC_NONE) {
			parts->value_bytes = value_bytes;
			return true;
		}
		if (!join_values(chunk, &scratch->body, parts, error))
			return false;
	}
	chunk->values.size = chunk->page_start;
	return true;
}

bool
chunk_add_page(
    struct chunk *chunk, const struct page *page, struct page_scratch *scratch, struct nest_error *error)
{
	struct buffer *body = &scratch->body;
	struct page_levels levels;
	struct page_body_parts parts = {0};
	struct page whole = *page;
	buffer_clear(body);
	if (chunk->values.size > chunk->page_start)
		whole.values = chunk->values.data + chunk->page_start;
	if (!page_encode(body, &whole, &levels, &scratch->lengths, error))
		return false;
	struct page_header header = {
	    .type = page->type,
	    .num_values = (uint32_t)page->entries,
	    .encoding = page->encoding,
	    .range = page->range,
	};
	parts.body = (struct view){body->data, body->size};
	if (page->type == PAGE_DATA_V2) {
		header.num_nulls = (uint32_t)(page->entries - page->value_count);
		header.num_rows = (uint32_t)page->rows;
		header.rep_bytes = (uint32_t)levels.rep_bytes;
		header.def_bytes = (uint32_t)levels.def_bytes;
		parts.levels = (struct view){body->data, levels.rep_bytes + levels.def_bytes};
		if (parts.levels.size > 0)
			parts.body.data += parts.levels.size;
		parts.body.size -= parts.levels.size;
	}
	if (!take_values(chunk, page, scratch, &parts, error))
		return false;
	if (!encode_page(chunk, &chunk->heads, &header, &parts, &scratch->codec, error))
		return false;
	struct page_span span = {chunk->heads.size, chunk->page_start, chunk->page_start + parts.value_bytes};
	chunk->entries += page->entries;
	chunk->page_type = page->type;
	chunk->pages[page->encoding]++;
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
	const struct page_body_parts parts = {.body = values};
	return encode_page(chunk, &chunk->dictionary_head, &header, &parts, &scratch->codec, error);
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
		/* Heads without values in between are one piece. */
		if (span->value_end == span->value_start && i + 1 < count)
			continue;
		if (!add_piece(pieces, &chunk->heads, head, span->head_end, error) ||
		    !add_piece(pieces, &chunk->values, span->value_start, span->value_end, error))
			return false;
		head = span->head_end;
	}
	return true;
}

static void
count_pages(struct column_chunk *described, enum page_type type, enum encoding encoding, uint32_t count)
{
	if (count == 0)
		return;
	described->encodings |= 1u << encoding;
	described->counts[described->count_count++] = (struct encoding_count){type, (int32_t)encoding, count};
}

struct column_chunk
chunk_describe(const struct chunk *chunk, uint64_t offset)
{
	bool has_dictionary = chunk->dictionary_head.size > 0;
	struct column_chunk described = {
	    .codec = (int32_t)chunk->compression.kind,
	    .encodings = 1u << ENCODING_RLE,
	    .num_values = chunk->entries,
	    .total_uncompressed_bytes = chunk->uncompressed_bytes,
	    .total_compressed_bytes = chunk->compressed_bytes,
	    .data_page_offset = offset + chunk->dictionary_head.size,
	    .dictionary_page_offset = has_dictionary ? offset : 0,
	};
	count_pages(&described, PAGE_DICTIONARY, ENCODING_PLAIN, has_dictionary);
	count_pages(
	    &described, chunk->page_type, ENCODING_RLE_DICTIONARY, chunk->pages[ENCODING_RLE_DICTIONARY]);
	for (unsigned i = 0; i < ENCODING_KINDS; i++)
		if (i != ENCODING_RLE_DICTIONARY)
			count_pages(&described, chunk->page_type, (enum encoding)i, chunk->pages[i]);
	return described;
}
