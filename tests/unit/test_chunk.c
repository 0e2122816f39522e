/* Chunks: written as pages of both versions in every encoding and read back, and their bytes checked by hand.
 */
#include "lib/parquet/chunk.h"
#include "lib/parquet/chunk_reader.h"
#include "lib/parquet/encoding.h"
#include "tests/unit/metadata_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/uio.h>

#include <cmocka.h>

enum { MOST = 700 };

static struct nest_error error;
static struct page_scratch scratch;
static struct chunk chunk;
static struct chunk_reader reader;
static struct buffer file;

/* Puts the chunk's bytes into the file, as they would be written. */
static struct column_chunk
collect(void)
{
	struct buffer pieces = {0};
	assert_true(chunk_pieces(&chunk, &pieces, &error));
	buffer_clear(&file);
	assert_true(buffer_append(&file, "PAR1", METADATA_MAGIC_BYTES, &error));
	const struct iovec *piece = (const struct iovec *)(const void *)pieces.data;
	for (size_t i = 0; i < pieces.size / sizeof *piece; i++)
		assert_true(buffer_append(&file, piece[i].iov_base, piece[i].iov_len, &error));
	buffer_free(&pieces);
	struct column_chunk described = chunk_describe(&chunk, METADATA_MAGIC_BYTES);
	assert_int_equal(described.total_compressed_bytes, file.size - METADATA_MAGIC_BYTES);
	return described;
}

/* ---- every encoding ---- */

/* COUNT values of the type, which repeat themselves a little; no two calls go on alike. */
static void
put_values(struct buffer *out, const struct schema_node *leaf, size_t count)
{
	static uint64_t seed = 1;
	for (size_t i = 0; i < count; i++) {
		uint8_t bytes[24];
		size_t size = schema_value_bytes(leaf);
		seed = (seed ^ seed >> 31) * 0x9e3779b97f4a7c15u + 1;
		for (size_t b = 0; b < sizeof bytes; b++)
			bytes[b] = (uint8_t)(b < 2 ? seed >> 40 & 3 : b);
		if (leaf->physical == PHYSICAL_BOOLEAN)
			bytes[0] = i % 100 < 50;
		if (leaf->physical == PHYSICAL_BYTE_ARRAY) {
			size = seed >> 20 & 15;
			const uint8_t length[4] = {(uint8_t)size, 0, 0, 0};
			assert_true(buffer_append(out, length, sizeof length, &error));
		}
		assert_true(buffer_append(out, bytes, size, &error));
	}
}

/* Two pages, of COUNT entries and of one, of which every third is null. */
static void
write_pages(const struct schema_node *leaf, enum page_type type, enum encoding encoding, size_t count,
    struct buffer *def, struct buffer *values)
{
	bool is_boolean = leaf->physical == PHYSICAL_BOOLEAN;
	for (size_t page = 0; page < 2; page++, count = 1) {
		size_t def_start = def->size, value_start = values->size, present = 0;
		for (size_t i = 0; i < count; i++) {
			uint8_t level = i % 3 != 1;
			present += level;
			assert_true(buffer_append(def, &level, 1, &error));
		}
		put_values(values, leaf, present);
		struct view added = {values->data + value_start, values->size - value_start};
		if (!is_boolean)
			assert_true(buffer_append(&chunk.values, added.data, added.size, &error));
		const struct page described = {
		    .type = type,
		    .def = {def->data + def_start, count},
		    .max_def = 1,
		    .rows = count,
		    .entries = count,
		    .value_count = present,
		    .encoding = encoding,
		    .booleans = is_boolean ? added.data : NULL,
		    .value_bytes = schema_value_bytes(leaf),
		};
		assert_true(chunk_add_page(&chunk, &described, &scratch, &error));
	}
}

static void
read_pages(const struct schema_node *leaf, const struct buffer *def, const struct buffer *values)
{
	struct column_chunk described = collect();
	const struct metadata_source source = metadata_memory(&file);
	struct view levels = {def->data, def->size}, left = {values->data, values->size};
	bool found;
	chunk_reader_open(&reader, &source, &described, leaf);
	while (chunk_reader_next_data(&reader, &found, &error) && found) {
		const struct page_content *content = &reader.content;
		assert_true(content->def.size <= levels.size && content->values.size <= left.size);
		assert_memory_equal(content->def.data, levels.data, content->def.size);
		assert_memory_equal(content->values.data, left.data, content->values.size);
		levels.data += content->def.size;
		levels.size -= content->def.size;
		left.data += content->values.size;
		left.size -= content->values.size;
	}
	if (found)
		fail_msg("%s", error.text);
	assert_int_equal(levels.size, 0);
	assert_int_equal(left.size, 0);
}

static void
there_and_back(const struct schema_node *leaf, enum page_type type, enum encoding encoding)
{
	static const size_t counts[] = {0, 1, 2, 127, 128, 129, 192, 193, 194, 195, 386, MOST};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct buffer def = {0}, values = {0};
		assert_true(buffer_reserve(&def, 1, &error) && buffer_reserve(&values, 1, &error));
		chunk_clear(&chunk);
		write_pages(leaf, type, encoding, counts[i], &def, &values);
		struct column_chunk described = chunk_describe(&chunk, 0);
		assert_int_equal(described.encodings, 1u << encoding | 1u << ENCODING_RLE);
		assert_int_equal(described.count_count, 1);
		assert_int_equal(described.counts[0].page, type);
		assert_int_equal(described.counts[0].encoding, encoding);
		assert_int_equal(described.counts[0].count, 2);
		read_pages(leaf, &def, &values);
		buffer_free(&def);
		buffer_free(&values);
	}
}

static void
every_encoding_of_every_type(void **state)
{
	(void)state;
	static const char *const types[] = {"boolean", "int32", "int64", "int96", "float", "double", "binary",
	    "fixed_len_byte_array(1)", "fixed_len_byte_array(16)"};
	static const struct codec_choice codecs[] = {{CODEC_NONE, 0}, {CODEC_SNAPPY, 0}, {CODEC_GZIP, 1},
	    {CODEC_BROTLI, 1}, {CODEC_ZSTD, 1}, {CODEC_LZ4_RAW, 1}};
	unsigned legal = 0;
	for (size_t i = 0; i < 9; i++) {
		char text[64];
		struct schema schema;
		snprintf(text, sizeof text, "message m { optional %s a; }", types[i]);
		assert_true(schema_parse(&schema, view_of_text(text), &error));
		const struct schema_node *leaf = &schema.nodes[1];
		for (unsigned e = 0; e < ENCODING_KINDS; e++) {
			/* Dictionaries are the next tests'. */
			if (e == ENCODING_RLE_DICTIONARY || !encoding_fits((enum encoding)e, leaf->physical))
				continue;
			legal++;
			for (size_t c = 0; c < sizeof codecs / sizeof *codecs; c++) {
				chunk.compression = codecs[c];
				there_and_back(leaf, PAGE_DATA, (enum encoding)e);
				there_and_back(leaf, PAGE_DATA_V2, (enum encoding)e);
			}
		}
		schema_free(&schema);
	}
	assert_int_equal(legal, 2 + 3 + 3 + 1 + 2 + 2 + 3 + 3 + 3);
}

static void
names_of_encodings(void **state)
{
	(void)state;
	enum encoding encoding;
	for (unsigned i = 0; i < ENCODING_KINDS; i++) {
		const char *name = encoding_name((enum encoding)i);
		assert_int_equal(encoding_of_name(view_of_text(name), &encoding), i != 1);
		assert_true(i == 1 || encoding == i);
	}
	assert_string_equal(encoding_name((enum encoding)1), "an unknown encoding");
	assert_string_equal(encoding_name((enum encoding)ENCODING_KINDS), "an unknown encoding");
	assert_string_equal(encoding_name(ENCODING_BYTE_STREAM_SPLIT), "BYTE_STREAM_SPLIT");
}

/* ---- bytes ---- */

static void
next_page(void)
{
	bool found;
	if (!chunk_reader_next_data(&reader, &found, &error))
		fail_msg("%s", error.text);
	assert_true(found);
}

static struct schema_node
leaf_of(struct schema *schema, const char *text)
{
	assert_true(schema_parse(schema, view_of_text(text), &error));
	return schema->nodes[schema->leaves[0]];
}

/* Rows of [1, null], [] and [2], by a dictionary of 2 and 1: repetition 0 1 0 0, definition 3 2 1 3. */
static void
add_nested(enum page_type type)
{
	static const uint8_t rep[] = {0, 1, 0, 0}, def[] = {3, 2, 1, 3};
	static const uint32_t indices[] = {1, 0};
	const struct page page = {
	    .type = type,
	    .rep = {rep, 4},
	    .def = {def, 4},
	    .max_rep = 1,
	    .max_def = 3,
	    .rows = 3,
	    .entries = 4,
	    .value_count = 2,
	    .encoding = ENCODING_RLE_DICTIONARY,
	    .indices = indices,
	    .index_bits = 1,
	    .value_bytes = 4,
	};
	const struct view values = {(const uint8_t *)"\2\0\0\0\1\0\0\0", 8};
	chunk_clear(&chunk);
	assert_true(chunk_add_page(&chunk, &page, &scratch, &error));
	assert_true(chunk_add_dictionary(&chunk, values, 2, &scratch, &error));
}

static const char NESTED[] =
    "message m { optional group a (LIST) { repeated group list { optional int32 element; } } }";

static void
levels_of_the_second_version_stand_apart(void **state)
{
	(void)state;
	/* Behind the header: levels without lengths, a group of 8 each of 1 and of 2 bits, then the indices.
	 */
	static const uint8_t body[] = {3, 2, 3, 0xdb, 0, 1, 3, 1};
	struct schema schema;
	struct schema_node leaf = leaf_of(&schema, NESTED);
	chunk.compression = (struct codec_choice){CODEC_NONE, 0};
	for (int i = 0; i < 2; i++) {
		add_nested(i == 0 ? PAGE_DATA : PAGE_DATA_V2);
		struct column_chunk described = collect();
		assert_int_equal(described.encodings,
		    1u << ENCODING_PLAIN | 1u << ENCODING_RLE | 1u << ENCODING_RLE_DICTIONARY);
		assert_int_equal(described.count_count, 2);
		assert_int_equal(described.counts[0].page, PAGE_DICTIONARY);
		assert_int_equal(described.counts[1].page, i == 0 ? PAGE_DATA : PAGE_DATA_V2);
		const struct metadata_source source = metadata_memory(&file);
		chunk_reader_open(&reader, &source, &described, &leaf);
		next_page();
		assert_memory_equal(reader.content.values.data, "\1\0\0\0\2\0\0\0", 8);
		assert_int_equal(reader.content.rows, 3);
		if (i == 0)
			continue;
		const struct page_header *header = &reader.header;
		assert_int_equal(header->num_rows, 3);
		assert_int_equal(header->num_nulls, 2);
		assert_int_equal(header->rep_bytes, 2);
		assert_int_equal(header->def_bytes, 3);
		assert_int_equal(header->uncompressed_bytes, sizeof body);
		assert_int_equal(header->compressed_bytes, sizeof body);
		assert_true(header->is_plain);
		assert_memory_equal(file.data + file.size - sizeof body, body, sizeof body);
	}
	schema_free(&schema);
}

/* Pages of the second version are compressed where that makes them smaller, levels never. */
static void
values_that_do_not_shrink_stay(void **state)
{
	(void)state;
	struct schema schema;
	struct schema_node leaf = leaf_of(&schema, "message m { optional int32 a; }");
	uint8_t levels[MOST], values[4 * MOST];
	memset(values, 'x', sizeof values);
	chunk.compression = (struct codec_choice){CODEC_ZSTD, 1};
	for (int i = 0; i < 2; i++) {
		size_t count = i == 0 ? 0 : MOST;
		memset(levels, i, sizeof levels);
		chunk_clear(&chunk);
		assert_true(buffer_append(&chunk.values, values, 4 * count, &error));
		const struct page page = {
		    .type = PAGE_DATA_V2,
		    .def = {levels, MOST},
		    .max_def = 1,
		    .rows = MOST,
		    .entries = MOST,
		    .value_count = count,
		    .encoding = ENCODING_PLAIN,
		    .value_bytes = 4,
		};
		assert_true(chunk_add_page(&chunk, &page, &scratch, &error));
		struct column_chunk described = collect();
		const struct metadata_source source = metadata_memory(&file);
		chunk_reader_open(&reader, &source, &described, &leaf);
		next_page();
		const struct page_header *header = &reader.header;
		assert_int_equal(header->uncompressed_bytes, header->def_bytes + 4 * count);
		assert_int_equal(header->is_plain, count == 0);
		assert_true(count == 0 ? header->compressed_bytes == header->def_bytes
				       : header->compressed_bytes < header->def_bytes + 100);
		assert_memory_equal(reader.content.values.data, values, 4 * count);
	}
	schema_free(&schema);
}

static int
tear_down(void **state)
{
	(void)state;
	chunk_reader_free(&reader);
	chunk_free(&chunk);
	codec_free(&scratch.codec);
	buffer_free(&scratch.body);
	buffer_free(&scratch.lengths);
	buffer_free(&file);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_encoding_of_every_type),
	    cmocka_unit_test(names_of_encodings),
	    cmocka_unit_test(levels_of_the_second_version_stand_apart),
	    cmocka_unit_test(values_that_do_not_shrink_stay),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
