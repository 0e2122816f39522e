/* What --check finds in a sample of rows: distinct values, the least and the greatest, and the table it
 * prints. */
#include "gen/check/table.h"
#include "gen/check/value.h"

#include "tests/unit/packing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;

static struct schema
parse(const char *text)
{
	struct schema schema;
	if (!schema_parse(&schema, view_of_text(text), &error))
		fail_msg("%s: %s", text, error.text);
	return schema;
}

/* ---- different values ---- */

static void
add(struct kinds *kinds, unsigned value)
{
	assert_true(kinds_add(kinds, (struct view){(uint8_t *)&value, sizeof value}, &error));
}

static bool
has(const struct kinds *kinds, unsigned value)
{
	return kinds_has(kinds, (struct view){(uint8_t *)&value, sizeof value});
}

static void
values_are_counted_by_how_often_they_came(void **state)
{
	(void)state;
	struct kinds kinds = {0};
	assert_false(has(&kinds, 0));
	enum { VALUES = 10000 };
	for (unsigned i = 0; i < VALUES; i++) {
		assert_false(has(&kinds, i));
		add(&kinds, i);
		assert_true(has(&kinds, i));
		assert_int_equal(kinds.used, i + 1);
	}
	assert_int_equal(kinds.once, VALUES);
	for (unsigned i = 0; i < 300; i++)
		add(&kinds, i);
	assert_int_equal(kinds.once, VALUES - 300);
	assert_int_equal(kinds.twice, 300);
	for (unsigned turn = 0; turn < 3; turn++) {
		for (unsigned i = 0; i < 100; i++)
			add(&kinds, i);
		assert_int_equal(kinds.once, VALUES - 300);
		assert_int_equal(kinds.twice, 200);
	}
	assert_int_equal(kinds.used, VALUES);
	assert_int_equal(kinds.values, VALUES + 300 + 300);
	assert_false(has(&kinds, VALUES));
	kinds_free(&kinds);
	assert_false(has(&kinds, 1));
}

/* An even choice of many: it comes close to how many there are. */
static void
what_has_not_come_is_estimated(void **state)
{
	(void)state;
	struct kinds kinds = {0};
	uint64_t random = 1;
	for (unsigned i = 0; i < 4000; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		add(&kinds, (unsigned)(random >> 33) % 5000);
	}
	assert_true(kinds.used < 3000);
	double estimate = kinds_estimate(&kinds);
	assert_true(estimate > 4700 && estimate < 5300);
	kinds_free(&kinds);
	assert_true(kinds_estimate(&(struct kinds){.values = 9, .used = 3}) == 3);
	assert_true(kinds_estimate(&(struct kinds){.used = 5, .once = 3, .twice = 2}) == 6);
}

/* ---- order ---- */

/* VALUES of a leaf are each below the next one. */
static void
expect_order(const char *leaf, const char *values)
{
	char text[256];
	struct buffer packed = {0};
	struct view value[16];
	size_t count = 0, offsets[17] = {0};
	snprintf(text, sizeof text, "message m { required %s; }", leaf);
	struct schema schema = parse(text);
	for (const char *at = values; at != NULL; at = strchr(at, ' ') != NULL ? strchr(at, ' ') + 1 : NULL) {
		snprintf(text, sizeof text, "%.*s", (int)strcspn(at, " "), at);
		pack_text(&packed, text);
		offsets[++count] = packed.size;
	}
	for (size_t i = 0; i < count; i++)
		value[i] = (struct view){packed.data + offsets[i], offsets[i + 1] - offsets[i]};
	for (size_t i = 0; i < count; i++) {
		assert_true(value_has_order(&schema.nodes[1], value[i]));
		for (size_t j = 0; j < count; j++) {
			int order = value_compare(&schema.nodes[1], value[i], value[j]);
			if ((order > 0) - (order < 0) != (i > j) - (i < j))
				fail_msg("%s: %zu and %zu of %s: %d", leaf, i, j, values, order);
		}
	}
	buffer_free(&packed);
	schema_free(&schema);
}

static void
the_order_of_values(void **state)
{
	(void)state;
	expect_order("int64 a", "-9223372036854775808 -300 -5 -1 0 1 127 128 9223372036854775807");
	expect_order("int64 a (INTEGER(64,false))", "0 9223372036854775807 18446744073709551615");
	expect_order("boolean a", "false true");
	expect_order("double a", "-1000.5 -0.5 0.0 0.25 0.5 10.0");
	expect_order("binary a (STRING)", "\"\" \"A\" \"AA\" \"B\" \"a\" \"\xc3\xa9\"");
	expect_order("binary a", "b\"\" b\"\\x00\" b\"\\x00\\x00\" b\"a\" b\"\\xff\"");
	expect_order("binary a (DECIMAL(9,2))", "b\"\\xff\\x00\" b\"\\x80\" b\"\\xff\\xff\\xfe\" b\"\\xff\" "
						"b\"\" b\"\\x01\" b\"\\x7f\" b\"\\x00\\x80\"");
	expect_order("fixed_len_byte_array(9) a (DECIMAL(18,0))",
	    "b\"\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\" "
	    "b\"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\"");
	/* Less than any: minus infinity, -65504, -1, the subnormals, 1, 1 and a bit, infinity. */
	expect_order("fixed_len_byte_array(2) a (FLOAT16)",
	    "b\"\\x00\\xfc\" b\"\\xff\\xfb\" b\"\\x00\\xbc\" b\"\\x01\\x80\" b\"\\x00\\x00\" b\"\\x01\\x00\" "
	    "b\"\\xff\\x03\" b\"\\x00\\x04\" b\"\\x00\\x3c\" b\"\\x01\\x3c\" b\"\\x00\\x7c\"");
	expect_order(
	    "fixed_len_byte_array(2) a (FLOAT16)", "b\"\\xff\\x83\" b\"\\x00\\x80\" b\"\\x01\\x00\"");
	/* Bytes in their order where no other is theirs. */
	expect_order("fixed_len_byte_array(2) a", "b\"\\x00\\x3c\" b\"\\x01\\x04\"");
}

static void
what_is_no_number_has_no_order(void **state)
{
	(void)state;
	static const uint8_t nan[] = {0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0}, half[] = {0xc4, 2, 1, 0x7c},
			     infinite[] = {0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0};
	struct schema schema =
	    parse("message m { required double a; required fixed_len_byte_array(2) b (FLOAT16); }");
	assert_false(value_has_order(&schema.nodes[1], (struct view){nan, sizeof nan}));
	assert_true(value_has_order(&schema.nodes[1], (struct view){infinite, sizeof infinite}));
	assert_false(value_has_order(&schema.nodes[2], (struct view){half, sizeof half}));
	schema_free(&schema);
}

/* ---- tallies ---- */

static bool
take(struct tally *tally, const char *rows, bool are_neighbours)
{
	struct buffer packed = {0};
	pack_text(&packed, rows);
	/* In memory of its own size, so that a sanitizer sees a step behind it. */
	uint8_t *bytes = malloc(packed.size);
	assert_non_null(bytes);
	memcpy(bytes, packed.data, packed.size);
	bool fine = tally_rows(tally, (struct view){bytes, packed.size}, are_neighbours, &error);
	free(bytes);
	buffer_free(&packed);
	return fine;
}

static const char everything[] =
    "message m { optional int32 a; repeated binary r (STRING); repeated group g { required int32 x; }"
    " optional group l (LIST) { repeated group list { optional group element { required int32 y; } } }"
    " optional group m (MAP) { repeated group key_value { required binary key (STRING); optional int32 v; } }"
    " optional group s (MAP) { repeated group key_value { required binary key (STRING); } } }";

enum { A = 1, R, G, X, L, ELEMENT = 7, Y, M, KEY = 11, V, S, MEMBER = 15 };

static void
expect_lengths(
    const struct tally_field *field, unsigned lists, unsigned elements, unsigned shortest, unsigned longest)
{
	assert_int_equal(field->lists, lists);
	assert_int_equal(field->elements, elements);
	assert_int_equal(field->shortest, shortest);
	assert_int_equal(field->longest, longest);
}

static void
expect_nulls(const struct tally_field *field, unsigned places, unsigned nulls)
{
	assert_int_equal(field->places, places);
	assert_int_equal(field->nulls, nulls);
}

static void
everything_is_counted_at_its_place(void **state)
{
	(void)state;
	struct schema schema = parse(everything);
	struct tally tally;
	assert_true(tally_open(&tally, &schema, &error));
	assert_true(take(&tally,
	    "[1, [\"u\", \"v\"], [[1]], [[7], null, [9]], {\"k\": 5, \"l\": null}, {\"e\": null}]"
	    "[null, [], [[1], [2], [3]], null, null, null]"
	    "[3, [\"u\"], [[4]], [], {\"k\": 6}, {}]",
	    false));
	const struct tally_field *fields = tally.fields;
	assert_int_equal(tally.rows, 3);
	assert_true(tally.bytes > 30);
	expect_nulls(&fields[A], 3, 1);
	expect_lengths(&fields[R], 3, 3, 0, 2);
	expect_nulls(&fields[R], 3, 0);
	assert_int_equal(fields[R].distinct.used, 2);
	expect_lengths(&fields[G], 3, 5, 1, 3);
	assert_int_equal(fields[X].distinct.values, 5);
	expect_nulls(&fields[L], 3, 1);
	expect_lengths(&fields[L], 2, 3, 0, 3);
	expect_nulls(&fields[ELEMENT], 3, 1);
	assert_int_equal(fields[Y].distinct.used, 2);
	expect_lengths(&fields[M], 2, 3, 1, 2);
	assert_int_equal(fields[KEY].distinct.used, 2);
	expect_nulls(&fields[V], 3, 1);
	expect_lengths(&fields[S], 2, 1, 0, 1);
	assert_int_equal(fields[MEMBER].distinct.values, 1);
	tally_close(&tally);
	schema_free(&schema);
}

static void
neighbours_tell_equal_values_alone(void **state)
{
	(void)state;
	struct schema schema = parse("message m { required int32 a; required int32 b; }");
	struct tally tally;
	assert_true(tally_open(&tally, &schema, &error));
	assert_true(take(&tally, "[1, 1] [2, 2]", false));
	assert_true(take(&tally, "[9, 2] [9, 0]", true));
	assert_false(tally.fields[1].is_repeated);
	assert_true(tally.fields[2].is_repeated);
	assert_int_equal(tally.fields[1].distinct.values, 2);
	assert_int_equal(tally.rows, 4);
	/* What they are counts. */
	assert_int_equal(tally.fields[1].greatest.data[0], 9);
	assert_int_equal(tally.fields[2].least.data[0], 0);
	assert_true(take(&tally, "[1, 1]", false));
	assert_true(tally.fields[1].is_repeated);
	tally_close(&tally);
	schema_free(&schema);
}

static void
expect_unfit(const struct schema *schema, struct view rows)
{
	struct tally tally;
	assert_true(tally_open(&tally, schema, &error));
	uint8_t *bytes = malloc(rows.size);
	assert_non_null(bytes);
	memcpy(bytes, rows.data, rows.size);
	assert_false(tally_rows(&tally, (struct view){bytes, rows.size}, false, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, "a row that does not fit the recipe's schema");
	free(bytes);
	tally_close(&tally);
}

static void
rows_that_do_not_fit(void **state)
{
	(void)state;
	struct schema schema = parse(everything);
	static const char *const unfit[] = {
	    "5",
	    "[1, [], [], null, null]",
	    "[1, [], [], null, null] null",
	    "[1, [], [], null, null, null, null]",
	    "[[], [], [], null, null, null]",
	    "[{}, [], [], null, null, null]",
	    "[1, null, [], null, null, null]",
	    "[1, {}, [], null, null, null]",
	    "[1, [null], [], null, null, null]",
	    "[1, [], [null], null, null, null]",
	    "[1, [], [5], null, null, null]",
	    "[1, [], [], {}, null, null]",
	    "[1, [], [], [[null]], null, null]",
	    "[1, [], [], null, [], null]",
	    "[1, [], [], null, {null: 1}, null]",
	    "[1, [], [], null, {\"k\": []}, null]",
	};
	struct buffer packed = {0};
	for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
		buffer_clear(&packed);
		pack_text(&packed, unfit[i]);
		expect_unfit(&schema, (struct view){packed.data, packed.size});
	}
	buffer_clear(&packed);
	pack_text(&packed, "[1000, [\"uvw\"], [[1]], [[7], null], {\"k\": 5}, {\"e\": null}]");
	for (size_t size = 1; size < packed.size; size++)
		expect_unfit(&schema, (struct view){packed.data, size});
	/* What is behind the end is not read, also where it would fit. */
	struct tally tally;
	buffer_clear(&packed);
	pack_text(&packed, "[1, [], [], null, null, null]");
	assert_true(tally_open(&tally, &schema, &error));
	assert_false(tally_rows(&tally, (struct view){packed.data, packed.size - 1}, false, &error));
	tally_close(&tally);
	buffer_free(&packed);
	schema_free(&schema);
}

/* ---- the table ---- */

/* What is below the head of the table; the caller frees it. */
static char *
print(const struct tally *tally, bool is_whole)
{
	struct buffer text = {0};
	struct jsonl *jsonl;
	static const char head[] = "field                 nulls distinct  least .. greatest\n";
	assert_true(jsonl_open(&jsonl, tally->schema, JSONL_HEX, &error));
	assert_true(table_append(&text, tally, jsonl, is_whole ? tally->rows : UINT64_MAX, &error));
	assert_true(buffer_append(&text, "", 1, &error));
	jsonl_close(jsonl);
	assert_memory_equal(text.data, head, strlen(head));
	memmove(text.data, text.data + strlen(head), text.size - strlen(head));
	return (char *)text.data;
}

static void
expect_table(const char *schema_text, const char *rows, bool is_whole, const char *expected)
{
	struct schema schema = parse(schema_text);
	struct tally tally;
	assert_true(tally_open(&tally, &schema, &error));
	assert_true(*rows == '\0' || take(&tally, rows, false));
	char *text = print(&tally, is_whole);
	assert_string_equal(text, expected);
	free(text);
	tally_close(&tally);
	schema_free(&schema);
}

static const char unique[] = "\nunique: no two of the values that were drawn are equal\n",
		  about[] = "\n~: estimated from those that were drawn; more where some are rare\n";

static const char *
with(const char *lines, const char *legend)
{
	static char text[4096];
	snprintf(text, sizeof text, "%s%s", lines, legend);
	return text;
}

static void
lines_of_every_kind_of_field(void **state)
{
	(void)state;
	expect_table(everything,
	    "[1, [\"u\", \"v\"], [[1]], [[7], null, [9]], {\"k\": 5, \"l\": null}, {\"e\": null}]"
	    "[null, [], [[1], [2], [3]], null, null, null]"
	    "[1, [\"u\"], [[4]], [], {\"k\": 5}, {}]"
	    "[1, [\"u\", \"v\"], [[1]], [[7], null, [9]], {\"k\": 5, \"l\": null}, {\"e\": null}]",
	    true,
	    "a                     25.0%        1  1\n"
	    "r                                     length 0 .. 2, mean 1.25\n"
	    "  element                          2  \"u\" .. \"v\"\n"
	    "g                                     length 1 .. 3, mean 1.50\n"
	    "  x                                4  1 .. 4\n"
	    "l                     25.0%           length 0 .. 3, mean 2.00\n"
	    "  element             33.3%\n"
	    "    y                              2  7 .. 9\n"
	    "m                     25.0%           length 1 .. 2, mean 1.67\n"
	    "  key                              2  \"k\" .. \"l\"\n"
	    "  v                   40.0%        1  5\n"
	    "s                     25.0%           length 0 .. 1, mean 0.67\n"
	    "  key                              1  \"e\"\n");
	/* Without rows nothing is said of values. */
	expect_table("message m { optional int32 a; repeated int32 b; }", "", true, "a\nb\n  element\n");
}

static void
groups_and_long_names(void **state)
{
	(void)state;
	expect_table(
	    "message m { required group g { required int32 a; optional group h { optional int32 b; } }"
	    " required int32 nineteen_letters_xx; required int32 twenty_letters_xxxxx;"
	    " required group a_group_of_many_letters { required group list (LIST) {"
	    " repeated group list { required int32 element; } } } required int32 \"a b\"; }",
	    "[[1, [null]], 2, 3, [[4]], 5]", true,
	    "g\n"
	    "  a                                1  1\n"
	    "  h                    0.0%\n"
	    "    b                100.0%\n"
	    "nineteen_letters_xx                1  2\n"
	    "twenty_letters_xxxxx\n"
	    "                                   1  3\n"
	    "a_group_of_many_letters\n"
	    "  list                                length 1 .. 1, mean 1.00\n"
	    "    element                        1  4\n"
	    "\"a b\"                              1  5\n");
}

/* A line of a name alone has 80 columns, too. */
static void
names_are_cut_to_the_line(void **state)
{
	(void)state;
	char name[91], schema[256], expected[512];
	for (int size = 78; size <= 79; size++) {
		snprintf(name, sizeof name, "%.*s", size,
		    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
		snprintf(
		    schema, sizeof schema, "message m { required group g { required int32 %s; } }", name);
		snprintf(expected, sizeof expected, "g\n  %.*s%s\n%36s  7\n", size == 78 ? 78 : 75, name,
		    size == 78 ? "" : "...", "1");
		expect_table(schema, "[[7]]", true, expected);
	}
}

/* The line is 80 columns wide, of which the values have the last 42. */
static void
values_are_cut_to_the_line(void **state)
{
	(void)state;
	static const char schema[] = "message m { required binary a (STRING); }";
	char rows[256], text[512];
	const char *b19 = "bbbbbbbbbbbbbbbbb", *c19 = "ccccccccccccccccc";
	/* 19 columns, 4 between, 19 columns: 42. */
	snprintf(rows, sizeof rows, "[\"%s\"] [\"%s\"]", b19, c19);
	snprintf(text, sizeof text, "a%25s%s  \"%s\" .. \"%s\"\n", "", "    unique", b19, c19);
	expect_table(schema, rows, true, with(text, unique));
	snprintf(rows, sizeof rows, "[\"%s\"] [\"%sc\"]", b19, c19);
	snprintf(text, sizeof text, "a%25s%s  \"%s\"\n%38s.. \"%sc\"\n", "", "    unique", b19, "", c19);
	expect_table(schema, rows, true, with(text, unique));
	/* Two lines, of 42 columns and of 39. */
	snprintf(rows, sizeof rows, "[\"%s%sbbbbbb\"] [\"%s%sccc\"]", b19, b19, c19, c19);
	snprintf(text, sizeof text, "a%25s%s  \"%s%sbbbbbb\"\n%38s.. \"%s%sccc\"\n", "", "    unique", b19,
	    b19, "", c19, c19);
	expect_table(schema, rows, true, with(text, unique));
	snprintf(rows, sizeof rows, "[\"%s%sbbbbbbb\"] [\"%s%scccc\"]", b19, b19, c19, c19);
	snprintf(text, sizeof text, "a%25s%s  \"%s%sbbbb...\n%38s.. \"%s%sc...\n", "", "    unique", b19, b19,
	    "", c19, c19);
	expect_table(schema, rows, true, with(text, unique));
}

/* Some characters are two columns wide; none is cut. */
static void
wide_characters(void **state)
{
	(void)state;
	static const char *const wide[] = {"\u1100", "\u115f", "\u2e80", "\u65e5", "\uff21", "\U0001f600"};
	static const char *const narrow[] = {"x", "\u00e9", "\u07ff", "\u10ff", "\u1180", "\u2e7f", "\u2026"};
	char rows[512], expected[512];
	for (size_t i = 0; i < 13; i++) {
		const char *letter = i < 6 ? wide[i] : narrow[i - 6];
		unsigned fit = i < 6 ? 20 : 40, whole = fit + 1, kept = i < 6 ? 19 : 38;
		int at = snprintf(rows, sizeof rows, "[\"");
		for (unsigned j = 0; j < whole; j++)
			at += snprintf(rows + at, sizeof rows - (size_t)at, "%s", letter);
		snprintf(rows + at, sizeof rows - (size_t)at, "\"]");
		at = snprintf(expected, sizeof expected, "a                                  1  \"");
		for (unsigned j = 0; j < kept; j++)
			at += snprintf(expected + at, sizeof expected - (size_t)at, "%s", letter);
		snprintf(expected + at, sizeof expected - (size_t)at, "...\n");
		expect_table("message m { required binary a (STRING); }", rows, true, expected);
		/* One less fits. */
		at = snprintf(rows, sizeof rows, "[\"");
		for (unsigned j = 0; j < fit; j++)
			at += snprintf(rows + at, sizeof rows - (size_t)at, "%s", letter);
		snprintf(rows + at, sizeof rows - (size_t)at, "\"]");
		at = snprintf(expected, sizeof expected, "a                                  1  \"");
		for (unsigned j = 0; j < fit; j++)
			at += snprintf(expected + at, sizeof expected - (size_t)at, "%s", letter);
		snprintf(expected + at, sizeof expected - (size_t)at, "\"\n");
		expect_table("message m { required binary a (STRING); }", rows, true, expected);
	}
}

static void
deep_fields_are_not_moved_out_of_the_line(void **state)
{
	(void)state;
	expect_table("message m { required group a { required group b { required group c { required group d {"
		     " required group e { required group f { required group g { required group h {"
		     " required group i { required group j { optional int32 k; } } } } } } } } } } }",
	    "[[[[[[[[[[[null]]]]]]]]]]]", true,
	    "a\n  b\n    c\n      d\n        e\n          f\n            g\n              h\n"
	    "                i\n                j\n                k    100.0%\n");
}

/* A tally by hand: of one optional leaf. */
static void
expect_figures(struct tally_field field, bool is_whole, const char *expected)
{
	struct schema schema = parse("message m { optional int32 a; }");
	struct tally_field fields[2] = {{0}, field};
	struct tally tally = {.schema = &schema, .fields = fields};
	char *text = print(&tally, is_whole);
	assert_memory_equal(text, "a                   ", 20);
	assert_string_equal(text + 20, expected);
	free(text);
	schema_free(&schema);
}

static void
shares_of_nulls(void **state)
{
	(void)state;
	static const struct {
		unsigned places, nulls;
		const char *text;
	} shares[] = {
	    {1000, 0, "   0.0%\n"},
	    {100000, 1, "  <0.1%\n"},
	    {1001, 1, "  <0.1%\n"},
	    {1000, 1, "   0.1%\n"},
	    {3, 1, "  33.3%\n"},
	    {1000, 999, "  99.9%\n"},
	    {10000, 9991, " >99.9%\n"},
	    {10000, 10000, " 100.0%\n"},
	};
	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
		expect_figures((struct tally_field){.places = shares[i].places, .nulls = shares[i].nulls},
		    true, shares[i].text);
}

static void
how_many_are_different(void **state)
{
	(void)state;
	static const struct {
		uint64_t used;
		const char *text;
	} estimates[] = {{1, "~1"}, {999, "~999"}, {1000, "~1.00k"}, {9994, "~9.99k"}, {9995, "~10.0k"},
	    {99949, "~99.9k"}, {99950, "~100k"}, {999499, "~999k"}, {999500, "~1.00M"},
	    {1000000000, "~1.00G"}, {1000000000000, "~1.00T"}, {1000000000000000, "~1000T"}};
	char line[256];
	for (size_t i = 0; i < sizeof estimates / sizeof *estimates; i++) {
		struct kinds kinds = {.values = 7, .used = estimates[i].used, .once = 1};
		struct tally_field field = {.is_repeated = true, .distinct = kinds};
		snprintf(line, sizeof line, "%16s\n%s", estimates[i].text, about);
		expect_figures(field, false, line);
	}
	/* Where all rows are drawn, nothing is estimated. */
	expect_figures(
	    (struct tally_field){.is_repeated = true, .distinct = {.values = 7, .used = 4095, .once = 1}},
	    true, "            4095\n");
	/* Where all came often, so have the others. */
	expect_figures((struct tally_field){.is_repeated = true, .distinct = {.values = 9, .used = 3}}, false,
	    "               3\n");
	/* One value is no reason to call it unique. */
	expect_figures((struct tally_field){.distinct = {.values = 1, .used = 1, .once = 1}}, true,
	    "               1\n");
	expect_figures((struct tally_field){.distinct = {.values = 2, .used = 2, .once = 2}}, false,
	    with("          unique\n", unique));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_counted_by_how_often_they_came),
	    cmocka_unit_test(what_has_not_come_is_estimated),
	    cmocka_unit_test(the_order_of_values),
	    cmocka_unit_test(what_is_no_number_has_no_order),
	    cmocka_unit_test(everything_is_counted_at_its_place),
	    cmocka_unit_test(neighbours_tell_equal_values_alone),
	    cmocka_unit_test(rows_that_do_not_fit),
	    cmocka_unit_test(lines_of_every_kind_of_field),
	    cmocka_unit_test(groups_and_long_names),
	    cmocka_unit_test(names_are_cut_to_the_line),
	    cmocka_unit_test(values_are_cut_to_the_line),
	    cmocka_unit_test(wide_characters),
	    cmocka_unit_test(deep_fields_are_not_moved_out_of_the_line),
	    cmocka_unit_test(shares_of_nulls),
	    cmocka_unit_test(how_many_are_different),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
