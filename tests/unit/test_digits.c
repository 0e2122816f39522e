/* Numbers as digits, and division by multiplication: the same results as printf and the processor give. */
#include "gen/batch/batch.h"
#include "gen/batch/digits.h"
#include "gen/batch/divide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* NUMBER with FRACTION digits behind the point, by printf. */
static size_t
print_decimal(char *text, size_t size, int64_t number, size_t width, size_t fraction)
{
	uint64_t absolute = number < 0 ? 0 - (uint64_t)number : (uint64_t)number, power = 1;
	const char *sign = number < 0 ? "-" : "";
	if (fraction == 0)
		return (size_t)snprintf(
		    text, size, "%s%0*llu", sign, (int)width, (unsigned long long)absolute);
	for (size_t i = 0; i < fraction; i++)
		power *= 10;
	int whole = width > fraction + 1 ? (int)(width - fraction) : 1;
	return (size_t)snprintf(text, size, "%s%0*llu.%0*llu", sign, whole,
	    (unsigned long long)(absolute / power), (int)fraction, (unsigned long long)(absolute % power));
}

static void
check_digits(int64_t number, size_t width, size_t fraction)
{
	char expected[64];
	uint8_t bytes[64], behind = 0x5a;
	size_t size = print_decimal(expected, sizeof expected, number, width, fraction);
	memset(bytes, behind, sizeof bytes);
	assert_int_equal(digits_put_decimal(bytes, number, width, fraction) - bytes, size);
	assert_memory_equal(bytes, expected, size);
	assert_int_equal(bytes[TEXT_SLACK], behind);
}

static void
digits_of_each_length(void **state)
{
	(void)state;
	static const size_t widths[] = {0, 1, 2, 7, 8, 9, 10, 16, 17, 18, 19, 20};
	uint64_t power = 1;
	for (unsigned digits = 1; digits <= 20; digits++, power *= 10)
		for (int more = -2; more <= 12; more++)
			for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
				for (size_t fraction = 0; fraction <= 18; fraction += fraction == 2 ? 7 : 1) {
					int64_t number = (int64_t)(power + (uint64_t)(int64_t)more);
					check_digits(number, widths[i], fraction);
					check_digits((int64_t)(0 - (uint64_t)number), widths[i], fraction);
				}
	check_digits(INT64_MIN, 0, 0);
	check_digits(INT64_MAX, 0, 18);
	check_digits(12345678, 8, 0);
	check_digits(1020304, 8, 0);
}

/* ---- division ---- */

static int64_t
down(int64_t number, int64_t by)
{
	return number / by - (number % by < 0);
}

static void
check_division(int64_t number, uint64_t by)
{
	const struct divisor wide = divisor_of(by, 63);
	assert_int_equal(divide_down(number, &wide), down(number, (int64_t)by));
	if (number >= 0)
		assert_int_equal(divide_wide((uint64_t)number, &wide), (uint64_t)number / by);
	if (number >= 0 && number >> 31 == 0 && by >> 31 == 0) {
		const struct divisor narrow = divisor_of(by, 31);
		assert_int_equal(divide_narrow((uint64_t)number, &narrow), (uint64_t)number / by);
	}
}

/* Numbers around each multiple that matters, of divisors around each power of two and of ten. */
static void
division_as_the_processor_divides(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 63; bit++)
		for (int64_t more = -2; more <= 3; more++) {
			int64_t by = (int64_t)((uint64_t)1 << bit) + more;
			if (by < 1)
				continue;
			int64_t most = INT64_MAX / by * by, most_narrow = INT32_MAX / by * by;
			for (int64_t near = -2; near <= 2; near++) {
				check_division(by + near, (uint64_t)by);
				check_division(most - 2 + near, (uint64_t)by);
				check_division(INT64_MAX - 2 + near, (uint64_t)by);
				check_division(INT64_MIN + 2 + near, (uint64_t)by);
				check_division(near, (uint64_t)by);
				check_division(-by + near, (uint64_t)by);
				check_division(INT32_MAX + near, (uint64_t)by);
				check_division(most_narrow + near, (uint64_t)by);
			}
		}
	for (uint64_t by = 1; by <= 1000000000000000000u; by *= 10)
		for (int64_t number = INT64_MAX; number > 0; number = number / 3 - 1) {
			check_division(number, by);
			check_division(-number, by);
		}
}

static void
which_numbers_are_narrow(void **state)
{
	(void)state;
	const int64_t most = (int64_t)INT32_MAX;
	assert_true(divide_are_narrow((const int64_t[]){0, most}, 2));
	assert_false(divide_are_narrow((const int64_t[]){0, most + 1}, 2));
	assert_false(divide_are_narrow((const int64_t[]){-1, 0}, 2));
	assert_true(divide_are_narrow((const int64_t[]){0, -1}, 1));
	assert_true(divide_are_narrow(NULL, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(digits_of_each_length),
	    cmocka_unit_test(division_as_the_processor_divides),
	    cmocka_unit_test(which_numbers_are_narrow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
