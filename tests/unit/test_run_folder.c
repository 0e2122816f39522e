/* The folder of a run: where it is, and what its files are called. */
#include "run/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
test_the_path_of_a_file(void **state)
{
	struct folder folder = {"/tmp/run"};
	struct nest_error error;
	char path[PATH_MAX];
	(void)state;
	assert_true(folder_file(&folder, "nest-gen.0", ".json", path, &error));
	assert_string_equal(path, "/tmp/run/nest-gen.0.json");
}

static void
test_a_path_that_is_too_long(void **state)
{
	struct folder folder = {{0}};
	struct nest_error error;
	char path[PATH_MAX];
	(void)state;
	/* With "/", 64 of a name, ".json" and a zero it fits exactly. */
	char name[65] = {0};
	memset(name, 'n', 64);
	memset(folder.path, 'f', PATH_MAX - 1 - 64 - 5 - 1);
	assert_true(folder_file(&folder, name, ".json", path, &error));
	assert_int_equal(strlen(path), PATH_MAX - 1);
	strcat(folder.path, "f");
	assert_false(folder_file(&folder, name, ".json", path, &error));
	assert_int_equal(error.status, NEST_FAILED);
	assert_non_null(strstr(error.text, "n.json in the folder of the run is too long"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_path_of_a_file),
	    cmocka_unit_test(test_a_path_that_is_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
