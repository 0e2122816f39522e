/* Pages by hand: bytes laid out as the format specifies are read; contradictory ones are refused. */
#include "lib/parquet/chunk.h"
#include "lib/parquet/chunk_reader.h"
#include "lib/parquet/plain.h"
#include "lib/parquet/thrift.h"
#include "tests/unit/metadata_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;

/* The one leaf of a schema of the field FIELD. */
static struct schema_node
leaf_of(struct schema *schema, const char *field)
{
	char text[128];
	snprintf(text, sizeof text, "message m { %s; }", field);
	if (!schema_parse(schema, view_of_text(text), &error))
		fail_msg("%s: %s", field, error.text);
	return schema->nodes[schema->leaves[0]];
}

/* ---- headers ---- */

/* PageHeader: v2, 20 bytes, 18 in the file, a CRC-32; 5 entries, 2 nulls, 4 rows, DELTA_BINARY_PACKED, 3 and
 * 2 bytes of levels, not compressed. */
static const uint8_t HEADER[] = {0x15, 0x06, 0x15, 0x28, 0x15, 0x24, 0x15, 0x03, 0x4c, 0x15, 0x0a, 0x15, 0x04,
    0x15, 0x08, 0x15, 0x0a, 0x15, 0x06, 0x15, 0x04, 0x12, 0x00, 0x00};

static bool
decode_header(struct page_header *header, const uint8_t *bytes, size_t size, bool *is_short)
{
	size_t taken;
	uint8_t *copy = malloc(size > 0 ? size : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	bool fine = page_header_decode(header, (struct view){copy, size}, &taken, is_short, &error);
	free(copy);
	assert_true(!fine || taken == size);
	return fine;
}

static void
headers(void **state)
{
	(void)state;
	struct page_header header;
	bool is_short;
	if (!decode_header(&header, HEADER, sizeof HEADER, &is_short))
		fail_msg("%s", error.text);
	assert_int_equal(header.type, PAGE_DATA_V2);
	assert_int_equal(header.uncompressed_bytes, 20);
	assert_int_equal(header.compressed_bytes, 18);
	assert_true(header.has_crc);
	assert_int_equal(header.crc, (uint32_t)-2);
	assert_int_equal(header.num_values, 5);
	assert_int_equal(header.num_nulls, 2);
	assert_int_equal(header.num_rows, 4);
	assert_int_equal(header.encoding, ENCODING_DELTA_BINARY_PACKED);
	assert_int_equal(header.def_bytes, 3);
	assert_int_equal(header.rep_bytes, 2);
	assert_true(header.is_plain);
	for (size_t size = 0; size < sizeof HEADER; size++) {
		assert_false(decode_header(&header, HEADER, size, &is_short));
		assert_true(is_short);
	}
	uint8_t bad[sizeof HEADER];
	static const struct {
		size_t at;
		uint8_t value;
		const char *why;
	} changes[] = {
	    {1, 0x08, "the page is of an unknown type"},
	    {1, 0x00, "a required field is missing"},
	    {3, 0x27, "a size or count is negative"},
	    {16, 0x02, "an encoding is unknown"},
	    {16, 0x14, "an encoding is unknown"},
	    {15, 0x75, "a required field is missing"},
	};
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		memcpy(bad, HEADER, sizeof bad);
		bad[changes[i].at] = changes[i].value;
		assert_false(decode_header(&header, bad, sizeof bad, &is_short));
		if (strstr(error.text, changes[i].why) == NULL || is_short)
			fail_msg("\"%s\" is not in: %s", changes[i].why, error.text);
	}
}

/* Whatever fields later versions of the format add: a number and a struct in the page's own header, a number
 * in the one around it. */
static void
headers_of_later_versions(void **state)
{
	(void)state;
	static const uint8_t v1[] = {0x15, 0x00, 0x15, 0x28, 0x15, 0x24, 0x2c, 0x15, 0x0a, 0x15, 0x00, 0x15,
	    0x06, 0x15, 0x06, 0x35, 0x0e, 0x1c, 0x15, 0x0e, 0x00, 0x00, 0x45, 0x0e, 0x00};
	static const uint8_t v2[] = {0x15, 0x06, 0x15, 0x28, 0x15, 0x24, 0x5c, 0x15, 0x0a, 0x15, 0x04, 0x15,
	    0x08, 0x15, 0x00, 0x15, 0x06, 0x15, 0x04, 0x12, 0x35, 0x0e, 0x1c, 0x15, 0x0e, 0x00, 0x00, 0x15,
	    0x0e, 0x00};
	static const uint8_t dictionary[] = {0x15, 0x04, 0x15, 0x28, 0x15, 0x24, 0x4c, 0x15, 0x0a, 0x15, 0x00,
	    0x11, 0x35, 0x0e, 0x1c, 0x15, 0x0e, 0x00, 0x00, 0x25, 0x0e, 0x00};
	static const struct {
		enum page_type type;
		const uint8_t *bytes;
		size_t size;
	} samples[] = {
	    {PAGE_DATA, v1, sizeof v1},
	    {PAGE_DATA_V2, v2, sizeof v2},
	    {PAGE_DICTIONARY, dictionary, sizeof dictionary},
	};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct page_header header;
		bool is_short;
		if (!decode_header(&header, samples[i].bytes, samples[i].size, &is_short))
			fail_msg("%zu: %s", i, error.text);
		assert_int_equal(header.type, samples[i].type);
		assert_int_equal(header.num_values, 5);
		assert_int_equal(header.encoding, ENCODING_PLAIN);
	}
}

/* Of statistics that come twice the later count, and nothing of the earlier. */
static void
headers_that_repeat_themselves(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0x15, 0x00, 0x15, 0x28, 0x15, 0x24, 0x2c, 0x15, 0x0a, 0x15, 0x00,
	    0x15, 0x06, 0x15, 0x06, 0x1c, 0x36, 0x0e, 0x28, 0x01, 'z', 0x18, 0x01, 'a', 0x00, 0x0c, 0x0a,
	    0x00, 0x00, 0x00};
	struct page_header header;
	bool is_short;
	if (!decode_header(&header, bytes, sizeof bytes, &is_short))
		fail_msg("%s", error.text);
	assert_false(header.range.has_null_count || header.range.has_min_max);
	assert_int_equal(header.range.null_count, 0);
}

static void
headers_there_and_back(void **state)
{
	(void)state;
	struct page_header back;
	bool is_short;
	struct page_header header = {.type = PAGE_DATA,
	    .uncompressed_bytes = 300,
	    .compressed_bytes = 200,
	    .num_values = 2,
	    .encoding = ENCODING_RLE_DICTIONARY,
	    .range = {.has_null_count = true, .null_count = 7},
	    .is_plain = true,
	    .num_nulls = 1,
	    .num_rows = 3,
	    .rep_bytes = 5,
	    .def_bytes = 6};
	static const enum page_type types[] = {PAGE_DATA, PAGE_DATA_V2, PAGE_DATA_V2, PAGE_DICTIONARY};
	for (int i = 0; i < 4; i++) {
		header.type = types[i];
		header.is_plain = i != 2;
		header.encoding = i < 3 ? ENCODING_RLE_DICTIONARY : ENCODING_PLAIN;
		struct buffer out = {0};
		assert_true(page_header_encode(&out, &header, &error));
		assert_true(decode_header(&back, out.data, out.size, &is_short));
		assert_int_equal(back.type, header.type);
		assert_int_equal(back.num_values, 2);
		assert_int_equal(back.encoding, header.encoding);
		assert_int_equal(back.range.null_count, i < 3 ? 7 : 0);
		assert_int_equal(back.def_encoding, ENCODING_RLE);
		bool is_second = header.type == PAGE_DATA_V2;
		assert_int_equal(back.num_nulls, is_second ? 1 : 0);
		assert_int_equal(back.num_rows, is_second ? 3 : 0);
		assert_int_equal(back.rep_bytes, is_second ? 5 : 0);
		assert_int_equal(back.def_bytes, is_second ? 6 : 0);
		assert_int_equal(back.is_plain, i == 1);
		buffer_free(&out);
	}
}

/* ---- bodies ---- */

struct expected {
	const char *rep, *def, *values;
	size_t entries, value_bytes;
	uint64_t rows;
};

/* Decodes a page of a leaf; WHY is NULL where it must be EXPECTED, else it must be refused so. */
static void
check_page(const char *field, struct page_header header, const void *bytes, size_t size,
    const struct page_dictionary *dictionary, const struct expected *expected, const char *why)
{
	struct schema schema;
	struct page_content content = {0};
	struct schema_node leaf = leaf_of(&schema, field);
	size_t levels = header.type == PAGE_DATA_V2 ? header.rep_bytes + header.def_bytes : 0;
	uint8_t *copy = malloc(size + PLAIN_SLACK);
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	struct page_body body = {{copy, levels}, {copy + levels, size - levels}};
	bool fine = page_decode(&content, &leaf, &header, body, dictionary, &error) &&
	            page_resolve(&content, &leaf, &error);
	if (fine != (why == NULL))
		fail_msg("%s: %s", field, fine ? "taken" : error.text);
	if (fine) {
		assert_int_equal(content.entries, expected->entries);
		assert_int_equal(content.rows, expected->rows);
		assert_int_equal(content.values.size, expected->value_bytes);
		assert_memory_equal(content.values.data, expected->values, expected->value_bytes);
		if (expected->rep != NULL)
			assert_memory_equal(content.rep.data, expected->rep, expected->entries);
		if (expected->def != NULL)
			assert_memory_equal(content.def.data, expected->def, expected->entries);
	} else {
		assert_int_equal(error.status, NEST_INVALID);
		if (strstr(error.text, why) == NULL)
			fail_msg("\"%s\" is not in: %s", why, error.text);
	}
	page_content_free(&content);
	schema_free(&schema);
	free(copy);
}

#define BYTES(text) text, sizeof text - 1

static const struct page_header V1 = {
    .type = PAGE_DATA, .num_values = 4, .def_encoding = ENCODING_RLE, .rep_encoding = ENCODING_RLE};

static struct page_header
v1(enum encoding encoding)
{
	struct page_header header = V1;
	header.encoding = encoding;
	return header;
}

static void
pages_v1(void **state)
{
	(void)state;
	/* Levels 1 0 1 1, packed behind their length; then three PLAIN values. */
	static const struct expected optional = {NULL, "\1\0\1\1", "\1\0\0\0\2\0\0\0\3\0\0\0", 4, 12, 4};
	static const char page[] = "\2\0\0\0\3\x0d"
				   "\1\0\0\0\2\0\0\0\3\0\0\0";
	check_page("optional int32 a", v1(ENCODING_PLAIN), BYTES(page), NULL, &optional, NULL);
	for (size_t size = 0; size + 1 < sizeof page; size++)
		check_page(
		    "optional int32 a", v1(ENCODING_PLAIN), page, size, NULL, NULL, "the bytes end within");
	/* Repetition 0 1 0 1 and definition 1 1 1 1, which is one run. */
	static const struct expected repeated = {"\0\1\0\1", "\1\1\1\1", "abcdefgh", 4, 8, 2};
	check_page("repeated fixed_len_byte_array(2) a", v1(ENCODING_PLAIN),
	    BYTES("\2\0\0\0\3\x0a"
		  "\2\0\0\0\x08\1"
		  "abcdefgh"),
	    NULL, &repeated, NULL);
	/* The same levels as they once were packed, without a length. */
	struct page_header old = v1(ENCODING_PLAIN);
	old.rep_encoding = old.def_encoding = ENCODING_BIT_PACKED;
	check_page("repeated fixed_len_byte_array(2) a", old,
	    BYTES("\x50\xf0"
		  "abcdefgh"),
	    NULL, &repeated, NULL);
	old.def_encoding = ENCODING_PLAIN;
	check_page("optional int32 a", old, BYTES(page), NULL, NULL, "the levels are in PLAIN");
	/* Booleans as bits and as runs. */
	static const struct expected bits = {NULL, NULL, "\1\0\1\1", 4, 4, 4};
	check_page("required boolean a", v1(ENCODING_PLAIN), BYTES("\x0d"), NULL, &bits, NULL);
	check_page("required boolean a", v1(ENCODING_RLE), BYTES("\2\0\0\0\3\x0d"), NULL, &bits, NULL);
	check_page("required boolean a", v1(ENCODING_RLE), BYTES("\3\0\0\0\3\x0d"), NULL, NULL,
	    "the bytes end within the booleans");
	check_page("required int32 a", v1(ENCODING_RLE), BYTES("\2\0\0\0\3\x0d"), NULL, NULL,
	    "RLE does not go with the type int32");
	/* Byte strings. */
	struct page_header two = v1(ENCODING_PLAIN);
	two.num_values = 2;
	static const struct expected strings = {NULL, NULL, "\2\0\0\0hi\0\0\0\0", 2, 10, 2};
	check_page("required binary a", two, BYTES("\2\0\0\0hi\0\0\0\0"), NULL, &strings, NULL);
	check_page("required binary a", two, BYTES("\2\0\0\0hi\1\0\0\0"), NULL, NULL,
	    "the bytes end within 2 PLAIN values");
	check_page("required binary a", two, BYTES("\xff\xff\xff\xffhi\0\0\0\0"), NULL, NULL,
	    "the bytes end within 2 PLAIN values");
}

static void
pages_v2(void **state)
{
	(void)state;
	/* Repetition 0 1 0 0, definition 1 1 0 1, both packed, without lengths. */
	struct page_header header = {.type = PAGE_DATA_V2,
	    .num_values = 4,
	    .num_nulls = 1,
	    .num_rows = 3,
	    .rep_bytes = 2,
	    .def_bytes = 2,
	    .encoding = ENCODING_BYTE_STREAM_SPLIT};
	static const struct expected expected = {
	    "\0\1\0\0", "\1\1\0\1", "\1\0\0\0\2\0\0\0\3\0\0\1", 4, 12, 3};
	static const char page[] = "\3\2\3\x0b"
				   "\1\2\3\0\0\0\0\0\0\0\0\1";
	check_page("repeated int32 a", header, BYTES(page), NULL, &expected, NULL);
	check_page("repeated boolean a", header, BYTES(page), NULL, NULL,
	    "BYTE_STREAM_SPLIT does not go with the type boolean");
	header.num_nulls = 0;
	check_page("repeated int32 a", header, BYTES(page), NULL, NULL,
	    "tells of 3 rows and 0 nulls, its levels of 3 and 1");
	header.num_nulls = 1;
	header.num_rows = 4;
	check_page("repeated int32 a", header, BYTES(page), NULL, NULL, "tells of 4 rows and 1 nulls");
}

/* Before there is room for their levels, which a few bytes can tell of. */
static void
more_entries_than_are_read(void **state)
{
	(void)state;
	static const char *const fields[] = {"required int32 a", "optional int32 a", "repeated int32 a"};
	for (size_t i = 0; i < 3; i++) {
		struct page_header header = v1(ENCODING_PLAIN);
		header.num_values = PAGE_ENTRIES_MOST + 1;
		check_page(fields[i], header, BYTES("\4\0\0\0\x82\x80\x80\x80\1\0"), NULL, NULL,
		    "the page has 134217729 entries, and 134217728 at most are read here");
		header.type = PAGE_DATA_V2;
		check_page(fields[i], header, BYTES(""), NULL, NULL, "the page has 134217729 entries");
	}
	struct page_header most = v1(ENCODING_PLAIN);
	most.num_values = PAGE_ENTRIES_MOST;
	check_page(fields[0], most, BYTES(""), NULL, NULL, "the bytes end within 134217728 PLAIN values");
}

static void
dictionaries(void **state)
{
	(void)state;
	struct schema schema;
	struct page_dictionary words = {0}, numbers = {0};
	struct page_header header = {
	    .type = PAGE_DICTIONARY, .num_values = 3, .encoding = ENCODING_PLAIN_DICTIONARY};
	struct schema_node leaf = leaf_of(&schema, "required binary a");
	static const uint8_t bytes[] = "\1\0\0\0a\0\0\0\0\2\0\0\0bc";
	assert_true(
	    page_dictionary_decode(&words, &leaf, &header, (struct view){bytes, sizeof bytes - 1}, &error));
	assert_false(
	    page_dictionary_decode(&numbers, &leaf, &header, (struct view){bytes, sizeof bytes - 2}, &error));
	header.encoding = ENCODING_RLE;
	assert_false(
	    page_dictionary_decode(&numbers, &leaf, &header, (struct view){bytes, sizeof bytes - 1}, &error));
	assert_string_equal(error.text, "a dictionary is in RLE");
	schema_free(&schema);
	/* Indices 2 0 1 2 of two bits. */
	static const struct expected strings = {
	    NULL, NULL, "\2\0\0\0bc\1\0\0\0a\0\0\0\0\2\0\0\0bc", 4, 21, 4};
	check_page(
	    "required binary a", v1(ENCODING_RLE_DICTIONARY), BYTES("\2\3\x92\0"), &words, &strings, NULL);
	check_page(
	    "required binary a", v1(ENCODING_PLAIN_DICTIONARY), BYTES("\2\3\x92\0"), &words, &strings, NULL);
	check_page("required binary a", v1(ENCODING_RLE_DICTIONARY), BYTES("\2\3\x93\0"), &words, NULL,
	    "an index is 3, and 2 is the greatest");
	check_page("required binary a", v1(ENCODING_RLE_DICTIONARY), BYTES("\2\3\x92\0"), NULL, NULL,
	    "a dictionary that is not there");
	check_page("required binary a", v1(ENCODING_RLE_DICTIONARY), BYTES(""), &words, NULL,
	    "the width of the indices is missing");
	check_page(
	    "required binary a", v1(ENCODING_RLE_DICTIONARY), BYTES("\x21\3"), &words, NULL, "above 32");
	check_page("required binary a", v1(ENCODING_RLE_DICTIONARY), BYTES("\2\3"), &words, NULL,
	    "the bytes end within a run");
	page_dictionary_free(&words);
	header = (struct page_header){.type = PAGE_DICTIONARY, .num_values = 2};
	leaf = leaf_of(&schema, "required int32 a");
	assert_true(page_dictionary_decode(
	    &numbers, &leaf, &header, (struct view){(const uint8_t *)"\7\0\0\0\x08\0\0\0", 8}, &error));
	schema_free(&schema);
	static const struct expected integers = {
	    NULL, NULL, "\x08\0\0\0\7\0\0\0\7\0\0\0\x08\0\0\0", 4, 16, 4};
	check_page(
	    "required int32 a", v1(ENCODING_RLE_DICTIONARY), BYTES("\1\3\x09"), &numbers, &integers, NULL);
	page_dictionary_free(&numbers);
}

static void
dictionaries_of_nothing(void **state)
{
	(void)state;
	static const char *const fields[] = {"required boolean a", "required binary a", "required int32 a"};
	const struct page_header header = {.type = PAGE_DICTIONARY, .encoding = ENCODING_PLAIN};
	for (size_t i = 0; i < 3; i++) {
		struct schema schema;
		struct page_dictionary dictionary = {0};
		struct schema_node leaf = leaf_of(&schema, fields[i]);
		const struct view nothing = {(const uint8_t *)"", 0};
		assert_true(page_dictionary_decode(&dictionary, &leaf, &header, nothing, &error));
		assert_int_equal(dictionary.values.size, 0);
		check_page(fields[i], v1(ENCODING_RLE_DICTIONARY), BYTES("\0\3"), &dictionary, NULL,
		    "a dictionary that is not there");
		page_dictionary_free(&dictionary);
		schema_free(&schema);
	}
}

/* One long value, many times: what a page makes is bounded. */
static void
values_that_grow(void **state)
{
	(void)state;
	enum { SIZE = 1 << 20, COUNT = 4096 };
	struct buffer value = {0};
	struct schema schema;
	struct page_header header = {.type = PAGE_DICTIONARY, .num_values = 1, .encoding = ENCODING_PLAIN};
	struct page_header data = v1(ENCODING_RLE_DICTIONARY);
	static const uint8_t length[4] = {0, 0, SIZE >> 16, 0};
	static const char *const fields[] = {"required binary a", "required fixed_len_byte_array(1048576) a"};
	data.num_values = COUNT;
	assert_true(buffer_append(&value, length, sizeof length, &error));
	assert_true(buffer_reserve(&value, SIZE, &error));
	memset(value.data + value.size, 'x', SIZE);
	value.size += SIZE;
	for (int i = 0; i < 2; i++) {
		struct page_dictionary dictionary = {0};
		struct schema_node leaf = leaf_of(&schema, fields[i]);
		assert_true(page_dictionary_decode(
		    &dictionary, &leaf, &header, (struct view){value.data, value.size}, &error));
		schema_free(&schema);
		/* One run of zeros, of no bits. */
		check_page(
		    fields[i], data, BYTES("\0\x80\x40"), &dictionary, NULL, "the values of a page have ");
		page_dictionary_free(&dictionary);
	}
	buffer_free(&value);
}

static void
two_dictionaries(void **state)
{
	(void)state;
	struct schema schema;
	struct schema_node leaf = leaf_of(&schema, "required int32 a");
	struct page_scratch scratch = {0};
	struct chunk chunk = {0};
	struct chunk_reader reader = {0};
	const struct view values = {(const uint8_t *)"\1\0\0\0", 4};
	bool found;
	for (int dictionaries = 1; dictionaries <= 2; dictionaries++) {
		assert_true(chunk_add_dictionary(&chunk, values, 1, &scratch, &error));
		struct buffer *bytes = &chunk.dictionary_head;
		const struct metadata_source source = metadata_memory(bytes);
		const struct column_chunk described = {
		    .num_values = 1, .total_compressed_bytes = bytes->size};
		chunk_reader_open(&reader, &source, &described, &leaf);
		assert_false(chunk_reader_next_data(&reader, &found, &error));
		assert_non_null(
		    strstr(error.text, dictionaries == 1 ? "and 1 of its entries have not come"
							 : "it is the second dictionary of its chunk"));
	}
	chunk_reader_free(&reader);
	chunk_free(&chunk);
	codec_free(&scratch.codec);
	schema_free(&schema);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(headers),
	    cmocka_unit_test(headers_of_later_versions),
	    cmocka_unit_test(headers_that_repeat_themselves),
	    cmocka_unit_test(headers_there_and_back),
	    cmocka_unit_test(pages_v1),
	    cmocka_unit_test(pages_v2),
	    cmocka_unit_test(more_entries_than_are_read),
	    cmocka_unit_test(dictionaries),
	    cmocka_unit_test(dictionaries_of_nothing),
	    cmocka_unit_test(values_that_grow),
	    cmocka_unit_test(two_dictionaries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
