/* The fingerprint of rows: it changes if the rows or the parts do, and never otherwise. */
#include "gen/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEED = 42 };

static const char text[] = "message m { required int64 a: 1..9; }\n";

static const struct plan_options plan = {
    .rows = 100, .parts = 4, .shares = 1, .side_by_side = 1, .batch_rows = 10};

static struct recipe *recipe;

/* The recipe TEXT in a file NAME.recipe, which is gone again then. */
static struct recipe *
open_text(const char *name, const char *recipe_text)
{
	char folder[] = "/tmp/test_identity.XXXXXX", path[64];
	struct recipe *opened;
	struct nest_error error;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/%s.recipe", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(recipe_text, file) >= 0 && fclose(file) == 0);
	bool is_open = recipe_open(&opened, path, NULL, SEED, plan.rows, &error);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_true(is_open);
	return opened;
}

static struct digest_value
identity(const struct recipe *of, uint64_t seed, const struct plan_options *cut)
{
	struct digest_value run;
	struct nest_error error;
	assert_true(identity_of_rows(of, seed, cut, &run, &error));
	return run;
}

static void
expect(bool same, struct digest_value run)
{
	struct digest_value due = identity(recipe, SEED, &plan);
	assert_int_equal(digest_equal(run, due), same);
}

static int
open_recipe(void **state)
{
	(void)state;
	recipe = open_text("r", text);
	return 0;
}

static int
close_recipe(void **state)
{
	(void)state;
	recipe_close(recipe);
	return 0;
}

/* Another name, another text, another type, or another recipe altogether. */
static void
other_recipes_are_another_run(void **state)
{
	(void)state;
	struct nest_error error;
	struct recipe *others[] = {open_text("s", text),
	    open_text("r", "message m { required int64 a: 1..8; }\n"),
	    open_text("r", "message m { required int32 a: 1..9; }\n"), NULL};
	assert_true(recipe_open(&others[3], "gen/recipes/contacts.recipe", NULL, SEED, plan.rows, &error));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		expect(false, identity(others[i], SEED, &plan));
		recipe_close(others[i]);
	}
	struct recipe *same = open_text("r", text);
	expect(true, identity(same, SEED, &plan));
	recipe_close(same);
}

static void
other_rows_or_parts_are_another_run(void **state)
{
	(void)state;
	expect(false, identity(recipe, SEED + 1, &plan));
	struct plan_options first = plan, rows = plan, parts = plan;
	first.first_row = 1;
	rows.rows = 101;
	parts.parts = 5;
	expect(false, identity(recipe, SEED, &first));
	expect(false, identity(recipe, SEED, &rows));
	expect(false, identity(recipe, SEED, &parts));
}

static void
how_the_rows_are_made_does_not_show(void **state)
{
	(void)state;
	struct plan_options other = plan;
	other.share = 1;
	other.shares = 2;
	other.side_by_side = 3;
	other.batch_rows = 7;
	expect(true, identity(recipe, SEED, &other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(other_recipes_are_another_run),
	    cmocka_unit_test(other_rows_or_parts_are_another_run),
	    cmocka_unit_test(how_the_rows_are_made_does_not_show),
	};
	return cmocka_run_group_tests(tests, open_recipe, close_recipe);
}
