/* The fingerprint of rows: another one wherever other rows or other parts come, and nowhere else. */
#include "gen/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SEED = 42 };

static const struct recipe recipe = {.name = "r", .version = 1, .schema = "message m { required int64 a; }"};
static const struct plan_options plan = {
    .rows = 100, .parts = 4, .shares = 1, .side_by_side = 1, .batch_rows = 10};

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
	struct digest_value due = identity(&recipe, SEED, &plan);
	assert_int_equal(digest_equal(run, due), same);
}

static void
other_rows_or_parts_are_another_run(void **state)
{
	(void)state;
	const struct recipe recipes[] = {{.name = "s", .version = recipe.version, .schema = recipe.schema},
	    {.name = recipe.name, .version = 2, .schema = recipe.schema},
	    {.name = recipe.name, .version = recipe.version, .schema = "message m { required int32 a; }"}};
	for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
		expect(false, identity(&recipes[i], SEED, &plan));
	expect(false, identity(&recipe, SEED + 1, &plan));
	struct plan_options first = plan, rows = plan, parts = plan;
	first.first_row = 1;
	rows.rows = 101;
	parts.parts = 5;
	expect(false, identity(&recipe, SEED, &first));
	expect(false, identity(&recipe, SEED, &rows));
	expect(false, identity(&recipe, SEED, &parts));
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
	expect(true, identity(&recipe, SEED, &other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(other_rows_or_parts_are_another_run),
	    cmocka_unit_test(how_the_rows_are_made_does_not_show),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
