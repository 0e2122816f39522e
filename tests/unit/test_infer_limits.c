/* Limits of inference: fields and levels of a schema, lengths of names, how much is looked at. */
#include "tests/unit/inferring.h"

#include "lib/records/guess.h"
#include "lib/schema/schema.h"

#include "tests/unit/memory_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct infer_options plain, maps = {.maps = 2};

static unsigned
count_of(const char *text, const char *word)
{
	unsigned count = 0;
	while ((text = strstr(text, word)) != NULL) {
		text += strlen(word);
		count++;
	}
	return count;
}

/* COUNT times OPEN, and as often CLOSE behind INSIDE. */
static void
put_nested(struct buffer *out, unsigned count, const char *open, const char *inside, const char *close)
{
	struct nest_error error;
	for (unsigned i = 0; i < count; i++)
		assert_true(buffer_append(out, open, strlen(open), &error));
	assert_true(buffer_append(out, inside, strlen(inside), &error));
	for (unsigned i = 0; i < count; i++)
		assert_true(buffer_append(out, close, strlen(close), &error));
}

static void
what_is_nested_too_deep_becomes_json(void **state)
{
	(void)state;
	for (unsigned depth = 1; depth < 120; depth++) {
		static const char *const opens[] = {"{\"a\":", "{\"a\":["}, *const closes[] = {"}", "]}"};
		for (unsigned i = 0; i < 2; i++) {
			struct buffer record = {0}, text = {0};
			struct schema schema;
			struct nest_error error;
			bool all;
			put_nested(&record, depth, opens[i], "1", closes[i]);
			assert_true(
			    infer_text((struct view){record.data, record.size}, &plain, &text, &all, &error));
			assert_true(schema_parse(&schema, view_of_text((const char *)text.data), &error));
			unsigned levels = i == 0 ? depth : 3 * depth, groups = levels - 1;
			bool is_json = strstr(schema.text, "(JSON)") != NULL;
			assert_int_equal(is_json, levels > 55);
			/* As many of them as there is room for are no JSON. */
			assert_int_equal(count_of(schema.text, " group "), groups < 54 ? groups : 54);
			schema_free(&schema);
			buffer_free(&record);
			buffer_free(&text);
		}
	}
}

/* Below objects, too, so that every level is the last one that an array may be on. */
static void
arrays_nested_too_deep_become_json(void **state)
{
	(void)state;
	for (unsigned objects = 0; objects < 3; objects++)
		for (unsigned depth = 10; depth < 30; depth++) {
			struct buffer inner = {0}, record = {0}, text = {0};
			struct nest_error error;
			bool all;
			put_nested(&inner, depth, "{\"a\":[", "1", "]}");
			assert_true(buffer_append(&inner, "", 1, &error));
			put_nested(&record, objects, "{\"o\":", (const char *)inner.data, "}");
			assert_true(
			    infer_text((struct view){record.data, record.size}, &plain, &text, &all, &error));
			assert_true(buffer_append(&text, "", 1, &error));
			bool is_json = strstr((const char *)text.data, "(JSON)") != NULL;
			assert_int_equal(is_json, objects + 3 * depth > 55);
			buffer_free(&inner);
			buffer_free(&record);
			buffer_free(&text);
		}
}

/* The innermost become maps first, and go deeper with each that becomes one around them. */
static void
maps_nested_too_deep_become_json(void **state)
{
	(void)state;
	for (unsigned depth = 1; depth < 60; depth++) {
		struct buffer record = {0}, text = {0};
		struct schema schema;
		struct nest_error error;
		bool all;
		put_nested(&record, depth, "{\"x\":", "{}", ",\"y\":{},\"z\":{}}");
		assert_true(infer_text((struct view){record.data, record.size}, &maps, &text, &all, &error));
		if (!schema_parse(&schema, view_of_text((const char *)text.data), &error))
			fail_msg("%u: %s", depth, error.text);
		schema_free(&schema);
		buffer_free(&record);
		buffer_free(&text);
	}
}

static void
put_keys(struct buffer *out, unsigned count, const char *prefix)
{
	struct nest_error error;
	char key[64];
	for (unsigned i = 0; i < count; i++) {
		int size = snprintf(key, sizeof key, "%s\"%s%u\":1", i > 0 ? "," : "", prefix, i);
		assert_true(buffer_append(out, key, (size_t)size, &error));
	}
}

/* Beyond what the tree has room for at first; the first is looked up again. */
static void
many_fields_are_found_again(void **state)
{
	(void)state;
	struct buffer records = {0}, fields = {0};
	struct nest_error error;
	char field[64];
	put_nested(&records, 1, "{", "", "");
	put_keys(&records, 1000, "f");
	put_nested(&records, 1, "}\n{\"f700\":1,\"f0\":1.5,\"f64\":1.5,\"f999\":true}", "", "");
	for (unsigned i = 0; i < 1000; i++) {
		bool is_real = i == 0 || i == 64;
		snprintf(field, sizeof field, "optional %s f%u%s;",
		    is_real    ? "double"
		    : i == 999 ? "binary"
			       : "int64",
		    i, i == 999 ? " (JSON)" : "");
		put_nested(&fields, 1, field, "", "");
	}
	assert_true(buffer_append(&fields, "", 1, &error));
	expect_inferred((struct view){records.data, records.size}, &plain, (const char *)fields.data);
	buffer_free(&records);
	buffer_free(&fields);
}

static void
an_object_with_too_many_keys_becomes_json(void **state)
{
	(void)state;
	static const unsigned counts[] = {20000, 120000};
	for (size_t i = 0; i < 2; i++) {
		struct buffer record = {0};
		put_nested(&record, 1, "{\"few\":{\"x\":1,\"y\":2},\"many\":{", "", "");
		put_keys(&record, counts[i], "key");
		put_nested(&record, 1, "}}", "", "");
		expect_inferred((struct view){record.data, record.size}, &plain,
		    "optional group few { optional int64 x; optional int64 y; }"
		    " optional binary many (JSON);");
		buffer_free(&record);
	}
}

static void
several_objects_with_too_many_keys_become_json(void **state)
{
	(void)state;
	struct buffer record = {0};
	put_nested(&record, 1, "{\"few\":{\"x\":1,\"y\":2},\"many\":{", "", "");
	put_keys(&record, 17000, "key");
	put_nested(&record, 1, "},\"more\":{", "", "");
	put_keys(&record, 18000, "key");
	put_nested(&record, 1, "}}", "", "");
	expect_inferred((struct view){record.data, record.size}, &plain,
	    "optional group few { optional int64 x; optional int64 y; }"
	    " optional binary many (JSON); optional binary more (JSON);");
	buffer_free(&record);
}

/* With MOST nodes in the tree, further arrays and fields below the first level are JSON. */
static void
what_comes_beyond_all_nodes_becomes_json(void **state)
{
	(void)state;
	/* The root, "many" and its keys, and what is behind. */
	static const char *const behind[] = {",\"b\":[1]}", ",\"b\":{\"x\":1}}"};
	static const char *const fits[] = {
	    "optional binary many (JSON);"
	    " optional group b (LIST) { repeated group list { optional int64 element; } }",
	    "optional binary many (JSON); optional group b { optional int64 x; }"};
	for (unsigned i = 0; i < 4; i++) {
		struct buffer record = {0};
		bool is_full = i >= 2;
		put_nested(&record, 1, "{\"many\":{", "", "");
		put_keys(&record, GUESS_NODES_MOST - (is_full ? 3 : 4), "k");
		put_nested(&record, 1, "}", behind[i % 2], "");
		expect_inferred((struct view){record.data, record.size}, &plain,
		    is_full ? "optional binary many (JSON); optional binary b (JSON);" : fits[i % 2]);
		buffer_free(&record);
	}
}

/* Of the first level no more are kept either, whatever a stranger sends. */
static void
a_record_has_so_many_fields_at_most(void **state)
{
	(void)state;
	struct guess guess;
	struct nest_error error;
	char name[16];
	assert_true(guess_init(&guess, 0, &error));
	for (uint32_t i = 0; i < GUESS_NODES_MOST + 2; i++) {
		uint32_t child;
		snprintf(name, sizeof name, "f%u", i);
		assert_true(guess_field(&guess, 0, view_of_text(name), &child, &error));
		assert_int_equal(child, i < GUESS_NODES_MOST ? i + 1 : 0);
	}
	guess_free(&guess);
}

/* So many objects with COUNT fields each, as one record; the text of what it has, the caller's. */
static void
infer_wide(unsigned objects, unsigned count, struct buffer *text)
{
	struct buffer record = {0};
	struct nest_error error;
	char field[64];
	bool all;
	for (unsigned i = 0; i < objects; i++) {
		snprintf(field, sizeof field, "%c\"f%04u\":{", i == 0 ? '{' : ',', i);
		put_nested(&record, 1, field, "", "");
		put_keys(&record, count, "x");
		put_nested(&record, 1, "}", "", "");
	}
	put_nested(&record, 1, "}", "", "");
	assert_true(infer_text((struct view){record.data, record.size}, &plain, text, &all, &error));
	buffer_free(&record);
}

/* One after the other, from the first on, until the text has room; nothing is gained where it is but one
 * field. */
static void
as_few_objects_as_need_be_become_json(void **state)
{
	(void)state;
	enum { OBJECTS_ONE = 4000, OBJECTS_TWO = 2200 };
	struct buffer text = {0};
	infer_wide(OBJECTS_ONE, 1, &text);
	assert_int_equal(count_of((const char *)text.data, "(JSON)"), 0);
	assert_int_equal(count_of((const char *)text.data, "group"), OBJECTS_ONE);
	buffer_clear(&text);
	infer_wide(OBJECTS_TWO, 2, &text);
	static const char group[] = "optional group f0000 {\noptional int64 x0;\noptional int64 x1;\n}\n",
			  json[] = "optional binary f0000 (JSON);\n", around[] = "message record {\n}\n";
	const size_t most = 131072, saved = strlen(group) - strlen(json);
	size_t count = (strlen(around) + OBJECTS_TWO * strlen(group) - most + saved - 1) / saved;
	assert_int_equal(count_of((const char *)text.data, "(JSON)"), count);
	assert_non_null(strstr((const char *)text.data, "optional binary f0000 (JSON);"));
	assert_non_null(strstr((const char *)text.data, "optional group f2199 {"));
	buffer_free(&text);
}

static void
a_name_that_is_too_long_makes_json(void **state)
{
	(void)state;
	enum { MOST = 1 << 16 };
	for (unsigned more = 0; more < 2; more++) {
		struct buffer record = {0}, text = {0};
		struct nest_error error;
		bool all;
		put_nested(&record, 1, "{\"a\":{\"", "", "");
		put_nested(&record, MOST + more, "n", "", "");
		put_nested(&record, 1, "\":1}}", "", "");
		assert_true(infer_text((struct view){record.data, record.size}, &plain, &text, &all, &error));
		assert_int_equal(count_of((const char *)text.data, "(JSON)"), more);
		buffer_free(&record);
		buffer_free(&text);
	}
}

/* What is read only once is kept while it is looked at: records of 1 MiB that begin in the first 48 and at
 * their end. */
static void
only_so_much_of_a_stream_is_looked_at(void **state)
{
	(void)state;
	enum { RECORD = 1 << 20, KEPT = 48 };
	struct buffer records = {0}, text = {0};
	struct memory_file memory;
	struct reader reader;
	struct nest_error error;
	bool all;
	assert_true(buffer_reserve(&records, (KEPT + 2) * (size_t)RECORD, &error));
	records.size = (KEPT + 2) * (size_t)RECORD;
	memset(records.data, ' ', records.size);
	for (unsigned i = 0; i < KEPT + 2; i++) {
		memcpy(records.data + i * (size_t)RECORD,
		    i < KEPT    ? "{\"a\":1}"
		    : i == KEPT ? "{\"b\":1}"
				: "{\"c\":1}",
		    7);
		records.data[(i + 1) * (size_t)RECORD - 1] = '\n';
	}
	memory_file_open(&memory, (struct view){records.data, records.size});
	assert_int_equal(lseek(memory.file.fd, 0, SEEK_SET), 0);
	memory.file.is_sized = memory.input.is_sized = false;
	memory.file.size = memory.input.size = 0;
	assert_true(reader_open(&reader, &memory.file, FORMAT_AUTO, NULL, NULL, &error));
	assert_true(infer_schema(&memory.input, &reader, &plain, &text, &all, &error));
	assert_true(buffer_append(&text, "", 1, &error));
	assert_false(all);
	assert_string_equal(
	    (const char *)text.data, "message record {\noptional int64 a;\noptional int64 b;\n}\n");
	reader_close(&reader);
	memory_file_close(&memory);
	buffer_free(&records);
	buffer_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_nested_too_deep_becomes_json),
	    cmocka_unit_test(arrays_nested_too_deep_become_json),
	    cmocka_unit_test(maps_nested_too_deep_become_json),
	    cmocka_unit_test(many_fields_are_found_again),
	    cmocka_unit_test(an_object_with_too_many_keys_becomes_json),
	    cmocka_unit_test(several_objects_with_too_many_keys_become_json),
	    cmocka_unit_test(what_comes_beyond_all_nodes_becomes_json),
	    cmocka_unit_test(a_record_has_so_many_fields_at_most),
	    cmocka_unit_test(as_few_objects_as_need_be_become_json),
	    cmocka_unit_test(a_name_that_is_too_long_makes_json),
	    cmocka_unit_test(only_so_much_of_a_stream_is_looked_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
