/* Standard variates: they fit, a slightly wrong parameter does not, and the bits are the same everywhere.
 */
#include "gen/chance/distribution.h"
#include "gen/chance/reals.h"
#include "tests/unit/chance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static double values[DRAWS], even[DRAWS];
static uint64_t integers[DRAWS];

static double
uniform_below(double x, double off)
{
	return x * (1 + off);
}

static double
normal_below(double x, double off)
{
	return 0.5 * erfc(-x / (1 + off) / sqrt(2));
}

static double
shifted_normal_below(double x, double off)
{
	return 0.5 * erfc(-(x + off) / sqrt(2));
}

static double
exponential_below(double x, double off)
{
	return -expm1(-x * (1 + off));
}

/* BELOW gives the probability of what is below x, for a parameter that is OFF by a share. */
static double
fit(double (*below)(double x, double off), double off)
{
	for (size_t i = 0; i < DRAWS; i++)
		even[i] = below(values[i], off);
	return chance_fit_even(even, DRAWS);
}

static void
assert_only_the_right_fits(double (*below)(double x, double off))
{
	assert_true(fit(below, 0) > FIT);
	assert_true(fit(below, 0.02) < FIT);
	assert_true(fit(below, -0.02) < FIT);
	assert_true(fabs(chance_serial_correlation(values, DRAWS)) < 5 / sqrt(DRAWS));
}

static void
uniform_values_are_even(void **state)
{
	(void)state;
	distribution_uniform(chance_words(1), DRAWS, values);
	assert_only_the_right_fits(uniform_below);
}

static void
normal_values_are_normal(void **state)
{
	(void)state;
	distribution_normal(chance_words(2), DRAWS, values);
	assert_only_the_right_fits(normal_below);
	assert_only_the_right_fits(shifted_normal_below);
}

static void
exponential_values_are_exponential(void **state)
{
	(void)state;
	distribution_exponential(chance_words(3), DRAWS, values);
	assert_only_the_right_fits(exponential_below);
}

static void
the_first_and_the_last_words_give_the_ends(void **state)
{
	(void)state;
	const uint64_t ends[] = {0, UINT64_MAX};
	double got[2];
	distribution_uniform(ends, 2, got);
	assert_true(got[0] == 0 && got[1] == 1 - 0x1p-53);
	distribution_exponential(ends, 2, got);
	assert_true(got[0] > 36.7 && got[0] < 36.8 && got[1] > 0 && got[1] < 0x1p-52);
	distribution_normal((const uint64_t[]){0, 1}, 2, got);
	assert_true(got[0] > 8.2 && got[0] < 8.3 && got[1] == -got[0]);
	distribution_normal((const uint64_t[]){UINT64_MAX - 1, UINT64_MAX}, 2, got);
	assert_true(got[0] > 0 && got[0] < 1e-15 && got[1] == -got[0]);
}

/* Against the C library's tail, from the middle to the farthest word. */
static void
normal_values_are_the_inverse_to_14_digits(void **state)
{
	(void)state;
	const uint64_t *words = chance_words(4);
	for (size_t i = 0; i < DRAWS / 10; i++) {
		uint64_t word = words[i] >> i % 52;
		double tail = ((double)(word >> 12) + 0.5) * 0x1p-53, value;
		distribution_normal(&word, 1, &value);
		double got = 0.5 * erfc(fabs(value) / sqrt(2));
		/* An error of the value counts as often as it is large. */
		if (!(fabs(got / tail - 1) < 1e-15 * (4 + value * value)))
			fail_msg("%.17g has a tail of %.17g, not %.17g", value, got, tail);
		assert_int_equal(signbit(value) != 0, word & 1);
	}
}

static double
geometric_fit(double success)
{
	enum { CELLS = 4000 };
	static uint64_t counts[CELLS];
	static double expected[CELLS];
	memset(counts, 0, sizeof counts);
	for (size_t i = 0; i < DRAWS; i++)
		counts[integers[i] < CELLS ? integers[i] : CELLS - 1]++;
	for (size_t i = 0; i < CELLS; i++)
		expected[i] = DRAWS * pow(1 - success, (double)i) * (i < CELLS - 1 ? success : 1);
	return chance_fit(counts, expected, CELLS);
}

static void
draw_geometric(double success, uint64_t most, uint64_t seed)
{
	struct geometric geometric;
	struct nest_error error;
	assert_true(geometric_init(&geometric, success, most, &error));
	geometric_draw(&geometric, chance_words(seed), DRAWS, integers);
}

static void
geometric_values_are_geometric(void **state)
{
	(void)state;
	static const double successes[] = {0.9, 0.5, 0.1, 0.004};
	for (size_t i = 0; i < sizeof successes / sizeof *successes; i++) {
		draw_geometric(successes[i], UINT64_MAX, 5 + i);
		assert_true(geometric_fit(successes[i]) > FIT);
		assert_true(geometric_fit(successes[i] * 1.02) < FIT);
		assert_true(geometric_fit(successes[i] * 0.98) < FIT);
	}
}

static void
geometric_values_have_an_upper_end(void **state)
{
	(void)state;
	draw_geometric(1, 100, 9);
	for (size_t i = 0; i < DRAWS; i++)
		assert_int_equal(integers[i], 0);
	draw_geometric(0.5, 3, 9);
	size_t at_end = 0;
	for (size_t i = 0; i < DRAWS; i++) {
		assert_true(integers[i] <= 3);
		at_end += integers[i] == 3;
	}
	assert_in_range(at_end, DRAWS / 8 - 2000, DRAWS / 8 + 2000);
	static const double rare[] = {5e-324, 1e-30};
	for (size_t k = 0; k < 2; k++) {
		draw_geometric(rare[k], UINT64_MAX, 9);
		for (size_t i = 0; i < DRAWS; i++)
			assert_true(integers[i] == UINT64_MAX);
	}
}

static void
a_try_needs_a_probability(void **state)
{
	(void)state;
	static const double wrong[] = {0, -0.5, 1.0001, INFINITY, NAN};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct geometric geometric;
		struct nest_error error;
		assert_false(geometric_init(&geometric, wrong[i], 1, &error));
		assert_int_equal(error.status, NEST_USAGE);
	}
}

static void
bits_are_the_same_everywhere(void **state)
{
	(void)state;
	distribution_normal(chance_words(10), DRAWS - 1, values);
	assert_int_equal(chance_digest(values, (DRAWS - 1) * sizeof *values), 0x7c5a36bddcafa677);
	distribution_exponential(chance_words(11), DRAWS, values);
	assert_int_equal(chance_digest(values, sizeof values), 0x6753436fc66fa4ed);
	draw_geometric(0.01, 1000, 12);
	assert_int_equal(chance_digest(integers, sizeof integers), 0x64e409957d4f0922);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(uniform_values_are_even),
	    cmocka_unit_test(normal_values_are_normal),
	    cmocka_unit_test(exponential_values_are_exponential),
	    cmocka_unit_test(the_first_and_the_last_words_give_the_ends),
	    cmocka_unit_test(normal_values_are_the_inverse_to_14_digits),
	    cmocka_unit_test(geometric_values_are_geometric),
	    cmocka_unit_test(geometric_values_have_an_upper_end),
	    cmocka_unit_test(a_try_needs_a_probability),
	    cmocka_unit_test(bits_are_the_same_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
