/* Rows as JSON Lines: every kind of value and of field, and rows that do not fit their schema. */
#include "gen/jsonl.h"

#include "tests/unit/packing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* The rows, as packing.h has them, printed into memory of the caller's; NULL where they are refused. */
static char *
print(const char *schema_text, struct view body)
{
	struct schema schema;
	struct nest_error error;
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	if (!schema_parse(&schema, view_of_text(schema_text), &error))
		fail_msg("%s: %s", schema_text, error.text);
	bool fine = jsonl_print(file, &schema, body, &error);
	assert_int_equal(fclose(file), 0);
	schema_free(&schema);
	if (fine)
		return text;
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, "a row that does not fit the recipe's schema");
	free(text);
	return NULL;
}

static void
expect(const char *schema, const char *rows, const char *lines)
{
	struct buffer body = {0};
	pack_text(&body, rows);
	char *text = print(schema, (struct view){body.data, body.size});
	assert_non_null(text);
	assert_string_equal(text, lines);
	free(text);
	buffer_free(&body);
}

static void
refuse(const char *schema, const char *rows)
{
	struct buffer body = {0};
	pack_text(&body, rows);
	assert_null(print(schema, (struct view){body.data, body.size}));
	buffer_free(&body);
}

static void
values_of_every_kind(void **state)
{
	(void)state;
	expect("message m { optional boolean a; optional int64 b; optional double c; optional binary d; }",
	    "[true, 0, 1.5, \"x\"] [false, -1, 0.1, \"\"] [null, null, null, null]"
	    " [true, 18446744073709551615, 1.0, \"y\"] [true, -9223372036854775808, -0.5, \"z\"]",
	    "{\"a\":true,\"b\":0,\"c\":1.5,\"d\":\"x\"}\n"
	    "{\"a\":false,\"b\":-1,\"c\":0.10000000000000001,\"d\":\"\"}\n"
	    "{\"a\":null,\"b\":null,\"c\":null,\"d\":null}\n"
	    "{\"a\":true,\"b\":18446744073709551615,\"c\":1,\"d\":\"y\"}\n"
	    "{\"a\":true,\"b\":-9223372036854775808,\"c\":-0.5,\"d\":\"z\"}\n");
	expect("message m { optional int32 a; }", "", "");
}

static void
texts_and_names_are_escaped(void **state)
{
	(void)state;
	expect("message m { optional binary \"a\\\"b\"; }",
	    "[\"\\x22\\x5c/\"] [\"\\x08\\x0c\\x0a\\x0d\\x09\"] [\"\\x00\\x01\\x1f \\x7f\"] "
	    "[\"\\xc3\\xa4\\xf0\\x9f\\x98\\x80\"]",
	    "{\"a\\\"b\":\"\\\"\\\\/\"}\n"
	    "{\"a\\\"b\":\"\\b\\f\\n\\r\\t\"}\n"
	    "{\"a\\\"b\":\"\\u0000\\u0001\\u001f \x7f\"}\n"
	    "{\"a\\\"b\":\"\xc3\xa4\xf0\x9f\x98\x80\"}\n");
}

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
rows_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	static const char schema[] =
	    "message m { optional int32 a; optional group l (LIST) {"
	    " repeated group list { optional group element { optional int32 x; } } } }";
	expect(schema, "[1, [[2], null]]", "{\"a\":1,\"l\":[{\"x\":2},null]}\n");
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
	refuse("message m { optional group m (MAP) { repeated group key_value { required binary key; } } }",
	    "[[]]");
}

static void
rows_that_end_early_are_refused(void **state)
{
	(void)state;
	static const char schema[] = "message m { optional int32 a; }";
	static const uint8_t rows[] = {0x91, 1, 0x91};
	char *text = print(schema, (struct view){rows, 2});
	assert_non_null(text);
	assert_string_equal(text, "{\"a\":1}\n");
	free(text);
	assert_null(print(schema, (struct view){rows, 3}));
}

static void
refuse_to_print(int buffering)
{
	static const uint8_t row[] = {0x91, 1};
	struct schema schema;
	struct nest_error error = {0};
	FILE *file = fopen("/dev/full", "w");
	assert_non_null(file);
	assert_int_equal(setvbuf(file, NULL, buffering, BUFSIZ), 0);
	assert_true(schema_parse(&schema, view_of_text("message m { optional int32 a; }"), &error));
	assert_false(jsonl_print(file, &schema, (struct view){row, sizeof row}, &error));
	assert_int_equal(error.status, NEST_FAILED);
	assert_string_equal(error.text, "unable to print the rows: No space left on device");
	fclose(file);
	schema_free(&schema);
}

static void
rows_that_cannot_be_printed_are_told(void **state)
{
	(void)state;
	refuse_to_print(_IONBF);
	/* They are not left in the file's buffer. */
	refuse_to_print(_IOFBF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_of_every_kind),
	    cmocka_unit_test(texts_and_names_are_escaped),
	    cmocka_unit_test(lists_and_groups),
	    cmocka_unit_test(rows_that_do_not_fit_are_refused),
	    cmocka_unit_test(rows_that_end_early_are_refused),
	    cmocka_unit_test(rows_that_cannot_be_printed_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
