/* Lists of numbers: what is taken and in which order, what is refused, and that printed lists are read back.
 */
#include "lib/base/number_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What LIST prints; the caller frees it. */
static char *
print(const struct number_list *list)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	assert_true(number_list_print(list, file));
	assert_int_equal(fclose(file), 0);
	return text;
}

static void
check_print(const struct number_list *list, const char *expected)
{
	char *text = print(list);
	assert_string_equal(text, expected);
	free(text);
}

static void
a_list_is_put_in_order(void **state)
{
	(void)state;
	static const char *const lists[][2] = {
	    {"", ""},
	    {" \t\r\n,", ""},
	    {"0", "0\n"},
	    {"3,5-7", "3,5-7\n"},
	    {"3 5-7\n", "3,5-7\n"},
	    {",,3,\n 5-7,", "3,5-7\n"},
	    {"7,6,5,3", "3,5-7\n"},
	    {"5-7,3,3,5,6-7", "3,5-7\n"},
	    {"0-9,2-3", "0-9\n"},
	    {"2-3,0-9", "0-9\n"},
	    {"4-6,0-4", "0-6\n"},
	    {"1,0", "0-1\n"},
	    {"0,0,0", "0\n"},
	    {"8,0-1,4,2-3", "0-4,8\n"},
	    {"5-5", "5\n"},
	    {"007", "7\n"},
	    {"18446744073709551615,18446744073709551614,0", "0,18446744073709551614-18446744073709551615\n"},
	    {"0-18446744073709551615,7", "0-18446744073709551615\n"},
	};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct number_list list = {0};
		struct nest_error error;
		if (!number_list_parse(&list, view_of_text(lists[i][0]), "--x", &error))
			fail_msg("%s", error.text);
		check_print(&list, lists[i][1]);
		number_list_free(&list);
	}
}

static void
what_is_no_list_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {"x", "-", "-3", "3-", "7-5", "1--2", "1-2-3", "+1", "1.0", "1k",
	    "0x1", "18446744073709551616", "0-18446744073709551616", "1;2", "3 - 5", "\x80"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct number_list list = {0};
		struct nest_error error;
		assert_false(number_list_parse(&list, view_of_text(texts[i]), "--x", &error));
		assert_int_equal(error.status, NEST_USAGE);
		assert_non_null(strstr(error.text, "' is neither a number nor a range such as 5-7"));
		number_list_free(&list);
	}
	struct number_list list = {0};
	struct nest_error error;
	assert_false(number_list_parse(&list, view_of_text("1,2,7-5 8"), "--x", &error));
	assert_string_equal(error.text, "--x: '7-5' is neither a number nor a range such as 5-7");
	number_list_free(&list);
}

static void
it_has_its_numbers_and_no_others(void **state)
{
	(void)state;
	struct number_list list = {0};
	struct nest_error error;
	bool due[1000] = {false};
	assert_false(number_list_has(&list, 0));
	uint32_t chance = 1;
	for (unsigned i = 0; i < 400; i++) {
		char text[32];
		chance = chance * 1664525u + 1013904223u;
		unsigned first = chance >> 22, last = first + (chance >> 8 & 3);
		snprintf(text, sizeof text, "%u-%u", first % 990, first % 990 + (last - first));
		memset(due + first % 990, true, last - first + 1);
		assert_true(number_list_parse(&list, view_of_text(text), "--x", &error));
		for (size_t k = 1; k < list.count; k++)
			assert_true(list.ranges[k].first > list.ranges[k - 1].last + 1);
	}
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(number_list_has(&list, i), due[i]);
	number_list_free(&list);
	assert_null(list.ranges);
}

static void
numbers_added_one_by_one_are_printed_and_come_back(void **state)
{
	(void)state;
	struct number_list list = {0}, again = {0};
	struct nest_error error;
	check_print(&list, "");
	static const uint64_t numbers[] = {0, 1, 2, 5, 7, 8, UINT64_MAX};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		assert_true(number_list_add(&list, numbers[i], &error));
	check_print(&list, "0-2,5,7-8,18446744073709551615\n");
	char *text = print(&list);
	assert_true(number_list_parse(&again, view_of_text(text), "--x", &error));
	check_print(&again, text);
	free(text);
	number_list_free(&list);
	number_list_free(&again);
}

static void
numbers_behind_the_last_are_refused(void **state)
{
	(void)state;
	struct number_list list = {0};
	struct nest_error error;
	assert_true(number_list_check(&list, 0, "--x", &error));
	assert_true(number_list_parse(&list, view_of_text("0,3-7"), "--x", &error));
	assert_true(number_list_check(&list, 8, "--x", &error));
	assert_false(number_list_check(&list, 7, "--x", &error));
	assert_int_equal(error.status, NEST_USAGE);
	assert_string_equal(error.text, "--x: there is no part 7; the parts are numbered 0 to 6");
	number_list_free(&list);
}

static void
an_option_is_not_empty(void **state)
{
	(void)state;
	struct number_list list = {0};
	struct nest_error error;
	assert_true(number_list_option(&list, "1", "--x", &error));
	number_list_free(&list);
	assert_false(number_list_option(&list, ",", "--x", &error));
	assert_int_equal(error.status, NEST_USAGE);
	assert_string_equal(error.text, "--x: the list is empty");
	number_list_free(&list);
}

/* More than one read brings, and every other number. */
static void
a_list_is_read_to_its_end(void **state)
{
	(void)state;
	enum { NUMBERS = 200000 };
	struct number_list list = {0};
	struct nest_error error;
	FILE *file = tmpfile();
	assert_non_null(file);
	for (unsigned i = NUMBERS; i > 0; i--)
		fprintf(file, "%u\n", 2 * i - 2);
	rewind(file);
	assert_true(number_list_read(&list, fileno(file), "--x", &error));
	assert_int_equal(list.count, NUMBERS);
	assert_int_equal(list.ranges[NUMBERS - 1].last, 2 * NUMBERS - 2);
	assert_false(number_list_has(&list, 1001));
	assert_int_equal(fclose(file), 0);
	number_list_free(&list);
	assert_false(number_list_read(&list, -1, "--x", &error));
	assert_int_equal(error.status, NEST_FAILED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_list_is_put_in_order),
	    cmocka_unit_test(what_is_no_list_is_refused),
	    cmocka_unit_test(it_has_its_numbers_and_no_others),
	    cmocka_unit_test(numbers_added_one_by_one_are_printed_and_come_back),
	    cmocka_unit_test(numbers_behind_the_last_are_refused),
	    cmocka_unit_test(an_option_is_not_empty),
	    cmocka_unit_test(a_list_is_read_to_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
