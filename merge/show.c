/* show.c - prints a file's rows, or what its footer and the headers of its pages say. */
#include "merge/show.h"

#include "lib/base/program.h"
#include "lib/base/utf8.h"
#include "lib/parquet/assemble.h"
#include "lib/parquet/encoding.h"
#include "lib/parquet/level_counts.h"
#include "lib/parquet/sorting.h"
#include "lib/parquet/statistics.h"
#include "lib/print/escape.h"
#include "merge/file.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FLUSH_BYTES = 1 << 20, PATH_BYTES = 512, BOUND_BYTES = 40 };

/* Shows a file; the first failure is kept. */
struct shower {
	const struct parquet_file *file;
	struct buffer out;
	struct nest_error *error;
	bool failed;
};

static bool
flush(struct shower *shower)
{
	if (fwrite(shower->out.data, 1, shower->out.size, stdout) != shower->out.size)
		return nest_error_system(shower->error, "unable to write standard output");
	buffer_clear(&shower->out);
	return true;
}

static void put(struct shower *shower, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
put(struct shower *shower, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	int size = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	size_t kept = size < (int)sizeof text ? (size_t)size : sizeof text - 1;
	if (!shower->failed && !buffer_append(&shower->out, text, kept, shower->error))
		shower->failed = true;
}

static void
put_hexadecimal(struct shower *shower, struct view bytes)
{
	put(shower, "\"0x");
	for (size_t i = 0; i < bytes.size; i++)
		put(shower, "%02x", bytes.data[i]);
	put(shower, "\"");
}

/* A text as a JSON string; bytes that are not text in hexadecimal digits. */
static void
put_text(struct shower *shower, struct view text)
{
	if (!utf8_valid(text.data, text.size))
		put_hexadecimal(shower, text);
	else if (!shower->failed && !escape_append(&shower->out, text, shower->error))
		shower->failed = true;
}

/* ---- rows ---- */

static bool
print_rows(struct shower *shower, struct assembly *assembly, struct jsonl *jsonl)
{
	struct buffer row = {0};
	bool fine = true;
	while (fine && assembly->rows_left > 0) {
		if (program_interrupted()) {
			fine = program_interrupt_error(shower->error);
			break;
		}
		buffer_clear(&row);
		fine = assembly_next(assembly, &row, shower->error) &&
		       jsonl_append(jsonl, (struct view){row.data, row.size}, &shower->out, shower->error) &&
		       (shower->out.size < FLUSH_BYTES || flush(shower));
	}
	buffer_free(&row);
	return fine && flush(shower);
}

static bool
show_groups(struct shower *shower, const struct show_options *options, struct jsonl *jsonl)
{
	const struct file_metadata *metadata = &shower->file->metadata;
	struct assembly assembly;
	uint64_t left = options->rows;
	if (!assembly_open(&assembly, &shower->file->source, metadata, shower->error))
		return false;
	bool fine = true;
	for (size_t i = 0; fine && left > 0 && i < metadata->row_group_count; i++) {
		fine = assembly_load(&assembly, i, left, shower->error);
		left -= assembly.rows_left;
		fine = fine && print_rows(shower, &assembly, jsonl);
		if (!fine && shower->error->status == NEST_INVALID)
			nest_error_prefix(shower->error, "row group %zu, ", i);
	}
	assembly_free(&assembly);
	return fine;
}

static bool
show_rows(struct shower *shower, const struct show_options *options)
{
	struct jsonl *jsonl;
	if (!jsonl_open(&jsonl, shower->file->metadata.schema, options->binary, shower->error))
		return false;
	bool fine = show_groups(shower, options, jsonl);
	jsonl_close(jsonl);
	return fine;
}

/* ---- what the footer says ---- */

static double
real_of(struct view bound)
{
	float narrow;
	double wide;
	if (bound.size == sizeof narrow) {
		memcpy(&narrow, bound.data, sizeof narrow);
		return (double)narrow;
	}
	memcpy(&wide, bound.data, sizeof wide);
	return wide;
}

/* A bound as JSON: a number if it is an integer or finite, a text, or bytes. */
static void
put_bound(struct shower *shower, enum value_order order, struct view bound)
{
	uint64_t bits = 0;
	size_t width = bound.size <= sizeof bits ? bound.size : 0;
	for (size_t i = 0; i < width; i++)
		bits |= (uint64_t)bound.data[i] << 8 * i;
	if (order == ORDER_BOOLEAN && width == 1)
		put(shower, "%s", bits != 0 ? "true" : "false");
	else if (order == ORDER_INT32 && width == 4)
		put(shower, "%" PRId32, (int32_t)(uint32_t)bits);
	else if (order == ORDER_INT64 && width == 8)
		put(shower, "%" PRId64, (int64_t)bits);
	else if ((order == ORDER_UINT32 && width == 4) || (order == ORDER_UINT64 && width == 8))
		put(shower, "%" PRIu64, bits);
	else if (((order == ORDER_FLOAT && width == 4) || (order == ORDER_DOUBLE && width == 8)) &&
		 __builtin_isfinite(real_of(bound)))
		put(shower, "%.*g", width == 4 ? 9 : 17, real_of(bound));
	else if (order == ORDER_BYTES)
		put_text(shower, bound);
	else
		put_hexadecimal(shower, bound);
}

static void
put_encodings(struct shower *shower, const struct column_chunk *chunk, const char *quote, const char *between)
{
	const char *before = "";
	for (int i = 0; i < 32; i++)
		if (chunk->encodings >> i & 1) {
			put(shower, "%s%s%s%s", before, quote, encoding_name((enum encoding)i), quote);
			before = between;
		}
}

static const char *
page_name(enum page_type type)
{
	static const char *const names[] = {[PAGE_DATA] = "data",
	    [PAGE_INDEX] = "index",
	    [PAGE_DICTIONARY] = "dictionary",
	    [PAGE_DATA_V2] = "data v2"};
	return names[type];
}

/* A line, or an object, for each page of CHUNK. */
static bool
put_pages(struct shower *shower, const struct column_chunk *chunk, const struct schema_node *leaf, bool json)
{
	struct chunk_reader reader = {0};
	bool fine, found;
	const char *before = "";
	chunk_reader_open(&reader, &shower->file->source, chunk, leaf);
	while ((fine = chunk_reader_next_header(&reader, &found, shower->error)) && found) {
		const struct page_header *header = &reader.header;
		const char *name = page_name(header->type), *encoding = encoding_name(header->encoding);
		if (json)
			put(shower,
			    "%s{\"offset\":%" PRIu64
			    ",\"type\":\"%s\",\"encoding\":\"%s\",\"values\":%" PRIu32
			    ",\"header_bytes\":%zu,\"compressed_bytes\":%" PRIu32
			    ",\"uncompressed_bytes\":%" PRIu32 "}",
			    before, reader.page_at, name, encoding, header->num_values, reader.header_bytes,
			    header->compressed_bytes, header->uncompressed_bytes);
		else
			put(shower,
			    "      page at %" PRIu64 ": %s, %s, %" PRIu32 " values, %" PRIu32 " of %" PRIu32
			    " bytes\n",
			    reader.page_at, name, encoding, header->num_values, header->compressed_bytes,
			    header->uncompressed_bytes);
		before = ",";
	}
	chunk_reader_free(&reader);
	return fine;
}

/* A chunk's place: "row group 0, column a.b: ". */
static bool
prefix_chunk(struct shower *shower, size_t group, const char *path)
{
	return shower->error->status == NEST_INVALID
	           ? nest_error_prefix(shower->error, "row group %zu, column %s, ", group, path)
	           : false;
}

/* What lets readers skip the chunk or pages of it, if there is anything. */
static void
put_helps(struct shower *shower, const struct column_chunk *chunk, bool json)
{
	const struct {
		const char *name, *key;
		uint64_t offset, bytes;
	} helps[] = {
	    {"column index", "column_index", chunk->column_index_offset, chunk->column_index_bytes},
	    {"offset index", "offset_index", chunk->offset_index_offset, chunk->offset_index_bytes},
	    {"bloom filter", "bloom_filter", chunk->bloom_offset, chunk->bloom_bytes},
	};
	for (size_t i = 0; i < sizeof helps / sizeof *helps; i++)
		if (helps[i].offset > 0 && json)
			put(shower, ",\"%s\":{\"offset\":%" PRIu64 ",\"bytes\":%" PRIu64 "}", helps[i].key,
			    helps[i].offset, helps[i].bytes);
		else if (helps[i].offset > 0)
			put(shower, ", %s", helps[i].name);
}

static void
put_counts(struct shower *shower, const char *key, const uint64_t *counts, uint8_t most)
{
	put(shower, ",\"%s\":[", key);
	for (size_t i = 0; i <= most; i++)
		put(shower, "%s%" PRIu64, i > 0 ? "," : "", counts[i]);
	put(shower, "]");
}

/* The size statistics of the chunk, if it has any, as members of its object. */
static bool
put_sizes(struct shower *shower, const struct column_chunk *chunk, const struct schema_node *leaf)
{
	struct size_statistics sizes;
	if (chunk->size_statistics.size == 0)
		return true;
	if (!size_statistics_decode(&sizes, chunk->size_statistics, level_shape(leaf), shower->error))
		return false;
	if (sizes.has_value_bytes)
		put(shower, ",\"value_bytes\":%" PRIu64, sizes.counts.value_bytes);
	if (sizes.has_reps)
		put_counts(shower, "repetition_levels", sizes.counts.rep, leaf->max_rep);
	if (sizes.has_defs)
		put_counts(shower, "definition_levels", sizes.counts.def, leaf->max_def);
	return true;
}

/* The columns that the rows of GROUP are said to be sorted by. */
static bool
put_sorting(struct shower *shower, const struct row_group *group, bool json)
{
	const struct schema *schema = shower->file->metadata.schema;
	struct buffer keys = {0};
	if (group->sorting.size == 0)
		return true;
	bool fine = sorting_decode(&keys, group->sorting, schema->leaf_count, shower->error);
	const struct sorting_column *key = (const struct sorting_column *)(const void *)keys.data;
	size_t count = fine ? keys.size / sizeof *key : 0;
	put(shower, "%s", json ? ",\"sorted_by\":[" : ", sorted by");
	for (size_t i = 0; i < count; i++, key++) {
		char path[PATH_BYTES];
		schema_path(schema, schema->leaves[key->leaf], path, sizeof path);
		if (!json) {
			put(shower, "%s %s%s%s", i > 0 ? "," : "", path, key->descending ? " descending" : "",
			    key->nulls_first ? ", nulls first" : "");
			continue;
		}
		put(shower, "%s{\"path\":", i > 0 ? "," : "");
		put_text(shower, view_of_text(path));
		put(shower, ",\"descending\":%s,\"nulls_first\":%s}", key->descending ? "true" : "false",
		    key->nulls_first ? "true" : "false");
	}
	put(shower, "%s", json ? "]" : "");
	buffer_free(&keys);
	return fine;
}

static bool
put_chunk_json(struct shower *shower, size_t group, const struct column_chunk *chunk,
    const struct schema_node *leaf, const char *path)
{
	enum value_order order = statistics_order(leaf);
	put(shower, "{\"path\":");
	put_text(shower, view_of_text(path));
	put(shower, ",\"type\":\"%s\",\"codec\":\"%s\",\"encodings\":[", schema_physical_name(leaf->physical),
	    codec_name(chunk->codec).text);
	put_encodings(shower, chunk, "\"", ",");
	put(shower,
	    "],\"values\":%" PRIu64 ",\"offset\":%" PRIu64 ",\"compressed_bytes\":%" PRIu64
	    ",\"uncompressed_bytes\":%" PRIu64,
	    chunk->num_values, column_chunk_start(chunk), chunk->total_compressed_bytes,
	    chunk->total_uncompressed_bytes);
	if (chunk->range.has_null_count)
		put(shower, ",\"nulls\":%" PRIu64, chunk->range.null_count);
	if (chunk->range.has_min_max) {
		put(shower, ",\"min\":");
		put_bound(shower, order, chunk->range.min);
		put(shower, ",\"max\":");
		put_bound(shower, order, chunk->range.max);
	}
	put_helps(shower, chunk, true);
	if (!put_sizes(shower, chunk, leaf))
		return prefix_chunk(shower, group, path);
	put(shower, ",\"pages\":[");
	if (!put_pages(shower, chunk, leaf, true))
		return prefix_chunk(shower, group, path);
	put(shower, "]}");
	return true;
}

static bool
put_chunk_line(struct shower *shower, size_t group, const struct column_chunk *chunk,
    const struct schema_node *leaf, const char *path)
{
	enum value_order order = statistics_order(leaf);
	put(shower, "    %s: %s, %s, ", path, schema_physical_name(leaf->physical),
	    codec_name(chunk->codec).text);
	put_encodings(shower, chunk, "", " ");
	put(shower, ", %" PRIu64 " values", chunk->num_values);
	if (chunk->range.has_null_count)
		put(shower, ", %" PRIu64 " nulls", chunk->range.null_count);
	put(shower, ", %" PRIu64 " of %" PRIu64 " bytes", chunk->total_compressed_bytes,
	    chunk->total_uncompressed_bytes);
	if (chunk->range.has_min_max && chunk->range.min.size <= BOUND_BYTES &&
	    chunk->range.max.size <= BOUND_BYTES) {
		put(shower, ", ");
		put_bound(shower, order, chunk->range.min);
		put(shower, " to ");
		put_bound(shower, order, chunk->range.max);
	}
	put_helps(shower, chunk, false);
	put(shower, "\n");
	return put_pages(shower, chunk, leaf, false) || prefix_chunk(shower, group, path);
}

static bool
put_group(struct shower *shower, size_t number, bool json)
{
	const struct file_metadata *metadata = &shower->file->metadata;
	const struct schema *schema = metadata->schema;
	const struct row_group *group = &metadata->row_groups[number];
	if (json)
		put(shower, "%s{\"rows\":%" PRIu64 ",\"uncompressed_bytes\":%" PRIu64, number > 0 ? "," : "",
		    group->num_rows, group->total_uncompressed_bytes);
	else
		put(shower, "  row group %zu: %" PRIu64 " rows, %" PRIu64 " bytes uncompressed", number,
		    group->num_rows, group->total_uncompressed_bytes);
	if (!put_sorting(shower, group, json))
		return shower->error->status == NEST_INVALID
		           ? nest_error_prefix(shower->error, "row group %zu, ", number)
		           : false;
	put(shower, "%s", json ? ",\"columns\":[" : "\n");
	for (uint32_t i = 0; i < schema->leaf_count; i++) {
		char path[PATH_BYTES];
		const struct schema_node *leaf = &schema->nodes[schema->leaves[i]];
		schema_path(schema, schema->leaves[i], path, sizeof path);
		if (json && i > 0)
			put(shower, ",");
		bool fine = json ? put_chunk_json(shower, number, &group->columns[i], leaf, path)
		                 : put_chunk_line(shower, number, &group->columns[i], leaf, path);
		if (!fine || (shower->out.size >= FLUSH_BYTES && !flush(shower)))
			return false;
	}
	if (json)
		put(shower, "]}");
	return true;
}

static void
put_head_json(struct shower *shower)
{
	const struct file_metadata *metadata = &shower->file->metadata;
	put(shower, "{\"file\":");
	put_text(shower, view_of_text(shower->file->source.name));
	put(shower,
	    ",\"bytes\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"created_by\":", shower->file->source.size_bytes,
	    metadata->num_rows);
	put_text(shower, metadata->created_by);
	put(shower, ",\"schema\":");
	put_text(shower, (struct view){(const uint8_t *)metadata->schema->text, metadata->schema->text_size});
	put(shower, ",\"key_values\":[");
	for (size_t i = 0; i < metadata->key_value_count; i++) {
		put(shower, "%s{\"key\":", i > 0 ? "," : "");
		put_text(shower, metadata->key_values[i].key);
		put(shower, ",\"value\":");
		put_text(shower, metadata->key_values[i].value);
		put(shower, "}");
	}
	put(shower, "],\"row_groups\":[");
}

static void
put_head(struct shower *shower)
{
	const struct file_metadata *metadata = &shower->file->metadata;
	put(shower, "%s: %" PRIu64 " bytes, %" PRIu64 " rows, %zu row %s, written by ",
	    shower->file->source.name, shower->file->source.size_bytes, metadata->num_rows,
	    metadata->row_group_count, metadata->row_group_count == 1 ? "group" : "groups");
	put_text(shower, metadata->created_by);
	put(shower, "\n");
	if (!shower->failed &&
	    !buffer_append(&shower->out, metadata->schema->text, metadata->schema->text_size, shower->error))
		shower->failed = true;
	for (size_t i = 0; i < metadata->key_value_count; i++) {
		put(shower, "  ");
		put_text(shower, metadata->key_values[i].key);
		put(shower, ": %zu bytes\n", metadata->key_values[i].value.size);
	}
}

static bool
show_footer(struct shower *shower, bool json)
{
	if (json)
		put_head_json(shower);
	else
		put_head(shower);
	for (size_t i = 0; i < shower->file->metadata.row_group_count; i++)
		if (!put_group(shower, i, json))
			return false;
	if (json)
		put(shower, "]}\n");
	return !shower->failed && flush(shower);
}

bool
show_file(const char *path, const struct show_options *options, struct nest_error *error)
{
	struct parquet_file file;
	if (!parquet_file_open(&file, path, error))
		return false;
	struct shower shower = {.file = &file, .error = error};
	bool fine = options->has_rows ? show_rows(&shower, options) : show_footer(&shower, options->json);
	if (!fine && error->status == NEST_INVALID)
		nest_error_prefix(error, "%s: ", path);
	buffer_free(&shower.out);
	parquet_file_close(&file);
	return fine;
}
