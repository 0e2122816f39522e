/* Zipf ranks: head and tail as theory says, for up to 2^40 ranks, and not as for another exponent. */
#include "gen/chance/zipf.h"
#include "tests/unit/chance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Ranks up to HEAD have a cell each; behind them, the ranks up to each power of two have one. */
enum { HEAD = 127, CELLS = HEAD + 40 };

static uint64_t ranks[DRAWS];

static void
draw_ranks(double exponent, uint64_t of, uint64_t seed)
{
	struct zipf zipf;
	struct nest_error error;
	assert_true(zipf_init(&zipf, exponent, of, &error));
	zipf_draw(&zipf, chance_words(seed), DRAWS, ranks);
	for (size_t i = 0; i < DRAWS; i++)
		assert_true(ranks[i] >= 1 && ranks[i] <= of);
}

static size_t
cell_of(uint64_t rank)
{
	return rank <= HEAD ? rank - 1 : HEAD + (size_t)(63 - __builtin_clzll(rank)) - 7;
}

/* The sum of k^-exponent from FIRST up to LAST, by the midpoint rule with its first correction. */
static double
weight(double exponent, double first, double last)
{
	double from = first - 0.5, to = last + 0.5, slope = 1 - exponent;
	double log_ratio = log(to / from);
	double area = slope == 0 ? log_ratio : pow(from, slope) * expm1(slope * log_ratio) / slope;
	return area + exponent * (pow(to, -exponent - 1) - pow(from, -exponent - 1)) / 24;
}

static double
fit(double exponent, uint64_t of)
{
	uint64_t counts[CELLS] = {0};
	double expected[CELLS] = {0}, sum = 0;
	for (size_t i = 0; i < DRAWS; i++)
		counts[cell_of(ranks[i])]++;
	for (uint64_t k = 1; k <= HEAD && k <= of; k++)
		sum += expected[k - 1] = pow((double)k, -exponent);
	for (uint64_t first = HEAD + 1; first <= of; first *= 2) {
		uint64_t last = 2 * first - 1 < of ? 2 * first - 1 : of;
		sum += expected[cell_of(first)] = weight(exponent, (double)first, (double)last);
	}
	for (size_t i = 0; i < CELLS; i++)
		expected[i] *= DRAWS / sum;
	return chance_fit(counts, expected, CELLS);
}

static void
ranks_are_as_probable_as_zipf_says(void **state)
{
	(void)state;
	static const double exponents[] = {0.3, 0.99, 1, 1 + 1e-9, 1.1, 2, 3.5};
	static const uint64_t counts[] = {2, 10, 1000, 1ull << 40};
	for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++)
		for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
			draw_ranks(exponents[i], counts[k], 10 * i + k);
			double is = fit(exponents[i], counts[k]);
			if (is < FIT)
				fail_msg("%g of %g of %llu", is, exponents[i], (unsigned long long)counts[k]);
			assert_true(fit(exponents[i] * 1.05, counts[k]) < FIT);
			assert_true(fit(exponents[i] * 0.95, counts[k]) < FIT);
		}
}

static void
ranks_end_where_they_are_said_to(void **state)
{
	(void)state;
	draw_ranks(1, 1ull << 40, 1);
	assert_true(fit(1, 1ull << 40) > FIT);
	assert_true(fit(1, (1ull << 40) - (1ull << 36)) < FIT);
	draw_ranks(0.01, 1000003, 2);
	uint64_t most = 0;
	for (size_t i = 0; i < DRAWS; i++)
		most = ranks[i] > most ? ranks[i] : most;
	assert_in_range(most, 999900, 1000003);
}

/* Far ranks are calculated from fractions of few bits: none may be left out for it. */
static void
far_ranks_have_even_last_digits(void **state)
{
	(void)state;
	static const double exponents[] = {0.3, 1, 1 + 1e-9, 1.1};
	enum { DIGITS = 100 };
	for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++) {
		uint64_t counts[DIGITS] = {0}, far = 0;
		double expected[DIGITS];
		draw_ranks(exponents[i], 1ull << 40, 3 + i);
		for (size_t k = 0; k < DRAWS; k++)
			if (ranks[k] > 1ull << 30) {
				counts[ranks[k] % DIGITS]++;
				far++;
			}
		for (size_t k = 0; k < DIGITS; k++)
			expected[k] = (double)far / DIGITS;
		assert_true(far > 10000);
		assert_true(chance_fit(counts, expected, DIGITS) > FIT);
	}
}

static void
steep_or_short_is_always_the_first_rank(void **state)
{
	(void)state;
	draw_ranks(1000, 1ull << 40, 4);
	for (size_t i = 0; i < DRAWS; i++)
		assert_true(ranks[i] == 1);
	draw_ranks(1e300, 1ull << 40, 5);
	for (size_t i = 0; i < DRAWS; i++)
		assert_true(ranks[i] == 1);
	draw_ranks(0.5, 1, 6);
	draw_ranks(5e-324, 1ull << 40, 7);
}

static void
exponents_and_ranks_have_bounds(void **state)
{
	(void)state;
	static const double wrong[] = {0, -1, INFINITY, NAN};
	struct zipf zipf;
	struct nest_error error;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(zipf_init(&zipf, wrong[i], 10, &error));
		assert_int_equal(error.status, NEST_USAGE);
	}
	assert_false(zipf_init(&zipf, 1, 0, &error));
	assert_false(zipf_init(&zipf, 1, ZIPF_RANKS_MOST + 1, &error));
	assert_string_equal(
	    error.text, "a Zipf distribution has from 1 to 1099511627776 ranks, not 1099511627777");
}

static void
ranks_are_the_same_everywhere(void **state)
{
	(void)state;
	draw_ranks(1, 1000000, 8);
	assert_int_equal(chance_digest(ranks, sizeof ranks), 0x2f6daf483d69fff6);
	draw_ranks(1.2, 1ull << 40, 9);
	assert_int_equal(chance_digest(ranks, sizeof ranks), 0xaa631fa18fd7d8cc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ranks_are_as_probable_as_zipf_says),
	    cmocka_unit_test(ranks_end_where_they_are_said_to),
	    cmocka_unit_test(far_ranks_have_even_last_digits),
	    cmocka_unit_test(steep_or_short_is_always_the_first_rank),
	    cmocka_unit_test(exponents_and_ranks_have_bounds),
	    cmocka_unit_test(ranks_are_the_same_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
