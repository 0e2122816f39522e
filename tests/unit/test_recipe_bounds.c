/* What is known about a value before it is drawn: the least and the greatest it can be. */
#include "tests/unit/recipe_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A field that is too narrow is refused with the bounds; this is far from what it takes. */
enum { FAR = 100000000 };

struct bounds {
	const char *value;
	long long low, high;
};

static const struct bounds known[] = {
    {"5", 5, 5},
    {"-3..9", -3, 9},
    {"-(2..5)", -5, -2},
    {"(2..3) + (4..6)", 6, 9},
    {"(2..3) - (4..6)", -4, -1},
    {"(2..3) * (-4..5)", -12, 15},
    {"(-3..-2) * (-4..5)", -15, 12},
    {"(3..9) // 2", 1, 4},
    {"(-9..9) // (2..3)", -5, 4},
    {"(-9..8) // (-2..3)", -9, 9},
    {"(4..9) // (-3..-2)", -5, -2},
    {"row % 7", 0, 6},
    {"row % -7", -7, 0},
    {"row % (-3..9)", -9, 8},
    {"row % (-9..3)", -9, 8},
    {"(23..47) - (23..47) % 10", 14, 47},
    {"min(2..5, 3..4)", 2, 4},
    {"max(2..5, 3..4)", 3, 5},
    {"min(3..4, 2..5)", 2, 4},
    {"max(3..4, 2..5)", 3, 5},
    {"clamp(-5..5, -2, 3)", -2, 3},
    {"clamp(4..5, 1, 3)", 3, 3},
    {"clamp(-5..-4, 1, 3)", 1, 1},
    {"clamp(1..2, 0, 9)", 1, 2},
    {"clamp(row / 2, 1, 3)", 1, 3},
    {"round(1.25..9.75)", 0, 10},
    {"round(-9.75..-1.25)", -10, 0},
    {"year(2024-01-01 + row)", -6000000, 6000000},
    {"month(2024-01-01 + row)", 1, 12},
    {"day(2024-01-01 + row)", 1, 31},
    {"(2024-01-01 + (0..9)) - 2023-12-31", 1, 10},
    {"2024-01-05 - 2024-01-01", 4, 4},
    {"date(2024-01-01T00:00:00 + (0..99)) - 2024-01-01", -1, 0},
    {"poisson(3, 50)", 0, 50},
    {"geometric(3, 50)", 0, 50},
    {"zipf(1.1, 30)", 1, 30},
    {"scatter(row % 9, 9)", 0, 8},
    {"1 | 7 | 4", 1, 7},
    {"7 | 1 | 4", 1, 7},
    {"1 20% | 7..9", 1, 9},
    {"1 | 3 | null", 1, 3},
    {"null | 1..3", 1, 3},
    {"1..3 | null", 1, 3},
    {"if row = 1 then 3..4 else 9", 3, 9},
    {"dirty(3..9, 5%)", -9, 90},
    {"dirty(-9..-3, 5%)", -90, 9},
    {"dirty(0..0, 5%)", 0, 0},
    {"dirty(2024-01-01 + (0..9), 5%) - 1970-01-01", -16801, 56256},
    {"sum(any)", -12, 21},
    {"sum(up)", 0, 15},
    {"sum(down)", -15, 0},
    {"count(any)", 0, 3},
    {"least(any)", -4, 7},
    {"greatest(any)", -4, 7},
    {"least(up)", 2, 5},
};

/* Of what is in a list of three at most. */
static const struct bounds inner[] = {
    {"place", 0, 2},
    {"running(-4..7)", -12, 21},
    {"running(2..5)", 2, 15},
    {"running(-5..-2)", -15, -2},
    {"row % 3 + place", 0, 4},
    {"distinct(3..8)", 3, 8},
};

/* A number less its own remainder is a multiple of the divisor, and nothing else is. */
static const struct bounds of_one[] = {
    {"n - n % 10", 20, 40},
    {"n - n % 24", 0, 24},
    {"below - below % 10", -50, -30},
    {"even - even % 10", 20, 40},
    {"-even - -even % 10", -49, -20},
    {"n - n % -10", 23, 57},
    {"n - n % few", 20, 47},
    {"n - n // 3", 8, 40},
    {"n - (n + 3)", -27, 21},
    {"n - (n % 10 + 1)", 13, 46},
    {"n - -(n % 10)", 23, 56},
    {"n + n % 10", 23, 56},
    {"few - n % 10", -8, 4},
    {"n % 10 - n", -47, -14},
};

static void
expect_bounds(const char *begin, const struct bounds *due, const char *end)
{
	struct recipe_text recipe;
	struct nest_error error;
	char text[512], why[128];
	snprintf(text, sizeof text, "message m { %s optional int32 x (INTEGER(8,true)): (%s) - %d; %s }",
	    begin, due->value, FAR, end);
	snprintf(why, sizeof why, "values from %lld to %lld do not all fit \"x\"", due->low - FAR,
	    due->high - FAR);
	if (recipe_text_open(&recipe, text, NO_FOLDER, 1, &error))
		fail_msg("%s is taken", text);
	if (strstr(error.text, why) == NULL)
		fail_msg("%s: %s", due->value, error.text);
}

static void
bounds_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		expect_bounds("", &known[i],
		    "repeated int32 any: length 1..3 of -4..7; repeated int32 up: length 3 of 2..5; "
		    "repeated int32 down: length 0..3 of -5..-2;");
}

static void
bounds_within_lists_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
		expect_bounds("repeated group g: length 0..3 {", &inner[i], "}");
}

static void
bounds_of_multiples_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof of_one / sizeof *of_one; i++)
		expect_bounds("let n = 23..47; let below = -47..-23; let even = 20..40; let few = 1..4;",
		    &of_one[i], "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bounds_are_known),
	    cmocka_unit_test(bounds_of_multiples_are_known),
	    cmocka_unit_test(bounds_within_lists_are_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
