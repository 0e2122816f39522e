/* Rows as JSON Lines: every kind of value and field, and rows that do not fit their schema. */
#include "lib/print/jsonl.h"

#include "tests/unit/packing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MANY = 40 }; /* rows, of which the first ones lie far from the end */

/* How the bytes of this test's schemas stand in JSON. */
static enum jsonl_binary binary = JSONL_UTF8;

/*
 * The rows printed into memory of the caller's, with a zero behind them; NULL
 * where they are refused with SENTENCE.  They are in memory of their own size,
 * so that a sanitizer sees a step behind it.
 */
static char *
print(const char *schema_text, struct view body, const char *sentence)
{
	struct schema schema;
	struct jsonl *jsonl;
	struct buffer text = {0};
	struct nest_error error;
	uint8_t *rows = malloc(body.size + (body.size == 0));
	assert_non_null(rows);
	if (body.size > 0)
		memcpy(rows, body.data, body.size);
	if (!schema_parse(&schema, view_of_text(schema_text), &error))
		fail_msg("%s: %s", schema_text, error.text);
	assert_true(jsonl_open(&jsonl, &schema, binary, &error));
	bool fine = jsonl_append(jsonl, (struct view){rows, body.size}, &text, &error);
	jsonl_close(jsonl);
	schema_free(&schema);
	free(rows);
	if (fine) {
		assert_true(buffer_append(&text, "", 1, &error));
		return (char *)text.data;
	}
	buffer_free(&text);
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, sentence);
	return NULL;
}

static const char UNFIT[] = "a row that does not fit its schema";

static void
expect_bytes(const char *schema, struct view body, const char *lines)
{
	char *text = print(schema, body, "");
	assert_non_null(text);
	assert_string_equal(text, lines);
	free(text);
}

static struct buffer
many_times(const struct buffer *body)
{
	struct buffer many = {0};
	struct nest_error error;
	for (unsigned i = 0; i < MANY; i++)
		assert_true(buffer_append(&many, body->data, body->size, &error));
	return many;
}

static void
expect(const char *schema, const char *rows, const char *lines)
{
	struct buffer body = {0};
	pack_text(&body, rows);
	expect_bytes(schema, (struct view){body.data, body.size}, lines);
	/* Far from the end, where short texts are copied whole slots at a time. */
	char *once = print(schema, (struct view){body.data, body.size}, "");
	size_t size = strlen(once);
	struct buffer many = many_times(&body);
	char *text = print(schema, (struct view){many.data, many.size}, "");
	assert_int_equal(strlen(text), MANY * size);
	for (unsigned i = 0; i < MANY; i++)
		assert_memory_equal(text + i * size, once, size);
	free(text);
	free(once);
	buffer_free(&many);
	buffer_free(&body);
}

/* Each row has one field x of TYPE, VALUE in ROW, and it is printed as TEXT. */
static void
expect_leaf(const char *type, const char *value, const char *text)
{
	char schema[200], row[600], line[1600];
	snprintf(schema, sizeof schema, "message m { optional %s; }", type);
	snprintf(row, sizeof row, "[%s]", value);
	snprintf(line, sizeof line, "{\"x\":%s}\n", text);
	expect(schema, row, line);
}

static void
refuse_with(const char *schema, const char *rows, const char *sentence)
{
	struct buffer body = {0};
	pack_text(&body, rows);
	assert_null(print(schema, (struct view){body.data, body.size}, sentence));
	buffer_free(&body);
}

static void
refuse(const char *schema, const char *rows)
{
	refuse_with(schema, rows, UNFIT);
}

/* The row in BAD before many that are as those in GOOD; its short texts would be copied in slots. */
static void
refuse_before(const char *schema, struct view bad, const char *good)
{
	struct nest_error error;
	struct buffer body = {0};
	pack_text(&body, good);
	struct buffer many = many_times(&body), rows = {0};
	assert_true(buffer_append(&rows, bad.data, bad.size, &error));
	assert_true(buffer_append(&rows, many.data, many.size, &error));
	assert_null(print(schema, (struct view){rows.data, rows.size}, UNFIT));
	buffer_free(&rows);
	buffer_free(&many);
	buffer_free(&body);
}

static void
refuse_leaf(const char *type, const char *value)
{
	char schema[200], row[600];
	struct buffer body = {0};
	snprintf(schema, sizeof schema, "message m { optional %s; }", type);
	snprintf(row, sizeof row, "[%s]", value);
	refuse(schema, row);
	pack_text(&body, row);
	refuse_before(schema, (struct view){body.data, body.size}, "[null]");
	buffer_free(&body);
}

/* ---- leaves ---- */

static void
booleans_and_integers(void **state)
{
	(void)state;
	expect_leaf("boolean x", "true", "true");
	expect_leaf("boolean x", "false", "false");
	expect_leaf("boolean x", "null", "null");
	expect_leaf("int32 x", "-2147483648", "-2147483648");
	expect_leaf("int32 x", "2147483647", "2147483647");
	expect_leaf("int64 x", "-9223372036854775808", "-9223372036854775808");
	expect_leaf("int64 x", "9223372036854775807", "9223372036854775807");
	expect_leaf("int64 x", "0", "0");
	expect_leaf("int64 x (INTEGER(64,false))", "18446744073709551615", "18446744073709551615");
	expect_leaf("int32 x (INTEGER(8,true))", "-128", "-128");
	expect_leaf("int32 x (INTEGER(16,false))", "65535", "65535");
	refuse_leaf("boolean x", "1");
	refuse_leaf("int32 x", "2147483648");
	refuse_leaf("int32 x", "-2147483649");
	refuse_leaf("int64 x", "9223372036854775808");
	refuse_leaf("int32 x (INTEGER(8,true))", "128");
	refuse_leaf("int32 x (INTEGER(16,false))", "65536");
	refuse_leaf("int32 x (INTEGER(16,false))", "-1");
	refuse_leaf("int32 x", "true");
	refuse_leaf("int32 x", "1.0");
	refuse_leaf("int32 x", "\"1\"");
	refuse_leaf("int32 x", "[1]");
	refuse_leaf("int32 x", "{1: 2}");
}

static void
floating_point(void **state)
{
	(void)state;
	expect_leaf("double x", "0.1", "0.1");
	expect_leaf("double x", "-1.5", "-1.5");
	expect_leaf("double x", "12.0", "12");
	expect_leaf("double x", "9007199254740992", "9007199254740992");
	expect_leaf("double x", "-3", "-3");
	expect_leaf("float x", "0.1", "0.1");
	expect_leaf("float x", "16777216", "16777216");
	expect_leaf("float x", "340282346638528859811704183484516925440.0", "3.4028235e+38");
	expect_leaf("fixed_len_byte_array(2) x (FLOAT16)", "b\"\\x00\\x3e\"", "1.5");
	expect_leaf("fixed_len_byte_array(2) x (FLOAT16)", "\"\\x00\\x3e\"", "1.5");
	refuse_leaf("double x", "9007199254740993");
	refuse_leaf("float x", "16777217");
	refuse_leaf("float x", "1000000000000000000000000000000000000000000.0");
	refuse_leaf("double x", "true");
	refuse_leaf("double x", "\"1\"");
	refuse_leaf("fixed_len_byte_array(2) x (FLOAT16)", "1.5");
	refuse_leaf("fixed_len_byte_array(2) x (FLOAT16)", "b\"abc\"");
}

static void
moments(void **state)
{
	(void)state;
	expect_leaf("int32 x (DATE)", "0", "\"1970-01-01\"");
	expect_leaf("int32 x (DATE)", "-1", "\"1969-12-31\"");
	expect_leaf("int32 x (DATE)", "2147483647", "2147483647");
	expect_leaf("int32 x (TIME(MILLIS,false))", "86399999", "\"23:59:59.999\"");
	expect_leaf("int64 x (TIME(MICROS,true))", "1", "\"00:00:00.000001Z\"");
	expect_leaf("int64 x (TIME(NANOS,true))", "-1", "-1");
	expect_leaf("int64 x (TIMESTAMP(MILLIS,true))", "-1", "\"1969-12-31T23:59:59.999Z\"");
	expect_leaf(
	    "int64 x (TIMESTAMP(MICROS,false))", "1735689599000000", "\"2024-12-31T23:59:59.000000\"");
	expect_leaf(
	    "int64 x (TIMESTAMP(NANOS,false))", "-9223372036854775808", "\"1677-09-21T00:12:43.145224192\"");
	expect_leaf("int64 x (TIMESTAMP(MILLIS,false))", "9223372036854775807", "9223372036854775807");
	refuse_leaf("int32 x (DATE)", "2147483648");
	refuse_leaf("int32 x (DATE)", "\"1970-01-01\"");
}

static void
decimals(void **state)
{
	(void)state;
	expect_leaf("int32 x (DECIMAL(9,2))", "-1", "-0.01");
	expect_leaf("int32 x (DECIMAL(9,2))", "1250", "12.50");
	expect_leaf("int64 x (DECIMAL(18,18))", "999999999999999999", "0.999999999999999999");
	expect_leaf("int64 x (DECIMAL(18,0))", "-7", "-7");
	expect_leaf("binary x (DECIMAL(5,2))", "b\"\\x04\\xd2\"", "12.34");
	expect_leaf("binary x (DECIMAL(5,2))", "\"\\xff\"", "-0.01");
	expect_leaf("fixed_len_byte_array(16) x (DECIMAL(38,10))",
	    "b\"\\xb4\\xc4\\xb3\\x57\\xa5\\x79\\x3b\\x85\\xf6\\x75\\xdd\\xc0\\x00\\x00\\x00\\x01\"",
	    "-9999999999999999999999999999.9999999999");
	refuse_leaf("int32 x (DECIMAL(4,2))", "10000");
	refuse_leaf("int32 x (DECIMAL(4,2))", "-10000");
	refuse_leaf("binary x (DECIMAL(3,0))", "b\"\\x03\\xe8\"");
	refuse_leaf("binary x (DECIMAL(3,0))", "b\"\"");
	refuse_leaf("binary x (DECIMAL(3,0))", "1");
	refuse_leaf("fixed_len_byte_array(4) x (DECIMAL(9,2))", "b\"abc\"");
}

static void
texts_and_bytes(void **state)
{
	(void)state;
	expect_leaf("binary x (STRING)", "\"a\"", "\"a\"");
	expect_leaf("binary x (ENUM)", "\"\"", "\"\"");
	expect_leaf("binary x (STRING)", "null", "null");
	expect_leaf("binary x (JSON)", "\"{\\x22a\\x22:[1,\\x0a2]}\"", "{\"a\":[1, 2]}");
	expect_leaf("binary x (JSON)", "\"[1,2]\"", "[1,2]");
	expect_leaf("fixed_len_byte_array(16) x (UUID)", "b\"\\x12>Eg\\xe8\\x9b\\x12\\xd3\\xa4VBfAt@\\x00\"",
	    "\"123e4567-e89b-12d3-a456-426641744000\"");
	expect_leaf("binary x", "b\"a\\x22\\xc3\\xa4\"", "\"a\\\"\xc3\xa4\"");
	expect_leaf("binary x", "\"a\"", "\"a\"");
	expect_leaf("binary x (BSON)", "b\"a\"", "\"a\"");
	expect_leaf("fixed_len_byte_array(3) x", "b\"abc\"", "\"abc\"");
	expect_leaf("int96 x", "b\"abcdefghijkl\"", "\"abcdefghijkl\"");
	expect_leaf("fixed_len_byte_array(12) x (INTERVAL)", "\"abcdefghijkl\"", "\"abcdefghijkl\"");
	refuse_leaf("binary x (STRING)", "b\"a\"");
	refuse_leaf("binary x (STRING)", "\"\\xff\"");
	refuse_leaf("binary x (STRING)", "1");
	refuse_leaf("binary x (JSON)", "\"\\xff\"");
	refuse_leaf("binary x (JSON)", "b\"1\"");
	refuse_leaf("fixed_len_byte_array(3) x", "b\"ab\"");
	refuse_leaf("int96 x", "b\"abc\"");
	refuse_leaf("fixed_len_byte_array(16) x (UUID)", "b\"abc\"");
	refuse_leaf("binary x", "true");
}

static void
bytes_that_are_no_characters(void **state)
{
	(void)state;
	refuse_with("message m { required group g { optional binary x; } }", "[[b\"\\xff\"]]",
	    "field g.x: bytes that are not UTF-8; --binary base64 or hex writes them");
	binary = JSONL_BASE64;
	expect_leaf("binary x", "b\"\\xff\\x00\"", "\"/wA=\"");
	expect_leaf("binary x", "b\"\"", "\"\"");
	expect_leaf("binary x (STRING)", "\"a\"", "\"a\"");
	binary = JSONL_HEX;
	expect_leaf("int96 x", "b\"\\xff\\x00abcdefghi\\x0a\"", "\"ff006162636465666768690a\"");
	binary = JSONL_UTF8;
}

/* ---- texts ---- */

static void
texts_and_names_are_escaped(void **state)
{
	(void)state;
	expect("message m { optional binary \"a\\\"b\" (STRING); }",
	    "[\"\\x22\\x5c/\"] [\"\\x08\\x0c\\x0a\\x0d\\x09\"] [\"\\x00\\x01\\x1f \\x7f\"] "
	    "[\"\\xc3\\xa4\\xf0\\x9f\\x98\\x80\"]",
	    "{\"a\\\"b\":\"\\\"\\\\/\"}\n"
	    "{\"a\\\"b\":\"\\b\\f\\n\\r\\t\"}\n"
	    "{\"a\\\"b\":\"\\u0000\\u0001\\u001f \x7f\"}\n"
	    "{\"a\\\"b\":\"\xc3\xa4\xf0\x9f\x98\x80\"}\n");
}

enum { ROW_TEXT = 1200 }; /* bytes of a row's text and of a line, of texts of a few hundred */

/* Of SIZE times an a, with what stands in PIECE in place of that at AT. */
static char *
write_text(char *to, size_t size, size_t at, const char *piece)
{
	for (size_t i = 0; i < size; i++)
		to += sprintf(to, "%s", i == at ? piece : "a");
	return to;
}

/* A text of SIZE bytes, all of them a but for the one AT: PIECE in the row, and ESCAPE in the line. */
static void
expect_escape(size_t size, size_t at, const char *piece, const char *escape)
{
	char row[ROW_TEXT], line[ROW_TEXT];
	sprintf(write_text(row + sprintf(row, "[\""), size, at, piece), "\"]");
	sprintf(write_text(line + sprintf(line, "{\"x\":\""), size, at, escape), "\"}\n");
	expect("message m { required binary x (STRING); }", row, line);
}

static void
escapes_stand_anywhere_in_a_text(void **state)
{
	(void)state;
	for (size_t size = 1; size <= 50; size++)
		for (size_t at = 0; at < size; at++) {
			expect_escape(size, at, "\\x22", "\\\"");
			expect_escape(size, at, "\\x1f", "\\u001f");
		}
	for (size_t size = 253; size <= 257; size++)
		for (size_t at = 240; at < size; at++)
			expect_escape(size, at, "\\x5c", "\\\\");
}

/* A row with a text of SIZE bytes, a broken character AT one of them, before many that are well. */
static void
refuse_broken(size_t size, size_t at)
{
	char row[ROW_TEXT];
	struct buffer bad = {0};
	sprintf(write_text(row + sprintf(row, "[\""), size, at, "\\xc3"), "\"]");
	pack_text(&bad, row);
	refuse_before(
	    "message m { required binary x (STRING); }", (struct view){bad.data, bad.size}, "[\"abcdefgh\"]");
	buffer_free(&bad);
}

static void
characters_that_are_not_ascii_stand_anywhere(void **state)
{
	(void)state;
	for (size_t size = 1; size <= 50; size++)
		for (size_t at = 0; at < size; at++) {
			expect_escape(size, at, "\\xc3\\xa4", "\xc3\xa4");
			refuse_broken(size, at);
		}
}

static void
hexadecimal_digits_of_any_size(void **state)
{
	(void)state;
	char row[ROW_TEXT + 200], line[ROW_TEXT];
	binary = JSONL_HEX;
	for (size_t size = 0; size <= 260; size++) {
		char *to = row + sprintf(row, "[b\""), *digits = line + sprintf(line, "{\"x\":\"");
		for (size_t i = 0; i < size; i++) {
			to += sprintf(to, "\\x%02x", (unsigned)(i * 37 & 0xff));
			digits += sprintf(digits, "%02x", (unsigned)(i * 37 & 0xff));
		}
		sprintf(to, "\"]");
		sprintf(digits, "\"}\n");
		expect("message m { required binary x; }", row, line);
	}
	binary = JSONL_UTF8;
}

/* Of a leaf of each kind that is always there. */
static void
nil_where_a_value_must_be(void **state)
{
	(void)state;
	static const char *const leaves[][2] = {
	    {"boolean x", "true"},
	    {"int32 x", "1"},
	    {"double x", "0.5"},
	    {"float x", "0.5"},
	    {"binary x (STRING)", "\"a\""},
	    {"binary x", "b\"a\""},
	    {"fixed_len_byte_array(2) x (DECIMAL(4,1))", "b\"\\x00\\x01\""},
	};
	for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
		char schema[200], row[40];
		snprintf(schema, sizeof schema, "message m { required %s; }", leaves[i][0]);
		snprintf(row, sizeof row, "[%s]", leaves[i][1]);
		refuse(schema, "[null]");
		refuse_before(schema, (struct view){(const uint8_t *)"\x91\xc0", 2}, row);
	}
}

static void
texts_of_any_size(void **state)
{
	(void)state;
	static const size_t sizes[] = {0, 1, 31, 32, 33, 255, 256, 4095, 4096, 4097, 70000};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct nest_error error;
		struct buffer row = {0};
		size_t size = sizes[i];
		uint8_t head[] = {0x91, 0xdb, 0, (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
		assert_true(buffer_append(&row, head, sizeof head, &error));
		for (size_t j = 0; j < size; j++)
			assert_true(buffer_append(&row, "\x01", 1, &error));
		char *text =
		    print("message m { required binary x (STRING); }", (struct view){row.data, row.size}, "");
		assert_non_null(text);
		assert_int_equal(strlen(text), 9 + 6 * size);
		for (size_t j = 0; j < size; j++)
			assert_memory_equal(text + 6 + 6 * j, "\\u0001", 6);
		free(text);
		buffer_free(&row);
	}
}

static void
names_of_any_length(void **state)
{
	(void)state;
	for (size_t size = 1; size < 600; size += size < 70 ? 1 : 100) {
		char schema[700], line[700];
		snprintf(schema, sizeof schema, "message m { required int32 %0*d; }", (int)size, 7);
		snprintf(line, sizeof line, "{\"%0*d\":1}\n", (int)size, 7);
		expect(schema, "[1]", line);
	}
}

/* ---- groups, lists, maps ---- */

static void
lists_and_groups(void **state)
{
	(void)state;
	expect("message m { repeated int32 r; optional group l (LIST) { repeated group list {"
	       " optional int32 element; } } optional group g { optional int32 x; optional group h {"
	       " repeated int32 y; } } optional int32 z; }",
	    "[[], null, null, 1] [[1], [], [2, null], 2] [[1, 2], [3, null, 4], [5, [[6, 7]]], 3]",
	    "{\"r\":[],\"l\":null,\"g\":null,\"z\":1}\n"
	    "{\"r\":[1],\"l\":[],\"g\":{\"x\":2,\"h\":null},\"z\":2}\n"
	    "{\"r\":[1,2],\"l\":[3,null,4],\"g\":{\"x\":5,\"h\":{\"y\":[6,7]}},\"z\":3}\n");
}

static void
lists_of_older_writers(void **state)
{
	(void)state;
	expect(
	    "message m { required group l (LIST) { repeated int32 array; } }", "[[1, 2]]", "{\"l\":[1,2]}\n");
	expect("message m { required group l (LIST) { repeated group array { required int32 a;"
	       " optional int32 b; } } }",
	    "[[[1, 2], [3, null]]]", "{\"l\":[{\"a\":1,\"b\":2},{\"a\":3,\"b\":null}]}\n");
	expect("message m { repeated group g { repeated int32 a; } }", "[[[[1]], [[]]]]",
	    "{\"g\":[{\"a\":[1]},{\"a\":[]}]}\n");
}

/* The map of KEYs to int32, whose pairs are in ROW. */
static void
expect_map(const char *key, const char *row, const char *text)
{
	char schema[300], rows[400], line[400];
	snprintf(schema, sizeof schema,
	    "message m { optional group x (MAP) { repeated group key_value { %s; optional int32 value; } } }",
	    key);
	snprintf(rows, sizeof rows, "[%s]", row);
	snprintf(line, sizeof line, "{\"x\":%s}\n", text);
	expect(schema, rows, line);
}

static void
maps(void **state)
{
	(void)state;
	expect_map("required binary key (STRING)", "null", "null");
	expect_map("required binary key (STRING)", "{}", "{}");
	expect_map("required binary key (STRING)", "{\"a\": 1, \"\\x22\": null}", "{\"a\":1,\"\\\"\":null}");
	expect_map("required binary key (JSON)", "{\"[1, \\x22a\\x22]\": 1}", "{\"[1, \\\"a\\\"]\":1}");
	expect_map("required int64 key", "{-7: 1, 8: 2}", "{\"-7\":1,\"8\":2}");
	expect_map("required boolean key", "{true: 1}", "{\"true\":1}");
	expect_map("required double key", "{0.5: 1}", "{\"0.5\":1}");
	expect_map("required int32 key (DECIMAL(9,2))", "{150: 1}", "{\"1.50\":1}");
	expect_map(
	    "required int32 key (DATE)", "{0: 1, 2147483647: 2}", "{\"1970-01-01\":1,\"2147483647\":2}");
	expect_map("required binary key", "{b\"a\": 1}", "{\"a\":1}");
	/* What is no string is an object for each pair. */
	expect_map(
	    "required group key { required int32 a; }", "{[1]: 2}", "[{\"key\":{\"a\":1},\"value\":2}]");
	expect("message m { required group x (MAP) { repeated group key_value { required binary key "
	       "(STRING); } } }",
	    "[{\"a\": null}]", "{\"x\":{\"a\":null}}\n");
}

/* ---- rows ---- */

static void
rows_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	static const char schema[] =
	    "message m { optional int32 a; optional group l (LIST) {"
	    " repeated group list { optional group element { optional int32 x; } } } }";
	expect(schema, "[1, [[2], null]]", "{\"a\":1,\"l\":[{\"x\":2},null]}\n");
	expect(schema, "", "");
	refuse(schema, "[1]");
	refuse(schema, "[1, null, 2]");
	refuse(schema, "7");
	refuse(schema, "{\"a\": 1, \"l\": null}");
	refuse(schema, "[[1], null]");
	refuse(schema, "[b\"x\", null]");
	refuse(schema, "[1, 2]");
	refuse(schema, "[1, [2]]");
	refuse(schema, "[1, [[2, 3]]]");
	refuse(schema, "[1, null] [1]");
	refuse("message m { repeated int32 r; }", "[1]");
	refuse("message m { repeated int32 r; }", "[null]");
	refuse("message m { required int32 r; }", "[null]");
	refuse("message m { required binary r (STRING); }", "[null]");
	refuse("message m { required group l (LIST) { repeated int32 array; } }", "[[null]]");
	static const char set[] =
	    "message m { optional group m (MAP) { repeated group key_value { required binary key; } } }";
	refuse(set, "[[]]");
	refuse(set, "[{\"a\": 1}]");
	refuse(set, "[{null: null}]");
}

/* Their heads are one byte or three, and no other byte stands for one. */
static void
rows_of_any_number_of_fields(void **state)
{
	(void)state;
	for (size_t count = 1; count <= 20; count++) {
		char schema[600], row[100], line[300];
		uint8_t bad[30];
		char *schema_to = schema + sprintf(schema, "message m {"), *row_to = row, *line_to = line;
		for (size_t i = 0; i < count; i++) {
			schema_to += sprintf(schema_to, " required int32 x%02zu;", i);
			row_to += sprintf(row_to, "%c1", i == 0 ? '[' : ',');
			line_to += sprintf(line_to, "%c\"x%02zu\":1", i == 0 ? '{' : ',', i);
		}
		sprintf(schema_to, " }");
		sprintf(row_to, "]");
		sprintf(line_to, "}\n");
		expect(schema, row, line);
		memset(bad, 1, sizeof bad);
		for (unsigned head = 0; head <= 0xff; head++) {
			bad[0] = (uint8_t)head;
			if (count > 15 || head != 0x90 + count)
				refuse_before(schema, (struct view){bad, 1 + count}, row);
		}
	}
}

static void
rows_that_end_early_are_refused(void **state)
{
	(void)state;
	static const char schema[] =
	    "message m { optional int32 a; optional group m (MAP) { repeated group key_value {"
	    " required binary key (STRING); required group v { required double d; } } } }";
	struct buffer row = {0};
	pack_text(&row, "[1, {\"abc\": [0.5]}]");
	expect_bytes(schema, (struct view){row.data, row.size}, "{\"a\":1,\"m\":{\"abc\":{\"d\":0.5}}}\n");
	for (size_t size = 1; size < row.size; size++)
		assert_null(print(schema, (struct view){row.data, size}, UNFIT));
	buffer_free(&row);
	static const uint8_t broken[] = {0x92, 0xc1, 0xc0};
	assert_null(print(schema, (struct view){broken, sizeof broken}, UNFIT));
}

/* Behind each byte, at the end of the memory, and behind so many rows that some are read in slots. */
static void
rows_of_each_leaf_that_end_early_are_refused(void **state)
{
	(void)state;
	static const char *const leaves[][2] = {{"boolean x", "true"}, {"int32 x", "70000"},
	    {"int64 x (TIMESTAMP(MILLIS,true))", "1700000000000"}, {"int32 x (DATE)", "20000"},
	    {"int64 x (DECIMAL(9,2))", "12345"}, {"double x", "1.5"},
	    {"binary x (STRING)", "\"some text of more than thirty-one bytes, and more\""},
	    {"binary x (STRING)", "\"short\""}, {"binary x", "b\"bytes\""},
	    {"fixed_len_byte_array(16) x (UUID)", "b\"0123456789abcdef\""},
	    {"fixed_len_byte_array(3) x (DECIMAL(5,1))", "b\"abc\""}};
	for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
		char schema[200], text[200];
		struct buffer row = {0};
		struct nest_error error;
		snprintf(schema, sizeof schema, "message m { required int32 a; required %s; }", leaves[i][0]);
		snprintf(text, sizeof text, "[1, %s]", leaves[i][1]);
		pack_text(&row, text);
		struct buffer many = many_times(&row);
		size_t whole = many.size;
		assert_true(buffer_append(&many, row.data, row.size, &error));
		for (size_t cut = 1; cut < row.size; cut++) {
			assert_null(print(schema, (struct view){row.data, cut}, UNFIT));
			assert_null(print(schema, (struct view){many.data, whole + cut}, UNFIT));
		}
		buffer_free(&many);
		buffer_free(&row);
	}
}

static void
lines_come_behind_what_is_there(void **state)
{
	(void)state;
	static const uint8_t rows[] = {0x91, 1, 0x91, 2};
	struct schema schema;
	struct jsonl *jsonl;
	struct nest_error error;
	struct buffer text = {0};
	assert_true(schema_parse(&schema, view_of_text("message m { required int32 a; }"), &error));
	assert_true(jsonl_open(&jsonl, &schema, JSONL_UTF8, &error));
	for (unsigned i = 0; i < 2; i++)
		assert_true(jsonl_append(jsonl, (struct view){rows, sizeof rows}, &text, &error));
	assert_int_equal(text.size, 32);
	assert_memory_equal(text.data, "{\"a\":1}\n{\"a\":2}\n{\"a\":1}\n{\"a\":2}\n", 32);
	jsonl_close(jsonl);
	schema_free(&schema);
	buffer_free(&text);
}

/* Appends the row in TEXT, which JSONL refuses with SENTENCE. */
static void
refuse_next(struct jsonl *jsonl, const char *row, const char *sentence)
{
	struct buffer body = {0}, text = {0};
	struct nest_error error;
	pack_text(&body, row);
	assert_false(jsonl_append(jsonl, (struct view){body.data, body.size}, &text, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, sentence);
	buffer_free(&text);
	buffer_free(&body);
}

static void
each_refusal_is_told_for_itself(void **state)
{
	(void)state;
	static const char told[] = "field a: bytes that are not UTF-8; --binary base64 or hex writes them";
	struct schema schema;
	struct jsonl *jsonl;
	struct nest_error error;
	assert_true(schema_parse(&schema, view_of_text("message m { required binary a; }"), &error));
	assert_true(jsonl_open(&jsonl, &schema, JSONL_UTF8, &error));
	refuse_next(jsonl, "[b\"\\xff\"]", told);
	refuse_next(jsonl, "[1]", UNFIT);
	refuse_next(jsonl, "[b\"\\xff\"]", told);
	jsonl_close(jsonl);
	schema_free(&schema);
}

/* ---- a filter ---- */

/* Rows on standard input, of the schema in the file PATH, as lines with base64 in them. */
static int
filter(const char *path)
{
	static char rows[1 << 24], schema_text[1 << 16];
	struct schema schema;
	struct jsonl *jsonl;
	struct buffer text = {0};
	struct nest_error error;
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return 3;
	size_t schema_size = fread(schema_text, 1, sizeof schema_text, file);
	size_t size = fread(rows, 1, sizeof rows, stdin);
	fclose(file);
	if (!schema_parse(&schema, (struct view){(uint8_t *)schema_text, schema_size}, &error) ||
	    !jsonl_open(&jsonl, &schema, JSONL_BASE64, &error) ||
	    !jsonl_append(jsonl, (struct view){(uint8_t *)rows, size}, &text, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	bool fine = fwrite(text.data, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
	jsonl_close(jsonl);
	schema_free(&schema);
	buffer_free(&text);
	return fine ? 0 : 3;
}

/* With the path of a schema, it is a filter for test_json_property.py. */
/* ---- values alone ---- */

static void
a_value_alone(void **state)
{
	(void)state;
	static const char *const values[][3] = {
	    {"b\"\\x00\\xff\"", NULL, "\"00ff\""},
	    {NULL, "5", "0.05"},
	    {NULL, "\"5\"", NULL},
	    {"b\"a\"", NULL, "\"61\""},
	};
	struct schema schema;
	struct jsonl *jsonl;
	struct nest_error error;
	struct buffer packed = {0}, text = {0};
	assert_true(schema_parse(&schema,
	    view_of_text("message m { required binary b; required int32 d (DECIMAL(9,2)); }"), &error));
	assert_true(jsonl_open(&jsonl, &schema, JSONL_HEX, &error));
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		uint32_t node = values[i][0] != NULL ? 1 : 2;
		buffer_free(&packed);
		buffer_clear(&text);
		pack_text(&packed, values[i][node - 1]);
		assert_true(buffer_append(&text, "=", 1, &error));
		bool fine =
		    jsonl_append_value(jsonl, node, (struct view){packed.data, packed.size}, &text, &error);
		assert_int_equal(fine, values[i][2] != NULL);
		if (fine) {
			assert_int_equal(text.size, 1 + strlen(values[i][2]));
			assert_memory_equal(text.data, "=", 1);
			assert_memory_equal(text.data + 1, values[i][2], text.size - 1);
		} else {
			assert_int_equal(error.status, NEST_INVALID);
			assert_string_equal(error.text, UNFIT);
		}
	}
	jsonl_close(jsonl);
	schema_free(&schema);
	buffer_free(&packed);
	buffer_free(&text);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(booleans_and_integers),
	    cmocka_unit_test(floating_point),
	    cmocka_unit_test(moments),
	    cmocka_unit_test(decimals),
	    cmocka_unit_test(texts_and_bytes),
	    cmocka_unit_test(bytes_that_are_no_characters),
	    cmocka_unit_test(texts_and_names_are_escaped),
	    cmocka_unit_test(escapes_stand_anywhere_in_a_text),
	    cmocka_unit_test(characters_that_are_not_ascii_stand_anywhere),
	    cmocka_unit_test(hexadecimal_digits_of_any_size),
	    cmocka_unit_test(nil_where_a_value_must_be),
	    cmocka_unit_test(texts_of_any_size),
	    cmocka_unit_test(names_of_any_length),
	    cmocka_unit_test(lists_and_groups),
	    cmocka_unit_test(lists_of_older_writers),
	    cmocka_unit_test(maps),
	    cmocka_unit_test(rows_that_do_not_fit_are_refused),
	    cmocka_unit_test(rows_of_any_number_of_fields),
	    cmocka_unit_test(rows_that_end_early_are_refused),
	    cmocka_unit_test(rows_of_each_leaf_that_end_early_are_refused),
	    cmocka_unit_test(lines_come_behind_what_is_there),
	    cmocka_unit_test(each_refusal_is_told_for_itself),
	    cmocka_unit_test(a_value_alone),
	};
	return argc == 2 ? filter(argv[1]) : cmocka_run_group_tests(tests, NULL, NULL);
}
