/* Logarithms and exponentials: close to the C library's, and the same bits everywhere. */
#include "gen/chance/reals.h"
#include "tests/unit/chance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static double values[DRAWS];

/* Of a word, any double from LEAST to MOST, by its exponent first. */
static double
any(uint64_t word, int least, int most)
{
	double m = 1 + (double)(word >> 12) * 0x1p-52;
	return ldexp(m, least + (int)((word & 0xfff) % (unsigned)(most - least)));
}

static double
between(uint64_t word, double least, double most)
{
	return least + (most - least) * ((double)(word >> 11) * 0x1p-53);
}

/* How many units of the last place of RIGHT lie between it and X. */
static double
units(double x, long double right)
{
	int exponent;
	frexpl(right, &exponent);
	if (exponent < -1021)
		exponent = -1021;
	return (double)(fabsl(x - right) / ldexpl(1, exponent - 53));
}

static void
assert_near(double x, long double right, double of)
{
	if (!(units(x, right) < 2))
		fail_msg("%a of %a is not %La: off by %g", x, of, right, units(x, right));
}

static void
logarithms_are_near_the_right_ones(void **state)
{
	(void)state;
	const uint64_t *words = chance_words(1);
	for (size_t i = 0; i < DRAWS / 4; i++) {
		double x = any(words[4 * i], -1074, 1023), y = between(words[4 * i + 1], 0.5, 2);
		double z = any(words[4 * i + 2], -80, 80), w = between(words[4 * i + 3], -0.999, 1);
		assert_near(real_log(x), logl(x), x);
		assert_near(real_log(y), logl(y), y);
		assert_near(real_log1p(z), log1pl(z), z);
		assert_near(real_log1p(w), log1pl(w), w);
		z = -z < -1 ? -1 / z : -z;
		assert_near(real_log1p(z), log1pl(z), z);
	}
}

static void
exponentials_are_near_the_right_ones(void **state)
{
	(void)state;
	const uint64_t *words = chance_words(2);
	for (size_t i = 0; i < DRAWS / 4; i++) {
		double x = between(words[4 * i], -745, 709.7), y = between(words[4 * i + 1], -2, 2);
		double z = any(words[4 * i + 2], -80, 9), w = between(words[4 * i + 3], -50, 709.7);
		assert_near(real_exp(x), expl(x), x);
		assert_near(real_exp(y), expl(y), y);
		assert_near(real_expm1(y), expm1l(y), y);
		assert_near(real_expm1(z), expm1l(z), z);
		assert_near(real_expm1(-z), expm1l(-z), -z);
		assert_near(real_expm1(w), expm1l(w), w);
	}
}

static void
assert_same(double x, double right)
{
	if (!(x == right ? signbit(x) == signbit(right) : x != x && right != right))
		fail_msg("%a is not %a", x, right);
}

/* Zeros, infinities, no numbers, and what is too large or too small. */
static void
edges_are_those_of_the_c_library(void **state)
{
	(void)state;
	static const double edges[] = {0.0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 2.5, -2.5, 3.5, -3.5,
	    0x1p53, -0x1p53, 0x1p53 - 1, 1 - 0x1p53, 800, -800, 1e300, -1e300, 5e-324, -5e-324, INFINITY,
	    -INFINITY, NAN};
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
		double x = edges[i];
		if (!(x > 0 && x < INFINITY) || x == 1)
			assert_same(real_log(x), log(x));
		if (!(x > -1 && x < INFINITY) || fabs(x) < 1e-300)
			assert_same(real_log1p(x), log1p(x));
		if (!(x > -700 && x < 700) || fabs(x) < 1e-300)
			assert_same(real_exp(x), exp(x));
		if (!(x > -40 && x < 700) || x == 0)
			assert_same(real_expm1(x), expm1(x));
	}
}

/* Digests of results that one host gave: another that differs in a bit fails here. */
static void
bits_are_the_same_everywhere(void **state)
{
	(void)state;
	const uint64_t *words = chance_words(4);
	for (size_t i = 0; i < DRAWS; i++)
		values[i] = real_log(real_of_bits(words[i] >> 1));
	for (size_t i = 0; i < DRAWS; i++)
		if (values[i] != values[i])
			values[i] = 0;
	uint64_t logs = chance_digest(values, sizeof values);
	for (size_t i = 0; i < DRAWS; i++)
		values[i] = between(words[i], -750, 710);
	reals_exp(values, DRAWS, values);
	uint64_t exps = chance_digest(values, sizeof values);
	for (size_t i = 0; i < DRAWS; i++)
		values[i] = real_log1p(real_expm1(between(words[i], -30, 30)));
	uint64_t small = chance_digest(values, sizeof values);
	assert_int_equal(logs, 0x550b8230c4e85138);
	assert_int_equal(exps, 0x714cb07b476f9ccf);
	assert_int_equal(small, 0xdb007430f2fd2cfe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(logarithms_are_near_the_right_ones),
	    cmocka_unit_test(exponentials_are_near_the_right_ones),
	    cmocka_unit_test(edges_are_those_of_the_c_library),
	    cmocka_unit_test(bits_are_the_same_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
