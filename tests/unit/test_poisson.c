/* Poisson values: as theory says for means below and above 10, and not as for another mean. */
#include "gen/chance/poisson.h"
#include "tests/unit/chance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CELLS = 1000 };

static uint64_t values[DRAWS];

static void
draw(double mean, uint64_t most, uint64_t seed)
{
	struct poisson poisson;
	struct nest_error error;
	assert_true(poisson_init(&poisson, mean, most, &error));
	poisson_draw(&poisson, chance_words(seed), DRAWS, values);
}

/* Values that were drawn for a mean of DRAWN, compared with a mean of MEAN; a cell is some values wide. */
static double
fit(double mean, double drawn)
{
	static uint64_t counts[CELLS];
	static double expected[CELLS];
	double deviation = sqrt(drawn), least = floor(drawn - 9 * deviation);
	double width = ceil(18 * deviation / (CELLS - 50));
	least = least < 0 ? 0 : least;
	for (size_t i = 0; i < CELLS; i++)
		counts[i] = 0;
	for (size_t i = 0; i < CELLS; i++) {
		expected[i] = 0;
		for (double k = least + (double)i * width; k < least + (double)(i + 1) * width; k++)
			expected[i] += (double)(DRAWS * expl(k * logl(mean) - mean - lgammal(k + 1)));
	}
	for (size_t i = 0; i < DRAWS; i++) {
		double cell = floor(((double)values[i] - least) / width);
		assert_true(cell >= 0 && cell < CELLS);
		counts[(size_t)cell]++;
	}
	return chance_fit(counts, expected, CELLS);
}

static void
values_are_as_probable_as_poisson_says(void **state)
{
	(void)state;
	static const double means[] = {0.1, 1, 9.99, 10, 12.5, 33, 1000, 1000000};
	for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
		draw(means[i], UINT64_MAX, i);
		double is = fit(means[i], means[i]), off = 0.02 * sqrt(means[i]);
		if (is < FIT)
			fail_msg("%g of a mean of %g", is, means[i]);
		assert_true(fit(means[i] + off, means[i]) < FIT);
		assert_true(fit(means[i] - off, means[i]) < FIT);
	}
}

static void
values_have_an_upper_end(void **state)
{
	(void)state;
	draw(0, 5, 1);
	for (size_t i = 0; i < DRAWS; i++)
		assert_true(values[i] == 0);
	static const uint64_t means[] = {4, 40};
	for (size_t i = 0; i < 2; i++) {
		size_t at_end = 0;
		draw((double)means[i], means[i], 2);
		for (size_t k = 0; k < DRAWS; k++) {
			assert_true(values[k] <= means[i]);
			at_end += values[k] == means[i];
		}
		assert_in_range(at_end, DRAWS / 2, DRAWS * 6 / 10);
	}
}

/* A number that is as probable as the draw says, to the last bit, is not among those below. */
static void
each_value_begins_where_those_below_end(void **state)
{
	(void)state;
	struct poisson poisson;
	struct nest_error error;
	assert_true(poisson_init(&poisson, 0.3, 100, &error));
	for (uint64_t k = 0; k < 3; k++) {
		assert_true(poisson.below[k] > 0.5);
		uint64_t first = (uint64_t)(poisson.below[k] * 0x1p53) << 11;
		const uint64_t words[] = {first - 1, first};
		uint64_t drawn[2];
		poisson_draw(&poisson, words, 2, drawn);
		assert_int_equal(drawn[0], k);
		assert_int_equal(drawn[1], k + 1);
	}
}

static void
means_have_bounds(void **state)
{
	(void)state;
	static const double wrong[] = {-1, 1000001, INFINITY, NAN};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct poisson poisson;
		struct nest_error error;
		assert_false(poisson_init(&poisson, wrong[i], 1, &error));
		assert_int_equal(error.status, NEST_USAGE);
	}
}

static void
values_are_the_same_everywhere(void **state)
{
	(void)state;
	draw(3.5, UINT64_MAX, 3);
	assert_int_equal(chance_digest(values, sizeof values), 0x31c2889022746aa0);
	draw(350, UINT64_MAX, 4);
	assert_int_equal(chance_digest(values, sizeof values), 0x2ddbf46bd1755fba);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_as_probable_as_poisson_says),
	    cmocka_unit_test(values_have_an_upper_end),
	    cmocka_unit_test(each_value_begins_where_those_below_end),
	    cmocka_unit_test(means_have_bounds),
	    cmocka_unit_test(values_are_the_same_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
