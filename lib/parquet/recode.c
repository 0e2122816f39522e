#include "lib/parquet/recode.h"

#include "lib/parquet/thrift.h"

#include <inttypes.h>
#include <zlib.h>

void
recoder_open(struct recoder *recoder, const struct metadata_source *source, const struct column_chunk *chunk,
    const struct schema_node *leaf, struct codec_choice choice)
{
	chunk_reader_open(&recoder->reader, source, chunk, leaf);
	recoder->choice = choice;
}

void
recoder_free(struct recoder *recoder)
{
	chunk_reader_free(&recoder->reader);
	codec_reader_free(&recoder->decoder);
	codec_free(&recoder->encoder);
	buffer_free(&recoder->page);
	buffer_free(&recoder->bytes);
	buffer_free(&recoder->plain);
	buffer_free(&recoder->body);
	*recoder = (struct recoder){0};
}

/* ---- headers ---- */

/* What changes in a header. */
struct change {
	struct thrift_reader reader;
	struct thrift_writer writer;
	uint32_t compressed_bytes, crc;
	bool is_plain; /* the values of a PAGE_DATA_V2 */
};

static void
copy_field(struct change *change, struct thrift_field field)
{
	thrift_field_raw(&change->writer, field.id, field.type, thrift_raw(&change->reader, field));
}

/* Edits DataPageHeaderV2, whose values are compressed unless it says otherwise. */
static void
change_v2(struct change *change, struct thrift_field field)
{
	if (!thrift_enter(&change->reader, field))
		return;
	thrift_field_struct(&change->writer, field.id);
	for (struct thrift_field part = {0}; thrift_next(&change->reader, &part);) {
		if (part.id == 7)
			thrift_skip(&change->reader, part);
		else
			copy_field(change, part);
	}
	thrift_field_bool(&change->writer, 7, !change->is_plain);
	thrift_struct_end(&change->writer);
}

static void
change_header(struct change *change)
{
	for (struct thrift_field field = {0}; thrift_next(&change->reader, &field);) {
		bool is_size = field.id == 3, is_crc = field.id == 4;
		if (is_size || is_crc) {
			thrift_skip(&change->reader, field);
			thrift_field_i32(&change->writer, field.id,
			    (int32_t)(is_size ? change->compressed_bytes : change->crc));
		} else if (field.id == 8) {
			change_v2(change, field);
		} else {
			copy_field(change, field);
		}
	}
	thrift_struct_end(&change->writer);
}

/* Makes the page from the old header and the new body. */
static bool
put_page(struct recoder *recoder, bool is_plain, struct nest_error *error)
{
	const struct chunk_reader *reader = &recoder->reader;
	const struct buffer *body = &recoder->body;
	if (body->size > INT32_MAX)
		return nest_error_set(
		    error, NEST_INVALID, "it has %zu bytes when it is recompressed", body->size);
	struct change change = {.compressed_bytes = (uint32_t)body->size,
	    .crc = (uint32_t)crc32_z(0, body->data, body->size),
	    .is_plain = is_plain};
	buffer_clear(&recoder->page);
	thrift_reader_init(&change.reader, (struct view){recoder->bytes.data, reader->header_bytes});
	thrift_writer_init(&change.writer, &recoder->page, error);
	change_header(&change);
	if (change.writer.failed)
		return false;
	recoder->uncompressed_bytes = recoder->page.size + reader->header.uncompressed_bytes;
	return buffer_append(&recoder->page, body->data, body->size, error);
}

/* ---- bodies ---- */

/* Appends VALUES compressed, or as they are if they MAY_STAY and would not become smaller. */
static bool
put_values(
    struct recoder *recoder, struct view plain, bool may_stay, bool *is_plain, struct nest_error *error)
{
	size_t start = recoder->body.size;
	*is_plain = recoder->choice.kind == CODEC_NONE;
	if (!*is_plain && !codec_encode(&recoder->encoder, recoder->choice, &recoder->body, plain, error))
		return false;
	if (!*is_plain && may_stay && recoder->body.size - start >= plain.size) {
		recoder->body.size = start;
		*is_plain = true;
	}
	return !*is_plain || buffer_append(&recoder->body, plain.data, plain.size, error);
}

/* Decompresses BYTES, which must make SIZE. */
static bool
decompress(struct recoder *recoder, struct view *bytes, size_t size, bool is_plain, struct nest_error *error)
{
	int32_t codec = recoder->reader.chunk->codec;
	/* For no values some writers write no bytes, whatever the codec. */
	if (is_plain || codec == CODEC_NONE || (bytes->size == 0 && size == 0))
		return bytes->size == size ||
		       nest_error_set(error, NEST_INVALID,
			   "it has %zu bytes and is not compressed, but is to make %zu", bytes->size, size);
	buffer_clear(&recoder->plain);
	if (!codec_decode(&recoder->decoder, codec, *bytes, size, &recoder->plain, error))
		return false;
	*bytes = (struct view){recoder->plain.data, recoder->plain.size};
	return true;
}

static bool
recode_page(struct recoder *recoder, struct view bytes, struct nest_error *error)
{
	const struct page_header *header = &recoder->reader.header;
	bool is_v2 = header->type == PAGE_DATA_V2, is_plain;
	uint64_t levels = is_v2 ? (uint64_t)header->rep_bytes + header->def_bytes : 0;
	if (header->has_crc && header->crc != (uint32_t)crc32_z(0, bytes.data, bytes.size))
		return nest_error_set(error, NEST_INVALID, "its CRC-32 is %08x, but its bytes have %08x",
		    header->crc, (uint32_t)crc32_z(0, bytes.data, bytes.size));
	if (levels > bytes.size || levels > header->uncompressed_bytes)
		return nest_error_set(error, NEST_INVALID, "its levels have more bytes than the page");
	buffer_clear(&recoder->body);
	if (!buffer_append(&recoder->body, bytes.data, (size_t)levels, error))
		return false;
	struct view values = {bytes.data + levels, bytes.size - (size_t)levels};
	return decompress(
		   recoder, &values, header->uncompressed_bytes - (size_t)levels, header->is_plain, error) &&
	       put_values(recoder, values, is_v2, &is_plain, error) && put_page(recoder, is_plain, error);
}

static bool
read_page(struct recoder *recoder, struct nest_error *error)
{
	const struct chunk_reader *reader = &recoder->reader;
	const struct metadata_source *source = reader->source;
	size_t size = reader->header_bytes + reader->header.compressed_bytes;
	recoder->type = reader->header.type;
	buffer_clear(&recoder->bytes);
	return buffer_reserve(&recoder->bytes, size + 1, error) &&
	       source->read_at(source->context, recoder->bytes.data, size, reader->page_at, error) &&
	       recode_page(recoder,
		   (struct view){recoder->bytes.data + reader->header_bytes, reader->header.compressed_bytes},
		   error);
}

bool
recoder_next(struct recoder *recoder, bool *found, struct nest_error *error)
{
	do {
		if (!chunk_reader_next_header(&recoder->reader, found, error))
			return false;
	} while (*found && recoder->reader.header.type == PAGE_INDEX);
	if (!*found || read_page(recoder, error))
		return true;
	return error->status == NEST_INVALID
	           ? nest_error_prefix(error, "page at byte %" PRIu64 ": ", recoder->reader.page_at)
	           : false;
}
