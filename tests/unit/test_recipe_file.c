/* A recipe in a file: its name, and how many of its rows go into a frame. */
#include "gen/batch/word_list.h"
#include "gen/check/check.h"
#include "gen/recipe.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

/* The descriptor that the next file has: another one where some was left open. */
static int
next_descriptor(void)
{
	int fd = dup(STDERR_FILENO);
	assert_true(fd >= 0);
	close(fd);
	return fd;
}

static bool
try_text(const char *text, uint64_t row_end, struct recipe **recipe, struct nest_error *error)
{
	char folder[] = "/tmp/nest-recipe-XXXXXX", path[64];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/some.recipe", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	int before = next_descriptor();
	bool fine = recipe_open(recipe, path, NULL, 1, row_end, error);
	assert_int_equal(next_descriptor(), before);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	return fine;
}

static struct recipe *
open_text(const char *text, uint64_t row_end)
{
	struct recipe *recipe;
	struct nest_error error;
	if (!try_text(text, row_end, &recipe, &error))
		fail_msg("%s", error.text);
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

/* Of each row's random words there are 2^64 for all. */
static void
rows_have_chance_to_the_last_one(void **state)
{
	(void)state;
	static const char text[] = "message m { repeated int32 x: length 100 of 1..1000000; }";
	uint64_t most = 0;
	struct nest_error error;
	struct recipe *recipe;
	assert_false(try_text(text, UINT64_MAX, &recipe, &error));
	assert_int_equal(error.status, NEST_USAGE);
	const char *number = strstr(error.text, "recipe some has chance for ");
	assert_non_null(number);
	assert_int_equal(
	    sscanf(number, "recipe some has chance for %" SCNu64 " rows, and no more", &most), 1);
	assert_in_range(most, UINT64_MAX / 256, UINT64_MAX / 50);
	recipe_close(open_text(text, most));
	assert_false(try_text(text, most + 1, &recipe, &error));
}

static void
rows_that_a_frame_does_not_hold_are_refused(void **state)
{
	(void)state;
	struct buffer rows = {0};
	struct nest_error error;
	struct recipe *recipe = open_text("message m { required binary x (STRING): letters(65536); }", 2000);
	assert_true(recipe_append_rows(recipe, 0, 768, &rows, &error));
	buffer_clear(&rows);
	assert_false(recipe_append_rows(recipe, 0, 1024, &rows, &error));
	assert_int_equal(error.status, NEST_USAGE);
	assert_string_equal(error.text, "--batch: 1024 rows of some do not fit a frame");
	buffer_free(&rows);
	recipe_close(recipe);
}

/* The first rows are small, and the others too large. */
static void
a_row_that_is_too_large_for_a_check_is_refused(void **state)
{
	(void)state;
	static const struct plan_options plan = {.rows = 1000000};
	uint64_t drawn;
	struct buffer text = {0};
	struct nest_error error;
	struct recipe *recipe =
	    open_text("message m { repeated group a: length if row < 1000 then 0 else 65536 { "
		      "repeated int32 b: length 65536 of 1; } }",
		plan.rows);
	assert_false(check_recipe(recipe, &plan, JSONL_UTF8, &text, &drawn, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_non_null(strstr(error.text, "takes more than 256 MiB to draw"));
	assert_in_range(drawn, 1, 9);
	buffer_free(&text);
	recipe_close(recipe);
}

static void
a_zero_is_no_character_of_a_recipe(void **state)
{
	(void)state;
	static const char texts[][48] = {"message m { required int32 x: 1\0; }",
	    "message m { required\0int32 x: 1; }", "message m {\0required int32 x: 1; }",
	    "message\0m { required int32 x: 1; }"};
#define NO_PLACE "invalid message type: the control character 0x00 has no place in a message type"
	static const char *const why[] = {"line 1, column 32: this character has no meaning here",
	    "line 1, column 21: " NO_PLACE, "line 1, column 12: " NO_PLACE, "line 1, column 8: " NO_PLACE};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char path[] = "/tmp/nest-recipe-XXXXXX.recipe", sentence[256];
		int fd = mkstemps(path, sizeof ".recipe" - 1);
		struct recipe *recipe;
		struct nest_error error;
		assert_true(fd >= 0);
		assert_true(
		    write(fd, texts[i], strlen(texts[i]) + 1 + strlen(texts[i] + strlen(texts[i]) + 1)) > 0);
		close(fd);
		assert_false(recipe_open(&recipe, path, NULL, 1, 10, &error));
		assert_int_equal(unlink(path), 0);
		snprintf(sentence, sizeof sentence, "%s, %s", path, why[i]);
		assert_string_equal(error.text, sentence);
	}
}

/* ---- files that cannot be read ---- */

static void
expect_unread(const char *path, enum nest_status status, const char *why)
{
	struct recipe *recipe;
	struct nest_error error;
	assert_false(recipe_open(&recipe, path, NULL, 1, 10, &error));
	assert_int_equal(error.status, status);
	if (strstr(error.text, why) == NULL)
		fail_msg("%s", error.text);
}

static void
what_cannot_be_opened_is_told(void **state)
{
	(void)state;
	char path[2 * PATH_MAX];
	struct rlimit before, none = {0};
	memset(path, 'a', sizeof path);
	strcpy(path + PATH_MAX - sizeof "/x.recipe", "/x.recipe");
	expect_unread(path, NEST_USAGE, "unable to open aaa");
	strcpy(path + PATH_MAX - sizeof "/x.recipe", "//x.recipe");
	expect_unread(path, NEST_USAGE, "the name of the recipe is too long");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	expect_unread("gen/recipes/events.recipe", NEST_FAILED,
	    "unable to open the folder of gen/recipes/events.recipe: Too many open files");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void
expect_unread_bytes(const char *path, size_t limit, enum nest_status status, const char *why)
{
	struct buffer bytes = {0};
	struct nest_error error;
	assert_false(word_list_read_file(AT_FDCWD, path, limit, &bytes, &error));
	assert_int_equal(error.status, status);
	assert_string_equal(error.text, why);
	buffer_free(&bytes);
}

static void
what_cannot_be_read_is_told(void **state)
{
	(void)state;
	struct buffer bytes = {0};
	struct nest_error error;
	expect_unread_bytes("/nowhere", 9, NEST_FAILED, "unable to open /nowhere: No such file or directory");
	expect_unread_bytes("/proc", 9, NEST_INVALID, "/proc is no regular file");
	expect_unread_bytes(
	    "/proc/self/mem", 9, NEST_FAILED, "unable to read /proc/self/mem: Input/output error");
	assert_true(word_list_read_file(AT_FDCWD, "README.md", 1 << 20, &bytes, &error));
	expect_unread_bytes("README.md", 20, NEST_INVALID, "README.md has more than 20 bytes");
	size_t size = bytes.size;
	buffer_clear(&bytes);
	assert_true(word_list_read_file(AT_FDCWD, "README.md", size, &bytes, &error));
	assert_int_equal(bytes.size, size);
	assert_false(word_list_read_file(AT_FDCWD, "README.md", size - 1, &bytes, &error));
	buffer_free(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_name_is_that_of_the_file),
	    cmocka_unit_test(fewer_large_rows_go_into_a_frame),
	    cmocka_unit_test(a_row_that_is_too_large_is_refused),
	    cmocka_unit_test(a_row_that_is_too_large_for_a_check_is_refused),
	    cmocka_unit_test(a_zero_is_no_character_of_a_recipe),
	    cmocka_unit_test(rows_have_chance_to_the_last_one),
	    cmocka_unit_test(rows_that_a_frame_does_not_hold_are_refused),
	    cmocka_unit_test(what_cannot_be_opened_is_told),
	    cmocka_unit_test(what_cannot_be_read_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
