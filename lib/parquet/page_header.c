/* page_header.c - converts PageHeader to thrift and back. */
#include "lib/parquet/page_header.h"

#include "lib/parquet/value_range.h"

static void
put_data_page(struct thrift_writer *writer, const struct page_header *header)
{
	thrift_field_struct(writer, 5);
	thrift_field_i32(writer, 1, (int32_t)header->num_values);
	thrift_field_i32(writer, 2, (int32_t)header->encoding);
	thrift_field_i32(writer, 3, ENCODING_RLE);
	thrift_field_i32(writer, 4, ENCODING_RLE);
	value_range_encode(writer, 5, &header->range);
	thrift_struct_end(writer);
}

static void
put_data_page_v2(struct thrift_writer *writer, const struct page_header *header)
{
	thrift_field_struct(writer, 8);
	thrift_field_i32(writer, 1, (int32_t)header->num_values);
	thrift_field_i32(writer, 2, (int32_t)header->num_nulls);
	thrift_field_i32(writer, 3, (int32_t)header->num_rows);
	thrift_field_i32(writer, 4, (int32_t)header->encoding);
	thrift_field_i32(writer, 5, (int32_t)header->def_bytes);
	thrift_field_i32(writer, 6, (int32_t)header->rep_bytes);
	thrift_field_bool(writer, 7, !header->is_plain);
	value_range_encode(writer, 8, &header->range);
	thrift_struct_end(writer);
}

static void
put_dictionary_page(struct thrift_writer *writer, const struct page_header *header)
{
	thrift_field_struct(writer, 7);
	thrift_field_i32(writer, 1, (int32_t)header->num_values);
	thrift_field_i32(writer, 2, (int32_t)header->encoding);
	thrift_field_bool(writer, 3, false);
	thrift_struct_end(writer);
}

bool
page_header_encode(struct buffer *out, const struct page_header *header, struct nest_error *error)
{
	struct thrift_writer writer;
	uint32_t most = header->uncompressed_bytes > header->compressed_bytes ? header->uncompressed_bytes
	                                                                      : header->compressed_bytes;
	if (most > INT32_MAX || header->num_values > INT32_MAX)
		return nest_error_set(error, NEST_INVALID, "a page of %u values and %u bytes is too large",
		    header->num_values, most);
	thrift_writer_init(&writer, out, error);
	thrift_field_i32(&writer, 1, (int32_t)header->type);
	thrift_field_i32(&writer, 2, (int32_t)header->uncompressed_bytes);
	thrift_field_i32(&writer, 3, (int32_t)header->compressed_bytes);
	if (header->has_crc)
		thrift_field_i32(&writer, 4, (int32_t)header->crc);
	if (header->type == PAGE_DICTIONARY)
		put_dictionary_page(&writer, header);
	else if (header->type == PAGE_DATA_V2)
		put_data_page_v2(&writer, header);
	else
		put_data_page(&writer, header);
	thrift_struct_end(&writer);
	return !writer.failed;
}

/* ---- reading ---- */

/* A count or a size, which is an i32 in the format and never negative. */
static uint32_t
take_count(struct thrift_reader *reader, struct thrift_field field)
{
	int32_t value = thrift_i32(reader, field);
	if (value < 0)
		thrift_fail(reader, "a size or count is negative");
	return value < 0 ? 0 : (uint32_t)value;
}

static enum encoding
take_encoding(struct thrift_reader *reader, struct thrift_field field)
{
	int32_t value = thrift_i32(reader, field);
	if (value < 0 || value >= ENCODING_KINDS || value == 1)
		thrift_fail(reader, "an encoding is unknown");
	return (enum encoding)value;
}

/* WANTED are the fields that a struct must have, as bits. */
static void
expect_fields(struct thrift_reader *reader, unsigned seen, unsigned wanted)
{
	if ((seen & wanted) != wanted)
		thrift_fail(reader, "a required field is missing");
}

static unsigned
bit_of(struct thrift_field field)
{
	return field.id > 0 && field.id < 16 ? 1u << field.id : 0;
}

static void
take_data_page(struct thrift_reader *reader, struct thrift_field field, struct page_header *header)
{
	unsigned seen = 0;
	if (!thrift_enter(reader, field))
		return;
	for (struct thrift_field part = {0}; thrift_next(reader, &part); seen |= bit_of(part)) {
		if (part.id == 1)
			header->num_values = take_count(reader, part);
		else if (part.id == 2)
			header->encoding = take_encoding(reader, part);
		else if (part.id == 3)
			header->def_encoding = take_encoding(reader, part);
		else if (part.id == 4)
			header->rep_encoding = take_encoding(reader, part);
		else if (part.id == 5)
			value_range_decode(reader, part, &header->range);
		else
			thrift_skip(reader, part);
	}
	expect_fields(reader, seen, 0x1e);
}

static void
take_dictionary_page(struct thrift_reader *reader, struct thrift_field field, struct page_header *header)
{
	unsigned seen = 0;
	if (!thrift_enter(reader, field))
		return;
	for (struct thrift_field part = {0}; thrift_next(reader, &part); seen |= bit_of(part)) {
		if (part.id == 1)
			header->num_values = take_count(reader, part);
		else if (part.id == 2)
			header->encoding = take_encoding(reader, part);
		else
			thrift_skip(reader, part);
	}
	expect_fields(reader, seen, 0x6);
}

static void
take_data_page_v2(struct thrift_reader *reader, struct thrift_field field, struct page_header *header)
{
	unsigned seen = 0;
	if (!thrift_enter(reader, field))
		return;
	for (struct thrift_field part = {0}; thrift_next(reader, &part); seen |= bit_of(part)) {
		if (part.id == 1)
			header->num_values = take_count(reader, part);
		else if (part.id == 2)
			header->num_nulls = take_count(reader, part);
		else if (part.id == 3)
			header->num_rows = take_count(reader, part);
		else if (part.id == 4)
			header->encoding = take_encoding(reader, part);
		else if (part.id == 5)
			header->def_bytes = take_count(reader, part);
		else if (part.id == 6)
			header->rep_bytes = take_count(reader, part);
		else if (part.id == 7)
			header->is_plain = !thrift_bool(reader, part);
		else if (part.id == 8)
			value_range_decode(reader, part, &header->range);
		else
			thrift_skip(reader, part);
	}
	expect_fields(reader, seen, 0x7e);
}

static void
take_header(struct thrift_reader *reader, struct page_header *header)
{
	unsigned seen = 0;
	int32_t type = -1;
	*header = (struct page_header){.def_encoding = ENCODING_RLE, .rep_encoding = ENCODING_RLE};
	for (struct thrift_field field = {0}; thrift_next(reader, &field); seen |= bit_of(field)) {
		if (field.id == 1) {
			type = thrift_i32(reader, field);
		} else if (field.id == 2) {
			header->uncompressed_bytes = take_count(reader, field);
		} else if (field.id == 3) {
			header->compressed_bytes = take_count(reader, field);
		} else if (field.id == 4) {
			header->crc = (uint32_t)thrift_i32(reader, field);
			header->has_crc = true;
		} else if (field.id == 5 && type == PAGE_DATA) {
			take_data_page(reader, field, header);
		} else if (field.id == 7 && type == PAGE_DICTIONARY) {
			take_dictionary_page(reader, field, header);
		} else if (field.id == 8 && type == PAGE_DATA_V2) {
			take_data_page_v2(reader, field, header);
		} else {
			thrift_skip(reader, field);
		}
	}
	if (type < PAGE_DATA || type > PAGE_DATA_V2)
		thrift_fail(reader, "the page is of an unknown type");
	header->type = (enum page_type)type;
	/* The struct of its type, if there is one. */
	unsigned own = type == PAGE_DATA ? 1u << 5 : type == PAGE_DICTIONARY ? 1u << 7 : 1u << 8;
	expect_fields(reader, seen, 0xe | (type == PAGE_INDEX ? 0 : own));
}

bool
page_header_decode(
    struct page_header *header, struct view bytes, size_t *size, bool *is_short, struct nest_error *error)
{
	struct thrift_reader reader;
	thrift_reader_init(&reader, bytes);
	take_header(&reader, header);
	*size = (size_t)(reader.at - reader.begin);
	*is_short = reader.is_short;
	return reader.problem == NULL ||
	       nest_error_set(error, NEST_INVALID, "the page header is invalid at its byte %td: %s",
		   reader.at - reader.begin, reader.problem);
}
