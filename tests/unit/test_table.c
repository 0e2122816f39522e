/* Tables of text: how they are set, and that a lack of memory is told. */
#include "meter/table.h"
#include "tests/unit/failing.h"

#include <stdio.h>

enum { ROWS = 3000 };

static bool
print_rows(FILE *file, unsigned rows)
{
	struct nest_error error = {0};
	struct table table = {0};
	table_columns(&table, TABLE_LEFT, "NAME", NULL);
	table_columns(&table, TABLE_RIGHT, "N", NULL);
	for (unsigned i = 0; i < rows; i++) {
		table_cell(&table, "name \"%u\"", i);
		table_cell(&table, "%u", i * i);
	}
	bool fine = table_print(&table, file, &error);
	assert_int_equal(error.status != 0, !fine);
	return fine;
}

static void
columns_are_aligned(void **state)
{
	(void)state;
	char text[256] = "";
	FILE *file = fmemopen(text, sizeof text, "w");
	assert_non_null(file);
	assert_true(print_rows(file, 12));
	fclose(file);
	assert_ptr_equal(strstr(text, "NAME         N\nname \"0\"     0\n"), text);
	assert_non_null(strstr(text, "\nname \"11\"  121\n"));
}

/* Whatever allocation fails, nothing is printed, and it is said. */
static void
memory_runs_out(void **state)
{
	(void)state;
	char room[BUFSIZ]; /* the stream takes none of its own */
	FILE *nowhere = fopen("/dev/null", "w");
	assert_non_null(nowhere);
	setvbuf(nowhere, room, _IOFBF, sizeof room);
	for (long k = 1; can_fail(); k++) {
		long before = held;
		allocations = 0;
		failing = k;
		bool fine = print_rows(nowhere, ROWS);
		bool met = allocations >= k;
		failing = 0;
		assert_int_equal(held, before);
		assert_int_equal(fine, !met);
		if (!met)
			break;
	}
	fclose(nowhere);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_are_aligned),
	    cmocka_unit_test(memory_runs_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
