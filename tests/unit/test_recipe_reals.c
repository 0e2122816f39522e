/* Real numbers that may be NaN: only one that never is becomes a whole number, unless that may be null. */
#include "tests/unit/recipe_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TOP "uniform(1, 2)"
#define HUGE "lognormal(0, 1000)" /* up to infinity */

static const struct {
	const char *real;
	bool is_number;
} known[] = {
    {"5 / 2", true},
    {"0 / 5", true},
    {"0 / 0", false},
    {"row / row", false},
    {"1 / row", true},
    {"row / 1", true},
    {"(0..9) / (1..3)", true},
    {"(0..9) / (0..3)", false},
    {"(1..9) / (0..3)", true},
    {"(-9..-1) / (0..3)", true},
    {"(-9..0) / (0..3)", false},
    {"(0..9) / (-3..-1)", true},
    {"(0..9) / (-3..0)", false},
    {"(0..9) / (-3..3)", false},
    {"(-9..9) / (-3..3)", false},
    {"0.5 / (0.0..0.5)", true},
    /* What functions make. */
    {"(0..9) / " TOP, true},
    {"(0..9) / uniform(0, 1)", false},
    {"(0..9) / uniform(-1, 0)", false},
    {"(0..9) / uniform(2, 1)", true},
    {"(0..9) / normal(9.01, 1)", true},
    {"(0..9) / normal(9, 1)", false},
    {"(0..9) / normal(-9.01, 1)", true},
    {"(0..9) / normal(-9, 1)", false},
    {"(0..9) / exponential(1)", false},
    {"(0..9) / (exponential(2) + 0.01)", true},
    {"(0..9) / (74.01 - exponential(2))", true},
    {"(0..9) / (74 - exponential(2))", false},
    {"(0..9) / lognormal(0, 1)", true},
    {"(0..9) / " HUGE, false},
    {"normal(1 / row, 1)", true},
    {"normal(1, 1 / row)", false},
    {"normal(0 / row, 1)", false},
    {"lognormal(0 / row, 1)", false},
    {"uniform(0, 1 / row)", false},
    {"exponential(1 / row)", false},
    {"exponential(row / 1)", true},
    /* Operations. */
    {"(0..9) / -" TOP, true},
    {"(0..9) / -(" TOP " - 2)", false},
    {"(0..9) / -(" TOP " - 1)", false},
    {"(0..9) / -(" TOP " - 2.01)", true},
    {"(0..9) / -(" TOP " - 0.99)", true},
    {"(0..9) / (" TOP " - 3)", true},
    {"(0..9) / (" TOP " - 2)", false},
    {"(0..9) / (" TOP " - 1)", false},
    {"(0..9) / (" TOP " - 0.99)", true},
    {"(0..9) / (" TOP " + 1)", true},
    {"(0..9) / (" TOP " + -1)", false},
    {"(0..9) / (" TOP " + -2)", false},
    {"(0..9) / (" TOP " + -2.01)", true},
    {"(0..9) / (" TOP " * uniform(-3, -1))", true},
    {"(0..9) / (" TOP " * uniform(-3, 0))", false},
    {"(0..9) / (uniform(-2, -1) * uniform(-3, -1))", true},
    {"(0..9) / (uniform(-2, 3) * " TOP ")", false},
    {"(0..9) / (1 / " TOP ")", true},
    {"(0..9) / (-1 / " TOP ")", true},
    {"(0..9) / (uniform(-1, 1) / 0.5)", false},
    {"(0..9) / (1 / " HUGE ")", false},
    {"(0..9) / max(uniform(0, 1), 0.5)", true},
    {"(0..9) / max(uniform(-1, 1), 0)", false},
    {"(0..9) / min(uniform(0, 1), 0.5)", false},
    {"(0..9) / min(uniform(-2, -1), 0.5)", true},
    {"(0..9) / min(0.5, uniform(-2, -1))", true},
    {"(0..9) / max(0.5, uniform(-2, -1))", true},
    {"(0..9) / min(" TOP ", uniform(3, 4))", true},
    {"min(0 / row, 0.5)", false},
    {"max(0.5, 0 / row)", false},
    {"-(0 / row)", false},
    {"1 + 0 / row", false},
    {"0 / row + 1", false},
    {"(0 / row) * 2", false},
    {"2 - 0 / row", false},
    {"(0 / row) / 2", false},
    /* Infinity. */
    {HUGE " + " HUGE, true},
    {HUGE " - " HUGE, false},
    {"-" HUGE " - " HUGE, true},
    {"-" HUGE " + " HUGE, false},
    {HUGE " * (0..1)", false},
    {"(0..1) * " HUGE, false},
    {HUGE " * (1..2)", true},
    {"(1..2) * -" HUGE, true},
    {"(1 + " HUGE ") / (1 + " HUGE ")", false},
    {"1 / (1 + " HUGE ")", true},
    {"(1 + " HUGE ") / 2", true},
    {"1 / row - 1 / row", false},
    {"1 / row + 1 / row", false},
    {"1 / row * row", false},
    {"(1 / row) / (1 / row)", false},
    {"5 - 1 / row", true},
    {"-(1 / row)", true},
    {HUGE " - 1 / row", false},
    {"lognormal(0, 70) * (0..1)", true},
    /* One of several. */
    {"1 | 0 / row", false},
    {"0 / row | 1", false},
    {"1 | 2 | 0 / row", false},
    {"0 / row | 1 | 2", false},
    {"1 | 0.5 / 2", true},
    {"if row = 0 then 0.5 else 0 / row", false},
    {"if row = 0 then 0.5 else 1 / (row + 1)", true},
    {"(0..9) / (" TOP " | uniform(3, 4))", true},
    {"(0..9) / (uniform(3, 4) | " TOP " | 5)", true},
    {"(0..9) / (" TOP " | uniform(-4, -3))", false},
    {"(0..9) / (uniform(-4, -3) | " TOP ")", false},
    {"(0..9) / (5 | " TOP " | uniform(-4, -3))", false},
    {"(0..9) / (-0.5 | " TOP " | 3)", false},
};

static void
numbers_that_are_never_nan(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char text[256];
		struct recipe_text recipe;
		snprintf(text, sizeof text, "message m { optional int64 x: round(%s); }", known[i].real);
		recipe_text_open_or_fail(&recipe, text, NO_FOLDER, 1);
		recipe_text_close(&recipe);
		snprintf(text, sizeof text, "message m { required int64 x: round(%s); }", known[i].real);
		if (!known[i].is_number) {
			assert_refused(text, NO_FOLDER,
			    "line 1, column 31: \"x\" may be null here, and only an optional field may");
			continue;
		}
		recipe_text_open_or_fail(&recipe, text, NO_FOLDER, 1);
		recipe_text_close(&recipe);
	}
}

static void
nan_is_null_in_whole_numbers(void **state)
{
	(void)state;
	assert_rows("optional int64 x: round(row / row);", 2, "[nil] [1]");
	assert_rows("optional int32 x: row / row;", 2, "[nil] [1]");
	assert_rows("optional int64 x (DECIMAL(9,2)): row / row;", 2, "[nil] [100]");
	assert_rows("optional int64 x: clamp(row / row, 3, 4);", 2, "[nil] [3]");
	assert_rows("let n = if row = 0 then null else row; optional int64 x: round(n / n);", 2, "[nil] [1]");
	assert_rows("required boolean x: is_null(round(0 / row));", 2, "[true] [false]");
	assert_rows("required int64 x: round(if row = 0 then 5 else 7 / max(row, 1));", 3, "[5] [7] [4]");
	assert_rows(
	    "let n = 0 / row; optional group g: present row > 0 { optional int32 x: n; }", 2, "[nil] [[0]]");
	assert_refused("message m { required int32 x: 0 / row; }", NO_FOLDER,
	    "line 1, column 33: \"x\" may be null here, and only an optional field may");
	assert_refused("message m { repeated int32 x: length clamp(0 / row, 0, 9) of 1; }", NO_FOLDER,
	    "line 1, column 38: only a list that is optional may be null");
	assert_refused("message m { let n = 0 / row; repeated int32 x: length 1 of n; }", NO_FOLDER,
	    "line 1, column 60: \"x\" may be null here, and only an optional field may");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_that_are_never_nan),
	    cmocka_unit_test(nan_is_null_in_whole_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
