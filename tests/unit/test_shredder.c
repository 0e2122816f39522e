/* Records shredded into columns: the Dremel paper's documents, every form, every type and its refusals. */
#include "shred/walk_pack.h"

#include "tests/unit/column_text.h"
#include "tests/unit/packing.h"

#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NO_TARGET = 1 << 30 };

static bool
shred(struct shredder *shredder, const char *schema, const struct buffer *rows, uint64_t count,
    struct nest_error *error)
{
	/* In memory of their own size, so that a sanitizer sees a step behind them. */
	uint8_t *bytes = malloc(rows->size > 0 ? rows->size : 1);
	uint64_t done = 0;
	assert_non_null(bytes);
	/* Nothing is to depend on what was in the memory before. */
	memset(shredder, 0xa5, sizeof *shredder);
	if (rows->size > 0)
		memcpy(bytes, rows->data, rows->size);
	struct pack_reader reader = {bytes, bytes + rows->size};
	bool fine = shredder_init(shredder, view_of_text(schema), error) &&
	            walk_pack_rows(shredder, &reader, 100, count, NO_TARGET, &done, error);
	if (fine) {
		assert_int_equal(done, count);
		assert_ptr_equal(reader.at, bytes + rows->size);
	}
	free(bytes);
	return fine;
}

/* The records in TEXT become these columns, one text a leaf. */
static void
expect(const char *schema, uint64_t rows, const char *text, const char *const *columns)
{
	struct shredder shredder;
	struct buffer packed = {0};
	struct nest_error error;
	pack_text(&packed, text);
	if (!shred(&shredder, schema, &packed, rows, &error))
		fail_msg("%s: %s", text, error.text);
	for (uint32_t i = 0; i < shredder.schema.leaf_count; i++)
		assert_string_equal(describe_column(&shredder, i).text, columns[i]);
	assert_null(columns[shredder.schema.leaf_count]);
	shredder_free(&shredder);
	buffer_free(&packed);
}

#define COLUMNS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The ROWS in TEXT, one of which is wrong. */
static void
refuse_rows(const char *schema, uint64_t rows, const char *text, const char *message)
{
	struct shredder shredder;
	struct buffer packed = {0};
	struct nest_error error;
	pack_text(&packed, text);
	if (shred(&shredder, schema, &packed, rows, &error))
		fail_msg("%s was not refused", text);
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, message);
	shredder_free(&shredder);
	buffer_free(&packed);
}

static void
refuse(const char *schema, const char *text, const char *message)
{
	refuse_rows(schema, 1, text, message);
}

/* ---- the paper ---- */

static const char document[] = "message Document {\n"
			       "  required int64 DocId;\n"
			       "  optional group Links { repeated int64 Backward; repeated int64 Forward; }\n"
			       "  repeated group Name {\n"
			       "    repeated group Language {\n"
			       "      required binary Code (STRING);\n"
			       "      optional binary Country (STRING);\n"
			       "    }\n"
			       "    optional binary Url (STRING);\n"
			       "  }\n"
			       "}\n";

static void
the_documents_of_the_dremel_paper(void **state)
{
	(void)state;
	expect(document, 2,
	    "[10, [[], [20, 40, 60]],"
	    " [[[[\"en-us\", \"us\"], [\"en\", null]], \"http://A\"],"
	    "  [[], \"http://B\"],"
	    "  [[[\"en-gb\", \"gb\"]], null]]]"
	    "[20, [[10, 30], [80]], [[[], \"http://C\"]]]",
	    COLUMNS("0,0=10 0,0=20", "0,1 0,2=10 1,2=30", "0,2=20 1,2=40 1,2=60 0,2=80",
		"0,2=en-us 2,2=en 1,1 1,2=en-gb 0,1", "0,3=us 2,2 1,1 1,3=gb 0,1",
		"0,2=http://A 1,2=http://B 1,1 0,2=http://C"));
}

/* ---- forms ---- */

static void
a_required_field_has_no_levels_to_speak_of(void **state)
{
	(void)state;
	expect("message m { required int32 a; }", 3, "[1] [-2] [3]", COLUMNS("0,0=1 0,0=-2 0,0=3"));
}

static void
null_and_empty_and_full_lists_differ(void **state)
{
	(void)state;
	expect("message m { optional group l (LIST) { repeated group list { optional int32 element; } } }", 5,
	    "[null] [[]] [[null]] [[7]] [[8, null, 9]]", COLUMNS("0,0 0,1 0,2 0,3=7 0,3=8 1,2 1,3=9"));
}

static void
a_required_list_of_required_elements(void **state)
{
	(void)state;
	expect("message m { required group l (LIST) { repeated group list { required int32 element; } } }", 2,
	    "[[]] [[1, 2]]", COLUMNS("0,0 0,1=1 1,1=2"));
}

static void
lists_of_lists_repeat_at_their_own_level(void **state)
{
	(void)state;
	expect("message m { optional group l (LIST) { repeated group list { optional group element (LIST) {"
	       " repeated group list { optional int32 element; } } } } }",
	    4, "[[[1, 2], [3]]] [[[], null, [null, 4]]] [[]] [null]",
	    COLUMNS("0,5=1 2,5=2 1,5=3 0,3 1,2 1,4 2,5=4 0,1 0,0"));
}

static void
a_list_whose_repeated_field_is_the_element(void **state)
{
	(void)state;
	expect("message m { optional group l (LIST) { repeated int32 element; } }", 3, "[null] [[]] [[1, 2]]",
	    COLUMNS("0,0 0,1 0,2=1 1,2=2"));
	expect("message m { optional group l (LIST) { repeated group array { required int32 a; } } }", 2,
	    "[[]] [[[1], [2]]]", COLUMNS("0,1 0,2=1 1,2=2"));
	expect("message m { optional group l (LIST) { repeated group element {"
	       " required int32 a; optional int32 b; } } }",
	    2, "[null] [[[1, null], [2, 3]]]", COLUMNS("0,0 0,2=1 1,2=2", "0,0 0,2 1,3=3"));
}

static void
bare_repeated_fields(void **state)
{
	(void)state;
	expect("message m { repeated int32 a; repeated group g { optional int32 b; } }", 3,
	    "[[], []] [[1], [[null]]] [[1, 2], [[3], [null]]]",
	    COLUMNS("0,0 0,1=1 0,1=1 1,1=2", "0,0 0,1 0,2=3 1,1"));
}

static void
structs_within_lists_within_structs(void **state)
{
	(void)state;
	expect("message m { optional group s { optional group l (LIST) { repeated group list {"
	       " optional group element { optional int32 x; required int32 y; } } } } }",
	    5, "[null] [[null]] [[[]]] [[[null, [null, 1]]]] [[[[2, 3], [4, 5]]]]",
	    COLUMNS("0,0 0,1 0,2 0,3 1,4 0,5=2 1,5=4", "0,0 0,1 0,2 0,3 1,4=1 0,4=3 1,4=5"));
}

static void
runs_of_texts_end_with_their_struct(void **state)
{
	(void)state;
	/* The only text of a struct, and one of its parent behind it; short texts want some bytes behind
	 * them. */
	expect("message m { required group g { required binary a (STRING); } required binary b (STRING); }",
	    4,
	    "[[\"x\"], \"y\"] [[\"z\"], \"u\"] [[\"v\"], \"w\"]"
	    " [[\"\"], \"a text that is longer than one slot of bytes\"]",
	    COLUMNS("0,0=x 0,0=z 0,0=v 0,0=",
		"0,0=y 0,0=u 0,0=w 0,0=a text that is longer than one slot of bytes"));
	expect("message m { optional group g { required int32 i; optional binary a (STRING);"
	       " optional binary b (STRING); } optional binary c (STRING); optional binary d (STRING); }",
	    4,
	    "[[1, \"x\", null], \"y\", null] [null, null, \"z\"] [[2, null, \"u\"], \"v\", \"w\"]"
	    " [null, \"a text that is longer than one slot of bytes\", null]",
	    COLUMNS("0,1=1 0,0 0,1=2 0,0", "0,2=x 0,0 0,1 0,0", "0,1 0,0 0,2=u 0,0",
		"0,1=y 0,0 0,1=v 0,1=a text that is longer than one slot of bytes", "0,0 0,1=z 0,1=w 0,0"));
}

static void
maps_have_keys_and_values(void **state)
{
	(void)state;
	expect("message m { optional group m (MAP) { repeated group key_value {"
	       " required binary key (STRING); optional int32 value; } } }",
	    4, "[null] [{}] [{\"a\": 1, \"b\": null}] [{\"c\": 3}]",
	    COLUMNS("0,0 0,1 0,2=a 1,2=b 0,2=c", "0,0 0,1 0,3=1 1,2 0,3=3"));
}

static void
a_map_without_values_is_a_set(void **state)
{
	(void)state;
	static const char schema[] =
	    "message m { optional group s (MAP) { repeated group key_value { required int32 key; } } }";
	expect(schema, 3, "[null] [{}] [{1: null, 2: null}]", COLUMNS("0,0 0,1 0,2=1 1,2=2"));
	refuse(schema, "[{1: 2}]",
	    "row 100, field s.key_value: nil for the value of a set is due, not an integer");
}

static void
maps_of_lists(void **state)
{
	(void)state;
	expect("message m { required group m (MAP) { repeated group key_value { required int32 key;"
	       " optional group value (LIST) { repeated group list { required int32 element; } } } } }",
	    2, "[{1: [10, 11], 2: []}] [{3: null}]", COLUMNS("0,1=1 1,1=2 0,1=3", "0,3=10 2,3=11 1,2 0,1"));
}

static void
all_null_and_all_empty_columns(void **state)
{
	(void)state;
	expect("message m { optional int64 a; optional group l (LIST) { repeated group list {"
	       " optional binary element (STRING); } } }",
	    3, "[null, []] [null, []] [null, []]", COLUMNS("0,0 0,0 0,0", "0,1 0,1 0,1"));
}

static void
texts_of_every_length_come_through(void **state)
{
	(void)state;
	struct shredder shredder;
	struct buffer packed = {0};
	struct nest_error error;
	char text[200], row[256];
	for (size_t size = 0; size < sizeof text; size++) {
		memset(text, 'a' + (int)(size % 26), size);
		snprintf(row, sizeof row, "[\"%.*s\"] [null]", (int)size, text);
		pack_text(&packed, row);
	}
	assert_true(shred(&shredder, "message m { optional binary s (STRING); }", &packed, 400, &error));
	const uint8_t *at = shredder.stripes[0].values;
	for (size_t size = 0; size < sizeof text; size++) {
		uint32_t length;
		memcpy(&length, at, 4);
		assert_int_equal(le32toh(length), size);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(at[4 + i], 'a' + (int)(size % 26));
		at += 4 + size;
		assert_int_equal(shredder.stripes[0].entries[2 * size] >> 8, 1);
		assert_int_equal(shredder.stripes[0].entries[2 * size + 1] >> 8, 0);
	}
	shredder_free(&shredder);
	buffer_free(&packed);
}

/* ---- types ---- */

/* FIELD, a required one, takes each value of the records in TEXT and lays it out so. */
static void
expect_values(const char *field, uint64_t rows, const char *text, const char *column)
{
	char schema[256];
	snprintf(schema, sizeof schema, "message m { required %s; }", field);
	expect(schema, rows, text, COLUMNS(column));
}

static void
refuse_value(const char *field, const char *text, const char *reason)
{
	char schema[256], message[512];
	snprintf(schema, sizeof schema, "message m { required %s; }", field);
	snprintf(message, sizeof message, "row 100, field a: %s", reason);
	refuse(schema, text, message);
}

static void
booleans(void **state)
{
	(void)state;
	expect_values("boolean a", 2, "[true] [false]", "0,0=true 0,0=false");
	refuse_value("boolean a", "[1]", "a boolean is due, not an integer");
	refuse_value("boolean a", "[36]", "a boolean is due, not an integer");
	refuse_value("boolean a", "[null]", "a required field is null");
}

static void
integers_of_every_width(void **state)
{
	(void)state;
	expect_values("int32 a", 2, "[-2147483648] [2147483647]", "0,0=-2147483648 0,0=2147483647");
	refuse_value("int32 a", "[2147483648]", "the integer is out of range (-2147483648 to 2147483647)");
	refuse_value("int32 a", "[-2147483649]", "the integer is out of range (-2147483648 to 2147483647)");
	expect_values("int64 a", 2, "[-9223372036854775808] [9223372036854775807]",
	    "0,0=-9223372036854775808 0,0=9223372036854775807");
	refuse_value("int64 a", "[9223372036854775808]",
	    "the integer is out of range (-9223372036854775808 to 9223372036854775807)");
	expect_values("int32 a (INTEGER(8,true))", 2, "[-128] [127]", "0,0=-128 0,0=127");
	refuse_value("int32 a (INTEGER(8,true))", "[128]", "the integer is out of range (-128 to 127)");
	expect_values("int32 a (INTEGER(16,false))", 2, "[0] [65535]", "0,0=0 0,0=65535");
	refuse_value("int32 a (INTEGER(16,false))", "[-1]", "the integer is out of range (0 to 65535)");
	expect_values("int32 a (INTEGER(32,false))", 1, "[4294967295]", "0,0=-1");
	refuse_value(
	    "int32 a (INTEGER(32,false))", "[4294967296]", "the integer is out of range (0 to 4294967295)");
	expect_values("int64 a (INTEGER(64,false))", 1, "[18446744073709551615]", "0,0=-1");
	refuse_value(
	    "int64 a (INTEGER(64,false))", "[-1]", "the integer is out of range (0 to 18446744073709551615)");
	refuse_value("int64 a", "[1.0]", "an integer is due, not a double");
	refuse_value("int64 a", "[\"1\"]", "an integer is due, not a str");
}

/*
 * Records of one value, behind one that makes room, a few and so many that some lie far from the end: TOLD is
 * what each becomes, or why it is refused.
 */
static void
check_value(const char *field, struct view value, const char *told)
{
	enum { OFTEN = 40 };
	for (unsigned times = 1; times <= OFTEN; times += OFTEN - 1) {
		char schema[128], expected[COLUMN_TEXT_BYTES] = "";
		struct buffer rows = {0};
		struct shredder shredder;
		struct nest_error error;
		snprintf(schema, sizeof schema, "message m { %s; }", field);
		assert_true(buffer_append(&rows, field[2] == 'p' ? "\x91\x90" : "\x91\0", 2, &error));
		for (unsigned i = 0; i < times; i++) {
			assert_true(buffer_append(&rows, "\x91", 1, &error));
			assert_true(buffer_append(&rows, value.data, value.size, &error));
			snprintf(
			    expected + strlen(expected), sizeof expected - strlen(expected), " %s", told);
		}
		if (shred(&shredder, schema, &rows, 1 + times, &error))
			assert_string_equal(strchr(describe_column(&shredder, 0).text, ' '), expected);
		else
			assert_string_equal(error.text, told);
		shredder_free(&shredder);
		buffer_free(&rows);
	}
}

#define CHECK(field, bytes, told) \
	check_value(field, (struct view){(const uint8_t *)bytes, sizeof bytes - 1}, told)
#define OUT_OF_RANGE(range) "row 101, field a: the integer is out of range (" range ")"

/* As nobody who packs tightly writes them, too. */
static void
numbers_in_every_form(void **state)
{
	(void)state;
	static const char wide[] = "required int64 a", narrow[] = "optional int32 a";
	CHECK(wide, "\x00", "0,0=0");
	CHECK(wide, "\x7f", "0,0=127");
	CHECK(wide, "\xe0", "0,0=-32");
	CHECK(wide, "\xff", "0,0=-1");
	CHECK(wide, "\xcc\xff", "0,0=255");
	CHECK(wide, "\xcd\x00\x05", "0,0=5");
	CHECK(wide, "\xcd\xff\xfe", "0,0=65534");
	CHECK(wide, "\xce\xff\xff\xff\xfe", "0,0=4294967294");
	CHECK(wide, "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", "0,0=9223372036854775807");
	CHECK(wide, "\xcf\x80\0\0\0\0\0\0\0", OUT_OF_RANGE("-9223372036854775808 to 9223372036854775807"));
	CHECK(wide, "\xd0\x80", "0,0=-128");
	CHECK(wide, "\xd0\x7f", "0,0=127");
	CHECK(wide, "\xd1\x80\x01", "0,0=-32767");
	CHECK(wide, "\xd1\x7f\xff", "0,0=32767");
	CHECK(wide, "\xd2\x80\0\0\x01", "0,0=-2147483647");
	CHECK(wide, "\xd2\0\0\x01\x02", "0,0=258");
	CHECK(wide, "\xd3\x80\0\0\0\0\0\0\0", "0,0=-9223372036854775808");
	CHECK(wide, "\xd3\0\0\0\0\0\0\0\x07", "0,0=7");
	CHECK("required int64 a (INTEGER(64,false))", "\xcf\x80\0\0\0\0\0\0\0", "0,0=-9223372036854775808");
	CHECK(narrow, "\xc0", "0,0");
	CHECK(narrow, "\xd2\x80\0\0\0", "0,1=-2147483648");
	CHECK(narrow, "\xce\x7f\xff\xff\xff", "0,1=2147483647");
	CHECK(narrow, "\xce\x80\0\0\0", OUT_OF_RANGE("-2147483648 to 2147483647"));
	CHECK(narrow, "\xd3\xff\xff\xff\xff\x7f\xff\xff\xff", OUT_OF_RANGE("-2147483648 to 2147483647"));
	CHECK("required int32 a (INTEGER(8,false))", "\xcc\xff", "0,0=255");
	CHECK("required int32 a (INTEGER(8,false))", "\xff", OUT_OF_RANGE("0 to 255"));
	CHECK("repeated int32 a", "\x92\x03\xcc\x80", "0,1=3 1,1=128");
	CHECK("required int32 a", "\xc3", "row 101, field a: an integer is due, not a boolean");
	CHECK(
	    "required int32 a", "\xcb\0\0\0\0\0\0\0\0", "row 101, field a: an integer is due, not a double");
	CHECK("required double a", "\xcb\x3f\xf8\0\0\0\0\0\0", "0,0=1.5");
	CHECK("optional double a", "\xcb\xbf\xf8\0\0\0\0\0\0", "0,1=-1.5");
	CHECK("required double a", "\xca\x3f\xc0\0\0", "0,0=1.5");
	CHECK("required double a", "\x03", "0,0=3");
	CHECK("required float a", "\xcb\x3f\xf8\0\0\0\0\0\0", "0,0=1.5");
	CHECK("required double a", "\xc2", "row 101, field a: a number is due, not a boolean");
}

static void
dates_times_and_decimals_are_integers(void **state)
{
	(void)state;
	expect_values("int32 a (DATE)", 1, "[-719162]", "0,0=-719162");
	expect_values("int32 a (TIME(MILLIS,true))", 2, "[86399999] [0]", "0,0=86399999 0,0=0");
	refuse_value(
	    "int32 a (TIME(MILLIS,true))", "[86400000]", "the integer is out of range (0 to 86399999)");
	refuse_value("int32 a (TIME(MILLIS,true))", "[-1]", "the integer is out of range (0 to 86399999)");
	expect_values("int64 a (TIME(MICROS,true))", 1, "[86399999999]", "0,0=86399999999");
	refuse_value(
	    "int64 a (TIME(MICROS,true))", "[86400000000]", "the integer is out of range (0 to 86399999999)");
	expect_values("int64 a (TIME(NANOS,true))", 1, "[86399999999999]", "0,0=86399999999999");
	refuse_value("int64 a (TIME(NANOS,true))", "[86400000000000]",
	    "the integer is out of range (0 to 86399999999999)");
	expect_values("int64 a (TIMESTAMP(NANOS,false))", 1, "[-1]", "0,0=-1");
	expect_values("int64 a (DECIMAL(18,2))", 1, "[-12345]", "0,0=-12345");
}

static void
reals(void **state)
{
	(void)state;
	expect_values("double a", 3, "[0.1] [-0.0] [9007199254740992]",
	    "0,0=0.10000000000000001 0,0=-0 0,0=9007199254740992");
	expect_values("float a", 3, "[0.5] [-1.25] [16777216]", "0,0=0.5 0,0=-1.25 0,0=16777216");
	refuse_value("float a", "[16777217]", "the integer is too large to be a float exactly");
	refuse_value("double a", "[-9007199254740993]", "the integer is too large to be a double exactly");
	refuse_value("double a", "[-9223372036854775808]", "the integer is too large to be a double exactly");
	refuse_value("float a", "[1.0e39]", "the number 1e+39 is out of a float's range");
	refuse_value("double a", "[\"0.1\"]", "a number is due, not a str");
	refuse_value("float a", "[true]", "a number is due, not a boolean");
}

static void
texts_and_bytes(void **state)
{
	(void)state;
	expect_values(
	    "binary a (STRING)", 3, "[\"\"] [\"abc\"] [\"\\xc3\\xa4\"]", "0,0= 0,0=abc 0,0=\xc3\xa4");
	refuse_value("binary a (STRING)", "[b\"abc\"]", "a string is due, not a bin");
	refuse_value("binary a (STRING)", "[\"\\xff\"]", "the string is not UTF-8");
	refuse_value("binary a (STRING)", "[\"a long text that ends with a bad byte \\xc3\"]",
	    "the string is not UTF-8");
	refuse_value("binary a (STRING)", "[7]", "a string is due, not an integer");
	expect_values("binary a", 2, "[b\"abc\"] [\"\\xff\"]", "0,0=abc 0,0=\xff");
	refuse_value("binary a", "[[]]", "a string or bytes are due, not an array");
	expect_values("binary a (BSON)", 1, "[b\"abc\"]", "0,0=abc");
	expect_values("binary a (ENUM)", 1, "[\"RED\"]", "0,0=RED");
	refuse_value("binary a (ENUM)", "[\"\\xff\"]", "the string is not UTF-8");
	refuse_value("binary a (JSON)", "[b\"1\"]", "a string is due, not a bin");
	expect_values("binary a (DECIMAL(4,2))", 1, "[b\"12\"]", "0,0=12");
}

/* With room behind it for a short text, and without. */
static void
no_other_head_is_a_short_text(void **state)
{
	(void)state;
	static const char schema[] = "message m { required binary a (STRING); required int32 b; }";
	struct nest_error error;
	for (unsigned head = 0; head <= 0xff; head++)
		for (unsigned round = 0; round < 2; round++) {
			struct shredder shredder;
			struct buffer packed = {0};
			uint64_t done;
			/* The first record makes room in the stripes. */
			pack_text(&packed, "[\"x\", 1] [0, 1]");
			packed.data[5] = (uint8_t)head;
			for (unsigned i = 0; round == 1 && i < 100; i++)
				pack_text(&packed, "1");
			struct pack_reader reader = {packed.data, packed.data + packed.size};
			assert_true(shredder_init(&shredder, view_of_text(schema), &error));
			/* d9 says that the byte behind it is the size. */
			bool is_text =
			    head == 0xa0 || (round == 1 && ((head > 0xa0 && head < 0xc0) || head == 0xd9));
			assert_int_equal(
			    walk_pack_rows(&shredder, &reader, 0, 2, NO_TARGET, &done, &error), is_text);
			shredder_free(&shredder);
			buffer_free(&packed);
		}
}

static void
bytes_of_a_fixed_length(void **state)
{
	(void)state;
	expect_values("fixed_len_byte_array(3) a", 1, "[b\"\\x01\\x02\\xff\"]", "0,0=0102ff");
	refuse_value("fixed_len_byte_array(3) a", "[b\"ab\"]", "3 bytes are due, not 2");
	refuse_value("fixed_len_byte_array(3) a", "[3]", "bytes are due, not an integer");
	expect_values("int96 a", 1, "[b\"abcdefghijkl\"]", "0,0=6162636465666768696a6b6c");
	refuse_value("int96 a", "[b\"abc\"]", "12 bytes are due, not 3");
	expect_values("fixed_len_byte_array(16) a (UUID)", 1, "[b\"0123456789abcdef\"]",
	    "0,0=30313233343536373839616263646566");
	expect_values("fixed_len_byte_array(16) a (UUID)", 1, "[\"0123456789abcdef\"]",
	    "0,0=30313233343536373839616263646566");
	expect_values("fixed_len_byte_array(2) a (FLOAT16)", 1, "[b\"\\x00\\x3c\"]", "0,0=003c");
	expect_values("fixed_len_byte_array(2) a (FLOAT16)", 1, "[\"15\"]", "0,0=3135");
	expect_values("fixed_len_byte_array(12) a (INTERVAL)", 1, "[b\"123456789012\"]",
	    "0,0=313233343536373839303132");
}

/* ---- refusals ---- */

static void
the_field_and_the_row_are_named(void **state)
{
	(void)state;
	refuse(document, "[1, null, [[[[\"en\", 5]], null]]]",
	    "row 100, field Name.Language.Country: a string is due, not an integer");
	refuse(document, "[1, [[], [null]], []]",
	    "row 100, field Links.Forward: "
	    "an integer is due, not nil");
	refuse_rows("message m { optional group a (LIST) { repeated group list {"
		    " optional binary element (STRING); } } }",
	    5,
	    "[[\"x\", \"y\", \"z\"]] [[]] [[\"x\", \"\\xc3\\xa4\"]] [[\"x\", \"\\xff\"]]"
	    " [[\"a text that is longer than one slot of bytes\"]]",
	    "row 103, field a.list.element: the string is not UTF-8");
	for (int size = 253; size < 259; size++) {
		char name[259] = {0}, schema[400], sentence[400];
		memset(name, 'n', (size_t)size);
		snprintf(schema, sizeof schema, "message m { optional int32 %s; }", name);
		snprintf(sentence, sizeof sentence, "row 100, field %.255s: an integer is due, not an array",
		    name);
		refuse(schema, "[[]]", sentence);
	}
}

static void
a_record_of_the_wrong_shape_is_refused(void **state)
{
	(void)state;
	static const char schema[] = "message m { optional int32 a; optional group g { required int32 b; } }";
	refuse(schema, "[1]", "row 100: an array of 2 fields is due, not of 1");
	refuse(schema, "[1, [1], 1]", "row 100: an array of 2 fields is due, not of 3");
	refuse(schema, "null", "row 100: an array of fields is due, not nil");
	refuse(schema, "{1: 2}", "row 100: an array of fields is due, not a map");
	refuse(schema, "", "row 100: the bytes end where an array of fields is due: the record ends early");
	refuse(schema, "[1, 5]", "row 100, field g: an array of fields is due, not an integer");
	refuse(schema, "[1, []]", "row 100, field g: an array of 1 fields is due, not of 0");
	refuse("message m { repeated int32 a; }", "[null]", "row 100, field a: an array is due, not nil");
	refuse("message m { required group l (LIST) { repeated group list { required int32 element; } } }",
	    "[null]", "row 100, field l: a required field is null");
	refuse("message m { required group m (MAP) { repeated group key_value { required int32 key; } } }",
	    "[[1]]", "row 100, field m: a map is due, not an array");
}

/* A head of one byte says up to 15 fields; whatever stands in place of a longer one is refused. */
static void
a_struct_of_many_fields_begins_with_an_array_only(void **state)
{
	(void)state;
	struct nest_error error;
	char schema[1024], rows[1024];
	for (unsigned fields = 14; fields <= 18; fields++) {
		size_t size = (size_t)snprintf(schema, sizeof schema, "message m {");
		for (unsigned i = 0; i < fields; i++)
			size +=
			    (size_t)snprintf(schema + size, sizeof schema - size, " optional int32 f%u;", i);
		snprintf(schema + size, sizeof schema - size, " }");
		/* Nil in the fields of several records, so that the first head is far from the end. */
		size = 0;
		for (unsigned i = 0; i < 4 * fields; i++)
			size += (size_t)snprintf(rows + size, sizeof rows - size, "null ");
		for (unsigned head = 0; head <= 0xff; head++) {
			struct shredder shredder;
			struct buffer packed = {0};
			pack_text(&packed, "0");
			pack_text(&packed, rows);
			packed.data[0] = (uint8_t)head;
			bool fits = fields < 16 && head == 0x90 + fields;
			struct pack_reader reader = {packed.data, packed.data + 4 * fields};
			uint64_t done;
			assert_true(shredder_init(&shredder, view_of_text(schema), &error));
			assert_int_equal(
			    walk_pack_rows(&shredder, &reader, 0, 1, NO_TARGET, &done, &error), fits);
			shredder_free(&shredder);
			buffer_free(&packed);
		}
	}
}

static void
bytes_that_end_too_soon_are_refused_wherever_they_end(void **state)
{
	(void)state;
	struct buffer packed = {0};
	struct nest_error error;
	pack_text(&packed, "[10, [[], [20, 40, 60]], [[[[\"en-us\", \"us\"], [\"en\", null]], \"http://A\"],"
			   " [[], \"http://a.long.name.that.is.longer.than.one.slot/\"]]]");
	size_t size = packed.size;
	for (packed.size = 0; packed.size < size; packed.size++) {
		struct shredder shredder;
		assert_false(shred(&shredder, document, &packed, 1, &error));
		assert_int_equal(error.status, NEST_INVALID);
		assert_non_null(strstr(error.text, "row 100"));
		shredder_free(&shredder);
	}
	struct shredder shredder;
	assert_true(shred(&shredder, document, &packed, 1, &error));
	shredder_free(&shredder);
	buffer_free(&packed);
}

/* An absent group is an entry in each of its 10,000 leaves, and takes two bytes of a record. */
static void
a_small_record_cannot_ask_for_all_memory(void **state)
{
	(void)state;
	struct buffer schema = {0}, rows = {0};
	struct shredder shredder;
	struct nest_error error;
	char field[64];
	const char *head = "message m { repeated group g { optional group h {";
	assert_true(buffer_append(&schema, head, strlen(head), &error));
	for (int i = 0; i < 10000; i++) {
		snprintf(field, sizeof field, "optional int32 f%d;", i);
		assert_true(buffer_append(&schema, field, strlen(field), &error));
	}
	assert_true(buffer_append(&schema, "} } }", 6, &error));
	/* One record, 60,000 nulls in its list: 600 million entries are asked for. */
	static const uint8_t record[] = {0x91, 0xdc, 0xea, 0x60};
	static const uint8_t element[] = {0x91, 0xc0};
	assert_true(buffer_append(&rows, record, sizeof record, &error));
	for (int i = 0; i < 60000; i++)
		assert_true(buffer_append(&rows, element, sizeof element, &error));
	assert_false(shred(&shredder, (const char *)schema.data, &rows, 1, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_non_null(strstr(
	    error.text, "the columns of one batch take more than 167772160 bytes; make smaller batches"));
	shredder_free(&shredder);
	buffer_free(&schema);
	buffer_free(&rows);
}

static void
all_stripes_together_have_a_limit(void **state)
{
	(void)state;
	struct stripe stripe = {0};
	struct nest_error error;
	size_t memory_bytes = STRIPE_MEMORY_LIMIT - 100;
	assert_false(stripe_grow_entries(&stripe, &memory_bytes, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_false(stripe_grow_values(&stripe, 1, &memory_bytes, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_int_equal(memory_bytes, STRIPE_MEMORY_LIMIT - 100);
	memory_bytes = STRIPE_MEMORY_LIMIT - 100000;
	assert_false(stripe_grow_values(&stripe, 100000, &memory_bytes, &error));
	assert_true(stripe_grow_values(&stripe, 1000, &memory_bytes, &error));
	assert_true(memory_bytes > STRIPE_MEMORY_LIMIT - 100000 + 1000);
	stripe_free(&stripe);
}

/* ---- in pieces ---- */

/* Batch after batch of 60 MB, each in another leaf, is no more to hold than the first. */
static void
what_a_batch_took_does_not_count_against_the_next(void **state)
{
	(void)state;
	enum { LEAVES = 4, BYTES = 60000000 };
	struct shredder shredder;
	struct nest_error error;
	uint8_t *row = malloc(BYTES + 16);
	assert_non_null(row);
	assert_true(shredder_init(&shredder,
	    view_of_text(
		"message m { optional binary a; optional binary b; optional binary c; optional binary d; }"),
	    &error));
	for (unsigned i = 0; i < 2 * LEAVES; i++) {
		uint8_t *at = row;
		uint32_t size = htobe32(BYTES);
		*at++ = 0x90 + LEAVES;
		for (unsigned leaf = 0; leaf < LEAVES; leaf++) {
			*at++ = leaf == i % LEAVES ? 0xc6 : 0xc0;
			if (leaf != i % LEAVES)
				continue;
			memcpy(at, &size, 4);
			memset(at + 4, 'x', BYTES);
			at += 4 + BYTES;
		}
		struct pack_reader reader = {row, at};
		uint64_t done;
		shredder_clear(&shredder);
		if (!walk_pack_rows(&shredder, &reader, 0, 1, NO_TARGET, &done, &error))
			fail_msg("%s", error.text);
		assert_int_equal(stripe_value_bytes(&shredder.stripes[i % LEAVES]), 4 + BYTES);
	}
	shredder_free(&shredder);
	free(row);
}

static void
a_batch_is_closed_at_its_target_and_goes_on(void **state)
{
	(void)state;
	struct shredder shredder;
	struct buffer packed = {0};
	struct nest_error error;
	for (int i = 0; i < 1000; i++)
		pack_text(&packed, "[7]");
	assert_true(shredder_init(&shredder, view_of_text("message m { required int64 a; }"), &error));
	struct pack_reader reader = {packed.data, packed.data + packed.size};
	uint64_t left = 1000, done;
	unsigned batches = 0;
	for (; left > 0; left -= done, batches++) {
		shredder_clear(&shredder);
		assert_true(walk_pack_rows(&shredder, &reader, 0, left, 800, &done, &error));
		assert_in_range(done, 1, 128);
		assert_int_equal(stripe_value_bytes(&shredder.stripes[0]), 8 * done);
		assert_int_equal(shredder_body_bytes(&shredder), 8 * done);
	}
	assert_ptr_equal(reader.at, reader.end);
	assert_true(batches >= 8);
	shredder_free(&shredder);
	buffer_free(&packed);
}

static void
what_is_no_schema_is_refused(void **state)
{
	(void)state;
	struct shredder shredder;
	struct nest_error error;
	assert_false(shredder_init(&shredder, view_of_text("message m { required int64 }"), &error));
	assert_int_equal(error.status, NEST_INVALID);
	shredder_free(&shredder);
}

static void
what_was_freed_can_be_freed_again(void **state)
{
	(void)state;
	struct shredder shredder;
	struct nest_error error;
	assert_true(shredder_init(&shredder, view_of_text("message m { required int64 a; }"), &error));
	shredder_free(&shredder);
	shredder_free(&shredder);
}

static void
no_rows_are_no_entries(void **state)
{
	(void)state;
	struct shredder shredder;
	struct buffer packed = {0};
	struct nest_error error;
	assert_true(shred(&shredder, document, &packed, 0, &error));
	assert_int_equal(shredder_body_bytes(&shredder), 0);
	shredder_free(&shredder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_documents_of_the_dremel_paper),
	    cmocka_unit_test(a_required_field_has_no_levels_to_speak_of),
	    cmocka_unit_test(null_and_empty_and_full_lists_differ),
	    cmocka_unit_test(a_required_list_of_required_elements),
	    cmocka_unit_test(lists_of_lists_repeat_at_their_own_level),
	    cmocka_unit_test(a_list_whose_repeated_field_is_the_element),
	    cmocka_unit_test(bare_repeated_fields),
	    cmocka_unit_test(structs_within_lists_within_structs),
	    cmocka_unit_test(runs_of_texts_end_with_their_struct),
	    cmocka_unit_test(maps_have_keys_and_values),
	    cmocka_unit_test(a_map_without_values_is_a_set),
	    cmocka_unit_test(maps_of_lists),
	    cmocka_unit_test(all_null_and_all_empty_columns),
	    cmocka_unit_test(texts_of_every_length_come_through),
	    cmocka_unit_test(booleans),
	    cmocka_unit_test(integers_of_every_width),
	    cmocka_unit_test(numbers_in_every_form),
	    cmocka_unit_test(dates_times_and_decimals_are_integers),
	    cmocka_unit_test(reals),
	    cmocka_unit_test(texts_and_bytes),
	    cmocka_unit_test(no_other_head_is_a_short_text),
	    cmocka_unit_test(bytes_of_a_fixed_length),
	    cmocka_unit_test(the_field_and_the_row_are_named),
	    cmocka_unit_test(a_record_of_the_wrong_shape_is_refused),
	    cmocka_unit_test(a_struct_of_many_fields_begins_with_an_array_only),
	    cmocka_unit_test(bytes_that_end_too_soon_are_refused_wherever_they_end),
	    cmocka_unit_test(a_small_record_cannot_ask_for_all_memory),
	    cmocka_unit_test(all_stripes_together_have_a_limit),
	    cmocka_unit_test(what_a_batch_took_does_not_count_against_the_next),
	    cmocka_unit_test(a_batch_is_closed_at_its_target_and_goes_on),
	    cmocka_unit_test(what_is_no_schema_is_refused),
	    cmocka_unit_test(what_was_freed_can_be_freed_again),
	    cmocka_unit_test(no_rows_are_no_entries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
