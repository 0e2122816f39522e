/* A row is the same however its range is divided, and whatever was drawn before. */
#include "tests/unit/recipe_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const char everything[] =
    "message m { let base = 1..100; required int64 id: scatter(row % 1000, 1000); required int32 a: base;"
    " optional int32 b: base * 2 | null 5%; required double u: uniform(0, 1); required double n: normal(50, "
    "10);"
    " required int64 z: zipf(1.1, 1000000); required int32 p: poisson(3); required int32 g: geometric(2, 50);"
    " required double e: lognormal(0, 1) + exponential(3); required boolean yes: 70%; required binary raw: "
    "bytes(0..10);"
    " required binary code (STRING): pattern(\"[A-Z]{2}-\\d{3,4}(-x|y)?\"); required binary l (STRING): "
    "letters(3..40);"
    " required binary id_text (STRING): \"{uuid()} {base:05}\"; required int32 day (DATE): "
    "1992-01-01..1998-12-31;"
    " optional binary tag (ENUM): \"A\" 50% | \"B\" | \"C\" | null 10%; optional int64 wide: 0..base - 1;"
    " optional group address: present 60% { required binary city (STRING): \"city {1..20}\"; }"
    " repeated int32 plain: length 0..3 of 1..6; optional group lines (LIST): length null 5% | 0 5% | 1..4 {"
    " repeated group list { required group element { required int32 number: place + 1; required int64 cost: "
    "50..1000;"
    " optional group marks (LIST): length poisson(1, 5) { repeated group list { optional int32 element: "
    "number * 10 + (0..9) | null 20%;"
    " } } } } } required int64 sum: sum(lines.cost); optional int64 most: greatest(lines.cost); }";

enum { ROWS = 1300 };

static void
the_cut_does_not_matter(void **state)
{
	(void)state;
	static const size_t cuts[] = {1, 7, 255, 256, 257, 1000};
	static const uint64_t starts[] = {0, 13, 255, 70000};
	for (size_t s = 0; s < sizeof starts / sizeof *starts; s++) {
		struct recipe_text recipe, used;
		struct buffer whole = {0};
		recipe_text_open_or_fail(&recipe, everything, NO_FOLDER, 42);
		recipe_text_open_or_fail(&used, everything, NO_FOLDER, 42);
		recipe_text_append(&recipe, starts[s], ROWS, &whole);
		for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
			struct buffer cut = {0};
			for (uint64_t done = 0, more; done < ROWS; done += more) {
				more = ROWS - done < cuts[i] ? ROWS - done : cuts[i];
				recipe_text_append(&used, starts[s] + done, more, &cut);
			}
			assert_int_equal(cut.size, whole.size);
			assert_memory_equal(cut.data, whole.data, whole.size);
			buffer_free(&cut);
		}
		buffer_free(&whole);
		recipe_text_close(&recipe);
		recipe_text_close(&used);
	}
}

static void
rows_may_be_drawn_backwards(void **state)
{
	(void)state;
	struct recipe_text recipe, used;
	recipe_text_open_or_fail(&recipe, everything, NO_FOLDER, 42);
	recipe_text_open_or_fail(&used, everything, NO_FOLDER, 42);
	for (uint64_t row = 300; row-- > 0;) {
		struct buffer one = {0}, same = {0};
		recipe_text_append(&recipe, row, 1, &one);
		recipe_text_append(&used, 299 - row, 1, &same);
		buffer_clear(&same);
		recipe_text_append(&used, row, 1, &same);
		assert_int_equal(one.size, same.size);
		assert_memory_equal(one.data, same.data, one.size);
		buffer_free(&one);
		buffer_free(&same);
	}
	recipe_text_close(&recipe);
	recipe_text_close(&used);
}

static void
another_seed_makes_other_rows(void **state)
{
	(void)state;
	static const uint64_t seeds[] = {0, 1, 42, UINT64_MAX};
	enum { SEEDS = sizeof seeds / sizeof *seeds };
	char *printed[SEEDS];
	for (size_t i = 0; i < SEEDS; i++) {
		struct recipe_text recipe;
		recipe_text_open_or_fail(&recipe, everything, NO_FOLDER, seeds[i]);
		printed[i] = recipe_text_print(&recipe, 0, 20);
		recipe_text_close(&recipe);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(printed[i], printed[k]);
	}
	for (size_t i = 0; i < SEEDS; i++)
		free(printed[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_cut_does_not_matter),
	    cmocka_unit_test(rows_may_be_drawn_backwards),
	    cmocka_unit_test(another_seed_makes_other_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
