/*
 * test_schema - message types: their text, levels, lists and maps; test_schema_refused.c has
 * the invalid ones.
 */
#include "lib/schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char document[] = "message Document {\n"
			       "  required int64 DocId;\n"
			       "  optional group Links {\n"
			       "    repeated int64 Backward;\n"
			       "    repeated int64 Forward;\n"
			       "  }\n"
			       "  repeated group Name {\n"
			       "    repeated group Language {\n"
			       "      required binary Code;\n"
			       "      optional binary Country;\n"
			       "    }\n"
			       "    optional binary Url;\n"
			       "  }\n"
			       "}\n";

static const char contact[] = "message contact {\n"
			      "  optional binary name (STRING);\n"
			      "  optional group phones (LIST) {\n"
			      "    repeated group list {\n"
			      "      optional group element {\n"
			      "        optional binary number (STRING);\n"
			      "        optional binary phone_type (ENUM);\n"
			      "      }\n"
			      "    }\n"
			      "  }\n"
			      "}\n";

static const char every_type[] = "message every {\n"
				 "  required boolean a;\n"
				 "  optional int32 b = 7;\n"
				 "  repeated int64 c = 0;\n"
				 "  required int96 d = 2147483647;\n"
				 "  required float e;\n"
				 "  required double f;\n"
				 "  required binary g;\n"
				 "  required fixed_len_byte_array(5) h;\n"
				 "  required binary s1 (STRING);\n"
				 "  required binary s2 (ENUM) = 3;\n"
				 "  required binary s3 (JSON);\n"
				 "  required binary s4 (BSON);\n"
				 "  required fixed_len_byte_array(16) s5 (UUID);\n"
				 "  required fixed_len_byte_array(2) s6 (FLOAT16);\n"
				 "  required fixed_len_byte_array(12) s7 (INTERVAL);\n"
				 "  required int32 t1 (DATE);\n"
				 "  required int32 t2 (TIME(MILLIS,true));\n"
				 "  required int64 t3 (TIME(MICROS,false));\n"
				 "  required int64 t4 (TIME(NANOS,true));\n"
				 "  required int64 t5 (TIMESTAMP(MILLIS,true));\n"
				 "  required int64 t6 (TIMESTAMP(MICROS,false));\n"
				 "  required int64 t7 (TIMESTAMP(NANOS,true));\n"
				 "  required int32 n1 (DECIMAL(9,2));\n"
				 "  required int64 n2 (DECIMAL(18,0));\n"
				 "  required binary n3 (DECIMAL(1000,1000));\n"
				 "  required fixed_len_byte_array(16) n4 (DECIMAL(38,10));\n"
				 "  required int32 i1 (INTEGER(8,true));\n"
				 "  required int32 i2 (INTEGER(16,false));\n"
				 "  required int32 i3 (INTEGER(32,true));\n"
				 "  required int64 i4 (INTEGER(64,false));\n"
				 "  optional boolean u (UNKNOWN);\n"
				 "  required binary p1 (GEOMETRY);\n"
				 "  required binary p2 (GEOMETRY(\"srid: 4326\"));\n"
				 "  required binary p3 (GEOGRAPHY);\n"
				 "  required binary p4 (GEOGRAPHY(OGC:CRS84));\n"
				 "  required binary p5 (GEOGRAPHY(\"\",KARNEY));\n"
				 "  required binary p6 (GEOGRAPHY(\"a,\\\"(b)\",VINCENTY));\n"
				 "  optional group v1 (VARIANT) {\n"
				 "    required binary metadata;\n"
				 "  }\n"
				 "  optional group v2 (VARIANT(1)) {\n"
				 "    required binary metadata;\n"
				 "  }\n"
				 "  optional group m (MAP) = 11 {\n"
				 "    repeated group key_value {\n"
				 "      required binary key (STRING);\n"
				 "      optional int32 value;\n"
				 "    }\n"
				 "  }\n"
				 "}\n";

static const char odd_names[] = "message \"\" {\n"
				"  required int32 \"two words\";\n"
				"  optional group \"a,(b) = \\\"c\\\"; \\\\\" (LIST) {\n"
				"    repeated group \"\" {\n"
				"      optional int32 \"\\u0001\\u001f\\u007f {}\" = 5;\n"
				"    }\n"
				"  }\n"
				"  required int32 a.b\"\\c;\n"
				"}\n";

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

static void
canonical(const char *text, const char *wanted)
{
	struct schema schema = parsed(text);
	assert_string_equal(schema.text, wanted);
	assert_int_equal(schema.text_size, strlen(wanted));
	struct schema again = parsed(schema.text);
	assert_string_equal(again.text, wanted);
	schema_free(&again);
	schema_free(&schema);
}

/* One field between `message m {` and `}`. */
static void
canonical_field(const char *field, const char *wanted)
{
	char text[512], canonical_text[512];
	snprintf(text, sizeof text, "message m {%s}", field);
	snprintf(canonical_text, sizeof canonical_text, "message m {\n  %s\n}\n", wanted);
	canonical(text, canonical_text);
}

static void
assert_levels(const struct schema *schema, uint32_t leaf, const char *path, int max_rep, int max_def)
{
	char text[256];
	assert_true(leaf < schema->leaf_count);
	const struct schema_node *node = &schema->nodes[schema->leaves[leaf]];
	assert_string_equal(schema_path(schema, schema->leaves[leaf], text, sizeof text), path);
	assert_int_equal(node->max_rep, max_rep);
	assert_int_equal(node->max_def, max_def);
	assert_int_equal(node->form, FORM_LEAF);
	assert_int_equal(node->first_leaf, leaf);
	assert_int_equal(node->leaf_count, 1);
}

static void
assert_equal_trees(const struct schema *a, const struct schema *b)
{
	assert_int_equal(a->node_count, b->node_count);
	assert_int_equal(a->leaf_count, b->leaf_count);
	assert_memory_equal(a->leaves, b->leaves, a->leaf_count * sizeof *a->leaves);
	assert_string_equal(a->text, b->text);
	for (uint32_t i = 0; i < a->node_count; i++) {
		const struct schema_node *x = &a->nodes[i], *y = &b->nodes[i];
		assert_string_equal(x->name, y->name);
		assert_int_equal(x->repetition, y->repetition);
		assert_int_equal(x->physical, y->physical);
		assert_int_equal(x->type_length, y->type_length);
		assert_int_equal(x->logical.kind, y->logical.kind);
		assert_int_equal(x->logical.unit, y->logical.unit);
		assert_int_equal(x->logical.is_adjusted_to_utc, y->logical.is_adjusted_to_utc);
		assert_int_equal(x->logical.is_signed, y->logical.is_signed);
		assert_int_equal(x->logical.bit_width, y->logical.bit_width);
		assert_int_equal(x->logical.precision, y->logical.precision);
		assert_int_equal(x->logical.scale, y->logical.scale);
		assert_int_equal(x->field_id, y->field_id);
		assert_int_equal(x->parent, y->parent);
		assert_int_equal(x->end, y->end);
		assert_int_equal(x->child_count, y->child_count);
		assert_int_equal(x->first_leaf, y->first_leaf);
		assert_int_equal(x->leaf_count, y->leaf_count);
		assert_int_equal(x->max_rep, y->max_rep);
		assert_int_equal(x->max_def, y->max_def);
		assert_int_equal(x->form, y->form);
		assert_int_equal(x->element, y->element);
	}
}

/* The levels that the Dremel paper gives for its Document. */
static void
test_document(void **state)
{
	(void)state;
	struct schema schema = parsed(document);
	assert_int_equal(schema.node_count, 10);
	assert_int_equal(schema.leaf_count, 6);
	assert_levels(&schema, 0, "DocId", 0, 0);
	assert_levels(&schema, 1, "Links.Backward", 1, 2);
	assert_levels(&schema, 2, "Links.Forward", 1, 2);
	assert_levels(&schema, 3, "Name.Language.Code", 2, 2);
	assert_levels(&schema, 4, "Name.Language.Country", 2, 3);
	assert_levels(&schema, 5, "Name.Url", 1, 2);
	const struct schema_node *root = &schema.nodes[0], *links = &schema.nodes[2],
				 *name = &schema.nodes[5];
	assert_string_equal(root->name, "Document");
	assert_int_equal(root->repetition, REPETITION_REQUIRED);
	assert_int_equal(root->child_count, 3);
	assert_int_equal(root->end, 10);
	assert_int_equal(root->leaf_count, 6);
	assert_int_equal(root->form, FORM_STRUCT);
	assert_int_equal(links->end, 5);
	assert_int_equal(links->parent, 0);
	assert_int_equal(links->first_leaf, 1);
	assert_int_equal(links->leaf_count, 2);
	assert_int_equal(links->max_def, 1);
	assert_int_equal(name->end, 10);
	assert_int_equal(name->first_leaf, 3);
	assert_int_equal(name->leaf_count, 3);
	assert_int_equal(schema.nodes[6].parent, 5);
	assert_string_equal(schema.text, document);
	schema_free(&schema);
}

static void
test_three_level_list(void **state)
{
	(void)state;
	struct schema schema = parsed(contact);
	assert_int_equal(schema.leaf_count, 3);
	assert_levels(&schema, 0, "name", 0, 1);
	assert_levels(&schema, 1, "phones.list.element.number", 1, 4);
	assert_levels(&schema, 2, "phones.list.element.phone_type", 1, 4);
	assert_int_equal(schema.nodes[2].form, FORM_LIST);
	assert_int_equal(schema.nodes[2].element, 4);
	assert_int_equal(schema.nodes[3].form, FORM_STRUCT);
	assert_int_equal(schema.nodes[4].form, FORM_STRUCT);
	schema_free(&schema);
}

/* BODY stands in a list `l`; its element is ELEMENT nodes behind the list. */
static void
assert_element(const char *body, uint32_t element, enum schema_form form)
{
	char text[256];
	snprintf(text, sizeof text, "message m { optional group l (LIST) { %s } }", body);
	struct schema schema = parsed(text);
	assert_int_equal(schema.nodes[1].form, FORM_LIST);
	assert_int_equal(schema.nodes[1].element, 1 + element);
	assert_int_equal(schema.nodes[1 + element].form, form);
	schema_free(&schema);
}

static void
test_list_elements(void **state)
{
	(void)state;
	assert_element("repeated int32 element;", 1, FORM_LEAF);
	assert_element("repeated group element { required int32 a; required int32 b; }", 1, FORM_STRUCT);
	assert_element("repeated group array { required int32 a; }", 1, FORM_STRUCT);
	assert_element("repeated group l_tuple { required int32 a; }", 1, FORM_STRUCT);
	assert_element("repeated group l_tuples { required int32 a; }", 2, FORM_LEAF);
	assert_element("repeated group other_tuple { required int32 a; }", 2, FORM_LEAF);
	assert_element("repeated group list { optional int32 element; }", 2, FORM_LEAF);
	assert_element(
	    "repeated group list { optional group element { required int32 a; } }", 2, FORM_STRUCT);
	assert_element("repeated group list { repeated int32 a; }", 1, FORM_STRUCT);
	assert_element("repeated group array (LIST) { repeated int32 array; }", 1, FORM_LIST);
	assert_element("repeated group other (LIST) { repeated int32 array; }", 1, FORM_LIST);
	assert_element("repeated group map (MAP) { repeated group kv { required int32 k; } }", 1, FORM_MAP);
	assert_element(
	    "repeated group list { optional group element (LIST) { repeated int32 x; } }", 2, FORM_LIST);
}

static void
test_two_level_list_levels(void **state)
{
	(void)state;
	struct schema schema = parsed("message m { required group l (LIST) { repeated group array (LIST) { "
				      "repeated int32 array; } } }");
	assert_levels(&schema, 0, "l.array.array", 2, 2);
	assert_int_equal(schema.nodes[2].element, 3);
	schema_free(&schema);
}

static void
test_map(void **state)
{
	(void)state;
	struct schema schema =
	    parsed("message m { optional group a (MAP) { repeated group key_value { required binary key "
		   "(UTF8); optional group value { required int32 x; } } } required group b (MAP) { repeated "
		   "group map { required int32 key; } } }");
	assert_int_equal(schema.leaf_count, 3);
	assert_levels(&schema, 0, "a.key_value.key", 1, 2);
	assert_levels(&schema, 1, "a.key_value.value.x", 1, 3);
	assert_levels(&schema, 2, "b.map.key", 1, 1);
	assert_int_equal(schema.nodes[1].form, FORM_MAP);
	assert_int_equal(schema.nodes[1].element, 2);
	assert_int_equal(schema.nodes[2].form, FORM_STRUCT);
	assert_int_equal(schema.nodes[6].form, FORM_MAP);
	assert_int_equal(schema.nodes[6].element, 7);
	schema_free(&schema);
}

static void
test_map_key_value(void **state)
{
	(void)state;
	const char wanted[] = "message m {\n"
			      "  optional group a (MAP) {\n"
			      "    repeated group map {\n"
			      "      required binary key (STRING);\n"
			      "    }\n"
			      "  }\n"
			      "}\n";
	canonical("message m { optional group a (MAP) { repeated group map (MAP_KEY_VALUE) { required binary "
		  "key (UTF8); } } }",
	    wanted);
	canonical("message m { optional group a (MAP_KEY_VALUE) { repeated group map { required binary key "
		  "(UTF8); } } }",
	    wanted);
	canonical("message m { optional group a (map_key_value) { repeated group map (map_key_value) { "
		  "required binary key (UTF8); } } }",
	    wanted);
}

static void
test_annotation_values(void **state)
{
	(void)state;
	struct schema schema = parsed("message m { required int64 a (TIMESTAMP(MICROS,false)); required "
				      "int32 b (TIME(MILLIS,true)); required int32 c (DECIMAL(9,2)); "
				      "required int32 d (UINT_16); required int32 e (INTEGER(32,true)); }");
	const struct schema_node *nodes = schema.nodes;
	assert_int_equal(nodes[1].logical.kind, LOGICAL_TIMESTAMP);
	assert_int_equal(nodes[1].logical.unit, UNIT_MICROS);
	assert_false(nodes[1].logical.is_adjusted_to_utc);
	assert_int_equal(nodes[2].logical.kind, LOGICAL_TIME);
	assert_int_equal(nodes[2].logical.unit, UNIT_MILLIS);
	assert_true(nodes[2].logical.is_adjusted_to_utc);
	assert_int_equal(nodes[3].logical.kind, LOGICAL_DECIMAL);
	assert_int_equal(nodes[3].logical.precision, 9);
	assert_int_equal(nodes[3].logical.scale, 2);
	assert_int_equal(nodes[4].logical.kind, LOGICAL_INTEGER);
	assert_int_equal(nodes[4].logical.bit_width, 16);
	assert_false(nodes[4].logical.is_signed);
	assert_int_equal(nodes[5].logical.bit_width, 32);
	assert_true(nodes[5].logical.is_signed);
	assert_int_equal(nodes[5].field_id, -1);
	schema_free(&schema);
}

static void
test_round_trip(void **state)
{
	(void)state;
	const char *const texts[] = {document, contact, every_type, odd_names};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct schema first = parsed(texts[i]);
		assert_string_equal(first.text, texts[i]);
		struct schema second = parsed(first.text);
		assert_equal_trees(&first, &second);
		schema_free(&second);
		schema_free(&first);
	}
}

static void
test_spacing_and_case(void **state)
{
	(void)state;
	canonical_field("REQUIRED Int32 A=1;", "required int32 A = 1;");
	canonical_field("\r\n\tOptional\vFIXED_LEN_BYTE_ARRAY ( 16 )\fu(uuid)= 0007 ;",
	    "optional fixed_len_byte_array(16) u (UUID) = 7;");
	canonical_field(
	    "required int32 t( Time ( millis , TRUE ) );", "required int32 t (TIME(MILLIS,true));");
	canonical("MESSAGE m{repeated GROUP g{required int32 message;};}",
	    "message m {\n  repeated group g {\n    required int32 message;\n  }\n}\n");
	canonical_field("required int32 required;", "required int32 required;");
	canonical_field("required int32 a.b-c/\xc3\xa9\"'[<%s>];", "required int32 a.b-c/\xc3\xa9\"'[<%s>];");
	canonical("message m { required int32 a; required int32 A; required group g { required int32 a; } }",
	    "message m {\n  required int32 a;\n  required int32 A;\n  required group g {\n"
	    "    required int32 a;\n  }\n}\n");
	canonical_field("required fixed_len_byte_array(2147483647) a (DECIMAL(2147483647,0));",
	    "required fixed_len_byte_array(2147483647) a (DECIMAL(2147483647,0));");
}

/* TEXT is a name as it may be written, NAME what it stands for, and CANONICAL how it is printed. */
static void
named(const char *text, const char *name, const char *canonical_name)
{
	char field[256], wanted[256];
	snprintf(field, sizeof field, "required int32 %s = 1;", text);
	snprintf(wanted, sizeof wanted, "required int32 %s = 1;", canonical_name);
	canonical_field(field, wanted);
	snprintf(field, sizeof field, "message %s {required int32 a;}", text);
	struct schema schema = parsed(field);
	assert_string_equal(schema.nodes[0].name, name);
	schema_free(&schema);
}

static void
test_quoted_names(void **state)
{
	(void)state;
	named("\"\"", "", "\"\"");
	named("\"two words\"", "two words", "\"two words\"");
	named("\" \"", " ", "\" \"");
	named("\"a.b\"", "a.b", "a.b");
	named("\"x(y),z=1;{}\"", "x(y),z=1;{}", "\"x(y),z=1;{}\"");
	named("\"\\\"\"", "\"", "\"\\\"\"");
	named("\"\\\"a\"", "\"a", "\"\\\"a\"");
	named("\"a\\\"\"", "a\"", "a\"");
	named("\"a\\\\b\"", "a\\b", "a\\b");
	named("\"a \\\\\"", "a \\", "\"a \\\\\"");
	named("\"\\u0001\\u007F\"", "\1\177", "\"\\u0001\\u007f\"");
	named("\"\\u00e9\\u20AC\"", "\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac");
	named("\"\xf0\x9f\x98\x80 \xc3\xa9\"", "\xf0\x9f\x98\x80 \xc3\xa9", "\"\xf0\x9f\x98\x80 \xc3\xa9\"");
	/* Control characters that a word can have are escaped where it is quoted for another reason. */
	named("\xc2\x85", "\xc2\x85", "\xc2\x85");
	named("\"\xc2\x85 \"", "\xc2\x85 ", "\"\\u0085 \"");
	/* A keyword is a name where a name is due, in quotes or not. */
	named("\"required\"", "required", "required");
	named("group", "group", "group");
}

static void
test_old_spellings(void **state)
{
	(void)state;
	canonical_field("required binary a (UTF8);", "required binary a (STRING);");
	canonical_field("required int32 a (INT_8);", "required int32 a (INTEGER(8,true));");
	canonical_field("required int32 a (INT_16);", "required int32 a (INTEGER(16,true));");
	canonical_field("required int32 a (INT_32);", "required int32 a (INTEGER(32,true));");
	canonical_field("required int64 a (INT_64);", "required int64 a (INTEGER(64,true));");
	canonical_field("required int32 a (UINT_8);", "required int32 a (INTEGER(8,false));");
	canonical_field("required int32 a (UINT_16);", "required int32 a (INTEGER(16,false));");
	canonical_field("required int32 a (UINT_32);", "required int32 a (INTEGER(32,false));");
	canonical_field("required int64 a (UINT_64);", "required int64 a (INTEGER(64,false));");
	canonical_field("required int32 a (TIME_MILLIS);", "required int32 a (TIME(MILLIS,true));");
	canonical_field("required int64 a (TIME_MICROS);", "required int64 a (TIME(MICROS,true));");
	canonical_field("required int64 a (TIMESTAMP_MILLIS);", "required int64 a (TIMESTAMP(MILLIS,true));");
	canonical_field("required int64 a (TIMESTAMP_MICROS);", "required int64 a (TIMESTAMP(MICROS,true));");
	canonical_field("required int32 a (DECIMAL(9));", "required int32 a (DECIMAL(9,0));");
}

static void
test_value_bytes(void **state)
{
	(void)state;
	static const size_t wanted[] = {1, 4, 8, 12, 4, 8, 0, 5};
	struct schema schema = parsed(every_type);
	for (uint32_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		assert_int_equal(schema_value_bytes(&schema.nodes[1 + i]), wanted[i]);
	assert_int_equal(schema_value_bytes(&schema.nodes[0]), 0);
	schema_free(&schema);
}

static void
test_path(void **state)
{
	(void)state;
	struct schema schema = parsed("message m { optional group ab { required int32 c\xc3\xa9; } }");
	static const char *const cut[] = {"?", "", "a", "ab", "ab.", "ab.c", "ab.c", "ab.c\xc3\xa9"};
	for (size_t capacity = 0; capacity < sizeof cut / sizeof cut[0]; capacity++) {
		char text[16] = "?";
		assert_ptr_equal(schema_path(&schema, 2, text, capacity), text);
		assert_string_equal(text, cut[capacity]);
	}
	char text[16] = "?";
	assert_string_equal(schema_path(&schema, 0, text, sizeof text), "");
	assert_string_equal(schema_path(&schema, 1, text, sizeof text), "ab");
	schema_free(&schema);
}

/* What is unclear in a path, or would leave its line, stands in quotes, and is cut between characters. */
static void
test_path_of_quoted_names(void **state)
{
	(void)state;
	struct schema schema =
	    parsed("message \"\" { optional group a.b { optional group \"c d\" {"
		   "required int32 \"\"; required int32 \"\\u000a\"; required int32 \xc2\x85; } } }");
	char text[64];
	assert_string_equal(schema_path(&schema, 3, text, sizeof text), "\"a.b\".\"c d\".\"\"");
	assert_string_equal(schema_path(&schema, 4, text, sizeof text), "\"a.b\".\"c d\".\"\\u000a\"");
	assert_string_equal(schema_path(&schema, 5, text, sizeof text), "\"a.b\".\"c d\".\"\\u0085\"");
	assert_string_equal(schema_path(&schema, 4, text, 20), "\"a.b\".\"c d\".\"\\u000a");
	assert_string_equal(schema_path(&schema, 4, text, 19), "\"a.b\".\"c d\".\"");
	schema_free(&schema);
}

static uint32_t
draw(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Whether the text is accepted; what is accepted prints and parses again. */
static bool
check_parse(const char *text, size_t size)
{
	struct schema schema;
	struct nest_error error = {0};
	bool fine = parse_bytes(&schema, text, size, &error);
	if (fine) {
		struct schema again = parsed(schema.text);
		assert_equal_trees(&schema, &again);
		schema_free(&again);
	} else {
		assert_int_equal(error.status, NEST_INVALID);
		assert_memory_equal(error.text, "invalid message type", 20);
	}
	schema_free(&schema);
	return fine;
}

/* Every prefix of a text is refused, but for those that lack blank space only. */
static void
test_truncations(void **state)
{
	(void)state;
	for (size_t size = 0; size + 2 < sizeof every_type; size++) {
		struct schema schema;
		struct nest_error error;
		assert_false(parse_bytes(&schema, every_type, size, &error));
		assert_int_equal(error.status, NEST_INVALID);
	}
}

/* Pieces cut out, bytes replaced, pieces doubled. */
static void
test_mutations(void **state)
{
	(void)state;
	static const char *const texts[] = {document, contact, every_type, odd_names};
	uint32_t seed = 1;
	int accepted = 0;
	for (int round = 0; round < 20000; round++) {
		char text[4096];
		const char *from = texts[draw(&seed) % 4];
		size_t size = strlen(from);
		memcpy(text, from, size);
		for (uint32_t changes = 1 + draw(&seed) % 4; changes > 0 && size > 1; changes--) {
			size_t at = draw(&seed) % size, piece = 1 + draw(&seed) % 40;
			if (piece > size - at)
				piece = size - at;
			switch (draw(&seed) % 4) {
			case 0:
				memmove(text + at, text + at + piece, size - at - piece);
				size -= piece;
				break;
			case 1:
				text[at] = (char)draw(&seed);
				break;
			case 2:
				text[at] = from[draw(&seed) % strlen(from)];
				break;
			default:
				memmove(text + at + piece, text + at, size - at);
				size += piece;
			}
		}
		accepted += check_parse(text, size);
	}
	assert_true(accepted > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_document),
	    cmocka_unit_test(test_three_level_list),
	    cmocka_unit_test(test_list_elements),
	    cmocka_unit_test(test_two_level_list_levels),
	    cmocka_unit_test(test_map),
	    cmocka_unit_test(test_map_key_value),
	    cmocka_unit_test(test_annotation_values),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_spacing_and_case),
	    cmocka_unit_test(test_quoted_names),
	    cmocka_unit_test(test_old_spellings),
	    cmocka_unit_test(test_value_bytes),
	    cmocka_unit_test(test_path),
	    cmocka_unit_test(test_path_of_quoted_names),
	    cmocka_unit_test(test_truncations),
	    cmocka_unit_test(test_mutations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
