/* Outcomes with the probabilities of their weights, from two outcomes to a million; and what is no weight. */
#include "gen/chance/weights.h"
#include "tests/unit/chance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MANY = 1000003 };

static double each[MANY];
static uint64_t outcomes[DRAWS], counts[MANY];

static void
draw(size_t count, uint64_t seed)
{
	struct weights weights;
	struct nest_error error;
	if (!weights_open(&weights, each, count, &error))
		fail_msg("%s", error.text);
	weights_draw(&weights, chance_words(seed), DRAWS, outcomes);
	weights_free(&weights);
	assert_null(weights.columns);
	for (size_t i = 0; i < count; i++)
		counts[i] = 0;
	for (size_t i = 0; i < DRAWS; i++) {
		assert_true(outcomes[i] < count);
		counts[outcomes[i]]++;
	}
}

static double
fit(size_t count)
{
	static double expected[MANY];
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += each[i];
	for (size_t i = 0; i < count; i++)
		expected[i] = DRAWS * (each[i] / sum);
	return chance_fit(counts, expected, count);
}

static void
assert_fits(size_t count)
{
	double is = fit(count);
	if (is < FIT)
		fail_msg("%g of %zu", is, count);
}

/* The weights that were drawn from fit; with one of them a little off, one of much weight, they do not. */
static void
assert_only_the_right_fit(size_t count, size_t one)
{
	double right = each[one];
	assert_fits(count);
	each[one] = right * 1.02;
	assert_true(fit(count) < FIT);
	each[one] = right * 0.98;
	assert_true(fit(count) < FIT);
	each[one] = right;
}

static void
few_outcomes_are_as_probable_as_their_weights(void **state)
{
	(void)state;
	for (size_t count = 2; count <= 40; count++) {
		for (size_t i = 0; i < count; i++)
			each[i] = i % 5 == 3 ? 0 : 1 + (double)(i * i % 17);
		each[count / 2] = 0;
		for (size_t i = 0; i < count; i++)
			each[count / 2] += i != count / 2 ? each[i] : 0;
		draw(count, count);
		assert_only_the_right_fit(count, count / 2);
	}
}

static void
many_outcomes_are_as_probable_as_their_weights(void **state)
{
	(void)state;
	for (size_t i = 0; i < MANY; i++)
		each[i] = 1 / (double)(i * 7919 % MANY + 1);
	draw(MANY, 1);
	assert_fits(MANY);
	for (size_t i = 0; i < MANY; i++)
		each[i] = pow(each[i], 1.02);
	assert_true(fit(MANY) < FIT);
}

static void
a_weight_of_zero_is_never_drawn(void **state)
{
	(void)state;
	for (size_t i = 0; i < 1000; i++)
		each[i] = i == 77 || i == 500 ? 1e-300 : 0;
	draw(1000, 2);
	assert_int_equal(counts[77] + counts[500], DRAWS);
	assert_only_the_right_fit(1000, 77);
	struct weights weights;
	struct nest_error error;
	uint64_t outcome;
	assert_true(weights_open(&weights, (const double[]){0, 1, 0}, 3, &error));
	for (int i = 0; i < 64; i++) {
		const uint64_t words[] = {1ull << i, ~(1ull << i), (1ull << i) - 1};
		for (size_t k = 0; k < 3; k++) {
			weights_draw(&weights, &words[k], 1, &outcome);
			assert_int_equal(outcome, 1);
		}
	}
	weights_free(&weights);
}

/* Whose sum is no number, or whose sum does not notice the small ones. */
static void
weights_of_any_size_go_together(void **state)
{
	(void)state;
	each[0] = 1.7e308;
	each[1] = each[2] = 0.85e308;
	draw(3, 3);
	assert_in_range(counts[0], DRAWS / 2 - 2000, DRAWS / 2 + 2000);
	assert_in_range(counts[1], DRAWS / 4 - 2000, DRAWS / 4 + 2000);
	each[0] = 5e-324;
	each[1] = 1.7e308;
	draw(2, 4);
	assert_int_equal(counts[1], DRAWS);
	each[0] = 5e-324;
	draw(1, 5);
	assert_int_equal(counts[0], DRAWS);
}

static void
assert_refused(const double *wrong, size_t count, const char *text)
{
	struct weights weights;
	struct nest_error error;
	assert_false(weights_open(&weights, wrong, count, &error));
	assert_int_equal(error.status, NEST_USAGE);
	assert_string_equal(error.text, text);
	assert_null(weights.columns);
}

static void
what_is_no_weight_is_refused(void **state)
{
	(void)state;
	assert_refused(NULL, 0, "there may be from 1 to 1073741824 weights, not 0");
	assert_refused(NULL, WEIGHTS_MOST + 1, "there may be from 1 to 1073741824 weights, not 1073741825");
	assert_refused((const double[]){0, 0}, 2, "all 2 weights are 0");
	assert_refused((const double[]){1, -1}, 2, "weight 2 is -1: a weight is 0 or more, and finite");
	assert_refused(
	    (const double[]){INFINITY, 1}, 2, "weight 1 is inf: a weight is 0 or more, and finite");
	assert_refused((const double[]){NAN}, 1, "weight 1 is nan: a weight is 0 or more, and finite");
}

static void
outcomes_are_the_same_everywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < 1000; i++)
		each[i] = 1 / (double)(i + 1);
	draw(1000, 6);
	assert_int_equal(chance_digest(outcomes, sizeof outcomes), 0x365cfbd0174872b7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(few_outcomes_are_as_probable_as_their_weights),
	    cmocka_unit_test(many_outcomes_are_as_probable_as_their_weights),
	    cmocka_unit_test(a_weight_of_zero_is_never_drawn),
	    cmocka_unit_test(weights_of_any_size_go_together),
	    cmocka_unit_test(what_is_no_weight_is_refused),
	    cmocka_unit_test(outcomes_are_the_same_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
