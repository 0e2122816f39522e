/* JSON and msgpack values in leaves of every type, and which values are refused. */
#include "shred/json_pack.h"
#include "tests/unit/column_text.h"
#include "tests/unit/walking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
json_leaves_keep_the_text(void **state)
{
	(void)state;
	expect_json("message m { optional binary j (JSON); required binary k (JSON); }", &ignore,
	    "{\"j\":{\"a\": [1, 2.50]} ,\"k\":\"x\"}\n{\"j\":null,\"k\":null}\n{\"k\":-0}",
	    COLUMNS("0,1={\"a\": [1, 2.50]} 0,0 0,0", "0,0=\"x\" 0,0=null 0,0=-0"));
	expect_pack("message m { optional binary j (JSON); }", &ignore,
	    "{\"j\": {\"a\": [1, 2.5, -3, true, null, b\"abc\", \"q\\x22\"]}} {\"j\": null} {\"j\": \"[1]\"}",
	    COLUMNS("0,1={\"a\":[1,2.5,-3,true,null,\"YWJj\",\"q\\\"\"]} 0,0 0,1=[1]"));
}

static void
values_of_msgpack_have_their_json(void **state)
{
	(void)state;
	expect_pack("message m { optional binary j (JSON); }", &ignore,
	    "{\"j\": [b\"\", b\"a\", b\"ab\", b\"abc\", b\"abcd\", b\"\\xfb\\xff\\xbf\"]}"
	    "{\"j\": [0.1, 100.0, 0.30000000000000004, 5.0e-324, 1.7976931348623157e308, -0.0]}"
	    "{\"j\": [18446744073709551615, -9223372036854775808, 0]} {\"j\": false}"
	    "{\"j\": {}} {\"j\": []} {\"j\": {\"a\": {1: 2, null: 3, b\"ab\": 4, [1, \"x\"]: 5}}}",
	    COLUMNS("0,1=[\"\",\"YQ==\",\"YWI=\",\"YWJj\",\"YWJjZA==\",\"+/+/\"]"
		    " 0,1=[0.1,100,0.30000000000000004,4.94065645841247e-324,1.7976931348623157e+308,-0]"
		    " 0,1=[18446744073709551615,-9223372036854775808,0] 0,1=false 0,1={} 0,1=[]"
		    " 0,1={\"a\":{\"1\":2,\"null\":3,\"YWI=\":4,\"[1,\\\"x\\\"]\":5}}"));
}

/* Each level of keys doubles the backslashes of the next. */
static void
keys_in_keys_of_msgpack_have_a_limit(void **state)
{
	(void)state;
	static const char schema[] = "message m { optional binary j (JSON); }";
	expect_pack(schema, &ignore, "{\"j\": {{{\"a\": 1}: 2}: 3}}",
	    COLUMNS("0,1={\"{\\\"{\\\\\\\"a\\\\\\\":1}\\\":2}\":3}"));
	refuse_pack(schema, &ignore, "{\"j\": {{{{{{\"a\": 1}: 2}: 3}: 4}: 5}: 6}}", "j", 3,
	    "the value is nested more than 1024 deep");
}

static void
texts_of_every_length_and_with_escapes(void **state)
{
	(void)state;
	struct taking taking;
	char text[160], due[200];
	begin(&taking, "message m { optional binary s (STRING); }", &ignore);
	for (size_t size = 0; size < 100; size++) {
		memcpy(text, "{\"s\":\"", 6);
		memset(text + 6, 'a' + (int)(size % 26), size);
		memcpy(text + 6 + size, size % 3 == 0 ? "\\n\"}" : "\"}", size % 3 == 0 ? 5 : 3);
		uint8_t *bytes = lend(&taking, text);
		shredder_clear(&taking.shredder);
		assert_ptr_equal(taking_walk(&taking, walk_json_record, bytes), taking.walk.end);
		snprintf(due, sizeof due, "0,1=%.*s%s", (int)size, text + 6, size % 3 == 0 ? "\n" : "");
		assert_string_equal(describe_column(&taking.shredder, 0).text, due);
		free(bytes);
	}
	taking_free(&taking);
}

static void
texts_stand_for_values(void **state)
{
	(void)state;
	expect_json("message m { optional int32 d (DATE); optional int64 t (TIMESTAMP(MILLIS,true));"
		    " optional int32 h (TIME(MILLIS,true)); optional fixed_len_byte_array(16) u (UUID); }",
	    &ignore,
	    "{\"d\":\"1970-01-02\",\"t\":\"1970-01-01T00:00:01.5Z\",\"h\":\"00:00:02\",\"u\":\"00000000-0000-"
	    "0000-0000-0000000000ff\"}\n"
	    "{\"d\":3,\"t\":4,\"h\":5}",
	    COLUMNS("0,1=1 0,1=3", "0,1=1500 0,1=4", "0,1=2000 0,1=5",
		"0,1=000000000000000000000000000000ff 0,0"));
	static const char time[] = "message m { optional int64 t (TIMESTAMP(MILLIS,true)); }";
	refuse_json(time, &ignore, "{\"t\":\"1970-01-01T00:00:00.0001Z\"}", "t", 5, WALK_INVALID,
	    "'1970-01-01T00:00:00.0001Z' is finer than the field, which holds milliseconds");
	refuse_json(time, &ignore, "{\"t\":\"today\"}", "t", 5, WALK_INVALID,
	    "a timestamp is due (2024-12-31T23:59:59.999Z, or an integer), not 'today'");
	refuse_json("message m { optional int64 t (TIMESTAMP(NANOS,true)); }", &ignore,
	    "{\"t\":\"2999-01-01\"}", "t", 5, WALK_INVALID,
	    "'2999-01-01' is out of the range of 64 bits of nanoseconds");
	refuse_json("message m { optional fixed_len_byte_array(16) u (UUID); }", &ignore, "{\"u\":\"x\"}",
	    "u", 5, WALK_INVALID,
	    "a UUID is due (36 characters, as in 123e4567-e89b-12d3-a456-426614174000), not 'x'");
	refuse_json("message m { optional int32 d (DATE); }", &ignore, "{\"d\":\"2023-02-29\"}", "d", 5,
	    WALK_INVALID, "a date is due (2024-12-31, or days as an integer), not '2023-02-29'");
	refuse_json("message m { optional int32 h (TIME(MILLIS,true)); }", &ignore, "{\"h\":\"24:00\"}", "h",
	    5, WALK_INVALID, "a time is due (23:59:59.999, or an integer), not '24:00'");
}

static void
texts_are_shown_short_and_without_control_characters(void **state)
{
	(void)state;
	static const char schema[] = "message m { optional binary c (DECIMAL(9,2)); }";
	refuse_json(schema, &ignore, "{\"c\":\"a \\u001f b\\u007f~.\"}", "c", 5, WALK_INVALID,
	    "a decimal number is due, not 'a ? b?~.'");
	refuse_json(schema, &ignore, "{\"c\":\"a text that has forty characters to a dot.\"}", "c", 5,
	    WALK_INVALID, "a decimal number is due, not 'a text that has forty characters to a do...'");
	refuse_json(schema, &ignore, "{\"c\":\"a text that has forty characters to the.\"}", "c", 5,
	    WALK_INVALID, "a decimal number is due, not 'a text that has forty characters to the.'");
	refuse_json(schema, &ignore, "{\"c\":\"a text that has forty characters to an \xc3\xa4.\"}", "c", 5,
	    WALK_INVALID, "a decimal number is due, not 'a text that has forty characters to an ...'");
}

static void
texts_stand_for_bytes_in_three_ways(void **state)
{
	(void)state;
	static const char schema[] = "message m { optional binary a; optional fixed_len_byte_array(3) b; }";
	const struct walk_rules base64 = {.scalars = {.binary = BINARY_BASE64}},
				hex = {.scalars = {.binary = BINARY_HEX}};
	expect_both(schema, &ignore, "{\"a\":\"YWJj\",\"b\":\"abc\"}", COLUMNS("0,1=YWJj", "0,1=616263"));
	expect_both(schema, &base64, "{\"a\":\"YWJj\",\"b\":\"YWJj\"}", COLUMNS("0,1=abc", "0,1=616263"));
	expect_both(schema, &hex, "{\"a\":\"61626364\",\"b\":\"616263\"}", COLUMNS("0,1=abcd", "0,1=616263"));
	refuse_json(schema, &base64, "{\"a\":\"*\"}", "a", 5, WALK_INVALID, "base64 is due, not '*'");
	refuse_json(
	    schema, &hex, "{\"a\":\"abc\"}", "a", 5, WALK_INVALID, "hexadecimal digits are due, not 'abc'");
	refuse_json(schema, &base64, "{\"b\":\"YQ\"}", "b", 5, WALK_INVALID, "3 bytes are due, not 1");
	refuse_json(schema, &ignore, "{\"b\":1}", "b", 5, WALK_INVALID, "bytes are due, not a number");
}

/* JSON has no number for them. */
static void
numbers_that_are_not_finite_are_null_in_json(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[9];
		const char *text;
	} known[] = {{{0xcb, 0x7f, 0xf0}, "null"}, {{0xcb, 0xff, 0xf0}, "null"}, {{0xcb, 0x7f, 0xf8}, "null"},
	    {{0xcb, 0x7f, 0xef, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "1.7976931348623157e+308"}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct pack_reader reader = {known[i].bytes, known[i].bytes + sizeof known[i].bytes};
		struct buffer text = {0};
		struct nest_error error;
		assert_true(json_from_pack(&reader, &text, &error));
		assert_true(view_equal((struct view){text.data, text.size}, view_of_text(known[i].text)));
		buffer_free(&text);
	}
}

static void
numbers_in_leaves(void **state)
{
	(void)state;
	expect_json("message m { optional int64 i; optional double d; optional float f; optional "
		    "fixed_len_byte_array(2) h (FLOAT16);"
		    " optional int32 c (DECIMAL(5,2)); optional binary b (DECIMAL(20,1)); }",
	    &ignore,
	    "{\"i\":1e2,\"d\":0.1,\"f\":16777217,\"h\":1.5,\"c\":-1.5,\"b\":\"12.7\"}\n{\"d\":0,\"f\":-0.0,"
	    "\"h\":0}",
	    COLUMNS("0,1=100 0,0", "0,1=0.10000000000000001 0,1=0", "0,1=16777216 0,1=-0",
		"0,1=003e 0,1=0000", "0,1=-150 0,0", "0,1=\x7f 0,0"));
	static const char schema[] = "message m { optional int32 i; optional double d; optional int32 c "
				     "(DECIMAL(5,2)); optional boolean b; }";
	refuse_json(schema, &ignore, "{\"i\":1.5}", "i", 5, WALK_INVALID, "an integer is due, not 1.5");
	refuse_json(schema, &ignore, "{\"i\":2147483648}", "i", 5, WALK_INVALID,
	    "the integer is out of range (-2147483648 to 2147483647)");
	refuse_json(schema, &ignore, "{\"i\":1e30}", "i", 5, WALK_INVALID,
	    "the integer is out of range (-2147483648 to 2147483647)");
	refuse_json(schema, &ignore, "{\"d\":1e309}", "d", 5, WALK_INVALID,
	    "the number 1e309 is out of a double's range");
	refuse_json(
	    schema, &ignore, "{\"d\":\"NaN\"}", "d", 5, WALK_INVALID, "a number is due, not a string");
	refuse_json(schema, &ignore, "{\"c\":1.234}", "c", 5, WALK_INVALID,
	    "1.234 has more than 2 digits behind the point");
	refuse_json(schema, &ignore, "{\"c\":1000}", "c", 5, WALK_INVALID, "1000 does not fit DECIMAL(5,2)");
	refuse_json(
	    schema, &ignore, "{\"c\":\"x\"}", "c", 5, WALK_INVALID, "a decimal number is due, not 'x'");
	refuse_json(schema, &ignore, "{\"b\":0}", "b", 5, WALK_INVALID, "a boolean is due, not a number");
	refuse_json("message m { optional fixed_len_byte_array(2) h (FLOAT16); }", &ignore, "{\"h\":true}",
	    "h", 5, WALK_INVALID, "a number is due, not a boolean");
	refuse_json("message m { optional fixed_len_byte_array(2) h (FLOAT16); }", &ignore, "{\"h\":65520}",
	    "h", 5, WALK_INVALID, "the number 65520 is out of a half float's range");
	const struct walk_rules words = {.scalars = {.non_finite = true}};
	expect_both("message m { optional double d; optional float f; }", &words,
	    "{\"d\":\"NaN\",\"f\":\"-Infinity\"}", COLUMNS("0,1=nan", "0,1=-inf"));
}

static void
decimals_in_every_physical_type(void **state)
{
	(void)state;
	expect_json("message m { optional int32 a (DECIMAL(9,1)); optional int64 b (DECIMAL(18,1));"
		    " optional fixed_len_byte_array(3) c (DECIMAL(6,1)); optional fixed_len_byte_array(66) d "
		    "(DECIMAL(6,1)); }",
	    &ignore,
	    "{\"a\":-1.5,\"b\":-1.5,\"c\":-1.5,\"d\":-1.5}\n{\"a\":\"25.6\",\"b\":\"25.6\",\"c\":\"25.6\","
	    "\"d\":\"25.6\"}",
	    COLUMNS("0,1=-15 0,1=256", "0,1=-15 0,1=256", "0,1=fffff1 0,1=000100",
		"0,1=ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff1"
		" 0,1=0000000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000000100"));
	/* As few bytes as keep the sign. */
	expect_json("message m { optional binary a (DECIMAL(6,0)); }", &ignore,
	    "{\"a\":1}\n{\"a\":127}\n{\"a\":32639}", COLUMNS("0,1=\x01 0,1=\x7f 0,1=\x7f\x7f"));
	expect_json("message m { optional binary a (DECIMAL(6,0)); }", &ignore,
	    "{\"a\":-1}\n{\"a\":-128}\n{\"a\":-129}", COLUMNS("0,1=\xff 0,1=\x80 0,1=\xff\x7f"));
}
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(json_leaves_keep_the_text),
	    cmocka_unit_test(values_of_msgpack_have_their_json),
	    cmocka_unit_test(keys_in_keys_of_msgpack_have_a_limit),
	    cmocka_unit_test(texts_of_every_length_and_with_escapes),
	    cmocka_unit_test(texts_stand_for_values),
	    cmocka_unit_test(texts_are_shown_short_and_without_control_characters),
	    cmocka_unit_test(texts_stand_for_bytes_in_three_ways),
	    cmocka_unit_test(numbers_that_are_not_finite_are_null_in_json),
	    cmocka_unit_test(numbers_in_leaves),
	    cmocka_unit_test(decimals_in_every_physical_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
