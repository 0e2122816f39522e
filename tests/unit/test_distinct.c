/* Distinct outcomes drawn together: none twice, and each order as likely as if they were drawn one by one. */
#include "gen/chance/distinct.h"

#include "gen/chance/draw.h"
#include "tests/unit/chance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void
draw_or_fail(struct distinct *distinct, uint64_t word, uint32_t wanted, uint64_t *outcomes, uint64_t *looks)
{
	struct nest_error error;
	if (!distinct_draw(distinct, word, wanted, outcomes, looks, &error))
		fail_msg("%s", error.text);
}

static int
compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return a < b ? -1 : a > b;
}

static void
assert_distinct(uint64_t *outcomes, uint32_t wanted)
{
	qsort(outcomes, wanted, sizeof *outcomes, compare);
	for (uint32_t i = 1; i < wanted; i++)
		assert_true(outcomes[i] > outcomes[i - 1]);
}

static void
none_is_drawn_twice(void **state)
{
	(void)state;
	static const struct {
		uint64_t count;
		uint32_t wanted;
	} known[] = {{1, 0}, {1, 1}, {2, 2}, {3, 2}, {10, 10}, {100, 100}, {1000, 999}, {5000, 5000},
	    {1ull << 40, 65536}, {0, 1000}, {UINT64_MAX, 1000}, {70000, 65536}};
	uint64_t *outcomes = malloc(DISTINCT_MOST * sizeof *outcomes), looks;
	assert_non_null(outcomes);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct distinct distinct;
		struct nest_error error;
		assert_true(distinct_open(&distinct, known[i].count, NULL, &error));
		for (uint64_t word = 0; word < (known[i].wanted > 1000 ? 1 : 200); word++) {
			draw_or_fail(&distinct, draw_scramble(word), known[i].wanted, outcomes, &looks);
			assert_distinct(outcomes, known[i].wanted);
			for (uint32_t k = 0; known[i].count != 0 && k < known[i].wanted; k++)
				assert_true(outcomes[k] < known[i].count);
			assert_int_equal(known[i].count == 0 ? looks : looks % known[i].count, 0);
		}
		distinct_free(&distinct);
	}
	free(outcomes);
}

/* Chi-square of so many draws in their orders; the chance of each order of three is what theory says. */
static void
check_orders(const double *each, const double *weights, uint32_t wanted)
{
	enum { ROUNDS = 120000 };
	double seen[27] = {0}, sum = weights[0] + weights[1] + weights[2], chi = 0;
	unsigned freedom = 0;
	uint64_t outcomes[3], looks;
	struct distinct distinct;
	struct nest_error error;
	assert_true(distinct_open(&distinct, 3, each, &error));
	for (uint64_t i = 0; i < ROUNDS; i++) {
		unsigned order = 0;
		draw_or_fail(&distinct, draw(7, i), wanted, outcomes, &looks);
		for (uint32_t k = 0; k < wanted; k++)
			order = 3 * order + (unsigned)outcomes[k];
		seen[order]++;
	}
	for (unsigned order = 0; order < (wanted == 3 ? 27 : 9); order++) {
		unsigned a = wanted == 3 ? order / 9 : order / 3, b = wanted == 3 ? order / 3 % 3 : order % 3;
		bool is_order = a != b && (wanted < 3 || order % 3 == 3 - a - b);
		double share = is_order ? weights[a] / sum * weights[b] / (sum - weights[a]) : 0;
		if (share == 0) {
			assert_true(seen[order] == 0);
			continue;
		}
		chi += (seen[order] - share * ROUNDS) * (seen[order] - share * ROUNDS) / (share * ROUNDS);
		freedom++;
	}
	/* Of 5 degrees of freedom, 1 in 100,000 is beyond 30. */
	assert_true(freedom <= 6);
	if (chi > 30)
		fail_msg("chi-square is %g", chi);
	distinct_free(&distinct);
}

static void
orders_are_as_likely_as_they_should_be(void **state)
{
	(void)state;
	static const double even[] = {1, 1, 1}, steep[] = {1, 2, 7}, none[] = {1, 0, 3};
	check_orders(NULL, even, 3);
	check_orders(NULL, even, 2);
	check_orders(even, even, 3);
	check_orders(steep, steep, 3);
	check_orders(steep, steep, 2);
	check_orders(none, none, 2);
}

/* Where one outcome is nearly all of the weight, the others are not found by trying. */
static void
what_is_left_is_looked_for(void **state)
{
	(void)state;
	enum { ROUNDS = 20000 };
	static const double each[] = {1e12, 1, 0, 3};
	unsigned first = 0;
	uint64_t outcomes[3], looks;
	struct distinct distinct;
	struct nest_error error;
	assert_true(distinct_open(&distinct, 4, each, &error));
	assert_int_equal(distinct.positive, 3);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		draw_or_fail(&distinct, draw(11, i), 3, outcomes, &looks);
		assert_int_equal(outcomes[0], 0);
		assert_int_equal(outcomes[1] + outcomes[2], 4);
		assert_int_equal(looks, 8);
		first += outcomes[1] == 1;
	}
	/* A quarter of 20,000, and five deviations of 61. */
	assert_in_range(first, 5000 - 306, 5000 + 306);
	distinct_free(&distinct);
}

/* The last of many is found by looking, too: each of those that are left as often. */
static void
the_last_ones_are_even(void **state)
{
	(void)state;
	enum { COUNT = 64, ROUNDS = 32000 };
	unsigned last[COUNT] = {0}, looked = 0;
	uint64_t outcomes[COUNT], looks;
	struct distinct distinct;
	struct nest_error error;
	double chi = 0;
	assert_true(distinct_open(&distinct, COUNT, NULL, &error));
	for (uint64_t i = 0; i < ROUNDS; i++) {
		draw_or_fail(&distinct, draw(13, i), COUNT, outcomes, &looks);
		looked += looks > 0;
		last[outcomes[COUNT - 1]]++;
	}
	for (unsigned i = 0; i < COUNT; i++)
		chi += (last[i] - 500.0) * (last[i] - 500.0) / 500.0;
	/* 63 degrees of freedom, and five deviations of 11.2. */
	if (fabs(chi - 63) > 56)
		fail_msg("chi-square is %g", chi);
	assert_true(looked > ROUNDS / 2);
	distinct_free(&distinct);
}

static uint64_t
digest_of(const double *each)
{
	enum { COUNT = 6, ROUNDS = 1000 };
	static uint64_t outcomes[ROUNDS][COUNT];
	uint64_t looks;
	struct distinct distinct;
	struct nest_error error;
	assert_true(distinct_open(&distinct, COUNT, each, &error));
	for (uint64_t i = 0; i < ROUNDS; i++)
		draw_or_fail(&distinct, draw(17, i), COUNT, outcomes[i], &looks);
	distinct_free(&distinct);
	return chance_digest(outcomes, sizeof outcomes);
}

static void
the_same_word_makes_the_same(void **state)
{
	(void)state;
	static const double each[] = {5, 1, 1e-6, 2, 2, 4};
	assert_int_equal(digest_of(NULL), 0x35185447b6799740);
	assert_int_equal(digest_of(each), 0x674467ddf2256710);
}

static void
weights_that_are_none_are_refused(void **state)
{
	(void)state;
	static const double none[] = {0, 0};
	struct distinct distinct;
	struct nest_error error;
	assert_false(distinct_open(&distinct, 2, none, &error));
	assert_string_equal(error.text, "all 2 weights are 0");
	distinct_free(&distinct);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(none_is_drawn_twice),
	    cmocka_unit_test(orders_are_as_likely_as_they_should_be),
	    cmocka_unit_test(what_is_left_is_looked_for),
	    cmocka_unit_test(the_last_ones_are_even),
	    cmocka_unit_test(the_same_word_makes_the_same),
	    cmocka_unit_test(weights_that_are_none_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
