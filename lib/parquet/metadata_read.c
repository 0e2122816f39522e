/*
 * metadata_read.c - reads a footer, whoever wrote it, and checks it against its file.
 *
 * Arrays grow as their elements are read, so that no more is allocated than a
 * small multiple of the bytes read.
 */
#include "lib/parquet/metadata.h"
#include "lib/parquet/metadata_schema.h"
#include "lib/parquet/thrift.h"
#include "lib/parquet/value_range.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

struct decoder {
	struct thrift_reader reader;
	struct file_metadata *metadata;
	uint64_t data_bytes;
	struct nest_error *error;
	bool failed; /* ERROR is set */
	bool has_schema, has_groups, has_rows;
};

static void
take_encodings(struct thrift_reader *reader, struct thrift_field field, struct column_chunk *chunk)
{
	for (size_t count = thrift_list(reader, field, THRIFT_I32); count > 0; count--) {
		int32_t encoding = thrift_i32(reader, thrift_element(THRIFT_I32));
		if (encoding < 0 || encoding > 31)
			thrift_fail(reader, "a column has an unknown encoding");
		if (reader->problem != NULL)
			return;
		chunk->encodings |= (uint32_t)1 << encoding;
	}
}

/* The path must be that of NODE. */
static void
take_path(struct thrift_reader *reader, struct thrift_field field, const struct schema *schema, uint32_t node)
{
	uint32_t path[SCHEMA_DEPTH_LIMIT];
	size_t depth = 0;
	for (; node != 0 && depth < SCHEMA_DEPTH_LIMIT; node = schema->nodes[node].parent)
		path[depth++] = node;
	if (thrift_list(reader, field, THRIFT_BINARY) != depth)
		thrift_fail(reader, "a column's path is not the schema's");
	while (depth > 0 && reader->problem == NULL) {
		struct view name = thrift_binary(reader, thrift_element(THRIFT_BINARY));
		if (!view_equal(name, view_of_text(schema->nodes[path[--depth]].name)))
			thrift_fail(reader, "a column's path is not the schema's");
	}
}

static void
take_counts(struct thrift_reader *reader, struct thrift_field field, struct column_chunk *chunk)
{
	chunk->count_count = 0;
	for (size_t count = thrift_list(reader, field, THRIFT_STRUCT); count > 0; count--) {
		struct encoding_count entry = {PAGE_DATA, 0, 0};
		if (!thrift_enter(reader, thrift_element(THRIFT_STRUCT)))
			return;
		for (struct thrift_field part = {0}; thrift_next(reader, &part);) {
			if (part.id < 1 || part.id > 3) {
				thrift_skip(reader, part);
				continue;
			}
			int32_t value = thrift_i32(reader, part);
			if (value < 0 || (part.id == 1 && value > 3))
				thrift_fail(reader, "a column's encoding statistics are out of range");
			else if (part.id == 1)
				entry.page = (enum page_type)value;
			else if (part.id == 2)
				entry.encoding = value;
			else
				entry.count = (uint32_t)value;
		}
		if (chunk->count_count < ENCODING_COUNTS)
			chunk->counts[chunk->count_count++] = entry;
	}
}

/* A size that is an i32 in the format. */
static uint64_t
take_size(struct thrift_reader *reader, struct thrift_field field)
{
	int32_t size = thrift_i32(reader, field);
	if (size < 0)
		thrift_fail(reader, "a size, count or offset is negative");
	return size < 0 ? 0 : (uint64_t)size;
}

static void
take_chunk_metadata(
    struct decoder *decoder, struct thrift_field field, uint32_t node, struct column_chunk *chunk)
{
	struct thrift_reader *reader = &decoder->reader;
	const struct schema *schema = decoder->metadata->schema;
	unsigned seen = 0;
	if (!thrift_enter(reader, field))
		return;
	for (struct thrift_field part = {0}; thrift_next(reader, &part);) {
		if (part.id > 0 && part.id < 16)
			seen |= 1u << part.id;
		if (part.id == 1) {
			if (thrift_i32(reader, part) != (int32_t)schema->nodes[node].physical)
				thrift_fail(reader, "a column's type is not the schema's");
			chunk->physical = schema->nodes[node].physical;
		} else if (part.id == 2) {
			take_encodings(reader, part, chunk);
		} else if (part.id == 3) {
			take_path(reader, part, schema, node);
		} else if (part.id == 4) {
			chunk->codec = thrift_i32(reader, part);
		} else if (part.id == 5) {
			chunk->num_values = metadata_unsigned(reader, part);
		} else if (part.id == 6) {
			chunk->total_uncompressed_bytes = metadata_unsigned(reader, part);
		} else if (part.id == 7) {
			chunk->total_compressed_bytes = metadata_unsigned(reader, part);
		} else if (part.id == 9) {
			chunk->data_page_offset = metadata_unsigned(reader, part);
		} else if (part.id == 11) {
			chunk->dictionary_page_offset = metadata_unsigned(reader, part);
		} else if (part.id == 12) {
			value_range_decode(reader, part, &chunk->range);
		} else if (part.id == 13) {
			take_counts(reader, part, chunk);
		} else if (part.id == 14) {
			chunk->bloom_offset = metadata_unsigned(reader, part);
		} else if (part.id == 15 && part.type == THRIFT_I32) {
			/* Some writers put something else there. */
			chunk->bloom_bytes = take_size(reader, part);
		} else if (part.id == 16 && part.type == THRIFT_STRUCT) {
			chunk->size_statistics = thrift_raw(reader, part);
		} else {
			thrift_skip(reader, part);
		}
	}
	/* The required ones: 1 to 7 and 9. */
	if ((seen & 0x2fe) != 0x2fe)
		thrift_fail(reader, "a column's metadata lack a required field");
}

/* The chunk's bytes must lie between the magic and the footer. */
static void
check_chunk(struct decoder *decoder, const struct column_chunk *chunk)
{
	uint64_t start = column_chunk_start(chunk);
	/* An empty chunk is nowhere. */
	if (chunk->num_values == 0 && chunk->total_compressed_bytes == 0)
		return;
	if (start < METADATA_MAGIC_BYTES || start > decoder->data_bytes ||
	    chunk->total_compressed_bytes > decoder->data_bytes - start)
		thrift_fail(&decoder->reader, "a column's data lie outside the file");
	else if (chunk->data_page_offset > start + chunk->total_compressed_bytes)
		thrift_fail(&decoder->reader, "a column's data lie outside their chunk");
}

static void
take_chunk(struct decoder *decoder, uint32_t node, struct column_chunk *chunk)
{
	struct thrift_reader *reader = &decoder->reader;
	bool has_metadata = false;
	*chunk = (struct column_chunk){0};
	if (!thrift_enter(reader, thrift_element(THRIFT_STRUCT)))
		return;
	for (struct thrift_field part = {0}; thrift_next(reader, &part);) {
		if (part.id == 1) {
			thrift_fail(reader, "a column's data lie in another file");
		} else if (part.id == 3) {
			if (has_metadata)
				thrift_fail(reader, "a column has its metadata twice");
			take_chunk_metadata(decoder, part, node, chunk);
			has_metadata = true;
		} else if (part.id == 4) {
			chunk->offset_index_offset = metadata_unsigned(reader, part);
		} else if (part.id == 5) {
			chunk->offset_index_bytes = take_size(reader, part);
		} else if (part.id == 6) {
			chunk->column_index_offset = metadata_unsigned(reader, part);
		} else if (part.id == 7) {
			chunk->column_index_bytes = take_size(reader, part);
		} else {
			thrift_skip(reader, part);
		}
	}
	if (!has_metadata)
		thrift_fail(reader, "a column has no metadata");
	if (reader->problem == NULL)
		check_chunk(decoder, chunk);
}

static bool
append(struct decoder *decoder, struct buffer *array, const void *element, size_t size)
{
	if (decoder->reader.problem != NULL || decoder->failed)
		return false;
	if (!buffer_append(array, element, size, decoder->error))
		decoder->failed = true;
	return !decoder->failed;
}

static void
take_chunks(struct decoder *decoder, struct thrift_field field)
{
	const struct schema *schema = decoder->metadata->schema;
	if (thrift_list(&decoder->reader, field, THRIFT_STRUCT) != schema->leaf_count)
		thrift_fail(&decoder->reader, "a row group has not the columns of the schema");
	for (uint32_t leaf = 0; leaf < schema->leaf_count && decoder->reader.problem == NULL; leaf++) {
		struct column_chunk chunk;
		take_chunk(decoder, schema->leaves[leaf], &chunk);
		if (!append(decoder, &decoder->metadata->own_columns, &chunk, sizeof chunk))
			return;
	}
}

static void
take_group(struct decoder *decoder, struct row_group *group)
{
	struct thrift_reader *reader = &decoder->reader;
	unsigned seen = 0;
	*group = (struct row_group){0};
	if (!thrift_enter(reader, thrift_element(THRIFT_STRUCT)))
		return;
	for (struct thrift_field part = {0}; !decoder->failed && thrift_next(reader, &part);) {
		if (part.id == 1 && (seen & 1u << 1) != 0)
			thrift_fail(reader, "a row group lists its columns twice");
		if (part.id > 0 && part.id < 16)
			seen |= 1u << part.id;
		if (part.id == 1)
			take_chunks(decoder, part);
		else if (part.id == 2)
			group->total_uncompressed_bytes = metadata_unsigned(reader, part);
		else if (part.id == 3)
			group->num_rows = metadata_unsigned(reader, part);
		else if (part.id == 4 && part.type == THRIFT_LIST)
			group->sorting = thrift_raw(reader, part);
		else if (part.id == 5)
			group->file_offset = metadata_unsigned(reader, part);
		else if (part.id == 6)
			group->total_compressed_bytes = metadata_unsigned(reader, part);
		else
			thrift_skip(reader, part);
	}
	if ((seen & 0xe) != 0xe)
		thrift_fail(reader, "a row group lacks a required field");
	if (group->num_rows > INT64_MAX - decoder->metadata->group_rows)
		thrift_fail(reader, "the row groups have too many rows");
	else
		decoder->metadata->group_rows += group->num_rows;
}

static void
take_groups(struct decoder *decoder, struct thrift_field field)
{
	if (!decoder->has_schema || decoder->has_groups)
		thrift_fail(&decoder->reader, "the row groups come before the schema, or twice");
	decoder->has_groups = true;
	size_t count = thrift_list(&decoder->reader, field, THRIFT_STRUCT);
	for (; count > 0 && decoder->reader.problem == NULL; count--) {
		struct row_group group;
		take_group(decoder, &group);
		if (!append(decoder, &decoder->metadata->own_groups, &group, sizeof group))
			return;
	}
}

static void
take_key_values(struct decoder *decoder, struct thrift_field field)
{
	struct thrift_reader *reader = &decoder->reader;
	for (size_t count = thrift_list(reader, field, THRIFT_STRUCT); count > 0; count--) {
		struct key_value pair = {{NULL, 0}, {NULL, 0}};
		if (!thrift_enter(reader, thrift_element(THRIFT_STRUCT)))
			return;
		for (struct thrift_field part = {0}; thrift_next(reader, &part);) {
			if (part.id == 1)
				pair.key = thrift_binary(reader, part);
			else if (part.id == 2)
				pair.value = thrift_binary(reader, part);
			else
				thrift_skip(reader, part);
		}
		if (!append(decoder, &decoder->metadata->own_key_values, &pair, sizeof pair))
			return;
	}
}

static void
take_schema(struct decoder *decoder, struct thrift_field field)
{
	if (decoder->has_schema)
		thrift_fail(&decoder->reader, "the schema comes twice");
	decoder->has_schema = true;
	if (decoder->reader.problem != NULL)
		return;
	struct file_metadata *metadata = decoder->metadata;
	if (!metadata_schema_decode(&decoder->reader, field, &metadata->own_schema, decoder->error))
		decoder->failed = true;
	metadata->schema = &metadata->own_schema;
}

static void
take_file(struct decoder *decoder)
{
	struct thrift_reader *reader = &decoder->reader;
	for (struct thrift_field field = {0}; !decoder->failed && thrift_next(reader, &field);) {
		if (field.id == 2) {
			take_schema(decoder, field);
		} else if (field.id == 3) {
			decoder->metadata->num_rows = metadata_unsigned(reader, field);
			decoder->has_rows = true;
		} else if (field.id == 4) {
			take_groups(decoder, field);
		} else if (field.id == 5) {
			take_key_values(decoder, field);
		} else if (field.id == 6) {
			decoder->metadata->created_by = thrift_binary(reader, field);
		} else {
			thrift_skip(reader, field);
		}
	}
	if (!decoder->has_schema || !decoder->has_groups || !decoder->has_rows)
		thrift_fail(reader, "the footer lacks a required field");
}

/* Turns the arrays that grew into those of the struct. */
static void
settle(struct file_metadata *metadata)
{
	metadata->row_groups = (struct row_group *)(void *)metadata->own_groups.data;
	metadata->row_group_count = metadata->own_groups.size / sizeof(struct row_group);
	metadata->key_values = (struct key_value *)(void *)metadata->own_key_values.data;
	metadata->key_value_count = metadata->own_key_values.size / sizeof(struct key_value);
	struct column_chunk *columns = (struct column_chunk *)(void *)metadata->own_columns.data;
	for (size_t i = 0; i < metadata->row_group_count; i++)
		metadata->row_groups[i].columns = columns + i * metadata->schema->leaf_count;
}

/* Decodes own_bytes; no chunk may end after DATA_BYTES, where the footer starts. */
static bool
decode_own(struct file_metadata *metadata, uint64_t data_bytes, struct nest_error *error)
{
	struct decoder decoder = {.metadata = metadata, .data_bytes = data_bytes, .error = error};
	thrift_reader_init(
	    &decoder.reader, (struct view){metadata->own_bytes.data, metadata->own_bytes.size});
	take_file(&decoder);
	if (!decoder.failed && decoder.reader.problem == NULL) {
		settle(metadata);
		return true;
	}
	if (!decoder.failed)
		nest_error_set(error, NEST_INVALID, "the footer is invalid at its byte %td: %s",
		    decoder.reader.at - decoder.reader.begin, decoder.reader.problem);
	metadata_free(metadata);
	return false;
}

static bool
read_at(
    const struct metadata_source *source, void *data, size_t size, uint64_t offset, struct nest_error *error)
{
	return source->read_at(source->context, data, size, offset, error);
}

/* Reads the magics and the footer's length; its bytes go to own_bytes, its offset to *DATA_BYTES. */
static bool
read_footer(struct file_metadata *metadata, const struct metadata_source *source, uint64_t *data_bytes,
    struct nest_error *error)
{
	const char *path = source->name;
	uint64_t size = source->size_bytes;
	uint8_t head[METADATA_MAGIC_BYTES], tail[METADATA_TAIL_BYTES];
	if (size < sizeof head + sizeof tail)
		return nest_error_set(
		    error, NEST_INVALID, "%s is no Parquet file: it has %" PRIu64 " bytes only", path, size);
	if (!read_at(source, head, sizeof head, 0, error) ||
	    !read_at(source, tail, sizeof tail, size - sizeof tail, error))
		return false;
	if (memcmp(head, "PAR1", 4) != 0 || memcmp(tail + 4, "PAR1", 4) != 0)
		return nest_error_set(
		    error, NEST_INVALID, "%s is no Parquet file: it does not begin and end with PAR1", path);
	uint64_t length =
	    (uint64_t)tail[0] | (uint64_t)tail[1] << 8 | (uint64_t)tail[2] << 16 | (uint64_t)tail[3] << 24;
	if (length > METADATA_FOOTER_LIMIT || length > size - sizeof head - sizeof tail)
		return nest_error_set(error, NEST_INVALID,
		    "%s has a footer of %" PRIu64 " bytes, which is more than there can be", path, length);
	*data_bytes = size - sizeof tail - length;
	if (!buffer_reserve(&metadata->own_bytes, (size_t)length, error) ||
	    !read_at(source, metadata->own_bytes.data, (size_t)length, *data_bytes, error))
		return false;
	metadata->own_bytes.size = (size_t)length;
	return true;
}

bool
metadata_read(struct file_metadata *metadata, const struct metadata_source *source, struct nest_error *error)
{
	uint64_t data_bytes = 0;
	*metadata = (struct file_metadata){0};
	if (!read_footer(metadata, source, &data_bytes, error)) {
		metadata_free(metadata);
		return false;
	}
	if (!decode_own(metadata, data_bytes, error))
		return nest_error_prefix(error, "%s: ", source->name);
	return true;
}
