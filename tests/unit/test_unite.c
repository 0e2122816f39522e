/* Differences between message types, and the union of several. */
#include "lib/schema/unite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MEMBERS_MOST = 4, TEXT_BYTES = 2048 };

static struct schema
parsed(const char *fields)
{
	char text[TEXT_BYTES];
	struct schema schema;
	struct nest_error error;
	snprintf(text, sizeof text, "message m%zu { %s }", strlen(fields), fields);
	if (!schema_parse(&schema, view_of_text(text), &error))
		fail_msg("%s: %s", text, error.text);
	return schema;
}

/* ---- differences ---- */

static void
differs(const char *a, const char *b, const char *expected, bool unitable)
{
	struct schema left = parsed(a), right = parsed(b);
	struct buffer text = {0};
	struct nest_error error;
	bool is_unitable;
	assert_true(schema_difference(&left, &right, &text, &is_unitable, &error));
	assert_true(buffer_append(&text, "", 1, &error));
	assert_string_equal(text.data, expected);
	assert_int_equal(is_unitable, unitable);
	buffer_free(&text);
	schema_free(&left);
	schema_free(&right);
}

static void
test_differences(void **state)
{
	(void)state;
	differs("required int32 a; optional group g { optional int64 b; }",
	    "required int32 a; optional group g { optional int64 b; } ", "", false);
	differs("required int32 a; optional int32 b;", "required int32 a;", "lacks field b", true);
	differs("required int32 a;", "required int32 a; optional int32 b;", "has one more field, b", true);
	differs("required int32 a;", "optional int32 b; required int32 a;", "has one more field, b", true);
	differs("required int32 a; optional int32 b;", "optional int32 b; required int32 a;",
	    "has field b where it should have a", true);
	differs("optional group g { optional group h { optional int32 a; optional int32 b; } }",
	    "optional group g { optional group h { optional int32 b; } }", "lacks field g.h.a", true);
	differs("optional int32 a;", "required int32 a;",
	    "has field a as required int32 a, not as optional int32 a", false);
	differs("optional binary a;", "optional binary a (STRING);",
	    "has field a as optional binary a (STRING), not as optional binary a", false);
	differs("optional int32 a = 1;", "optional int32 a;",
	    "has field a as optional int32 a, not as optional int32 a = 1", true);
	differs("optional int32 a = 1;", "optional int32 a = 2;",
	    "has field a as optional int32 a = 2, not as optional int32 a = 1", false);
	/* What is told of a number or goes without saying. */
	differs("optional int32 a (INTEGER(32,true)); optional int64 b;",
	    "optional int32 a; optional int64 b (INTEGER(64,true));", "", false);
	differs("optional int32 a (INTEGER(32,false));", "optional int32 a;",
	    "has field a as optional int32 a, not as optional int32 a (INTEGER(32,false))", false);
	differs("optional int32 a (UNKNOWN);", "optional binary a;",
	    "has field a as optional binary a, not as optional int32 a (UNKNOWN)", true);
	/* The first of them, where there are more. */
	differs("optional group g { optional int32 a; } optional int32 b;",
	    "optional group g { optional int64 a; }",
	    "has field g.a as optional int64 a, not as optional int32 a", false);
}

/* ---- unions ---- */

struct told {
	char text[TEXT_BYTES];
};

static void
tell(void *context, const char *text)
{
	struct told *told = context;
	size_t size = strlen(told->text);
	snprintf(told->text + size, sizeof told->text - size, "%s\n", text);
}

static struct schema_union
unite(const char *const *fields, struct schema *schemas, struct told *told)
{
	static const char *const names[MEMBERS_MOST] = {"A", "B", "C", "D"};
	struct schema_member members[MEMBERS_MOST];
	struct schema_union united;
	struct nest_error error;
	size_t conflicts, lines = 0;
	uint32_t count = 0;
	for (; count < MEMBERS_MOST && fields[count] != NULL; count++) {
		schemas[count] = parsed(fields[count]);
		members[count] = (struct schema_member){&schemas[count], names[count]};
	}
	told->text[0] = '\0';
	if (!schema_unite(&united, members, count, tell, told, &conflicts, &error))
		fail_msg("%s", error.text);
	for (const char *at = told->text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(conflicts, lines);
	return united;
}

static void
free_all(struct schema_union *united, struct schema *schemas, const char *const *fields)
{
	schema_union_free(united);
	for (size_t i = 0; i < MEMBERS_MOST && fields[i] != NULL; i++)
		schema_free(&schemas[i]);
}

/* Up to four members; the union has EXPECTED, which is what the first has where IS_FIRST. */
static void
unites(const char *const *fields, const char *expected, bool is_first)
{
	struct schema schemas[MEMBERS_MOST], wanted = parsed(expected);
	struct told told;
	struct schema_union united = unite(fields, schemas, &told);
	assert_string_equal(told.text, "");
	/* But for the message's name. */
	assert_string_equal(strchr(united.schema.text, '{'), strchr(wanted.text, '{'));
	assert_int_equal(united.is_first, is_first);
	for (uint32_t i = 1; i < united.schema.node_count; i++) {
		struct schema_origin from = united.origins[i];
		assert_string_equal(schemas[from.member].nodes[from.node].name, united.schema.nodes[i].name);
		assert_int_equal(
		    schemas[from.member].nodes[from.node].field_id, united.schema.nodes[i].field_id);
	}
	schema_free(&wanted);
	free_all(&united, schemas, fields);
}

static void
conflicts(const char *a, const char *b, const char *expected)
{
	const char *const fields[MEMBERS_MOST] = {a, b};
	struct schema schemas[MEMBERS_MOST];
	struct told told;
	struct schema_union united = unite(fields, schemas, &told);
	assert_string_equal(told.text, expected);
	assert_null(united.origins);
	free_all(&united, schemas, fields);
}

#define LIST(element) "optional group l (LIST) { repeated group list { " element " } }"
#define MAP(pair) "optional group m (MAP) { repeated group key_value { " pair " } }"

static void
test_unions(void **state)
{
	(void)state;
	unites((const char *const[MEMBERS_MOST]){"required int32 a;", "required int32 a;"},
	    "required int32 a;", true);
	/* In the order in which they are first seen. */
	unites((const char *const[MEMBERS_MOST]){"optional int32 b; optional int32 a;",
		   "optional int32 c; optional int32 a; optional int32 d; optional int32 b;",
		   "repeated int64 e;"},
	    "optional int32 b; optional int32 a; optional int32 c; optional int32 d; repeated int64 e;",
	    false);
	unites((const char *const[MEMBERS_MOST]){"optional int32 a; optional int32 b;", "optional int32 b;"},
	    "optional int32 a; optional int32 b;", true);
	unites((const char *const[MEMBERS_MOST]){"optional group g { required int32 a; }",
		   "optional group g { required int32 a; optional group h { required int32 b; } }",
		   "optional group g { required int32 a; optional group h { required int32 b; repeated int32 "
		   "c; } }"},
	    "optional group g { required int32 a; optional group h { required int32 b; repeated int32 c; } }",
	    false);
	unites((const char *const[MEMBERS_MOST]){LIST("optional group element { optional int32 a; }"),
		   LIST("optional group element { optional int32 b; }")},
	    LIST("optional group element { optional int32 a; optional int32 b; }"), false);
	unites(
	    (const char *const[MEMBERS_MOST]){
		MAP("required int32 key; optional group value { optional int32 a; }"),
		MAP("required int32 key; optional group value { optional int32 b; }")},
	    MAP("required int32 key; optional group value { optional int32 a; optional int32 b; }"), false);
	/* Elements that are groups by the older rules. */
	unites(
	    (const char *const[MEMBERS_MOST]){
		"optional group l (LIST) { repeated group array { optional int32 a; } }",
		"optional group l (LIST) { repeated group array { optional int32 a; optional int32 b; } }"},
	    "optional group l (LIST) { repeated group array { optional int32 a; optional int32 b; } }",
	    false);
	/* What one does not know another does. */
	unites((const char *const[MEMBERS_MOST]){"optional int32 a (UNKNOWN); optional int64 b;",
		   "optional group a { optional int32 c; } optional int32 b (UNKNOWN);",
		   "optional int32 a (UNKNOWN); optional int32 b (UNKNOWN);"},
	    "optional group a { optional int32 c; } optional int64 b;", false);
	unites(
	    (const char *const[MEMBERS_MOST]){"optional int32 a (UNKNOWN);", "optional int32 a (UNKNOWN);"},
	    "optional int32 a (UNKNOWN);", true);
	/* Numbers, where one has them. */
	unites((const char *const[MEMBERS_MOST]){"optional int32 a; optional int32 b = 2;",
		   "optional int32 a = 1; optional int32 b;"},
	    "optional int32 a = 1; optional int32 b = 2;", false);
	unites((const char *const[MEMBERS_MOST]){"optional int32 a = 1; optional int32 b = 1;",
		   "optional int32 a;"},
	    "optional int32 a = 1; optional int32 b = 1;", true);
}

static void
test_conflicts(void **state)
{
	(void)state;
	conflicts("optional int32 a; optional binary b;", "required int32 a; optional binary b (STRING);",
	    "B: field a is required int32 a, but optional int32 a in A\n"
	    "B: field b is optional binary b (STRING), but optional binary b in A\n");
	conflicts("optional int32 a;", "optional group a { optional int32 b; }",
	    "B: field a is optional group a, but optional int32 a in A\n");
	conflicts("optional fixed_len_byte_array(2) a;", "optional fixed_len_byte_array(3) a;",
	    "B: field a is optional fixed_len_byte_array(3) a, but optional fixed_len_byte_array(2) a in "
	    "A\n");
	conflicts("optional int64 a (TIMESTAMP(MILLIS,true));", "optional int64 a (TIMESTAMP(MICROS,true));",
	    "B: field a is optional int64 a (TIMESTAMP(MICROS,true)), but optional int64 a "
	    "(TIMESTAMP(MILLIS,true)) in A\n");
	conflicts("optional int64 a (TIMESTAMP(MILLIS,true));", "optional int64 a (TIMESTAMP(MILLIS,false));",
	    "B: field a is optional int64 a (TIMESTAMP(MILLIS,false)), but optional int64 a "
	    "(TIMESTAMP(MILLIS,true)) in A\n");
	conflicts("optional int32 a (DECIMAL(5,2));", "optional int32 a (DECIMAL(5,1));",
	    "B: field a is optional int32 a (DECIMAL(5,1)), but optional int32 a (DECIMAL(5,2)) in A\n");
	conflicts("optional int32 a (INTEGER(8,true));", "optional int32 a (INTEGER(16,true));",
	    "B: field a is optional int32 a (INTEGER(16,true)), but optional int32 a (INTEGER(8,true)) in "
	    "A\n");
	conflicts("optional int32 a; required int32 b;", "optional int32 a; required int32 c;",
	    "A: field c is missing, which is required in B\nB: field b is missing, which is required in A\n");
	conflicts(
	    "optional group g { optional int32 a; optional group h { required int32 b; required int32 c; } }",
	    "optional group g { optional group h { required int32 b; } }",
	    "B: field g.h.c is missing, which is required in A\n");
	conflicts("required int64 a;", "optional int32 a (UNKNOWN);",
	    "B: field a is optional int32 a (UNKNOWN), but required int64 a in A\n");
	/* What a list and a map are made of. */
	conflicts(LIST("optional int32 element;"), LIST("optional int32 item;"),
	    "A: field l.list.item is missing, which is of a list or a map in B\n"
	    "B: field l.list.element is missing, which is of a list or a map in A\n");
	conflicts(LIST("optional int32 a;"), LIST("optional int32 a; optional int32 b;"),
	    "A: field l.list.b is missing, which is of a list or a map in B\n");
	conflicts(MAP("required int32 key; optional int32 value;"), MAP("required int32 key;"),
	    "B: field m.key_value.value is missing, which is of a list or a map in A\n");
	conflicts("optional int32 a = 1; optional int32 b = 2;", "optional int32 a = 2;",
	    "B: field a is optional int32 a = 2, but optional int32 a = 1 in A\n");
	conflicts("optional int32 a = 1;", "optional int32 b = 1;",
	    "B: field b has the id 1, which is that of a in A\n");
}

/* ---- where leaves are ---- */

static void
test_map(void **state)
{
	const char *const fields[MEMBERS_MOST] = {
	    "optional group g { optional int32 a; repeated group r { repeated int32 b; } } optional int32 z;",
	    "optional int32 c; optional group g { repeated group r { optional group h { required int32 d; } "
	    "repeated int32 b; } }"};
	static const struct schema_source expected[2][5] = {
	    /* g.a, g.r.b, g.r.h.d, z, c: as they stand in the union. */
	    {{0, 0, 0, 0}, {1, 0, 0, 0}, {SCHEMA_ABSENT, 1, 1, 2}, {2, 0, 0, 0}, {SCHEMA_ABSENT, 0, 0, 0}},
	    {{SCHEMA_ABSENT, 1, 0, 1}, {2, 0, 0, 0}, {1, 0, 0, 0}, {SCHEMA_ABSENT, 0, 0, 0}, {0, 0, 0, 0}},
	};
	struct schema schemas[MEMBERS_MOST];
	struct told told;
	struct schema_union united = unite(fields, schemas, &told);
	(void)state;
	assert_string_equal(strchr(united.schema.text, '{'),
	    "{\n  optional group g {\n    optional int32 a;\n    repeated group r {\n      repeated int32 "
	    "b;\n"
	    "      optional group h {\n        required int32 d;\n      }\n    }\n  }\n  optional int32 z;\n"
	    "  optional int32 c;\n}\n");
	for (size_t member = 0; member < 2; member++) {
		struct schema_source sources[5];
		schema_union_map(&united.schema, &schemas[member], sources);
		for (size_t i = 0; i < 5; i++) {
			assert_int_equal(sources[i].leaf, expected[member][i].leaf);
			assert_int_equal(sources[i].sibling, expected[member][i].sibling);
			assert_int_equal(sources[i].group_rep, expected[member][i].group_rep);
			assert_int_equal(sources[i].group_def, expected[member][i].group_def);
		}
	}
	free_all(&united, schemas, fields);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_differences),
	    cmocka_unit_test(test_unions),
	    cmocka_unit_test(test_conflicts),
	    cmocka_unit_test(test_map),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
