/* page_header.c - PageHeader to thrift. */
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
	if (header->uncompressed_bytes > INT32_MAX || header->compressed_bytes > INT32_MAX ||
	    header->num_values > INT32_MAX)
		return nest_error_set(error, NEST_INVALID, "a page of %u values and %u bytes is too large",
		    header->num_values, header->uncompressed_bytes);
	thrift_writer_init(&writer, out, error);
	thrift_field_i32(&writer, 1, (int32_t)header->type);
	thrift_field_i32(&writer, 2, (int32_t)header->uncompressed_bytes);
	thrift_field_i32(&writer, 3, (int32_t)header->compressed_bytes);
	if (header->type == PAGE_DICTIONARY)
		put_dictionary_page(&writer, header);
	else
		put_data_page(&writer, header);
	thrift_struct_end(&writer);
	return !writer.failed;
}
