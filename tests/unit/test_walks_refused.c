/* Invalid JSON or msgpack, input that ends too soon or has the wrong shape, and the position reported. */
#include "tests/unit/packing.h"
#include "tests/unit/walking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
what_is_no_json_is_told_where_it_fails(void **state)
{
	(void)state;
	refuse_json(abc, &ignore, "x", "", 0, WALK_BROKEN, "an object is due, not 'x'");
	refuse_json(abc, &ignore, "[1]", "", 0, WALK_INVALID, "an object is due, not an array");
	refuse_json(abc, &ignore, "{\"a\":x}", "a", 5, WALK_BROKEN, "a value is due, not 'x'");
	/* Bytes that stand beside the digits. */
	refuse_json(abc, &ignore, "{\"a\"::}", "a", 5, WALK_BROKEN, "a value is due, not ':'");
	refuse_json(abc, &ignore, "{\"a\":/}", "a", 5, WALK_BROKEN, "a value is due, not '/'");
	refuse_json(abc, &ignore, "{\"x\"::}", "", 5, WALK_BROKEN, "a value is due, not ':'");
	refuse_json(abc, &ignore, "{\"x\":/}", "", 5, WALK_BROKEN, "a value is due, not '/'");
	refuse_json(abc, &ignore, "{\"a\":01}", "a", 6, WALK_BROKEN, "a digit is due, not '1'");
	refuse_json(abc, &ignore, "{\"a\":tru}", "a", 8, WALK_BROKEN, "true, false or null is due, not '}'");
	refuse_json(abc, &ignore, "{\"a\":nil}", "a", 6, WALK_BROKEN, "true, false or null is due, not 'i'");
	refuse_json(abc, &ignore, "{\"a\" 1}", "", 5, WALK_BROKEN, "a ':' is due, not '1'");
	refuse_json(abc, &ignore, "{a:1}", "", 1, WALK_BROKEN, "a key in quotes is due, not 'a'");
	refuse_json(abc, &ignore, "{\"a\":1 \"b\":2}", "", 7, WALK_BROKEN, "a ',' or '}' is due, not '\"'");
	refuse_json(abc, &ignore, "{\"a\":1,}", "", 7, WALK_BROKEN, "a key in quotes is due, not '}'");
	refuse_json(abc, &ignore, "{\"b\":\"x\ty\"}", "b", 7, WALK_BROKEN,
	    "a character or a closing quote is due, not the control character 0x09");
	refuse_json(
	    abc, &ignore, "{\"b\":\"\\x\"}", "b", 7, WALK_BROKEN, "one of \"\\/bfnrtu is due, not 'x'");
	refuse_json(abc, &ignore, "{\"x\":[1 2]}", "", 8, WALK_BROKEN, "a ',' or ']' is due, not '2'");
	static const char list[] = "message m { " LIST_OF("optional", "l", "optional int32 element;") " }";
	refuse_json(list, &ignore, "{\"l\":[1,]}", "l", 8, WALK_BROKEN, "a value is due, not ']'");
	refuse_json(list, &ignore, "{\"l\":[1 2]}", "l", 8, WALK_BROKEN, "a ',' or ']' is due, not '2'");
	refuse_json(list, &ignore, "{\"l\":{}}", "l", 5, WALK_INVALID, "an array is due, not an object");
	refuse_json(
	    abc, &ignore, "{\"a\":1\n}", "", 6, WALK_BROKEN, "a ',' or '}' is due, not the end of the line");
}

static void
what_is_no_map_of_json_is_told(void **state)
{
	(void)state;
	static const char texts[] = "message m { " MAP_OF("m", "binary", "optional int32 value;") " }",
			  numbers[] = "message m { " MAP_OF("m", "int32", "optional int32 value;") " }";
	refuse_json(texts, &ignore, "{\"m\":{5:1}}", "m.key_value.key", 6, WALK_BROKEN,
	    "a key in quotes is due, not '5'");
	refuse_json(
	    texts, &ignore, "{\"m\":{\"k\" 1}}", "m.key_value.key", 10, WALK_BROKEN, "a ':' is due, not '1'");
	refuse_json(numbers, &ignore, "{\"m\":{\"1", "m.key_value.key", 8, WALK_TRUNCATED,
	    "a character or a closing quote is due, not the end of the input");
}

/* Where a field or a key comes twice, a record is looked through beforehand. */
static void
what_is_wrong_behind_a_field_that_comes_twice_is_told(void **state)
{
	(void)state;
	static const char map[] = "message m { " MAP_OF("m", "binary", "optional int32 value;") " }",
			  numbers[] = "message m { " MAP_OF("m", "int32", "optional int32 value;") " }";
	refuse_json(abc, &ignore, "{\"a\":1,\"a\":2,\"b\" 3}", "", 17, WALK_BROKEN, "a ':' is due, not '3'");
	refuse_json(
	    abc, &ignore, "{\"a\":1,\"a\":2,\"b\":x}", "", 17, WALK_BROKEN, "a value is due, not 'x'");
	refuse_json(
	    abc, &ignore, "{\"a\":1,\"a\":2 \"b\":3}", "", 13, WALK_BROKEN, "a ',' or '}' is due, not '\"'");
	refuse_json(abc, &ignore, "{\"a\":1,\"a\":2,\"b\":3 \"c\":3}", "", 19, WALK_BROKEN,
	    "a ',' or '}' is due, not '\"'");
	refuse_json(map, &ignore, "{\"m\":{\"k\":1,\"k\":2,\"l\":x}}", "", 22, WALK_BROKEN,
	    "a value is due, not 'x'");
	refuse_json(numbers, &ignore, "{\"m\":{\"1\":1,\"1\":2,\"x\":3}}", "m.key_value.key", 18,
	    WALK_INVALID, "an integer is due, not a key");
	refuse_pack(numbers, &ignore, "{\"m\": {1: 1, 1: 2, \"x\": 3}}", "m.key_value.key", 8,
	    "an integer is due, not a str");
}

static void
names_that_nobody_knows_are_cut_between_characters(void **state)
{
	(void)state;
	char name[128] = "a", text[256], why[256];
	for (unsigned begin = 0; begin < 2; begin++) {
		for (unsigned i = 0; i < 50; i++)
			memcpy(name + begin + 2 * i, "\xc3\xa9", 3);
		snprintf(text, sizeof text, "{\"%s\":1}", name);
		snprintf(why, sizeof why, "the schema has no field '%.*s...' here", 62 + (int)begin, name);
		refuse_json(abc, &fail_unknown, text, "", 2, WALK_INVALID, why);
	}
}

/* Behind the text stand zeros, which are no name that cannot be expected. */
static void
zeros_are_no_name(void **state)
{
	(void)state;
	static const char due[] = "a key in quotes is due, not the end of the input";
	refuse_json("message m { optional int32 \"a\\\"\"; }", &ignore, "{", "", 1, WALK_TRUNCATED, due);
	refuse_json("message m { optional binary rest; }", &keep, "{", "", 1, WALK_TRUNCATED, due);
}

static void
json_that_ends_too_soon_is_truncated_wherever_it_ends(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":-1.5e1,\"q\":[true,{\"x\":\"\\ud83d\\ude00\"}],\"b\":\"a text "
				   "that is longer than one slot\",\"c\":\"2024-01-01\",\"m\":{\"8\":false}}";
	static const char schema[] =
	    "message m { optional double a; optional binary b (STRING); optional int32 c (DATE); " MAP_OF(
		"m", "int32", "optional boolean value;") " }";
	char cut[sizeof text];
	for (size_t size = 0; size < sizeof text - 1; size++) {
		struct taking taking;
		memcpy(cut, text, size);
		cut[size] = '\0';
		begin(&taking, schema, &ignore);
		uint8_t *bytes = lend(&taking, cut);
		assert_null(taking_walk(&taking, walk_json_record, bytes));
		assert_int_equal(taking.walk.problem, WALK_TRUNCATED);
		assert_ptr_equal(taking.walk.failed_at, taking.walk.end);
		assert_non_null(strstr(taking.error.text, "due, not the end of the input"));
		free(bytes);
		taking_free(&taking);
	}
}

static void
msgpack_that_ends_too_soon_is_truncated_wherever_it_ends(void **state)
{
	(void)state;
	static const char schema[] =
	    "message m { optional double a; optional binary b (STRING); optional binary j (JSON); " MAP_OF(
		"m", "binary", "optional int32 value;") " }";
	struct buffer packed = {0};
	pack_text(&packed,
	    "{\"a\": 1.5, \"q\": [1, {\"x\": \"y\"}], \"m\": {\"k\": 1, \"l\": null, \"k\": 2},"
	    " \"j\": {\"u\": [b\"abc\"]}, \"b\": \"a text that is longer than one slot\"}");
	for (size_t size = 0; size < packed.size; size++) {
		struct taking taking;
		uint8_t *bytes = malloc(size + 1);
		assert_non_null(bytes);
		memcpy(bytes, packed.data, size);
		begin(&taking, schema, &ignore);
		taking.walk.end = bytes + size;
		assert_null(taking_walk(&taking, walk_pack_record, bytes));
		assert_int_equal(taking.walk.problem, WALK_TRUNCATED);
		assert_non_null(strstr(taking.error.text, "the record ends early"));
		free(bytes);
		taking_free(&taking);
	}
	buffer_free(&packed);
}

static void
msgpack_of_the_wrong_shape_is_refused(void **state)
{
	(void)state;
	expect_pack(
	    abc, &ignore, "[1, \"x\", 2] {\"b\": \"y\"}", COLUMNS("0,1=1 0,0", "0,1=x 0,1=y", "0,1=2 0,0"));
	refuse_pack(abc, &ignore, "7", "", 0, "an array of fields or a map is due, not an integer");
	refuse_pack(abc, &ignore, "[1]", "", 0, "an array of 3 fields is due, not of 1");
	refuse_pack(abc, &ignore, "{1: 2}", "", 1, "the name of a field is due, not an integer");
	refuse_pack(abc, &ignore, "{\"b\": 1}", "b", 3, "a string is due, not an integer");
	refuse_pack("message m { " LIST_OF("optional", "l", "optional int32 element;") " }", &ignore,
	    "{\"l\": {}}", "l", 3, "an array is due, not a map");
	refuse_pack("message m { " MAP_OF("m", "binary", "") " }", &ignore, "{\"m\": []}", "m", 3,
	    "a map is due, not an array");
}

/* Wherever a value begins: the byte that begins none, or nothing, where no head has told that before. */
static void
what_is_due_is_told_where_msgpack_has_no_value(void **state)
{
	(void)state;
	static const struct {
		const char *before, *field, *due;
		bool is_told;
	} places[] = {
	    {"", "", "an array of fields or a map is", false},
	    {"\x81", "", "the name of a field is", true},
	    {"\x81\xa1"
	     "a",
		"a", "a value is", false},
	    {"\x81\xa1"
	     "b",
		"b", "a value is", false},
	    {"\x81\xa1j", "j", "a value is", false},
	    {"\x81\xa1l", "l", "an array is", false},
	    {"\x81\xa1l\x91", "l.list.element", "a value is", true},
	    {"\x81\xa1m", "m", "a map is", false},
	    {"\x81\xa1m\x81", "m.key_value.key", "a value is", true},
	    {"\x81\xa1m\x81\xa1k", "m.key_value.value", "a value is", false},
	    {"\x81\xa1s\x81\xa1k", "s.key_value", "nil for the value of a set is", false},
	    {"\x81\xa1q", "", "a value is", false},
	};
	static const char schema[] =
	    "message m { optional int32 a; optional binary b (STRING); optional binary j (JSON); " LIST_OF(
		"optional", "l", "optional int32 element;") MAP_OF("m", "binary", "optional int32 value;")
		MAP_OF("s", "binary", "") " optional binary rest (JSON); }";
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		for (unsigned j = 0; j < 2; j++) {
			const struct walk_rules *rules = j == 0 ? &ignore : &keep;
			char bytes[20], sentence[200];
			size_t size = strlen(places[i].before);
			memcpy(bytes, places[i].before, size);
			memcpy(bytes + size, "\xc1\xc0\xc0", 4);
			snprintf(sentence, sizeof sentence,
			    "the bytes end where %s due: the record ends early", places[i].due);
			if (!places[i].is_told)
				refuse_packed(schema, rules, (struct view){(const uint8_t *)bytes, size},
				    places[i].field, size, WALK_TRUNCATED, sentence);
			snprintf(sentence, sizeof sentence, "%s due, and 0xc1 begins no msgpack value",
			    places[i].due);
			refuse_packed(schema, rules, (struct view){(const uint8_t *)bytes, size + 3},
			    places[i].field, size, WALK_BROKEN, sentence);
		}
	static const char within[] = "the bytes end within a value: the record ends early";
	refuse_packed(schema, &ignore, view_of_text("\x81"), "", 0, WALK_TRUNCATED, within);
	refuse_packed(schema, &ignore, view_of_text("\x81\xa2x"), "", 1, WALK_TRUNCATED, within);
	refuse_packed(schema, &ignore,
	    view_of_text("\x81\xa1"
			 "b\xa2x"),
	    "b", 3, WALK_TRUNCATED, within);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_no_json_is_told_where_it_fails),
	    cmocka_unit_test(what_is_no_map_of_json_is_told),
	    cmocka_unit_test(what_is_wrong_behind_a_field_that_comes_twice_is_told),
	    cmocka_unit_test(names_that_nobody_knows_are_cut_between_characters),
	    cmocka_unit_test(zeros_are_no_name),
	    cmocka_unit_test(json_that_ends_too_soon_is_truncated_wherever_it_ends),
	    cmocka_unit_test(msgpack_that_ends_too_soon_is_truncated_wherever_it_ends),
	    cmocka_unit_test(msgpack_of_the_wrong_shape_is_refused),
	    cmocka_unit_test(what_is_due_is_told_where_msgpack_has_no_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
