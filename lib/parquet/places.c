#include "lib/parquet/places.h"

#include "lib/parquet/thrift.h"

#include <inttypes.h>

struct finder {
	struct thrift_reader reader;
	uint64_t data_bytes;
	struct chunk_places *next, *end;
};

static uint64_t
take_count(struct thrift_reader *reader, struct thrift_field field)
{
	int64_t value = field.type == THRIFT_I32 ? thrift_i32(reader, field) : thrift_i64(reader, field);
	if (value < 0)
		thrift_fail(reader, "a place or a length is negative");
	return value < 0 ? 0 : (uint64_t)value;
}

static void
check_span(struct finder *finder, const struct place_span *span)
{
	if (span->at > 0 && (span->at < METADATA_MAGIC_BYTES || span->at > finder->data_bytes ||
				span->bytes > finder->data_bytes - span->at))
		thrift_fail(&finder->reader, "a page index or a bloom filter lies outside the file");
}

static void
take_metadata(struct finder *finder, struct thrift_field field, struct chunk_places *places)
{
	struct thrift_reader *reader = &finder->reader;
	if (!thrift_enter(reader, field))
		return;
	for (struct thrift_field part = {0}; thrift_next(reader, &part);) {
		if (part.id == 14)
			places->bloom.at = take_count(reader, part);
		/* Some had something else there before it became this. */
		else if (part.id == 15 && part.type == THRIFT_I32)
			places->bloom.bytes = take_count(reader, part);
		else
			thrift_skip(reader, part);
	}
}

static void
take_chunk(struct finder *finder)
{
	struct thrift_reader *reader = &finder->reader;
	struct chunk_places places = {0};
	if (!thrift_enter(reader, thrift_element(THRIFT_STRUCT)))
		return;
	for (struct thrift_field part = {0}; thrift_next(reader, &part);) {
		if (part.id == 3)
			take_metadata(finder, part, &places);
		else if (part.id == 4)
			places.offset_index.at = take_count(reader, part);
		else if (part.id == 5)
			places.offset_index.bytes = take_count(reader, part);
		else if (part.id == 6)
			places.column_index.at = take_count(reader, part);
		else if (part.id == 7)
			places.column_index.bytes = take_count(reader, part);
		else if (part.id == 8)
			thrift_fail(reader, "a column is encrypted, which binds its pages to their place");
		else
			thrift_skip(reader, part);
	}
	check_span(finder, &places.bloom);
	check_span(finder, &places.column_index);
	check_span(finder, &places.offset_index);
	if (finder->next < finder->end)
		*finder->next++ = places;
}

static void
take_group(struct finder *finder)
{
	struct thrift_reader *reader = &finder->reader;
	if (!thrift_enter(reader, thrift_element(THRIFT_STRUCT)))
		return;
	for (struct thrift_field part = {0}; thrift_next(reader, &part);) {
		if (part.id != 1) {
			thrift_skip(reader, part);
			continue;
		}
		for (size_t count = thrift_list(reader, part, THRIFT_STRUCT); count > 0; count--)
			take_chunk(finder);
	}
}

bool
places_read(const struct file_metadata *metadata, uint64_t data_bytes, struct chunk_places *places,
    struct nest_error *error)
{
	struct finder finder = {.data_bytes = data_bytes,
	    .next = places,
	    .end = places + metadata->row_group_count * metadata->schema->leaf_count};
	struct thrift_reader *reader = &finder.reader;
	thrift_reader_init(reader, (struct view){metadata->own_bytes.data, metadata->own_bytes.size});
	for (struct thrift_field field = {0}; thrift_next(reader, &field);) {
		if (field.id != 4) {
			thrift_skip(reader, field);
			continue;
		}
		for (size_t count = thrift_list(reader, field, THRIFT_STRUCT); count > 0; count--)
			take_group(&finder);
	}
	return reader->problem == NULL ||
	       nest_error_set(error, NEST_INVALID, "the footer is invalid at its byte %td: %s",
		   reader->at - reader->begin, reader->problem);
}

uint64_t
places_bloom_bytes(struct view bytes)
{
	struct thrift_reader reader;
	int32_t bits = -1;
	thrift_reader_init(&reader, bytes);
	for (struct thrift_field field = {0}; thrift_next(&reader, &field);) {
		if (field.id == 1)
			bits = thrift_i32(&reader, field);
		else
			thrift_skip(&reader, field);
	}
	return reader.problem != NULL || bits < 0 ? 0 : (uint64_t)(reader.at - reader.begin) + (uint64_t)bits;
}
