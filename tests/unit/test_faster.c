/* Optimized recipes: the same rows as the steps they were written in give, on every kind of processor, and
 * lines as these rows are printed. */
#include "gen/batch/digits.h"
#include "gen/batch/wide.h"
#include "gen/chance/draw.h"
#include "gen/compile/compile.h"
#include "gen/rows.h"
#include "tests/unit/recipe_text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROW_END = 1 << 30, SEED = 7 };

static int folder;

struct made {
	struct outline outline;
	struct drawings drawings;
	struct compiled compiled;
	struct rows *rows;
};

/* WIDTH is one of enum batch_width, or WIDTHS for the steps as they are written. */
static void
open_made(struct made *made, struct view text, unsigned width)
{
	const struct source source = {"t", text, NULL, 0};
	uint32_t message;
	struct nest_error error;
	if (!outline_parse(&made->outline, &source, &error) ||
	    !outline_choose(&made->outline, &source, NULL, &message, &error) ||
	    !drawings_open(&made->drawings, &made->outline, message, &source, &error) ||
	    !compile_steps(
		&made->compiled, &made->drawings, &source, folder, ROW_END, draw_key(SEED), &error) ||
	    (width != WIDTHS && !compile_faster(&made->compiled, (enum batch_width)width, &error)) ||
	    !rows_open(&made->rows, &made->compiled, &error))
		fail_msg("%.*s: %s", (int)text.size, (const char *)text.data, error.text);
}

static void
close_made(struct made *made)
{
	rows_close(made->rows);
	compiled_free(&made->compiled);
	drawings_free(&made->drawings);
	outline_free(&made->outline);
}

/* Rows from several places, far and near, in batches of several sizes. */
static void
append_rows(struct made *made, struct buffer *rows)
{
	static const uint64_t places[][2] = {{0, 300}, {1000, 1}, {20000000, 257}, {ROW_END - 100, 100}};
	struct nest_error error;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (!rows_append(made->rows, places[i][0], places[i][1], rows, &error))
			fail_msg("%s", error.text);
}

static void
check_lines(struct made *made)
{
	const struct schema *schema = &made->drawings.schema;
	assert_true(assert_lines_of_rows(&made->compiled, schema, JSONL_HEX, 0, 300, NULL));
	assert_true(assert_lines_of_rows(&made->compiled, schema, JSONL_HEX, ROW_END - 100, 100, NULL));
}

static void
check_text(struct view text)
{
	struct buffer expected = {0}, rows = {0};
	struct made made;
	open_made(&made, text, WIDTHS);
	append_rows(&made, &expected);
	check_lines(&made);
	close_made(&made);
	for (unsigned width = WIDTH_PLAIN; width < WIDTHS; width++) {
		if (!width_is_here(width))
			continue;
		open_made(&made, text, width);
		buffer_clear(&rows);
		append_rows(&made, &rows);
		check_lines(&made);
		close_made(&made);
		if (rows.size != expected.size || memcmp(rows.data, expected.data, rows.size) != 0)
			fail_msg(
			    "%.*s: other rows of width %u", (int)text.size, (const char *)text.data, width);
	}
	buffer_free(&expected);
	buffer_free(&rows);
}

static void
check_fields(const char *fields)
{
	char text[2048];
	snprintf(text, sizeof text, "message m { %s }", fields);
	check_text(view_of_text(text));
}

/* ---- recipes ---- */

static void
recipes_that_ship(void **state)
{
	(void)state;
	static const char *const names[] = {"contacts", "lineitem", "document", "orders", "events", "wide"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[64];
		struct buffer text = {0};
		struct nest_error error;
		snprintf(path, sizeof path, "gen/recipes/%s.recipe", names[i]);
		if (!word_list_read_file(AT_FDCWD, path, 1 << 20, &text, &error))
			fail_msg("%s", error.text);
		check_text((struct view){text.data, text.size});
		buffer_free(&text);
	}
}

#define STRING(name, value) "required binary " name " (STRING): " value "; "
#define MAYBE(name, value) "optional binary " name " (STRING): " value "; "
#define INT(value) "required int64 x: " value "; "
#define WORD "word('people/last-names')"
#define THIRTY "abcdefghijklmnopqrstuvwxyzabcd"

static void
texts_of_every_form(void **state)
{
	(void)state;
	static const char *const fields[] = {
	    STRING("x", WORD),
	    MAYBE("x", WORD " 50% | null"),
	    MAYBE("x", "null 50% | " WORD),
	    STRING("x", "word('people/last-names', 1.1)"),
	    STRING("x", "\"{word('people/last-names', 1.1)}\""),
	    "required binary x: " WORD ";",
	    STRING("x", WORD) "required binary y: " WORD "; " MAYBE("z", WORD " | null"),
	    STRING("x", "\"{" WORD "}-{row}\"") STRING("y", "\"{row}{'a' | '\\\"'}\"")
		STRING("z", "\"{" WORD "}{row}\""),
	    "optional binary x: \"a\" | \"bc\" | null;",
	    /* As long as a slot may be, and one more. */
	    STRING("x", "\"" THIRTY "\" | \"\""),
	    STRING("x", "\"" THIRTY "e\" | \"\""),
	    "required binary x: \"" THIRTY "\" | \"\";",
	    "required binary x: \"" THIRTY "\" 50% | \"" THIRTY "\";",
	    /* Pieces, up to a lead that is full and one that is not enough. */
	    STRING("x", "\"{" WORD "}\""),
	    STRING("x", "\"{" WORD "}.\""),
	    STRING("x", "\".{" WORD "}\""),
	    STRING("x", "\"0123456789abcdef{" WORD "}0123456789abcdef\""),
	    STRING("x", "\"0123456789abcdefg{" WORD "}\""),
	    STRING("x", "\"{" WORD "}0123456789abcdefg\""),
	    STRING("x", "\"{" WORD "}{" WORD "}{" WORD "}{" WORD "}\""),
	    STRING("x", "\"{row}{row:08}{row * 7919:03}{0.25 * row}{-row}\""),
	    STRING("x", "\"{row:08}\""),
	    STRING("x", "\"{row - 150:08}\""),
	    STRING("x", "\"{row + 99999850:08}{row:08}.{row * 1000003:08}{row:07}\""),
	    STRING("x", "\"{row - 1000000:07}{0.5 * row:08}\""),
	    MAYBE("x", "\"{100 % (row % 5):08}\""),
	    STRING("x", "\"{row:020}{row:09}{row:018}{row:01}\""),
	    MAYBE("x", "if row % 3 = 0 then \"{row}\" else null"),
	    MAYBE("x", "\"{5 % (row - 1)}\" 50% | null"),
	    STRING("x", "\"{letters(0..32)}-{letters(0..32)}\""),
	    STRING("x", "\"{letters(0..33)}-{row}\""),
	    STRING("x", "\"{letters(0..32)}{letters(0..32)}{letters(0..32)}{letters(0..32)}{letters(0..32)}"
			"{letters(0..32)}{letters(0..32)}{letters(0..31)}\""),
	    STRING("x", "\"{letters(0..32)}{letters(0..32)}{letters(0..32)}{letters(0..32)}{letters(0..32)}"
			"{letters(0..32)}{letters(0..32)}{letters(0..32)}\""),
	    STRING("x", "\"{uuid()} {row}\""),
	    STRING("x", "\"{1992-01-01 + row % 100} {row > 3} {0.5 * (row % 9)}\""),
	    /* Read by others, too. */
	    "let w = " WORD "; " STRING("x", "w") STRING("y", "w"),
	    "let w = " WORD "; " STRING("x", "\"{w}\"") STRING("y", "\"{w}{w}\""),
	    "let w = \"{" WORD "}{row}\"; " STRING("x", "w") MAYBE("y", "w 50% | null"),
	    "let c = \"a\" | \"b\"; " STRING("y", "c") INT("if c = \"a\" then 1 else 2"),
	    "let n = " WORD " 50% | null; " MAYBE("x", "n") MAYBE("y", "n"),
	    "let n = " WORD " 50% | null; " MAYBE("x", "n") "required boolean z: is_null(n);",
	    MAYBE("x", "if row % 2 = 0 then " WORD " else if row % 3 = 0 then \"{row}\" else null"),
	    MAYBE("x", "if 5 % clamp(row, 0, 3) = 1 then \"one\" else \"other\""),
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		check_fields(fields[i]);
}

static void
lists_and_groups(void **state)
{
	(void)state;
	static const char *const fields[] = {
	    "repeated int64 x: length 0..40 of row;",
	    "optional group g: present 50% { required int64 a: row; optional group h: present 30% { "
	    "required int64 b: row; " STRING("c", "\"{" WORD "} {row}\"") "} } required int64 z: row;",
	    "optional group l (LIST): length null | 0 | 1 | 15..17 { repeated group list { "
	    "optional binary element (STRING): \"{" WORD "}-{place:02}-{row}\" 90% | null; } }",
	    "optional group m (MAP): length null | 0..20 { repeated group key_value { "
	    "required int32 key: place; optional binary value (STRING): " WORD " 90% | null; } }",
	    "required group m (MAP): length 0..2 { repeated group key_value { required int32 key: place; } }",
	    "let w = " WORD "; repeated group r: length 0..3 { " STRING("x", "\"{w}\"") STRING("y", "w") "}",
	    "repeated group r: length 0..2 { repeated group s: length 0..300 { " STRING(
		"x", WORD) "required int64 y: place * 70000; } }",
	    "repeated binary x (STRING): length 0..3 of \"{'abc'}\"; required int32 y: 1;",
	    "required binary x: bytes(0..70); required binary y (STRING): letters(0..400);",
	    /* What other rows have. */
	    "let w = " WORD "; let n = 1..1000000; " STRING("v", "w[row - row % 4]")
		STRING("y", "\"{w[row - row % 3]} {n[row]:08}\"") INT("n[row - row % 7] % 11"),
	    "let unread = " WORD
	    "; let u = sum(r.y); repeated group r: length 0..2 { required int64 y: row; }",
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		check_fields(fields[i]);
}

static void
numbers_of_every_form(void **state)
{
	(void)state;
	static const char *const fields[] = {
	    INT("row % 28"),
	    INT("(-row) % 28"),
	    INT("row % 1"),
	    INT("(row * 1000003) % 2147483647"),
	    INT("(row * 1000003) % 2147483648"),
	    INT("(row * 3) % 2147483649"),
	    INT("row % -7"),
	    INT("row // 7 + (-row) // 7 + row // -7 + (row * 1000003) // 1000000007"),
	    "optional int64 x: 100 % (row % 5);",
	    INT("round(row * 0.01)"),
	    INT("round(row * -0.01)"),
	    INT("round((row - 150) * 0.1)"),
	    INT("round((row * 1000003) * 0.000000001)"),
	    INT("(1 | 2) + (1 10% | 2) + (1 10% | 2 20% | 3) + (1 | 2 | 3 | 4) + (1 | 2 | 3 | 4 | 5)"),
	    INT("if row % 2 = 0 then 1..5 else 7"),
	    INT("1..1000000 + (0..70000) * 3 + (0..9223372036854775807) % 5"),
	    "optional int64 x: 1..5 30% | row | null;",
	    "required int64 x (TIMESTAMP(MILLIS,true)): 1960-01-01T00:00:00Z..2024-12-31T23:59:59Z;",
	    "required int64 x (DECIMAL(18,2)): 0.005 * (row - 150);",
	    "required boolean x: 30%; required boolean y: row % 3 = 1 and not (row % 5 in (1, 2)) or row < "
	    "7;",
	    "required double x: 2.5 * uniform(0, 1) - 1; required double y: min(row / 3, 7) + max(-1.5, "
	    "0.5);",
	    "required double x: normal(1, 2); required double y: lognormal(0, 2); required double z: "
	    "exponential(3);",
	    INT("zipf(1, 1000) + zipf(0.7, 1M) + zipf(3, 10) + geometric(0.2, 50)"),
	    INT("clamp(row - 5, 3, 100) + least(r.y) * 0 + count(r.y)") "repeated group r: length 1..2 { "
									"required int64 y: row; }",
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		check_fields(fields[i]);
}

static void
conditions_on_choices(void **state)
{
	(void)state;
	static const char *const conditions[] = {
	    "k = 1",
	    "k <= 2",
	    "2 <= k",
	    "k < 2",
	    "3 > k",
	    "k != 4",
	    "k in (1, 3)",
	    "not (k in (1, 3))",
	    "k < 3 and 1 < k",
	    "k = 1 or k = 4",
	    "k = k",
	    "k < l",
	    "k < l + 1",
	    "k < row",
	    "row < k",
	    "k = 1 and row % 2 = 0",
	    "k = 1 and t",
	    "t",
	    "not t",
	    "k = 2 or n = 2",
	    "n = 2",
	    "n <= 5 % (row % 2)",
	    "1 = 1",
	    "d = 2000-01-02",
	    "d < 2000-01-02",
	    "f < 0.75",
	    "f * 2 < 1.5",
	    "s = \"b\"",
	    "\"b\" = s",
	    "s = s",
	    "s != \"\"",
	    "s in (\"c\", \"ab\", \"b\")",
	    "s = o",
	    "o = \"b\"",
	    "s = \"{row}\"",
	};
	for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
		char fields[1024];
		const char *which = conditions[i];
		snprintf(fields, sizeof fields,
		    "let k = 1 40%% | 2 30%% | 3 20%% | 4 10%%; let l = 3 | 1; let t = true 30%% | false; "
		    "let n = 1 | 2 | null; let d = 2000-01-01 | 2000-01-02 | 2000-01-03; "
		    "let f = 0.5 | 0.75 | 1.25; let s = \"a\" | \"b\" | \"c\"; "
		    "let o = \"b\" | null; optional boolean c: %s; "
		    "optional int64 x: if %s then row else null; " MAYBE("y", "if %s then null else " WORD)
			MAYBE("z", "if %s then \"{row:08}\" else null"),
		    which, which, which, which);
		check_fields(fields);
	}
}

/* ---- what is made ---- */

static struct vector
vector_of(const char *fields, unsigned width, uint32_t *steps, uint32_t *pieces)
{
	char text[2048];
	struct made made;
	snprintf(text, sizeof text, "message m { %s }", fields);
	open_made(&made, view_of_text(text), width);
	*steps = made.compiled.batch.step_count;
	*pieces = made.compiled.piece_count;
	struct vector vector = made.compiled.batch.vectors[made.compiled.fields[1].vector];
	close_made(&made);
	return vector;
}

/* That texts are not made which rows are made without, and that what nobody reads goes. */
static void
what_is_not_needed_goes(void **state)
{
	(void)state;
	uint32_t steps, pieces;
	vector_of(STRING("x", "\"{" WORD "} {" WORD "}\""), WIDTHS, &steps, &pieces);
	assert_int_equal(steps, 7);
	assert_int_equal(pieces, 0);
	assert_true(
	    vector_of(STRING("x", "\"{" WORD "} {" WORD "}\""), WIDTH_PLAIN, &steps, &pieces).is_unused);
	assert_int_equal(steps, 3); /* a word of chance, and two numbers from it */
	assert_int_equal(pieces, 2);
	vector_of(MAYBE("x", WORD " 50% | null"), WIDTH_PLAIN, &steps, &pieces);
	assert_int_equal(steps, 4); /* the number of the word, which of both, and what is hidden */
	assert_int_equal(pieces, 1);
	vector_of("let a = row + 1; let b = a * 2; " INT("row"), WIDTH_PLAIN, &steps, &pieces);
	assert_int_equal(steps, 0);
	vector_of(INT("row % 7 + 1"), WIDTHS, &steps, &pieces);
	assert_int_equal(steps, 2);
	vector_of(INT("row % 7 + 1"), WIDTH_PLAIN, &steps, &pieces);
	assert_int_equal(steps, 2);
}

/* A condition on a choice of as many numbers as a word has bits takes no step; on one more, it does. */
static void
conditions_are_not_made(void **state)
{
	(void)state;
	uint32_t steps, pieces;
	vector_of("let k = 1 | 2 | 3; optional int64 x: if k in (1, 3) and not k < 2 then row else null;",
	    WIDTH_PLAIN, &steps, &pieces);
	assert_int_equal(steps, 3); /* a word of chance, which of the three, and what is hidden */
	/* Likewise of texts. */
	vector_of(
	    "let k = \"a\" | \"b\" | \"c\"; optional int64 x: if k in (\"a\", \"c\") then row else null;",
	    WIDTH_PLAIN, &steps, &pieces);
	assert_int_equal(steps, 3);
	/* Of the text itself a table is left where its number is enough: the word, the choice, the truth, and
	 * 1 or 2. */
	vector_of(
	    "let k = \"a\" | \"b\"; " INT("if k = \"b\" then row else -row"), WIDTH_PLAIN, &steps, &pieces);
	assert_int_equal(steps, 5);
	for (unsigned count = 64; count <= 65; count++) {
		char fields[1024] = "let k = 1";
		for (unsigned i = 2; i <= count; i++)
			snprintf(fields + strlen(fields), 8, " | %u", i);
		snprintf(
		    fields + strlen(fields), 128, "; optional int64 x: if k = %u then null else k;", count);
		vector_of(fields, WIDTH_PLAIN, &steps, &pieces);
		assert_int_equal(steps, count == 64 ? 4 : 5);
		check_fields(fields);
	}
}

static void
eight_digits(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < DIGITS_EIGHT / 10000; i++)
		for (uint32_t k = 0; k < 2; k++) {
			uint32_t number = k == 0 ? i * 10000 : i * 10000 + 9999;
			uint64_t eight = digits_of_eight(number);
			char expected[9];
			snprintf(expected, sizeof expected, "%08u", number);
			assert_memory_equal(&eight, expected, 8);
		}
}

/* Of numbers with eight digits and none behind a point, these are made by a step of their own. */
static void
eights_are_made(void **state)
{
	(void)state;
	uint32_t steps, pieces;
	vector_of(STRING("x", "\"{row:08}\""), WIDTH_PLAIN, &steps, &pieces);
	assert_int_equal(steps, 1);
	vector_of(STRING("x", "\"{row:07}{row:09}\""), WIDTH_PLAIN, &steps, &pieces);
	assert_int_equal(steps, 0);
	assert_int_equal(pieces, 2);
}

static void
the_widest_is_here(void **state)
{
	(void)state;
	assert_true(width_is_here(WIDTH_PLAIN));
	assert_true(width_is_here(width_widest()));
	for (unsigned width = WIDTH_PLAIN; width <= width_widest(); width++)
		assert_true(width_is_here(width));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(recipes_that_ship),
	    cmocka_unit_test(texts_of_every_form),
	    cmocka_unit_test(lists_and_groups),
	    cmocka_unit_test(numbers_of_every_form),
	    cmocka_unit_test(conditions_on_choices),
	    cmocka_unit_test(what_is_not_needed_goes),
	    cmocka_unit_test(conditions_are_not_made),
	    cmocka_unit_test(eight_digits),
	    cmocka_unit_test(eights_are_made),
	    cmocka_unit_test(the_widest_is_here),
	};
	folder = open("gen/recipes", O_RDONLY | O_DIRECTORY);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	close(folder);
	return failed;
}
