/* Lines made without rows in between, where JSON has another form than rows have, and where they are given
 * up. */
#include "tests/unit/recipe_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SEED = 42, ROWS = 300 };

#define STRING(name, value) "required binary " name " (STRING): " value "; "
#define LONG_NAME "a_name_that_is_longer_than_what_is_written_at_once_in_front_of_a_value"

/* Whether there are lines of FIELDS in each notation of bytes; those of BINARY are LINES, if not NULL. */
static void
check(const char *fields, enum jsonl_binary binary, bool fits, struct buffer *lines)
{
	char text[2048];
	struct recipe_text recipe;
	snprintf(text, sizeof text, "message m { %s }", fields);
	recipe_text_open_or_fail(&recipe, text, NO_FOLDER, SEED);
	bool found = assert_lines_of_rows(
	    &recipe.compiled, &recipe.drawings.schema, binary, 0, lines != NULL ? 3 : ROWS, lines);
	recipe_text_close(&recipe);
	if (found != fits)
		fail_msg("%s: %s", fields, found ? "fits" : "does not fit");
}

static void
check_fields(const char *const *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (unsigned binary = JSONL_UTF8; binary <= JSONL_HEX; binary++)
			check(fields[i], (enum jsonl_binary)binary, true, NULL);
}

#define CHECK_FIELDS(fields) check_fields(fields, sizeof(fields) / sizeof *(fields))

static void
assert_lines(const char *fields, const char *expected)
{
	struct buffer lines = {0};
	check(fields, JSONL_HEX, true, &lines);
	if (!view_equal((struct view){lines.data, lines.size}, view_of_text(expected)))
		fail_msg("%s\ngives\n%.*s", fields, (int)lines.size, (const char *)lines.data);
	buffer_free(&lines);
}

static void
as_they_are_read(void **state)
{
	(void)state;
	assert_lines("required int32 x: row - 1;", "{\"x\":-1}\n{\"x\":0}\n{\"x\":1}\n");
	assert_lines("optional int64 x: if row = 1 then null else row * 50000000;",
	    "{\"x\":0}\n{\"x\":null}\n{\"x\":100000000}\n");
	assert_lines(
	    "repeated int32 x: length row % 3 of place;", "{\"x\":[]}\n{\"x\":[0]}\n{\"x\":[0,1]}\n");
	assert_lines("optional group g: present row = 2 { optional group x (LIST): length row % 3 { repeated "
		     "group list { optional int32 element: 5 % (place - 1); } } }",
	    "{\"g\":null}\n{\"g\":null}\n{\"g\":{\"x\":[0,null]}}\n");
	assert_lines(
	    "optional group m (MAP): length if row = 0 then null else clamp(row - 1, 0, 1) { repeated group "
	    "key_value { required int32 key: place - 7; required boolean value: row > 0; } }",
	    "{\"m\":null}\n{\"m\":{}}\n{\"m\":{\"-7\":true}}\n");
	assert_lines("required int64 " LONG_NAME " (DECIMAL(18,3)): 0.005 * (row - 1);",
	    "{\"" LONG_NAME "\":-0.005}\n{\"" LONG_NAME "\":0.000}\n{\"" LONG_NAME "\":0.005}\n");
}

static void
texts_that_are_escaped(void **state)
{
	(void)state;
	static const char *const fields[] = {
	    STRING("x", "\"a\" | \"\\\"\" | \"\\\\\" | \"\\t\""),
	    STRING("x", "\"{row}\\\"\""),
	    STRING("x", "\"\\\"{row}\""),
	    STRING("x", "\"{'a' | '\\\"'}{row}\""),
	    STRING("x", "\"ä{row}€\" | \"é\" | \"𝄞\""),
	    STRING("x", "pattern(\"[!-/]{0,40}\")"),
	    STRING("x", "pattern(\"[ -~é]{0,100}\")"),
	    STRING("x", "\"{pattern('[!-#]')}{row}\""),
	    STRING("x", "if row = 290 then \"a\\nb\" else letters(3..90)"),
	    STRING("x", "letters(0..31)") STRING("y", "letters(0..32)") STRING("z", "letters(60..65)"),
	};
	CHECK_FIELDS(fields);
}

static void
leaves_of_every_kind(void **state)
{
	(void)state;
	static const char *const fields[] = {
	    "optional boolean x: 50% | null; optional boolean y: null;",
	    "optional int32 d (DATE): 1600-01-01..2300-01-01 | null; "
	    "required int32 e (DATE): 0001-01-01..9999-12-31;",
	    "optional int64 t (TIMESTAMP(MILLIS,true)): 1960-01-01T00:00:00Z..2024-12-31T23:59:59Z | null;",
	    "required int64 t (TIMESTAMP(NANOS,false)): 1960-01-01T00:00:00Z..2024-12-31T23:59:59Z;",
	    "required int32 t (TIME(MILLIS,true)): (row * 400000) % 100000000; required int64 u "
	    "(TIME(NANOS,false)): row;",
	    "required int32 x (DECIMAL(9,9)): 0.000000001 * row; required int64 y (DECIMAL(18,0)): row;",
	    "required fixed_len_byte_array(9) x (DECIMAL(20,4)): -9999.9999..9999.9999; "
	    "optional binary y (DECIMAL(18,2)): 0.01 * row | null;",
	    "required float x: normal(0, 1); optional double y: lognormal(0, 30) | null; "
	    "required double z: 1 / (row - 1);",
	    "required int64 x: (0..9223372036854775807) - (0..9223372036854775807);",
	    "required int32 x (INTEGER(8,false)): row % 256; required int64 y (INTEGER(64,false)): row;",
	    "required fixed_len_byte_array(16) x (UUID): uuid(); optional fixed_len_byte_array(16) y (UUID): "
	    "uuid() | null; " STRING("z", "uuid()"),
	    "required binary j (JSON): \"[{row}]\"; required binary e (ENUM): \"a\" | \"b\";",
	};
	CHECK_FIELDS(fields);
}

static void
maps_lists_and_groups(void **state)
{
	(void)state;
	static const char *const fields[] = {
	    "required group m (MAP): length 0..2 { repeated group key_value { required binary key (STRING): "
	    "letters(1..3); optional int32 value: row | null; } }",
	    "required group m (MAP): length 0..2 { repeated group key_value { required boolean key: 50%; "
	    "required int32 value: 1; } }",
	    "required group m (MAP): length 0..2 { repeated group key_value { required int32 key (DATE): "
	    "1992-01-01 + place; required int32 value: 1; } }",
	    "required group m (MAP): length 0..2 { repeated group key_value { required double key: 0.5; "
	    "required int32 value: 1; } }",
	    "required group m (MAP): length 0..2 { repeated group key_value { required int32 key: place; } }",
	    "required group m (MAP): length 0..2 { repeated group key_value { required group key { required "
	    "int32 a: 1; } required int32 value: 1; } }",
	    "required group m (MAP): length 0..3 { repeated group key_value { required int32 key: place; "
	    "optional group value { repeated int32 x: length 0..2 of row; } } }",
	    "optional group l (LIST): length null | 0..2 { repeated group list { optional group element "
	    "(LIST): length null | 0..40 { repeated group list { optional int32 element: row | null; } } } }",
	    "optional group g: present 50% { optional group h: present 50% { optional group i: present 50% { "
	    "required int32 x: row; } " STRING("y", "\"{row}-{letters(0..9)}-{row}\"") "} }",
	    "repeated group r: length 0..3 { optional group s: present 50% { repeated group t: length 0..3 { "
	    "required int32 " LONG_NAME ": row; } } required int32 z: place; }",
	};
	CHECK_FIELDS(fields);
}

static void
bytes_of_every_length(void **state)
{
	(void)state;
	static const char *const fields[] = {
	    "required binary x: bytes(0..70); optional binary y: bytes(0..9) | null;",
	    "required fixed_len_byte_array(5) x: bytes(5..5);",
	    "required binary x: bytes(100..400);",
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		check(fields[i], JSONL_HEX, true, NULL);
		check(fields[i], JSONL_BASE64, true, NULL);
		check(fields[i], JSONL_UTF8, false, NULL);
	}
	check("required binary x: letters(0..70) | \"\\\"\";", JSONL_UTF8, true, NULL);
}

static void
what_has_no_lines(void **state)
{
	(void)state;
	check("required float x: lognormal(100, 150);", JSONL_HEX, false, NULL);
	check("optional float x: if row = 299 then lognormal(100, 0) else null;", JSONL_HEX, false, NULL);
	check(STRING("x", "dirty(letters(3..9), 50%)"), JSONL_HEX, true, NULL);
}

/* Nulls that are longer than the values: all of them have room. */
static void
nulls_of_short_values(void **state)
{
	(void)state;
	char fields[400 * 80] = "";
	struct buffer lines = {0};
	for (unsigned i = 0; i < 400; i++)
		snprintf(fields + strlen(fields), 80,
		    "optional binary c%03x (STRING): if row %% 2 = 0 then \"{row %% 10}\" else null; ", i);
	struct recipe_text recipe;
	char text[sizeof fields + 32];
	snprintf(text, sizeof text, "message m { %s }", fields);
	recipe_text_open_or_fail(&recipe, text, NO_FOLDER, SEED);
	assert_true(
	    assert_lines_of_rows(&recipe.compiled, &recipe.drawings.schema, JSONL_HEX, 0, ROWS, &lines));
	recipe_text_close(&recipe);
	buffer_free(&lines);
}

/* More than a batch may take, in one row and in several. */
static void
rows_that_are_large(void **state)
{
	(void)state;
	check("repeated binary x: length 0..2000 of bytes(1000..1500);", JSONL_HEX, true, NULL);
	check("repeated binary x: length 65536 of bytes(6000..6000);", JSONL_HEX, false, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_they_are_read),
	    cmocka_unit_test(texts_that_are_escaped),
	    cmocka_unit_test(leaves_of_every_kind),
	    cmocka_unit_test(maps_lists_and_groups),
	    cmocka_unit_test(bytes_of_every_length),
	    cmocka_unit_test(what_has_no_lines),
	    cmocka_unit_test(nulls_of_short_values),
	    cmocka_unit_test(rows_that_are_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
