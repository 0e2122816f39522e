/* A recipe in a file: its name, and how many of its rows go into a frame. */
#include "gen/recipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct recipe *
open_text(const char *text, uint64_t row_end)
{
	char folder[] = "/tmp/nest-recipe-XXXXXX", path[64];
	struct recipe *recipe;
	struct nest_error error;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/some.recipe", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	if (!recipe_open(&recipe, path, NULL, 1, row_end, &error))
		fail_msg("%s", error.text);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	return recipe;
}

static void
the_name_is_that_of_the_file(void **state)
{
	(void)state;
	struct recipe *recipe = open_text("message m { required int32 x: 1; }", 10);
	assert_string_equal(recipe_name(recipe), "some");
	recipe_close(recipe);
}

/* About 2 MiB of them. */
static void
fewer_large_rows_go_into_a_frame(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t rows;
	} known[] = {{"message m { required int32 x: 1; }", 16384},
	    {"message m { required binary x (STRING): letters(65536); }", 31},
	    {"message m { repeated binary x (STRING): length 12 of letters(65536); }", 2},
	    {"message m { repeated binary x (STRING): length 40 of letters(65536); }", 1}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		uint64_t rows;
		struct nest_error error;
		struct recipe *recipe = open_text(known[i].text, 1000);
		assert_true(recipe_batch_rows(recipe, 0, &rows, &error));
		assert_int_equal(rows, known[i].rows);
		assert_true(recipe_batch_rows(recipe, 999, &rows, &error));
		assert_int_equal(rows, known[i].rows);
		recipe_close(recipe);
	}
}

static void
a_row_that_is_too_large_is_refused(void **state)
{
	(void)state;
	struct buffer rows = {0};
	struct nest_error error;
	struct recipe *recipe = open_text(
	    "message m { repeated group a: length 65536 { repeated int32 b: length 65536 of 1; } }", 10);
	assert_false(recipe_append_rows(recipe, 0, 1, &rows, &error));
	assert_int_equal(error.status, NEST_INVALID);
	buffer_free(&rows);
	recipe_close(recipe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_name_is_that_of_the_file),
	    cmocka_unit_test(fewer_large_rows_go_into_a_frame),
	    cmocka_unit_test(a_row_that_is_too_large_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
