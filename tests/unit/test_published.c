/* The names of a dataset's files. */
#include "lib/dataset/published.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
has_name(uint64_t part, uint64_t parts, const char *expected)
{
	char name[PUBLISHED_NAME_BYTES];
	published_name("part", part, parts, name);
	assert_string_equal(name, expected);
}

static void
names_sort_as_numbers_do(void **state)
{
	(void)state;
	has_name(0, 1, "part-00000.parquet");
	has_name(99999, 100000, "part-99999.parquet");
	has_name(0, 100001, "part-000000.parquet");
	has_name(99999, 100001, "part-099999.parquet");
	has_name(100000, 100001, "part-100000.parquet");
	has_name(7, 1000000, "part-000007.parquet");
	has_name(7, 1000001, "part-0000007.parquet");
}

static void
a_name_fits_whatever_its_number(void **state)
{
	char base[PUBLISHED_BASE_LIMIT + 1], name[PUBLISHED_NAME_BYTES];
	(void)state;
	memset(base, 'b', PUBLISHED_BASE_LIMIT);
	base[PUBLISHED_BASE_LIMIT] = '\0';
	published_name(base, UINT64_MAX - 1, UINT64_MAX, name);
	assert_string_equal(name + PUBLISHED_BASE_LIMIT, "-18446744073709551614.parquet");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_sort_as_numbers_do),
	    cmocka_unit_test(a_name_fits_whatever_its_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
