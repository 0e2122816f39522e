/* Records with named fields, as JSON and as msgpack: what becomes of each field. */
#include "tests/unit/column_text.h"
#include "tests/unit/walking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- null, empty and absent ---- */

static void
null_and_empty_and_absent_stay_different(void **state)
{
	(void)state;
	expect_both("message m { " LIST_OF("optional", "l", "optional int32 element;") " }", &ignore,
	    "{\"l\":null}\n{\"l\":[]}\n{\"l\":[null]}\n{\"l\":[7]}\n{}\n{\"l\":[8,null,9]}",
	    COLUMNS("0,0 0,1 0,2 0,3=7 0,0 0,3=8 1,2 1,3=9"));
	expect_both("message m { " MAP_OF("m", "binary", "optional int32 value;") " }", &ignore,
	    "{\"m\":null}\n{\"m\":{}}\n{}\n{\"m\":{\"a\":null,\"b\":1}}",
	    COLUMNS("0,0 0,1 0,0 0,2=a 1,2=b", "0,0 0,1 0,0 0,2 1,3=1"));
	expect_both("message m { optional group s { optional int32 a; optional binary b (STRING); } }",
	    &ignore, "{}\n{\"s\":null}\n{\"s\":{}}\n{\"s\":{\"b\":\"\"}}\n{\"s\":{\"a\":null,\"b\":null}}",
	    COLUMNS("0,0 0,0 0,1 0,1 0,1", "0,0 0,0 0,1 0,2= 0,1"));
}

static void
an_absent_repeated_field_is_empty_and_an_absent_list_null(void **state)
{
	(void)state;
	expect_both(
	    "message m { repeated int32 r; optional group s { repeated group g { required int32 x; } } }",
	    &ignore, "{}\n{\"r\":[],\"s\":{}}\n{\"r\":[1,2],\"s\":{\"g\":[{\"x\":3},{\"x\":4}]}}",
	    COLUMNS("0,0 0,0 0,1=1 1,1=2", "0,0 0,1 0,2=3 1,2=4"));
	expect_both("message m { repeated binary r (STRING); }", &ignore,
	    "{\"r\":[\"a\",\"\"]}\n{\"r\":[\"a text that is longer than one slot of bytes\"]}",
	    COLUMNS("0,1=a 1,1= 0,1=a text that is longer than one slot of bytes"));
}

static void
required_fields_are_due(void **state)
{
	(void)state;
	static const char schema[] =
	    "message m { required int32 a; optional group s { required binary b (STRING); } " LIST_OF(
		"optional", "l", "required int32 element;") " }";
	expect_both(schema, &ignore, "{\"a\":1}\n{\"s\":{\"b\":\"x\"},\"a\":2}",
	    COLUMNS("0,0=1 0,0=2", "0,0 0,1=x", "0,0 0,0"));
	refuse_json(schema, &ignore, "{}", "a", 2, WALK_INVALID, "a required field is absent");
	refuse_json(schema, &ignore, "{\"a\":null}", "a", 9, WALK_INVALID, "a required field is null");
	refuse_json(
	    schema, &ignore, "{\"a\":1,\"s\":{}}", "s.b", 13, WALK_INVALID, "a required field is absent");
	refuse_json(schema, &ignore, "{\"a\":1,\"l\":[1,null]}", "l.list.element", 18, WALK_INVALID,
	    "a required field is null");
	refuse_pack(schema, &ignore, "{}", "a", 1, "a required field is absent");
	refuse_pack(schema, &ignore, "{\"a\": null}", "a", 3, "a required field is null");
	refuse_pack(
	    schema, &ignore, "{\"a\": 1, \"s\": {\"b\": null}}", "s.b", 9, "a required field is null");
}

static void
lists_of_lists(void **state)
{
	(void)state;
	expect_both("message m { " LIST_OF(
			"optional", "l", LIST_OF("optional", "element", "optional int32 element;")) " }",
	    &ignore, "{\"l\":[[1,2],[3]]}\n{\"l\":[[],null,[null,4]]}\n{\"l\":[]}\n{}",
	    COLUMNS("0,5=1 2,5=2 1,5=3 0,3 1,2 1,4 2,5=4 0,1 0,0"));
	expect_both("message m { optional group l (LIST) { repeated group array { required int32 a; } } }",
	    &ignore, "{\"l\":[]}\n{\"l\":[{\"a\":1},{\"a\":2}]}", COLUMNS("0,1 0,2=1 1,2=2"));
	refuse_json("message m { optional group l (LIST) { repeated int32 element; } }", &ignore,
	    "{\"l\":[1,null]}", "l.element", 8, WALK_INVALID, "an integer is due, not null");
}

/* ---- names ---- */

static void
fields_come_in_any_order(void **state)
{
	(void)state;
	expect_both(abc, &ignore,
	    "{\"c\":1,\"b\":\"x\",\"a\":2}\n{\"a\":3,\"c\":4}\n{\"b\":\"y\",\"a\":5}\n{\"a\":6,\"b\":\"z\","
	    "\"c\":7}\n{\"c\":8}",
	    COLUMNS(
		"0,1=2 0,1=3 0,1=5 0,1=6 0,0", "0,1=x 0,0 0,1=y 0,1=z 0,0", "0,1=1 0,1=4 0,0 0,1=7 0,1=8"));
}

static void
names_may_have_escapes_and_blanks_around_them(void **state)
{
	(void)state;
	expect_json(abc, &ignore, "{ \"\\u0061\" : 1 , \"b\"\t:\"x\" ,\r\"c\": 2 }",
	    COLUMNS("0,1=1", "0,1=x", "0,1=2"));
	expect_json(
	    "message m { optional int32 \"a\\\"b\"; optional int32 \"\"; optional int32 \"\xc3\xa4\"; }",
	    &ignore, "{\"a\\\"b\":1,\"\":2,\"\xc3\xa4\":3}\n{\"\\u00e4\":4}",
	    COLUMNS("0,1=1 0,0", "0,1=2 0,0", "0,1=3 0,1=4"));
	/* Longer than what is compared at once, and the beginning of one another. */
	expect_both("message m { optional int32 a_name_of_17_char; optional int32 a_name_of_17_chars;"
		    " optional int32 a_name_of_13_; optional int32 a_name_of_14__; }",
	    &ignore,
	    "{\"a_name_of_17_char\":1,\"a_name_of_17_chars\":2,\"a_name_of_13_\":3,\"a_name_of_14__\":4}\n"
	    "{\"a_name_of_17_charx\":1,\"a_name_of_17_chars\":2,\"a_name_of_14__\":3,\"a_name_of_13_\":4}",
	    COLUMNS("0,1=1 0,0", "0,1=2 0,1=2", "0,1=3 0,1=4", "0,1=4 0,1=3"));
}

static void
structs_with_more_fields_than_a_word_has_bits(void **state)
{
	(void)state;
	static const unsigned counts[] = {63, 64, 65, 128, 1001};
	for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
		struct buffer schema = {0}, json = {0};
		struct taking taking;
		struct nest_error error;
		char piece[64];
		unsigned count = counts[k];
		assert_true(buffer_append(&schema, "message m {", 11, &error) &&
			    buffer_append(&json, "{", 1, &error));
		for (unsigned i = 0; i < count; i++) {
			int size = snprintf(piece, sizeof piece, "optional int32 f%u;", i);
			assert_true(buffer_append(&schema, piece, (size_t)size, &error));
			/* All but each seventh, from the last to the first. */
			size = snprintf(piece, sizeof piece, "%s\"f%u\":%u", i > 0 ? "," : "", count - 1 - i,
			    count - 1 - i);
			if ((count - 1 - i) % 7 != 3)
				assert_true(buffer_append(&json, piece, (size_t)size, &error));
		}
		assert_true(buffer_append(&schema, "}", 2, &error) && buffer_append(&json, "}", 2, &error));
		begin(&taking, (const char *)schema.data, &fail_twice);
		const char *text = (const char *)json.data;
		uint8_t *bytes = lend(&taking, text[1] == ',' ? "{}" : text);
		for (int round = 0; round < 3; round++)
			assert_non_null(taking_walk(&taking, walk_json_record, bytes));
		for (unsigned i = 0; i < count; i++) {
			char due[64];
			snprintf(
			    due, sizeof due, i % 7 == 3 ? "0,0 0,0 0,0" : "0,1=%u 0,1=%u 0,1=%u", i, i, i);
			assert_string_equal(describe_column(&taking.shredder, i).text, due);
		}
		free(bytes);
		taking_free(&taking);
		buffer_free(&schema);
		buffer_free(&json);
	}
}

/* ---- unknown fields ---- */

static void
unknown_fields_are_passed_over(void **state)
{
	(void)state;
	expect_both(abc, &ignore,
	    "{\"x\":{\"a\":[1,{}]},\"a\":1,\"y\":null,\"b\":\"u\",\"z\":\"}\",\"c\":2}\n{\"x\":1}\n{\"a\":3,"
	    "\"c\":4,\"d\":[]}",
	    COLUMNS("0,1=1 0,0 0,1=3", "0,1=u 0,0 0,0", "0,1=2 0,0 0,1=4"));
}

static void
unknown_fields_fail_where_they_are(void **state)
{
	(void)state;
	static const char schema[] = "message m { optional group s { optional int32 a; } }";
	refuse_json(
	    schema, &fail_unknown, "{\"b\":1}", "", 2, WALK_INVALID, "the schema has no field 'b' here");
	refuse_json(schema, &fail_unknown, "{\"s\":{\"a\":1,\"s\":1}}", "s", 13, WALK_INVALID,
	    "the schema has no field 's' here");
	refuse_json(schema, &fail_unknown, "{\"a\\nb\x7f\":1}", "", 2, WALK_INVALID,
	    "the schema has no field 'a\\nb?' here");
	refuse_json(schema, &fail_unknown,
	    "{\"a name of more than 63 bytes, of which the last is cut: "
	    "x\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\":1}",
	    "", 2, WALK_INVALID,
	    "the schema has no field 'a name of more than 63 bytes, of which the last is cut: "
	    "x\xc3\xa4\xc3\xa4\xc3\xa4...' here");
	refuse_pack(schema, &fail_unknown, "{\"s\": {\"b\": 1}}", "s", 6, "the schema has no field 'b' here");
	refuse_pack(
	    schema, &fail_unknown, "{\"\\x1f \\x7f~\": 1}", "", 6, "the schema has no field '? ?~' here");
	for (int size = 62; size < 67; size++) {
		char name[67] = {0}, record[100], sentence[200];
		memset(name, 'n', (size_t)size);
		snprintf(record, sizeof record, "{\"%s\":1}", name);
		snprintf(sentence, sizeof sentence, "the schema has no field '%.63s%s' here", name,
		    size > 63 ? "..." : "");
		refuse_json(schema, &fail_unknown, record, "", 2, WALK_INVALID, sentence);
	}
}

static void
unknown_fields_are_kept_as_they_were(void **state)
{
	(void)state;
	static const char schema[] =
	    "message m { optional int32 a; optional group s { optional int32 b;"
	    " optional group t { optional int32 c; } } optional binary rest (JSON); }";
	expect_json(schema, &keep,
	    "{\"a\":1}\n{\"x\": [1, 2.50] "
	    ",\"a\":2,\"\\u0079\":\"z\"}\n{\"s\":{\"q\":{},\"t\":{\"r\":null}}}\n{\"rest\":3}",
	    COLUMNS("0,1=1 0,1=2 0,0 0,0", "0,0 0,0 0,1 0,0", "0,0 0,0 0,2 0,0",
		"0,0 0,1={\"x\":[1, 2.50],\"\\u0079\":\"z\"} 0,1={\"s.q\":{},\"s.t.r\":null} "
		"0,1={\"rest\":3}"));
	expect_pack(schema, &keep,
	    "{\"a\": 1} {\"x\": [1, 2.5, b\"ab\", null], \"a\": 2, \"y\\x22\": \"z\"}"
	    " {\"s\": {\"q\": {1: true}}}",
	    COLUMNS("0,1=1 0,1=2 0,0", "0,0 0,0 0,1", "0,0 0,0 0,1",
		"0,0 0,1={\"x\":[1,2.5,\"YWI=\",null],\"y\\\"\":\"z\"} 0,1={\"s.q\":{\"1\":true}}"));
	refuse_pack(schema, &keep, "{\"x\": {{{{{{\"a\": 1}: 2}: 3}: 4}: 5}: 6}, \"a\": 7}", "", 3,
	    "the value is nested more than 1024 deep");
}

/* A name is what its key stands for, whatever that looks like. */
/* Of structs side by side and within each other. */
static void
fields_are_those_of_their_struct(void **state)
{
	(void)state;
	expect_both(
	    "message m { optional group s { optional int32 a; optional group t { optional int32 c; } }"
	    " optional int32 b; optional int32 c; }",
	    &ignore,
	    "{\"s\":{\"a\":1,\"b\":2,\"t\":{\"c\":3,\"b\":4,\"a\":5},\"c\":6},\"a\":7,\"b\":8,\"c\":9}\n"
	    "{\"s\":{\"t\":{\"c\":1,\"t\":2},\"b\":2},\"t\":{\"c\":3}}",
	    COLUMNS("0,2=1 0,1", "0,3=3 0,3=1", "0,1=8 0,0", "0,1=9 0,0"));
}

static void
names_that_need_escapes_are_found_by_them(void **state)
{
	(void)state;
	expect_json("message m { optional int32 \"a\\\"\"; optional int32 \"b\\\\n\"; optional int32 c; }",
	    &ignore,
	    "{\"a\\\"\":1,\"b\\\\n\":2,\"c\":3}\n{\"b\\n\":4,\"c\":5}\n{\"a\\u0022\":6,\"\\u0062\\\\n\":7}",
	    COLUMNS("0,1=1 0,0 0,1=6", "0,1=2 0,0 0,1=7", "0,1=3 0,1=5 0,0"));
	refuse_json("message m { optional int32 \"a\\\"\"; }", &ignore, "{\"a\"\":1}", "", 4, WALK_BROKEN,
	    "a ':' is due, not '\"'");
}

static void
the_path_of_what_is_kept_is_cut(void **state)
{
	(void)state;
	for (int size = 1021; size < 1027; size++) {
		char name[1027] = {0}, schema[1200], record[1200], rest[1200];
		memset(name, 'n', (size_t)size);
		snprintf(schema, sizeof schema,
		    "message m { optional group %s { optional int32 a; } optional binary rest (JSON); }",
		    name);
		snprintf(record, sizeof record, "{\"%s\":{\"b\":1}}", name);
		snprintf(rest, sizeof rest, "0,1={\"%.1023s.b\":1}", name);
		expect_json(schema, &keep, record, COLUMNS("0,1", rest));
	}
}

/* Neither where it is the first field of the schema, nor behind one that comes twice. */
static void
the_field_for_unknown_ones_is_never_what_comes_next(void **state)
{
	(void)state;
	expect_both("message m { optional binary rest (JSON); optional int32 a; }", &keep,
	    "{\"rest\":3,\"a\":1}\n{\"a\":2,\"rest\":4}\n{\"a\":5}",
	    COLUMNS("0,1={\"rest\":3} 0,1={\"rest\":4} 0,0", "0,1=1 0,1=2 0,1=5"));
	expect_both("message m { optional int32 a; optional binary rest (JSON); optional int32 b; }", &keep,
	    "{\"a\":1,\"a\":2,\"b\":3}\n{\"a\":4,\"rest\":5,\"b\":6}",
	    COLUMNS("0,1=2 0,1=4", "0,0 0,1={\"rest\":5}", "0,1=3 0,1=6"));
}

static void
records_without_names_have_the_field_for_unknown_ones(void **state)
{
	(void)state;
	static const char schema[] =
	    "message m { optional group s { optional int32 a; } optional binary rest (JSON); }";
	expect_pack(schema, &keep, "[null, null] [[1], \"{}\"] [{\"a\": 2}, [3]] {\"b\": 4}",
	    COLUMNS("0,0 0,2=1 0,2=2 0,0", "0,0 0,1={} 0,1=[3] 0,1={\"b\":4}"));
	refuse_pack(schema, &keep, "[{\"b\": 1}, null]", "s", 4, "the schema has no field 'b' here");
	/* More fields than fit the byte that begins an array. */
	static const char wide[] =
	    "message m { optional group s { optional int32 a; } optional binary rest (JSON); "
	    "optional int32 b0; optional int32 b1; optional int32 b2; optional int32 b3; optional int32 b4; "
	    "optional int32 b5; optional int32 b6; optional int32 b7; optional int32 b8; optional int32 b9; "
	    "optional int32 b10; optional int32 b11; optional int32 b12; optional int32 b13; }";
	expect_pack(wide, &keep,
	    "[null, null, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] [null, \"{}\", 2, 2, 2, 2, 2, 2, 2, 2, "
	    "2, 2, 2, 2, 2, 2]",
	    COLUMNS("0,0 0,0", "0,0 0,1={}", "0,1=1 0,1=2", "0,1=1 0,1=2", "0,1=1 0,1=2", "0,1=1 0,1=2",
		"0,1=1 0,1=2", "0,1=1 0,1=2", "0,1=1 0,1=2", "0,1=1 0,1=2", "0,1=1 0,1=2", "0,1=1 0,1=2",
		"0,1=1 0,1=2", "0,1=1 0,1=2", "0,1=1 0,1=2", "0,1=1 0,1=2"));
}

static void
the_field_for_unknown_ones_takes_texts_and_may_be_null(void **state)
{
	(void)state;
	static const char *const fields[] = {"optional binary rest (JSON);", "optional binary rest (STRING);",
	    "optional binary rest;", "optional int32 a; optional binary rest (JSON);"};
	static const char *const others[] = {"required binary rest (JSON);", "optional int32 rest;",
	    "repeated binary rest (JSON);", "optional binary rest (DECIMAL(3,1));",
	    "optional binary \"rest \";", "optional group g { optional binary rest (JSON); }",
	    "optional fixed_len_byte_array(2) rest;"};
	struct taking taking;
	char schema[200];
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		snprintf(schema, sizeof schema, "message m { %s }", fields[i]);
		begin(&taking, schema, &keep);
		taking_free(&taking);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		snprintf(schema, sizeof schema, "message m { %s }", others[i]);
		assert_false(taking_init(&taking, view_of_text(schema), &keep));
		assert_int_equal(taking.error.status, NEST_USAGE);
		assert_string_equal(taking.error.text,
		    "--unknown: the schema has no field 'rest' that can keep them; "
		    "add `optional binary rest (JSON);`");
	}
}

/* ---- fields that come twice ---- */

static void
the_last_of_several_fields_counts(void **state)
{
	(void)state;
	expect_both(abc, &ignore,
	    "{\"a\":1,\"b\":\"x\",\"a\":2,\"c\":3,\"a\":4}\n{\"a\":5,\"b\":\"y\",\"b\":null}",
	    COLUMNS("0,1=4 0,1=5", "0,1=x 0,0", "0,1=3 0,0"));
	/* What comes in between need not fit, as long as it can be stepped over. */
	expect_both(abc, &ignore, "{\"a\":1,\"a\":{\"q\":[]},\"a\":2}", COLUMNS("0,1=2", "0,0", "0,0"));
	expect_both(
	    "message m { optional group s { optional int32 a; optional group t { required int32 b; } }"
	    " repeated int32 r; }",
	    &ignore,
	    "{\"s\":{\"a\":1,\"a\":2,\"t\":{\"b\":1}},\"r\":[1,2],\"r\":[3],\"s\":{\"t\":{\"b\":4,\"b\":5}}}"
	    "\n{\"s\":{\"a\":1}}",
	    COLUMNS("0,1 0,2=1", "0,2=5 0,1", "0,1=3 0,0"));
}

static void
fields_that_come_twice_at_every_nesting(void **state)
{
	(void)state;
	expect_both("message m { " LIST_OF("optional", "l",
			"optional group element { optional int32 x; optional binary y (STRING); }") " }",
	    &ignore,
	    "{\"l\":[{\"x\":1,\"x\":2,\"y\":\"a\"},{\"y\":\"b\",\"y\":\"c\"}]}\n{\"l\":[{\"x\":1,\"x\":3}],"
	    "\"l\":[{\"x\":4}]}",
	    COLUMNS("0,4=2 1,3 0,4=4", "0,4=a 1,4=c 0,3"));
	expect_both("message m { " MAP_OF("m", "binary", "optional group value { optional int32 x; }") " }",
	    &ignore, "{\"m\":{\"a\":{\"x\":1,\"x\":2},\"b\":{\"x\":3}},\"m\":{\"c\":{\"x\":4,\"x\":5}}}",
	    COLUMNS("0,2=c", "0,4=5"));
	/* What is within a field that comes once is not taken for what is behind it. */
	expect_both("message m { optional group s { optional int32 a; optional int32 b; optional group t {"
		    " optional int32 c; optional int32 d; } } optional int32 e; optional int32 f; }",
	    &ignore,
	    "{\"s\":{\"t\":{\"c\":1,\"d\":2},\"a\":3,\"b\":4,\"a\":5},\"e\":6,\"f\":7,\"f\":8}\n"
	    "{\"e\":1,\"f\":2,\"s\":{\"a\":3,\"b\":4,\"t\":{\"c\":5,\"d\":6,\"d\":7}}}",
	    COLUMNS(
		"0,2=5 0,2=3", "0,2=4 0,2=4", "0,3=1 0,3=5", "0,3=2 0,3=7", "0,1=6 0,1=1", "0,1=8 0,1=2"));
}

static void
fields_that_come_twice_can_fail(void **state)
{
	(void)state;
	refuse_json(abc, &fail_twice, "{\"a\":1,\"b\":\"x\",\"a\":2}", "a", 19, WALK_INVALID,
	    "the field comes twice in one object");
	refuse_json("message m { optional group s { optional int32 a; } }", &fail_twice,
	    "{\"s\":{\"a\":1,\"a\":2}}", "s.a", 16, WALK_INVALID, "the field comes twice in one object");
	refuse_pack(abc, &fail_twice, "{\"a\": 1, \"a\": 2}", "a", 6, "the field comes twice in one object");
	/* Unknown ones are nobody's. */
	expect_both(abc, &fail_twice, "{\"q\":1,\"q\":2}", COLUMNS("0,0", "0,0", "0,0"));
}
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(null_and_empty_and_absent_stay_different),
	    cmocka_unit_test(an_absent_repeated_field_is_empty_and_an_absent_list_null),
	    cmocka_unit_test(required_fields_are_due),
	    cmocka_unit_test(lists_of_lists),
	    cmocka_unit_test(fields_come_in_any_order),
	    cmocka_unit_test(names_may_have_escapes_and_blanks_around_them),
	    cmocka_unit_test(structs_with_more_fields_than_a_word_has_bits),
	    cmocka_unit_test(unknown_fields_are_passed_over),
	    cmocka_unit_test(unknown_fields_fail_where_they_are),
	    cmocka_unit_test(unknown_fields_are_kept_as_they_were),
	    cmocka_unit_test(fields_are_those_of_their_struct),
	    cmocka_unit_test(names_that_need_escapes_are_found_by_them),
	    cmocka_unit_test(the_path_of_what_is_kept_is_cut),
	    cmocka_unit_test(the_field_for_unknown_ones_is_never_what_comes_next),
	    cmocka_unit_test(records_without_names_have_the_field_for_unknown_ones),
	    cmocka_unit_test(the_field_for_unknown_ones_takes_texts_and_may_be_null),
	    cmocka_unit_test(the_last_of_several_fields_counts),
	    cmocka_unit_test(fields_that_come_twice_at_every_nesting),
	    cmocka_unit_test(fields_that_come_twice_can_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
