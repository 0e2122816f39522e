/*
 * Any values as a column chunk, in any encoding, told or chosen, and read back as they were: three bytes
 * choose the column and how it is written, the rest are its levels and values.
 */
#include "encode/column.h"
#include "encode/part.h"
#include "lib/parquet/chunk_reader.h"
#include "lib/parquet/encoding.h"
#include "lib/parquet/levels.h"
#include "tests/fuzz/must.h"

#include <stdio.h>
#include <sys/uio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const TYPES[] = {"boolean", "int32", "int64", "int96", "float", "double", "binary",
    "fixed_len_byte_array(1)", "fixed_len_byte_array(9)"};
static const char *const REPETITIONS[] = {"required", "optional", "repeated"};

enum { TYPE_COUNT = sizeof TYPES / sizeof *TYPES };

static struct nest_error error;
static struct buffer rep, def, values, pieces, file;
static struct page_scratch scratch;

static void
put(struct buffer *out, const void *data, size_t size)
{
	must(buffer_append(out, data, size, &error));
}

/* One entry of the column from DATA, of which there is something; how many bytes it took. */
static size_t
put_entry(const struct leaf *leaf, const uint8_t *data, size_t size)
{
	size_t fixed = leaf->kind.value_bytes;
	bool is_there = leaf->max_def == 0 || data[0] % 8 > 0;
	bool goes_on = def.size > 0 && is_there && def.data[def.size - 1] > 0 && data[0] & 64;
	put(&rep, &(uint8_t){leaf->max_rep > 0 && goes_on}, 1);
	put(&def, &(uint8_t){is_there}, 1);
	if (!is_there)
		return 1;
	if (fixed > 0) {
		uint8_t value[16] = {0};
		memcpy(value, data, size < fixed ? size : fixed);
		value[0] &= leaf->physical == PHYSICAL_BOOLEAN ? 1 : 0xff;
		put(&values, value, fixed);
		return size < fixed ? size : fixed;
	}
	uint8_t length[4] = {data[0] & 31};
	length[0] = length[0] < size ? length[0] : (uint8_t)(size - 1);
	put(&values, length, sizeof length);
	put(&values, data + 1, length[0]);
	return 1 + (size_t)length[0];
}

/* Writes all rows, a stride at a time. */
static void
write_column(struct column *column, const struct leaf *leaf)
{
	struct plain_cursor cursor = {values.data, values.data + values.size, 0, NULL};
	for (size_t at = 0; at < def.size;) {
		size_t count = levels_rows_end(rep.data + at, def.size - at, PART_STRIDE);
		struct column_run run = {rep.data + at, def.data + at, levels_count(rep.data + at, count, 0),
		    count, leaf->max_def > 0 ? levels_count(def.data + at, count, 1) : count};
		must(column_append(column, &run, &cursor, &error));
		must(column_decide(column, &scratch, &error));
		at += count;
	}
	must(column_finish(column, &scratch, &error));
	buffer_clear(&pieces);
	buffer_clear(&file);
	put(&file, "PAR1", METADATA_MAGIC_BYTES);
	must(chunk_pieces(&column->chunk, &pieces, &error));
	for (size_t i = 0; i < pieces.size / sizeof(struct iovec); i++) {
		const struct iovec *piece = (const struct iovec *)(const void *)pieces.data + i;
		put(&file, piece->iov_base, piece->iov_len);
	}
}

static bool
read_at(void *context, void *data, size_t size, uint64_t offset, struct nest_error *failure)
{
	(void)context;
	if (offset > file.size || size > file.size - offset)
		return nest_error_set(failure, NEST_FAILED, "there is nothing");
	memcpy(data, file.data + offset, size);
	return true;
}

/* Moves WHOLE past PIECE, which it must begin with. */
static void
match(struct view *whole, struct view piece)
{
	must(piece.size <= whole->size &&
	     (piece.size == 0 || memcmp(piece.data, whole->data, piece.size) == 0));
	whole->data += piece.size;
	whole->size -= piece.size;
}

static void
read_column(struct column *column, const struct schema_node *node)
{
	struct column_chunk chunk = column_describe(column, METADATA_MAGIC_BYTES);
	const struct metadata_source source = {read_at, NULL, file.size, "memory"};
	struct view reps = {rep.data, node->max_rep > 0 ? rep.size : 0};
	struct view defs = {def.data, node->max_def > 0 ? def.size : 0};
	struct view left = {values.data, values.size};
	struct chunk_reader reader = {0};
	bool found;
	must(chunk.total_compressed_bytes == file.size - METADATA_MAGIC_BYTES);
	chunk_reader_open(&reader, &source, &chunk, node);
	while (chunk_reader_next_data(&reader, &found, &error) && found) {
		match(&reps, (struct view){reader.content.rep.data, reader.content.rep.size});
		match(&defs, (struct view){reader.content.def.data, reader.content.def.size});
		match(&left, reader.content.values);
	}
	must(!found && reps.size == 0 && defs.size == 0 && left.size == 0);
	chunk_reader_free(&reader);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct column column;
	struct schema schema;
	struct leaf leaf;
	struct column_options own = {0};
	struct part_options options = PART_OPTIONS_DEFAULT;
	char text[128];
	if (size < 4)
		return 0;
	snprintf(text, sizeof text, "message m { %s %s a; }", REPETITIONS[data[0] / TYPE_COUNT % 3],
	    TYPES[data[0] % TYPE_COUNT]);
	must(schema_parse(&schema, view_of_text(text), &error));
	slice_leaves(&leaf, &schema);
	own.given = (data[1] & 1u) << COLUMN_ENCODING;
	own.encoding = (enum encoding)(data[1] / 2 % ENCODING_KINDS);
	if (!encoding_fits(own.encoding, leaf.physical))
		own.encoding = ENCODING_PLAIN;
	options.preset = (enum preset)(data[1] / 32 % 3);
	if (data[2] & 1)
		options.compression = (struct codec_choice){CODEC_ZSTD, 1};
	options.page_type = data[2] & 2 ? PAGE_DATA_V2 : PAGE_DATA;
	options.dictionary_page_bytes = 16u << (data[2] / 4 % 8);
	options.page_rows = data[2] & 32 ? 1 : 1000;
	options.page_bytes = data[2] & 64 ? 500 : 100000;
	buffer_clear(&rep);
	buffer_clear(&def);
	buffer_clear(&values);
	for (size_t at = 3; at < size;)
		at += put_entry(&leaf, data + at, size - at);
	must(buffer_reserve(&values, PLAIN_SLACK, &error));
	must(column_init(&column, &leaf, &options, &own, &error));
	write_column(&column, &leaf);
	read_column(&column, &schema.nodes[1]);
	schema_free(&schema);
	return 0;
}
