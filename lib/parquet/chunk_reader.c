/* chunk_reader.c - reads headers and bodies of pages from a file. */
#include "lib/parquet/chunk_reader.h"

#include "lib/parquet/plain.h"

#include <inttypes.h>
#include <libdeflate.h>

enum { HEADER_FIRST_BYTES = 1 << 10, HEADER_MOST_BYTES = 1 << 24 };

void
chunk_reader_open(struct chunk_reader *reader, const struct metadata_source *source,
    const struct column_chunk *chunk, const struct schema_node *leaf)
{
	reader->source = source;
	reader->chunk = chunk;
	reader->leaf = leaf;
	reader->at = column_chunk_start(chunk);
	reader->end = reader->at + chunk->total_compressed_bytes;
	reader->entries_left = chunk->num_values;
	reader->has_dictionary = false;
}

void
chunk_reader_free(struct chunk_reader *reader)
{
	page_content_free(&reader->content);
	page_dictionary_free(&reader->dictionary);
	buffer_free(&reader->head);
	buffer_free(&reader->bytes);
	buffer_free(&reader->plain);
	codec_reader_free(&reader->codec);
	*reader = (struct chunk_reader){0};
}

/* Fills BYTES with the SIZE bytes at AT. */
static bool
load(const struct chunk_reader *reader, struct buffer *bytes, uint64_t at, size_t size,
    struct nest_error *error)
{
	buffer_clear(bytes);
	if (!buffer_reserve(bytes, size + PLAIN_SLACK, error) ||
	    !reader->source->read_at(reader->source->context, bytes->data, size, at, error))
		return false;
	bytes->size = size;
	return true;
}

/* Reads the header at `at`, whose size is not known beforehand. */
static bool
read_header(struct chunk_reader *reader, struct nest_error *error)
{
	uint64_t left = reader->end - reader->at;
	for (uint64_t window = HEADER_FIRST_BYTES;; window *= 8) {
		bool is_short, is_all = window >= left || window >= HEADER_MOST_BYTES;
		struct buffer *head = &reader->head;
		if (!load(reader, head, reader->at, (size_t)(window < left ? window : left), error))
			return false;
		if (page_header_decode(&reader->header, (struct view){head->data, head->size},
			&reader->header_bytes, &is_short, error))
			break;
		if (!is_short || is_all)
			return false;
	}
	if (reader->header.compressed_bytes <= left - reader->header_bytes)
		return true;
	return nest_error_set(error, NEST_INVALID, "its %" PRIu32 " bytes go on behind the end of the chunk",
	    reader->header.compressed_bytes);
}

static bool
check_crc(const struct chunk_reader *reader, struct nest_error *error)
{
	const struct page_header *header = &reader->header;
	if (!reader->checks_crc || !header->has_crc)
		return true;
	uint32_t crc = libdeflate_crc32(0, reader->bytes.data, reader->bytes.size);
	return crc == header->crc || nest_error_set(error, NEST_INVALID,
					 "its CRC-32 is %08x, but its bytes have %08x", header->crc, crc);
}

/* Reads the body of the page and decompresses it. */
static bool
unpack(struct chunk_reader *reader, struct page_body *body, struct nest_error *error)
{
	const struct page_header *header = &reader->header;
	struct view bytes = {reader->bytes.data, reader->bytes.size};
	size_t plain_bytes = header->uncompressed_bytes, level_bytes = 0;
	int32_t codec = reader->chunk->codec;
	if (header->type == PAGE_DATA_V2) {
		uint64_t levels = (uint64_t)header->rep_bytes + header->def_bytes;
		if (levels > bytes.size || levels > plain_bytes)
			return nest_error_set(
			    error, NEST_INVALID, "its levels have more bytes than the page");
		level_bytes = (size_t)levels;
		codec = header->is_plain ? CODEC_NONE : codec;
	}
	body->levels = (struct view){bytes.data, level_bytes};
	bytes.data += level_bytes;
	bytes.size -= level_bytes;
	plain_bytes -= level_bytes;
	/* For no values some writers write no bytes, whatever the codec. */
	if (codec == CODEC_NONE || (bytes.size == 0 && plain_bytes == 0)) {
		body->values = bytes;
		return bytes.size == plain_bytes ||
		       nest_error_set(error, NEST_INVALID,
			   "it has %zu bytes and is not compressed, but is to make %zu", bytes.size,
			   plain_bytes);
	}
	buffer_clear(&reader->plain);
	if (!codec_decode(&reader->codec, codec, bytes, plain_bytes, &reader->plain, error) ||
	    !buffer_reserve(&reader->plain, PLAIN_SLACK, error))
		return false;
	body->values = (struct view){reader->plain.data, reader->plain.size};
	return true;
}

static bool
read_dictionary(struct chunk_reader *reader, struct nest_error *error)
{
	struct page_body body;
	if (reader->has_dictionary)
		return nest_error_set(error, NEST_INVALID, "it is the second dictionary of its chunk");
	reader->has_dictionary = true;
	return unpack(reader, &body, error) &&
	       page_dictionary_decode(&reader->dictionary, reader->leaf, &reader->header, body.values, error);
}

static bool
read_data(struct chunk_reader *reader, struct nest_error *error)
{
	struct page_body body;
	const struct page_header *header = &reader->header;
	return unpack(reader, &body, error) &&
	       page_decode(&reader->content, reader->leaf, header, body,
		   reader->has_dictionary ? &reader->dictionary : NULL, error) &&
	       (reader->keeps_indices || page_resolve(&reader->content, reader->leaf, error));
}

bool
chunk_reader_is_data(const struct chunk_reader *reader)
{
	return reader->header.type == PAGE_DATA || reader->header.type == PAGE_DATA_V2;
}

/* Counts the entries of a data page against those that the footer gives the chunk. */
static bool
count_entries(struct chunk_reader *reader, struct nest_error *error)
{
	const struct page_header *header = &reader->header;
	if (!chunk_reader_is_data(reader))
		return true;
	if (header->num_values > reader->entries_left)
		return nest_error_set(error, NEST_INVALID,
		    "it has %" PRIu32 " entries, and the chunk has only %" PRIu64 " left", header->num_values,
		    reader->entries_left);
	reader->entries_left -= header->num_values;
	return true;
}

/* Reads the header where the next page is due. */
static bool
begin_page(struct chunk_reader *reader, struct nest_error *error)
{
	reader->page_at = reader->at;
	if (!read_header(reader, error))
		return false;
	reader->at += reader->header_bytes + reader->header.compressed_bytes;
	return count_entries(reader, error);
}

static bool
read_page(struct chunk_reader *reader, struct nest_error *error)
{
	if (!begin_page(reader, error) ||
	    !load(reader, &reader->bytes, reader->page_at + reader->header_bytes,
		reader->header.compressed_bytes, error) ||
	    !check_crc(reader, error))
		return false;
	if (reader->header.type == PAGE_INDEX)
		return true;
	return reader->header.type == PAGE_DICTIONARY ? read_dictionary(reader, error)
	                                              : read_data(reader, error);
}

static bool
next(struct chunk_reader *reader, bool (*read)(struct chunk_reader *, struct nest_error *), bool *found,
    struct nest_error *error)
{
	*found = reader->entries_left > 0;
	if (!*found)
		return true;
	if (reader->at >= reader->end)
		return nest_error_set(error, NEST_INVALID,
		    "the chunk ends at byte %" PRIu64 ", and %" PRIu64 " of its entries have not come",
		    reader->end, reader->entries_left);
	if (read(reader, error))
		return true;
	return error->status == NEST_INVALID
	           ? nest_error_prefix(error, "page at byte %" PRIu64 ": ", reader->page_at)
	           : false;
}

bool
chunk_reader_next(struct chunk_reader *reader, bool *found, struct nest_error *error)
{
	return next(reader, read_page, found, error);
}

bool
chunk_reader_next_header(struct chunk_reader *reader, bool *found, struct nest_error *error)
{
	return next(reader, begin_page, found, error);
}

bool
chunk_reader_next_data(struct chunk_reader *reader, bool *found, struct nest_error *error)
{
	do {
		if (!chunk_reader_next(reader, found, error))
			return false;
	} while (*found && !chunk_reader_is_data(reader));
	return true;
}
