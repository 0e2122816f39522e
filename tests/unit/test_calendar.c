/* Days as numbers and back, for every day that can be written. */
#include "gen/notation/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void
every_day_comes_back(void **state)
{
	(void)state;
	static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t expected = -719528, days;
	for (unsigned year = 0; year <= 9999; year++)
		for (unsigned month = 1; month <= 12; month++) {
			bool leaps = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
			unsigned last = lengths[month - 1] + leaps;
			for (unsigned day = 1; day <= last; day++, expected++) {
				if (!calendar_days(year, month, day, &days) || days != expected)
					fail_msg("%04u-%02u-%02u", year, month, day);
				struct calendar_day back = calendar_day(days);
				if (back.year != (int64_t)year || back.month != month || back.day != day)
					fail_msg("%04u-%02u-%02u and back", year, month, day);
			}
			assert_false(calendar_days(year, month, last + 1, &days));
		}
	assert_int_equal(expected, 2932897);
}

static void
what_is_no_day_is_refused(void **state)
{
	(void)state;
	int64_t days;
	static const unsigned dates[][3] = {
	    {2024, 0, 1}, {2024, 13, 1}, {2024, 1, 0}, {1900, 2, 29}, {2023, 2, 29}, {2024, 4, 31}};
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
		assert_false(calendar_days(dates[i][0], dates[i][1], dates[i][2], &days));
	assert_true(calendar_days(2000, 2, 29, &days));
	assert_true(calendar_days(1970, 1, 1, &days));
	assert_int_equal(days, 0);
}

/* A null may have any number for its days. */
static void
any_number_is_some_day(void **state)
{
	(void)state;
	static const int64_t numbers[] = {INT64_MIN, INT64_MIN + 719468, INT64_MAX - 719468, INT64_MAX};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		struct calendar_day day = calendar_day(numbers[i]);
		assert_in_range(day.month, 1, 12);
		assert_in_range(day.day, 1, 31);
	}
	assert_int_equal(calendar_day(-719529).year, -1);
	assert_int_equal(calendar_day(INT32_MIN).year, -5877641);
	assert_int_equal(calendar_day(INT32_MAX).year, 5881580);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_day_comes_back),
	    cmocka_unit_test(what_is_no_day_is_refused),
	    cmocka_unit_test(any_number_is_some_day),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
