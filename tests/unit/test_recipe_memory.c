/*
 * Memory that runs out, at each allocation in turn, while a recipe is read and its rows are drawn: the
 * failure is reported, and everything allocated before is freed.
 */
#include "gen/check/check.h"
#include "gen/recipe.h"
#include "tests/unit/failing.h"
#include "tests/unit/recipe_text.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* ---- what is read and drawn ---- */

static char folder[] = "/tmp/nest-recipe-XXXXXX";

static const char *
path_in(const char *name)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void
put_file(const char *name, const char *text)
{
	FILE *file = fopen(path_in(name), "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* More lists than there is room for at first, and more lets than nodes and vectors. */
enum { LISTS = 9, LETS = 80 };

static const char fields[] =
    "required binary w (STRING): word(\"weighted\"); required binary z (STRING): word(\"l0\", 1.5);"
    "required binary p (STRING): pattern(\"[a-f]{2}(x|y)+\");"
    "required binary t (STRING): \"{uuid()} {row:05} {1.25} {0..9}\"; required int64 i: zipf(1.1, 1000);"
    "required int32 n: poisson(3); required int32 g: geometric(2); required int64 s: scatter(row % 9, 9);"
    "optional double d: normal(0, 1) | null 5%; required binary u: uuid(); required binary b: bytes(0..9);"
    "optional int64 c: 1 | 2 | row | null; optional binary k (STRING): \"a\" | \"b\" | null;"
    "optional group o: present 50% { required int32 x: 1..6; }"
    "optional group l (LIST): length null 10% | 0..5 { repeated group list { required int32 element: 1..6; } "
    "}"
    "optional group m (MAP): length 0..3 { repeated group key_value { required binary key (STRING): "
    "\"k{place}\"; } }"
    "repeated group r: length 0..3 { repeated int64 y: length place of row; required int64 e: sum(y); }"
    "repeated binary v: length 0..6 of distinct(\"a\" | \"b\" | \"c\" 80% | \"d\" | \"e\" | \"f\");"
    "required int64 total: sum(l); required binary f (DECIMAL(9,2)): 1.00..9.99;";

static int
open_folder(void **state)
{
	(void)state;
	char text[8192], name[16];
	size_t size = 0;
	assert_non_null(mkdtemp(folder));
	put_file("weighted.txt", "a\t1\nb\t3\n");
	for (unsigned i = 0; i < LISTS; i++) {
		snprintf(name, sizeof name, "l%u.txt", i);
		put_file(name, "one\ntwo\nthree\n");
	}
	size += (size_t)snprintf(text, sizeof text, "message m { %s", fields);
	for (unsigned i = 0; i < LISTS; i++)
		size += (size_t)snprintf(text + size, sizeof text - size, "let w%u = word(\"l%u\");", i, i);
	for (unsigned i = 0; i < LETS; i++)
		size += (size_t)snprintf(text + size, sizeof text - size, "let v%u = 0..9 | %u;", i, i);
	snprintf(text + size, sizeof text - size, "}");
	put_file("all.recipe", text);
	snprintf(text, sizeof text,
	    "include \"all.recipe\"; let n = 3; message more extends m { %s i: m[row].i; l: length 2; "
	    "let five = 5; required binary again (STRING): m[0..n].w; optional binary h (STRING): m[n | "
	    "null].t; "
	    "required group q extends m { d: null; } required int64 seven: same[row - row %% 7]; "
	    "let same = 1..9; optional int64 x: m[row].o.x; required int64 last: m[n].total; }",
	    "required int64 first: total;");
	put_file("tables.recipe", text);
	snprintf(
	    text, sizeof text, "message m { %s let x = word(\"l1\"); required int32 no: nobody; }", fields);
	put_file("broken.recipe", text);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	char name[16];
	for (unsigned i = 0; i < LISTS; i++) {
		snprintf(name, sizeof name, "l%u.txt", i);
		assert_int_equal(unlink(path_in(name)), 0);
	}
	assert_int_equal(unlink(path_in("weighted.txt")), 0);
	assert_int_equal(unlink(path_in("all.recipe")), 0);
	assert_int_equal(unlink(path_in("broken.recipe")), 0);
	assert_int_equal(unlink(path_in("tables.recipe")), 0);
	return rmdir(folder);
}

/* Opens a recipe and draws some rows; false, with the error, where that fails. */
static bool
draw_some(const void *path, struct buffer *rows, struct nest_error *error)
{
	struct recipe *recipe;
	uint64_t batch;
	if (!recipe_open(&recipe, path, NULL, 1, 1000, error))
		return false;
	bool fine = recipe_batch_rows(recipe, 0, &batch, error) &&
	            recipe_append_rows(recipe, 0, 10, rows, error) &&
	            recipe_append_rows(recipe, 10, 500, rows, error);
	recipe_close(recipe);
	return fine;
}

/* Opens a recipe and tells what it makes; false, with the error, where that fails. */
static bool
check_some(const void *path, struct buffer *text, struct nest_error *error)
{
	struct recipe *recipe;
	const struct plan_options plan = {.rows = 300};
	uint64_t drawn;
	if (!recipe_open(&recipe, path, NULL, 1, plan.rows, error))
		return false;
	bool fine = check_recipe(recipe, &plan, JSONL_UTF8, text, &drawn, error);
	recipe_close(recipe);
	return fine;
}

/* ---- tests ---- */

static void
an_allocation_that_fails_is_told(void **state)
{
	(void)state;
	fail_each_allocation(draw_some, path_in("all.recipe"));
	fail_each_allocation(draw_some, path_in("tables.recipe"));
	fail_each_allocation(draw_some, "gen/recipes/contacts.recipe");
}

static void
an_allocation_that_fails_in_a_check_is_told(void **state)
{
	(void)state;
	fail_each_allocation(check_some, path_in("all.recipe"));
}

/* ---- each step that could be the one for which there is no room ---- */

static const char *const alone[] = {
    "required int64 x: -(row + 1 - 2 * row % 7);",
    "required int64 x (DECIMAL(9,2)): row % 5 * 0.5 + 1..3.25;",
    "required double x: -(row / 7 + 0.5 - row * (1 / 3));",
    "required double x: uniform(row, 7);",
    "required double x: normal(row, 1);",
    "required double x: lognormal(0, 1);",
    "required double x: exponential(row);",
    "required int64 x: zipf(1.1, 100);",
    "required int64 x: poisson(3);",
    "required int64 x: geometric(3);",
    "required int64 x: scatter(row % 9, 9);",
    "required int64 x: round(row / 7);",
    "required int64 x: clamp(row, 1, 5);",
    "required int64 x: clamp(row / 7, 1, 5);",
    "required int64 x: min(row, 3) + max(row, 3);",
    "required double x: min(row / 1, 3) + max(row / 1, 3);",
    "required int64 x: 1 20% | row | 3;",
    "required int64 x: if row = 1 or not row < 2 and row >= 5 then 1 else 2;",
    "optional int64 x: row | null;",
    "let d = 1..6; required int64 x: d[row - row % 7];",
    "let t = \"{row}\"; optional binary x (STRING): m[0..9 | null].t;",
    "optional group g: present 50% { required int32 x: 1..6; } optional int64 y: g.x;",
    "optional int64 x: row | 3 | null;",
    "optional int64 x: null | null;",
    "required boolean x: 70%;",
    "required boolean x: row in (1, 2, 3);",
    "required boolean x: \"a{row}\" != \"b\";",
    "required boolean x: row / 2 < 1 or row / 2 = 1 or row / 2 >= 1.5;",
    "required boolean x: is_null(row);",
    "required int64 x: row % 3..5 | 2;",
    "optional int64 x: row..5;",
    "required binary x (STRING): \"{row:03} {1 / 3} {true} {2024-01-01 + row % 9} {time(2024-01-01)} "
    "{uuid()}\";",
    "required binary x (STRING): \"a\" | \"{row}\"; optional binary y (STRING): \"a\" | \"b\" | null;",
    "required binary x (STRING): word(\"l0\");",
    "required binary x (STRING): \"{row:08}{word('l0')}{0..9:08}\";",
    "required binary x (STRING): word(\"l0\", 1.5);",
    "required binary x (STRING): word(\"weighted\");",
    "required binary x (STRING): pattern(\"[a-c]+\");",
    "required binary x (STRING): "
    "pattern(\"[^b][^d-f][^h-x]\\\\D\\\\W\\\\S[\\\\d\\\\w][^\\\\d][a-bd-eg-hj-k]{1,2}(abcdef|ghijkl|é|\\\\é|["
    "à-ü])\");",
    "required binary x (STRING): letters(0..9);",
    "required binary x: bytes(row % 9);",
    "required binary x (STRING): uuid(); required binary y: uuid();",
    "required int32 x: year(2024-01-01 + row % 9) + month(2024-01-01) + day(2024-01-01);",
    "required int32 x (DATE): date(2024-01-01T00:00:00 + row);",
    "required int64 x: (2024-01-01 + row % 9) - 2024-01-01;",
    "required binary x (DECIMAL(9,2)): row % 9;",
    "required int64 x (TIMESTAMP(MILLIS,true)): 2024-01-01T00:00:00 + row % 99;",
    "required int64 x (TIMESTAMP(NANOS,true)): 2024-01-01T00:00:00 - row % 99;",
    "optional group g: present row = 1 { required int32 x: 1..6; }",
    "repeated group g: length row % 3 { repeated int64 y: length place of row; required int64 s: sum(y); "
    "required int64 c: count(y); optional int64 l: least(y); optional int64 m: greatest(y); }",
    "optional group m (MAP): length 0..3 { repeated group key_value { required int32 key: place; } }",
    "repeated int64 x: length 0..3 of distinct(1..5) + running(place); required binary u: uuid(row // 2);",
    "repeated binary x (STRING): length 0..2 of distinct(word('l0')); repeated binary y: length 0..2 of "
    "distinct(word('weighted'));",
    "repeated binary x (STRING): length 0..2 of distinct('a' | 'b' 80%);",
    "required binary x (STRING): words('l0', 0..9); required binary y: words('l0', 2, 1.5);",
    "required binary x (STRING): words('weighted', 0..9); required binary y: letters(3, 'abc');",
    "required binary x (STRING): word_at('l0', word_number('weighted')); required int32 y: word_number('l0', "
    "2);",
    "required int64 x: dirty(row % 9, 5%); required double y: dirty(row / 7, row = 1);",
    "required binary x (STRING): dirty('a', 5%); required int32 d (DATE): dirty(2024-01-01, 5%);",
    "required int64 x: word_number('l0') + word_count('l1');",
};

/* A let brings the room for vectors, steps or tables nearer to its end. */
static void
fail_each_growth(const char *text, int words)
{
	struct nest_error error;
	struct recipe_text recipe;
	bool fine = false;
	long before = held;
	for (long number = 1; !fine; number++) {
		memset(&error, 0, sizeof error);
		failing_growth = growths + number;
		fine = recipe_text_open(&recipe, text, words, 1, &error);
		bool happened = growths >= failing_growth;
		failing_growth = 0;
		if (fine)
			recipe_text_close(&recipe);
		if (held != before)
			fail_msg("%ld pieces are left of %s", held - before, text);
		if (fine && happened)
			fail_msg("%s is taken without the memory for it", text);
		if (!fine && error.status != NEST_FAILED)
			fail_msg("%s: %s", text, error.text);
	}
}

static void
no_room_for_a_step_is_told(void **state)
{
	(void)state;
	static const char *const padding[] = {"let %c%c = 1..6; ", "let %c%c = \"a\"; "};
	enum { PADS_MOST = 33 }; /* there is room for 32 at first */
	int words = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(words >= 0);
	for (size_t i = 0; can_fail() && i < sizeof alone / sizeof *alone; i++)
		for (unsigned kind = 0; kind < 2; kind++)
			for (int pads = 0; pads <= PADS_MOST; pads++) {
				char text[2048];
				size_t size = (size_t)snprintf(text, sizeof text, "message m { ");
				for (int k = 0; k < pads; k++)
					size += (size_t)snprintf(text + size, sizeof text - size,
					    padding[kind], 'a' + k / 26, 'a' + k % 26);
				snprintf(text + size, sizeof text - size, "%s }", alone[i]);
				fail_each_growth(text, words);
			}
	close(words);
}

/* A text of more and more pieces, of which the last may be no value. */
static void
no_room_for_a_piece_is_told(void **state)
{
	(void)state;
	enum { PIECES_MOST = 70 };
	static const char *const ends[] = {"", "end", "{word('l0')}"};
	int words = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(words >= 0);
	for (unsigned pieces = 0; can_fail() && pieces < PIECES_MOST; pieces++)
		for (unsigned k = 0; k < sizeof ends / sizeof *ends; k++) {
			char text[2048];
			size_t size =
			    (size_t)snprintf(text, sizeof text, "message m { required binary x (STRING): \"");
			for (unsigned i = 0; i < pieces; i++)
				size += (size_t)snprintf(text + size, sizeof text - size, "{row:08}-");
			snprintf(text + size, sizeof text - size, "%s\"; }", ends[k]);
			fail_each_growth(text, words);
		}
	close(words);
}

/* What was compiled before the fault goes, too. */
static void
nothing_of_a_broken_recipe_is_left(void **state)
{
	(void)state;
	const char *path = path_in("broken.recipe");
	struct buffer rows = {0};
	struct nest_error error;
	long before = held;
	assert_false(draw_some(path, &rows, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_non_null(strstr(error.text, "there is no field and no let called \"nobody\" here"));
	assert_int_equal(held, before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_allocation_that_fails_is_told),
	    cmocka_unit_test(an_allocation_that_fails_in_a_check_is_told),
	    cmocka_unit_test(no_room_for_a_step_is_told),
	    cmocka_unit_test(no_room_for_a_piece_is_told),
	    cmocka_unit_test(nothing_of_a_broken_recipe_is_left),
	};
	return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
