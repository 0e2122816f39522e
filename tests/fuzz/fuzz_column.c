/*
 * Any values as a column chunk, in any encoding, told or chosen, and read back as they were: three bytes
 * choose the column and how it is written, the rest are its levels and values.
 */
#include "lib/parquet/chunk_reader.h"
#include "lib/parquet/column.h"
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
put_entry(const struct schema_node *leaf, const uint8_t *data, size_t size)
{
	size_t fixed = schema_value_bytes(leaf);
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
write_column(struct column *column, const struct schema_node *leaf)
{
	struct plain_cursor cursor = {values.data, values.data + values.size, 0, NULL};
	for (size_t at = 0; at < def.size;) {
		size_t count = levels_rows_end(rep.data + at, def.size - at, COLUMN_STRIDE);
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

/* Tells ENCODING, or PLAIN where that does not fit. */
static void
tell_encoding(struct column_rules *rules, const struct schema_node *leaf, enum encoding encoding)
{
	bool fits = encoding_fits(encoding, leaf->physical);
	rules->dictionary = fits && encoding == ENCODING_RLE_DICTIONARY;
	rules->encoding = fits && !rules->dictionary ? encoding : ENCODING_PLAIN;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct column column;
	struct schema schema;
	struct column_rules rules = {.page_index = true, .chunk_rows = 1 << 17, .dictionary = true};
	char text[128];
	if (size < 4)
		return 0;
	snprintf(text, sizeof text, "message m { %s %s a; }", REPETITIONS[data[0] / TYPE_COUNT % 3],
	    TYPES[data[0] % TYPE_COUNT]);
	must(schema_parse(&schema, view_of_text(text), &error));
	const struct schema_node *leaf = &schema.nodes[1];
	rules.is_told = data[1] & 1;
	if (rules.is_told)
		tell_encoding(&rules, leaf, (enum encoding)(data[1] / 2 % ENCODING_KINDS));
	rules.preset = (enum preset)(data[1] / 32 % 3);
	if (data[2] & 1)
		rules.compression = (struct codec_choice){CODEC_ZSTD, 1};
	rules.page_type = data[2] & 2 ? PAGE_DATA_V2 : PAGE_DATA;
	rules.dictionary_bytes = 16u << (data[2] / 4 % 8);
	rules.page_rows = data[2] & 32 ? 1 : 1000;
	rules.page_bytes = data[2] & 64 ? 500 : 100000;
	buffer_clear(&rep);
	buffer_clear(&def);
	buffer_clear(&values);
	for (size_t at = 3; at < size;)
		at += put_entry(leaf, data + at, size - at);
	must(buffer_reserve(&values, PLAIN_SLACK, &error));
	must(column_init(&column, leaf, &rules, &error));
	write_column(&column, leaf);
	read_column(&column, leaf);
	schema_free(&schema);
	return 0;
}
