/* metadata.c - writes the footer, and answers questions about a struct file_metadata. */
#include "lib/parquet/metadata.h"

#include "lib/base/version.h"
#include "lib/parquet/metadata_schema.h"
#include "lib/parquet/sorting.h"
#include "lib/parquet/value_range.h"

/* Writes the names from below the root to the leaf NODE. */
static void
put_path(struct thrift_writer *writer, int16_t id, const struct schema *schema, uint32_t node)
{
	uint32_t path[SCHEMA_DEPTH_LIMIT];
	size_t depth = 0;
	for (; node != 0 && depth < SCHEMA_DEPTH_LIMIT; node = schema->nodes[node].parent)
		path[depth++] = node;
	thrift_field_list(writer, id, THRIFT_BINARY, depth);
	while (depth > 0)
		thrift_element_binary(writer, view_of_text(schema->nodes[path[--depth]].name));
}

static void
put_encodings(struct thrift_writer *writer, int16_t id, uint32_t encodings)
{
	size_t count = 0;
	for (int i = 0; i < 32; i++)
		count += encodings >> i & 1;
	thrift_field_list(writer, id, THRIFT_I32, count);
	for (int i = 0; i < 32; i++)
		if (encodings >> i & 1)
			thrift_element_i32(writer, i);
}

static void
put_counts(struct thrift_writer *writer, int16_t id, const struct column_chunk *chunk)
{
	if (chunk->count_count == 0)
		return;
	thrift_field_list(writer, id, THRIFT_STRUCT, chunk->count_count);
	for (size_t i = 0; i < chunk->count_count; i++) {
		thrift_element_struct(writer);
		thrift_field_i32(writer, 1, (int32_t)chunk->counts[i].page);
		thrift_field_i32(writer, 2, chunk->counts[i].encoding);
		thrift_field_i32(writer, 3, (int32_t)chunk->counts[i].count);
		thrift_struct_end(writer);
	}
}

/* Writes an offset as field ID, and the size there as the next field, if there is anything. */
static void
put_place(struct thrift_writer *writer, int16_t id, uint64_t offset, uint64_t bytes)
{
	if (bytes == 0)
		return;
	thrift_field_i64(writer, id, metadata_signed(offset));
	thrift_field_i32(writer, (int16_t)(id + 1), (int32_t)bytes);
}

/* Writes a ColumnChunk into the open struct. */
static void
put_chunk(struct thrift_writer *writer, const struct schema *schema, uint32_t node,
    const struct column_chunk *chunk)
{
	thrift_field_i64(writer, 2, 0);
	thrift_field_struct(writer, 3);
	thrift_field_i32(writer, 1, (int32_t)chunk->physical);
	put_encodings(writer, 2, chunk->encodings);
	put_path(writer, 3, schema, node);
	thrift_field_i32(writer, 4, chunk->codec);
	thrift_field_i64(writer, 5, metadata_signed(chunk->num_values));
	thrift_field_i64(writer, 6, metadata_signed(chunk->total_uncompressed_bytes));
	thrift_field_i64(writer, 7, metadata_signed(chunk->total_compressed_bytes));
	thrift_field_i64(writer, 9, metadata_signed(chunk->data_page_offset));
	if (chunk->dictionary_page_offset > 0)
		thrift_field_i64(writer, 11, metadata_signed(chunk->dictionary_page_offset));
	value_range_encode(writer, 12, &chunk->range);
	put_counts(writer, 13, chunk);
	put_place(writer, 14, chunk->bloom_offset, chunk->bloom_bytes);
	if (chunk->size_statistics.size > 0)
		thrift_field_raw(writer, 16, THRIFT_STRUCT, chunk->size_statistics);
	thrift_struct_end(writer);
	put_place(writer, 4, chunk->offset_index_offset, chunk->offset_index_bytes);
	put_place(writer, 6, chunk->column_index_offset, chunk->column_index_bytes);
	thrift_struct_end(writer);
}

bool
metadata_encode_chunk(struct buffer *out, const struct schema *schema, uint32_t node,
    const struct column_chunk *chunk, struct nest_error *error)
{
	struct thrift_writer writer;
	thrift_writer_init(&writer, out, error);
	put_chunk(&writer, schema, node, chunk);
	return !writer.failed;
}

static void
put_groups(struct thrift_writer *writer, int16_t id, const struct file_metadata *metadata)
{
	const struct schema *schema = metadata->schema;
	thrift_field_list(writer, id, THRIFT_STRUCT, metadata->row_group_count);
	for (size_t i = 0; i < metadata->row_group_count; i++) {
		const struct row_group *group = &metadata->row_groups[i];
		thrift_element_struct(writer);
		thrift_field_list(writer, 1, THRIFT_STRUCT, schema->leaf_count);
		for (uint32_t leaf = 0; leaf < schema->leaf_count; leaf++) {
			thrift_element_struct(writer);
			put_chunk(writer, schema, schema->leaves[leaf], &group->columns[leaf]);
		}
		thrift_field_i64(writer, 2, metadata_signed(group->total_uncompressed_bytes));
		thrift_field_i64(writer, 3, metadata_signed(group->num_rows));
		sorting_encode(writer, 4, metadata->sorting, metadata->sorting_count);
		thrift_field_i64(writer, 5, metadata_signed(group->file_offset));
		thrift_field_i64(writer, 6, metadata_signed(group->total_compressed_bytes));
		if (i <= INT16_MAX)
			thrift_field_i16(writer, 7, (int16_t)i);
		thrift_struct_end(writer);
	}
}

static void
put_key_values(struct thrift_writer *writer, int16_t id, const struct file_metadata *metadata)
{
	if (metadata->key_value_count == 0)
		return;
	thrift_field_list(writer, id, THRIFT_STRUCT, metadata->key_value_count);
	for (size_t i = 0; i < metadata->key_value_count; i++) {
		thrift_element_struct(writer);
		thrift_field_binary(writer, 1, metadata->key_values[i].key);
		thrift_field_binary(writer, 2, metadata->key_values[i].value);
		thrift_struct_end(writer);
	}
}

/* Every column is in the order that its type defines. */
static void
put_orders(struct thrift_writer *writer, int16_t id, size_t leaf_count)
{
	thrift_field_list(writer, id, THRIFT_STRUCT, leaf_count);
	for (size_t i = 0; i < leaf_count; i++) {
		thrift_element_struct(writer);
		thrift_field_struct(writer, 1);
		thrift_struct_end(writer);
		thrift_struct_end(writer);
	}
}

bool
metadata_end(struct buffer *out, size_t start, struct nest_error *error)
{
	size_t size = out->size - start;
	if (size > METADATA_FOOTER_LIMIT)
		return nest_error_set(error, NEST_INVALID,
		    "a footer of %zu bytes is too large; use larger row groups or smaller key-values", size);
	const uint8_t tail[METADATA_TAIL_BYTES] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16),
	    (uint8_t)(size >> 24), 'P', 'A', 'R', '1'};
	return buffer_append(out, tail, sizeof tail, error);
}

bool
metadata_encode(struct buffer *out, const struct file_metadata *metadata, struct nest_error *error)
{
	struct thrift_writer writer;
	size_t start = out->size;
	thrift_writer_init(&writer, out, error);
	thrift_field_i32(&writer, 1, 1);
	metadata_schema_encode(&writer, 2, metadata->schema);
	thrift_field_i64(&writer, 3, metadata_signed(metadata->num_rows));
	put_groups(&writer, 4, metadata);
	put_key_values(&writer, 5, metadata);
	thrift_field_binary(&writer, 6,
	    metadata->created_by.size > 0 ? metadata->created_by
					  : view_of_text("nest version " NEST_VERSION));
	put_orders(&writer, 7, metadata->schema->leaf_count);
	thrift_struct_end(&writer);
	return !writer.failed && metadata_end(out, start, error);
}

uint64_t
column_chunk_start(const struct column_chunk *chunk)
{
	/* A chunk without a data page may have only a dictionary; some writers say 0 for what is missing. */
	uint64_t data = chunk->data_page_offset, dictionary = chunk->dictionary_page_offset;
	return dictionary > 0 && (data == 0 || dictionary < data) ? dictionary : data;
}

const struct view *
metadata_value(const struct file_metadata *metadata, const char *key)
{
	for (size_t i = 0; i < metadata->key_value_count; i++)
		if (view_equal(metadata->key_values[i].key, view_of_text(key)))
			return &metadata->key_values[i].value;
	return NULL;
}

void
metadata_free(struct file_metadata *metadata)
{
	schema_free(&metadata->own_schema);
	buffer_free(&metadata->own_bytes);
	buffer_free(&metadata->own_groups);
	buffer_free(&metadata->own_columns);
	buffer_free(&metadata->own_key_values);
	*metadata = (struct file_metadata){0};
}
