/* test_schema_refused - invalid message types: every reason to refuse one, its message, and the limits. */
#include "lib/schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * A copy of exactly SIZE bytes, so that a sanitizer sees a read behind the
 * text.
 */
static bool
parse_bytes(struct schema *schema, const void *text, size_t size, struct nest_error *error)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	assert_non_null(copy);
	if (size > 0)
		memcpy(copy, text, size);
	bool fine = schema_parse(schema, (struct view){copy, size}, error);
	free(copy);
	return fine;
}

static struct schema
parsed(const char *text)
{
	struct schema schema;
	struct nest_error error;
	if (!parse_bytes(&schema, text, strlen(text), &error))
		fail_msg("%s\n%s", error.text, text);
	return schema;
}

/* TEXT is refused with a message that ends as given, after "invalid message type". */
static void
refused(const char *text, const char *message)
{
	struct schema schema;
	struct nest_error error;
	if (parse_bytes(&schema, text, strlen(text), &error))
		fail_msg("not refused: %s", text);
	assert_int_equal(error.status, NEST_INVALID);
	char wanted[1024];
	snprintf(wanted, sizeof wanted, "invalid message type%s", message);
	assert_string_equal(error.text, wanted);
	/* Nothing is left to be freed, and freeing it is fine. */
	assert_null(schema.nodes);
	assert_null(schema.text);
	schema_free(&schema);
}

/* One field on a line of its own; COLUMN is where on that line it is refused. */
static void
refused_field(int column, const char *field, const char *message)
{
	char text[512], wanted[512];
	snprintf(text, sizeof text, "message m {\n%s\n}", field);
	snprintf(wanted, sizeof wanted, " at line 2, column %d: %s", column, message);
	refused(text, wanted);
}

static void
test_refused_grammar(void **state)
{
	(void)state;
	refused("", " at line 1, column 1: expected message, found the end of the text");
	refused(" \n  ", " at line 2, column 3: expected message, found the end of the text");
	refused("massage m {", " at line 1, column 1: expected message, found \"massage\"");
	refused("message {", " at line 1, column 9: expected the name of the message, found \"{\"");
	refused("message m", " at line 1, column 10: expected \"{\", found the end of the text");
	refused("message m = 1 {", " at line 1, column 11: expected \"{\", found \"=\"");
	refused(
	    "message m {}", " at line 1, column 9: \"m\" has no fields, and a group must have at least one");
	refused("message m { required int32 a; } x",
	    " at line 1, column 33: expected nothing after the message, found \"x\"");
	refused("message m { required int32 a; ", " at line 1, column 31: expected required, optional, "
						  "repeated or \"}\", found the end of the text");
	refused_field(1, "int32 a;", "expected required, optional, repeated or \"}\", found \"int32\"");
	refused_field(10, "required int31 a;",
	    "expected group, boolean, int32, int64, int96, float, double, binary or fixed_len_byte_array, "
	    "found \"int31\"");
	refused_field(16, "required int32 ;", "expected the name of a field, found \";\"");
	refused_field(18, "required int32 a b;", "expected \";\", found \"b\"");
	refused("message m {\nrequired int32 a\n}", " at line 3, column 1: expected \";\", found \"}\"");
	refused_field(17, "required group a;", "expected \"{\", found \";\"");
	refused_field(16, "required group a { }", "\"a\" has no fields, and a group must have at least one");
	refused_field(31, "required fixed_len_byte_array a;", "expected \"(\", found \"a\"");
	refused_field(
	    31, "required fixed_len_byte_array(0) a;", "expected a length from 1 to 2147483647, found \"0\"");
	refused_field(31, "required fixed_len_byte_array(2147483648) a;",
	    "expected a length from 1 to 2147483647, found \"2147483648\"");
	refused_field(33, "required fixed_len_byte_array(5 a;", "expected \")\", found \"a\"");
	refused_field(20, "required int32 a = ;", "expected a field id from 0 to 2147483647, found \";\"");
	refused_field(20, "required int32 a = -1;", "expected a field id from 0 to 2147483647, found \"-1\"");
	refused_field(20, "required int32 a = 99999999999999999999999999;",
	    "expected a field id from 0 to 2147483647, found \"99999999999999999999999999\"");
	refused_field(20, "required int32 a = 7x;", "expected a field id from 0 to 2147483647, found \"7x\"");
}

static void
test_refused_bytes(void **state)
{
	(void)state;
	refused_field(
	    17, "required int32 a\x1b;", "the control character 0x1b has no place in a message type");
	refused_field(
	    16, "required int32 \x7f;", "the control character 0x7f has no place in a message type");
	refused_field(16, "required int32 \xc3(;", "a word is not well-formed UTF-8");
	/* Columns count characters. */
	refused_field(19, "required int32 \xc3\xa9\xc3\xa9 x;", "expected \";\", found \"x\"");
	struct schema schema;
	struct nest_error error;
	assert_false(parse_bytes(&schema, "message m\0", 10, &error));
	assert_string_equal(error.text, "invalid message type at line 1, column 10: the control character "
					"0x00 has no place in a message type");
	assert_false(schema_parse(&schema, (struct view){NULL, 0}, &error));
}

static void
test_refused_quotes(void **state)
{
	(void)state;
	refused_field(19, "required int32 \"a;", "a control character in a name is written \\u000a");
	refused("message \"m", " at line 1, column 9: the name that begins here has no closing quote");
	refused("message \"m\\\"", " at line 1, column 9: the name that begins here has no closing quote");
	refused_field(18, "required int32 \"a\tb\";", "a control character in a name is written \\u0009");
	refused_field(17, "required int32 \"\x7f\";", "a control character in a name is written \\u007f");
	static const char escape[] =
	    "a backslash in a name stands before \", \\ or u and four hexadecimal digits";
	refused_field(18, "required int32 \"a\\n\";", escape);
	refused_field(17, "required int32 \"\\u12g4\";", escape);
	refused_field(17, "required int32 \"\\u123\";", escape);
	refused("message \"m\\", " at line 1, column 11: a backslash in a name stands before \", \\ or u and "
				 "four hexadecimal digits");
	refused("message \"\\u12",
	    " at line 1, column 10: a backslash in a name stands before \", \\ or u and "
	    "four hexadecimal digits");
	refused_field(17, "required int32 \"\\u0000\";", "\\u0000 has no place in a name");
	refused_field(17, "required int32 \"\\ud83d\\ude00\";",
	    "\\ud83d is half a character; write the character itself");
	refused_field(16, "required int32 \"\xc3(\";", "a name is not well-formed UTF-8");
	/* Only names stand in quotes. */
	refused_field(
	    1, "\"required\" int32 a;", "expected required, optional, repeated or \"}\", found \"required\"");
	refused_field(20, "required binary a (\"STRING\");", "expected an annotation, found \"STRING\"");
	refused_field(
	    20, "required int32 a = \"1\";", "expected a field id from 0 to 2147483647, found \"1\"");
	refused_field(19, "required int32 \"a\"b;", "expected \";\", found \"b\"");
}

/* Names stand in messages on one line. */
static void
test_refused_odd_names(void **state)
{
	(void)state;
	refused_field(43, "required int32 \"a\\u000ab\"; required int32 \"a\\u000Ab\";",
	    "\"m\" has two fields of the name \"a\\u000ab\"");
	refused_field(
	    16, "required group \"\" { }", "\"\" has no fields, and a group must have at least one");
	refused_field(
	    22, "required int32 a = 1 \"x\\u001b[2J\\\"\";", "expected \";\", found \"x\\u001b[2J\\\"\"");
	refused_field(18, "required int32 a \xc2\x9b;", "expected \";\", found \"\\u009b\"");
}

/* What is quoted from the text is cut, between characters. */
static void
test_refused_long_word(void **state)
{
	(void)state;
	char text[256] = "x", wanted[256] = " at line 1, column 1: expected message, found \"x";
	for (int i = 0; i < 40; i++)
		strcat(text, "\xc3\xa9");
	for (int i = 0; i < 29; i++)
		strcat(wanted, "\xc3\xa9");
	strcat(wanted, "...\"");
	refused(text, wanted);
}

static void
test_refused_names(void **state)
{
	(void)state;
	refused_field(52, "required int32 a; required int32 b; required int64 a;",
	    "\"m\" has two fields of the name \"a\"");
	refused_field(53, "required group g { required int32 a; optional group a { required int32 a; } }",
	    "\"g\" has two fields of the name \"a\"");
}

static void
test_refused_annotations(void **state)
{
	(void)state;
	static const struct {
		int column;
		const char *annotation, *message;
	} cases[] = {
	    {19, "", "expected an annotation, found \")\""},
	    {19, "FOO", "\"FOO\" is no annotation that is known here"},
	    {26, "DECIMAL", "expected \"(\", found \")\""},
	    {27, "DECIMAL()", "expected a precision from 1 to 2147483647, found \")\""},
	    {27, "DECIMAL(0,0)", "expected a precision from 1 to 2147483647, found \"0\""},
	    {29, "DECIMAL(5,6)", "expected a scale from 0 to 5, found \"6\""},
	    {30, "DECIMAL(5,2,1)", "expected \")\", found \",\""},
	    {24, "TIME(SECONDS,true)", "expected MILLIS, MICROS or NANOS, found \"SECONDS\""},
	    {30, "TIME(MILLIS)", "expected \",\", found \")\""},
	    {31, "TIME(MILLIS,yes)", "expected true or false, found \"yes\""},
	    {27, "INTEGER(7,true)", "INTEGER has 8, 16, 32 or 64 bits, not 7"},
	    {27, "INTEGER(x,true)", "expected a bit width from 0 to 2147483647, found \"x\""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char field[128];
		snprintf(field, sizeof field, "required int32 a (%s);", cases[i].annotation);
		refused_field(cases[i].column, field, cases[i].message);
	}
	refused_field(26, "required binary a (STRING;", "expected \")\", found \";\"");
	refused_field(26, "required binary a (STRING(1));", "expected \")\", found \"(\"");
}

static void
test_refused_types(void **state)
{
	(void)state;
	static const struct {
		const char *type, *annotation, *message;
	} cases[] = {
	    {"int32", "STRING", "STRING annotates binary"},
	    {"int32", "utf8", "UTF8 annotates binary"},
	    {"fixed_len_byte_array(9)", "ENUM", "ENUM annotates binary"},
	    {"double", "JSON", "JSON annotates binary"},
	    {"float", "BSON", "BSON annotates binary"},
	    {"binary", "UUID", "UUID annotates fixed_len_byte_array(16)"},
	    {"fixed_len_byte_array(15)", "UUID", "UUID annotates fixed_len_byte_array(16)"},
	    {"float", "FLOAT16", "FLOAT16 annotates fixed_len_byte_array(2)"},
	    {"int96", "INTERVAL", "INTERVAL annotates fixed_len_byte_array(12)"},
	    {"int64", "DATE", "DATE annotates int32"},
	    {"int64", "GEOMETRY", "GEOMETRY annotates binary"},
	    {"float", "GEOGRAPHY(x,THOMAS)", "GEOGRAPHY annotates binary"},
	    {"binary", "VARIANT(1)", "VARIANT annotates group"},
	    {"int64", "TIME(MILLIS,true)", "TIME in MILLIS annotates int32"},
	    {"int32", "TIME(NANOS,true)", "TIME in NANOS annotates int64"},
	    {"int32", "TIME_MICROS", "TIME_MICROS annotates int64"},
	    {"int32", "TIMESTAMP(MILLIS,true)", "TIMESTAMP annotates int64"},
	    {"int64", "INTEGER(32,true)", "INTEGER of 32 bits annotates int32"},
	    {"int32", "UINT_64", "UINT_64 annotates int64"},
	    {"binary", "LIST", "LIST annotates group"},
	    {"boolean", "MAP", "MAP annotates group"},
	    {"boolean", "DECIMAL(1,0)", "DECIMAL annotates int32, int64, binary or fixed_len_byte_array"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char field[128], message[128];
		int column = 1 + snprintf(field, sizeof field, "required %s a (", cases[i].type);
		snprintf(field, sizeof field, "required %s a (%s);", cases[i].type, cases[i].annotation);
		snprintf(message, sizeof message, "%s, but \"a\" is %s", cases[i].message, cases[i].type);
		refused_field(column, field, message);
	}
	refused_field(60, "optional group a (MAP) { repeated group b { optional int32 c; } }",
	    "\"c\", the key of the MAP \"a\", must be required");
	refused_field(19, "required group a (UNKNOWN) { required int32 b; }",
	    "UNKNOWN annotates a field with values, but \"a\" is group");
	refused_field(
	    29, "required binary a (GEOMETRY());", "expected a coordinate reference system, found \")\"");
	refused_field(32, "required binary a (GEOGRAPHY(x,y));",
	    "expected SPHERICAL, VINCENTY, THOMAS, ANDOYER or KARNEY, found \"y\"");
	refused_field(19, "required group a (STRING) { required int32 b; }",
	    "STRING annotates binary, but \"a\" is group");
}

static void
test_decimals(void **state)
{
	(void)state;
	refused_field(19, "required int32 a (DECIMAL(10,0));",
	    "DECIMAL precision 10 is more than the 9 digits of int32, the type of \"a\"");
	refused_field(19, "required int64 a (DECIMAL(19,0));",
	    "DECIMAL precision 19 is more than the 18 digits of int64, the type of \"a\"");
	refused_field(37, "required fixed_len_byte_array(1) a (DECIMAL(3,0));",
	    "DECIMAL precision 3 is more than the 2 digits of fixed_len_byte_array(1), the type of \"a\"");
	/* Length and digits, as LogicalTypes.md computes them. */
	static const int digits[][2] = {{1, 2}, {2, 4}, {3, 6}, {4, 9}, {5, 11}, {8, 18}, {9, 21}, {12, 28},
	    {13, 31}, {16, 38}, {32, 76}};
	for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++) {
		char text[128];
		struct schema schema;
		struct nest_error error;
		for (int more = 0; more < 2; more++) {
			snprintf(text, sizeof text,
			    "message m { required fixed_len_byte_array(%d) a (DECIMAL(%d,0)); }",
			    digits[i][0], digits[i][1] + more);
			assert_int_equal(parse_bytes(&schema, text, strlen(text), &error), more == 0);
			schema_free(&schema);
		}
	}
}

static void
test_refused_lists(void **state)
{
	(void)state;
	refused_field(16, "required group l (LIST) { optional int32 a; }",
	    "the LIST \"l\" must have exactly one field, a repeated one");
	refused_field(16, "required group l (LIST) { repeated int32 a; repeated int32 b; }",
	    "the LIST \"l\" must have exactly one field, a repeated one");
	refused_field(16, "repeated group l (LIST) { repeated int32 a; }",
	    "the LIST \"l\" must be optional or required: it may only repeat as the element of a LIST");
}

static void
test_refused_maps(void **state)
{
	(void)state;
	refused_field(16, "required group a (MAP) { required group kv { required int32 k; } }",
	    "the MAP \"a\" must have exactly one field, a repeated group");
	refused_field(16, "required group a (MAP) { repeated int32 k; }",
	    "the MAP \"a\" must have exactly one field, a repeated group");
	refused_field(16,
	    "required group a (MAP) { repeated group b { required int32 k; } required int32 c; }",
	    "the MAP \"a\" must have exactly one field, a repeated group");
	refused_field(41,
	    "required group a (MAP) { repeated group kv { required int32 k; required int32 v; required int32 "
	    "w; } }",
	    "\"kv\" must have one or two fields, the key and the value of the MAP \"a\", not 3");
	refused_field(79,
	    "required group a (MAP) { repeated group kv { required int32 k; repeated int32 v; } }",
	    "\"v\" of the MAP \"a\" must not be repeated");
	refused_field(16, "repeated group a (MAP) { repeated group kv { required int32 k; } }",
	    "the MAP \"a\" must be optional or required: it may only repeat as the element of a LIST");
	refused_field(67,
	    "required group a (MAP) { repeated group kv (MAP) { repeated group b { required int32 k; } } }",
	    "\"b\" of the MAP \"a\" must not be repeated");
}

/* A message of COUNT nodes, itself included, whose names are as long as PAD makes them. */
static char *
wide_text(int count, int pad)
{
	size_t capacity = 64 + (size_t)count * (32 + (size_t)pad), size = 0;
	char *text = malloc(capacity);
	assert_non_null(text);
	size += (size_t)snprintf(text, capacity, "message m {");
	for (int i = 1; i < count; i++)
		size += (size_t)snprintf(text + size, capacity - size, "required int32 %0*d;", pad, i);
	snprintf(text + size, capacity - size, "}");
	return text;
}

static void
test_node_limit(void **state)
{
	(void)state;
	char *text = wide_text(SCHEMA_NODE_LIMIT, 5);
	struct schema schema = parsed(text);
	assert_int_equal(schema.node_count, SCHEMA_NODE_LIMIT);
	assert_int_equal(schema.leaf_count, SCHEMA_NODE_LIMIT - 1);
	assert_int_equal(schema.nodes[0].child_count, SCHEMA_NODE_LIMIT - 1);
	assert_string_equal(schema.nodes[schema.leaves[16382]].name, "16383");
	schema_free(&schema);
	free(text);
	text = wide_text(SCHEMA_NODE_LIMIT + 1, 5);
	refused(text,
	    " at line 1, column 344070: there are more than 16384 fields and groups, the message included");
	free(text);
}

static void
test_text_limit(void **state)
{
	(void)state;
	const char head[] = "message m { required int32 a; }";
	char *text = malloc(SCHEMA_TEXT_LIMIT + 2);
	assert_non_null(text);
	memset(text, ' ', SCHEMA_TEXT_LIMIT + 1);
	text[SCHEMA_TEXT_LIMIT + 1] = '\0';
	memcpy(text, head, strlen(head));
	refused(text, ": its text has 524289 bytes, more than the limit of 524288");
	text[SCHEMA_TEXT_LIMIT] = '\0';
	struct schema schema = parsed(text);
	assert_string_equal(schema.text, "message m {\n  required int32 a;\n}\n");
	schema_free(&schema);
	free(text);
}

/* Indentation and the modern words make the canonical text longer than what was read. */
static void
test_canonical_text_limit(void **state)
{
	(void)state;
	char *text = wide_text(SCHEMA_NODE_LIMIT, 15);
	assert_true(strlen(text) <= SCHEMA_TEXT_LIMIT);
	refused(text, ": its canonical text has 557036 bytes, more than the limit of 524288");
	free(text);
}

/* DEPTH nodes on one path, the message included. */
static void
deep_text(char *text, size_t capacity, int depth, const char *repetition)
{
	size_t size = (size_t)snprintf(text, capacity, "message m {");
	for (int i = 2; i < depth; i++)
		size += (size_t)snprintf(text + size, capacity - size, "%s group g {", repetition);
	size += (size_t)snprintf(text + size, capacity - size, "%s int32 a;", repetition);
	for (int i = 1; i < depth; i++)
		size += (size_t)snprintf(text + size, capacity - size, "}");
}

static void
test_depth_limit(void **state)
{
	(void)state;
	char text[4096];
	deep_text(text, sizeof text, SCHEMA_DEPTH_LIMIT, "repeated");
	struct schema schema = parsed(text);
	const struct schema_node *leaf = &schema.nodes[schema.leaves[0]];
	assert_int_equal(leaf->max_rep, SCHEMA_DEPTH_LIMIT - 1);
	assert_int_equal(leaf->max_def, SCHEMA_DEPTH_LIMIT - 1);
	char path[256];
	assert_int_equal(strlen(schema_path(&schema, schema.leaves[0], path, sizeof path)),
	    2 * (SCHEMA_DEPTH_LIMIT - 1) - 1);
	/* The indented text can be read again. */
	struct schema again = parsed(schema.text);
	assert_string_equal(again.text, schema.text);
	schema_free(&again);
	schema_free(&schema);
	deep_text(text, sizeof text, SCHEMA_DEPTH_LIMIT + 1, "required");
	refused(text, " at line 1, column 1146: fields are nested more than 64 deep, the message included");
}

/* Far beyond the limit, and never closed. */
static void
test_bottomless(void **state)
{
	(void)state;
	const char head[] = "message m {", group[] = "required group g {";
	size_t size = strlen(head);
	char *text = calloc(1, SCHEMA_TEXT_LIMIT + 1);
	assert_non_null(text);
	memcpy(text, head, size);
	for (; size + strlen(group) < SCHEMA_TEXT_LIMIT; size += strlen(group))
		memcpy(text + size, group, strlen(group));
	refused(text, " at line 1, column 1146: fields are nested more than 64 deep, the message included");
	free(text);
}

/* For a text that was put together: the offset, and no line and column in the sentence. */
static void
the_offset_of_a_fault_is_told(void **state)
{
	(void)state;
	static const char text[] = "message m {\n required int3 x; }";
	struct schema schema;
	struct nest_error error;
	size_t fault = SIZE_MAX;
	assert_false(schema_parse_at(&schema, view_of_text(text), &fault, &error));
	assert_int_equal(fault, strstr(text, "int3") - text);
	assert_memory_equal(error.text, "expected ", 9);
	assert_int_equal(error.status, NEST_INVALID);
	fault = SIZE_MAX;
	assert_true(
	    schema_parse_at(&schema, view_of_text("message m { required int32 x; }"), &fault, &error));
	assert_int_equal(fault, SIZE_MAX);
	schema_free(&schema);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_offset_of_a_fault_is_told),
	    cmocka_unit_test(test_refused_grammar),
	    cmocka_unit_test(test_refused_bytes),
	    cmocka_unit_test(test_refused_quotes),
	    cmocka_unit_test(test_refused_odd_names),
	    cmocka_unit_test(test_refused_long_word),
	    cmocka_unit_test(test_refused_names),
	    cmocka_unit_test(test_refused_annotations),
	    cmocka_unit_test(test_refused_types),
	    cmocka_unit_test(test_decimals),
	    cmocka_unit_test(test_refused_lists),
	    cmocka_unit_test(test_refused_maps),
	    cmocka_unit_test(test_node_limit),
	    cmocka_unit_test(test_text_limit),
	    cmocka_unit_test(test_canonical_text_limit),
	    cmocka_unit_test(test_depth_limit),
	    cmocka_unit_test(test_bottomless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
