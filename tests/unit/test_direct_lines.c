/* Which lines are made without rows in between: those of the recipes that ship, of what JSON does not escape,
 * and of lists of words that are not too long.  The bytes are the same either way; only the time is not. */
#include "gen/batch/word_list.h"
#include "tests/unit/recipe_text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEED = 42, ROWS = 100, MANY_WORDS = 1 << 17 };

#define STRING(name, value) "required binary " name " (STRING): " value "; "

static char path[] = "/tmp/nest-lines-XXXXXX";
static int folder;

static bool
are_direct(const char *text, int beside, enum jsonl_binary binary)
{
	struct recipe_text recipe;
	struct lines *lines;
	struct buffer out = {0};
	struct nest_error error;
	recipe_text_open_or_fail(&recipe, text, beside, SEED);
	if (!lines_open(&lines, &recipe.compiled, &recipe.drawings.schema, binary, &error) ||
	    !lines_append(lines, 0, ROWS, &out, &error))
		fail_msg("%.200s: %s", text, error.text);
	bool direct = lines_are_direct(lines);
	lines_close(lines);
	recipe_text_close(&recipe);
	buffer_free(&out);
	return direct;
}

static void
check(const char *fields, enum jsonl_binary binary, bool expected)
{
	char text[1024];
	snprintf(text, sizeof text, "message m { %s }", fields);
	if (are_direct(text, folder, binary) != expected)
		fail_msg("%s: %s", fields, expected ? "by way of rows" : "direct");
}

static void
recipes_that_ship(void **state)
{
	(void)state;
	static const char *const names[] = {
	    "contacts", "lineitem", "document", "orders", "events", "wide", "deep"};
	int recipes = open("gen/recipes", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char name[64];
		struct buffer text = {0};
		struct nest_error error;
		snprintf(name, sizeof name, "gen/recipes/%s.recipe", names[i]);
		if (!word_list_read_file(AT_FDCWD, name, 1 << 20, &text, &error) ||
		    !buffer_append(&text, "", 1, &error))
			fail_msg("%s", error.text);
		if (!are_direct((const char *)text.data, recipes, JSONL_HEX))
			fail_msg("%s: by way of rows", names[i]);
		buffer_free(&text);
	}
	close(recipes);
}

static void
what_is_escaped(void **state)
{
	(void)state;
	check(STRING("x", "\"a\" | \"\\\"\""), JSONL_UTF8, true);
	check(STRING("x", "\"é{row}\""), JSONL_UTF8, true);
	check(STRING("x", "letters(0..90)") "optional int32 y: row | null;", JSONL_UTF8, true);
	check(STRING("x", "pattern(\"[a-z]{0,40}\")"), JSONL_UTF8, true);
	check(STRING("x", "\"{row}\\\"\""), JSONL_UTF8, false);
	check(STRING("x", "pattern(\"[!-/]{20,40}\")"), JSONL_UTF8, false);
	check("required binary x: bytes(1..9);", JSONL_HEX, true);
	check("required binary x: bytes(1..9);", JSONL_BASE64, false);
	check("required group m (MAP): length 1 { repeated group key_value { required int32 key: place; "
	      "required "
	      "int32 value: 1; } }",
	    JSONL_UTF8, true);
	check("required group m (MAP): length 1 { repeated group key_value { required int32 key: place; } }",
	    JSONL_UTF8, false);
}

/* A field of another list, or a template, has slots of its own; those of one list share theirs. */
static void
lists_of_many_words(void **state)
{
	(void)state;
	check(STRING("x", "word('one')"), JSONL_UTF8, true);
	check(STRING("x", "word('one')") STRING("y", "word('one')") STRING("z", "word('one')"), JSONL_UTF8,
	    true);
	check(STRING("x", "word('one')") STRING("y", "word('other')"), JSONL_UTF8, false);
	check(STRING("x", "word('one')") STRING("y", "\"{word('one')}-\""), JSONL_UTF8, false);
}

static void
make_list(const char *name)
{
	int descriptor = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
	assert_non_null(file);
	for (unsigned i = 0; i < MANY_WORDS; i++)
		fprintf(file, "w%u\n", i);
	assert_int_equal(fclose(file), 0);
}

static int
make_lists(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(folder >= 0);
	make_list("one.txt");
	make_list("other.txt");
	return 0;
}

static int
remove_lists(void **state)
{
	(void)state;
	assert_int_equal(unlinkat(folder, "one.txt", 0), 0);
	assert_int_equal(unlinkat(folder, "other.txt", 0), 0);
	close(folder);
	return rmdir(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(recipes_that_ship),
	    cmocka_unit_test(what_is_escaped),
	    cmocka_unit_test(lists_of_many_words),
	};
	return cmocka_run_group_tests(tests, make_lists, remove_lists);
}
