/* The rows that a generator makes: all shares together make every row of every part once, in order. */
#include "gen/plan.h"
#include "tests/unit/failing.h"

enum { MOST_PARTS = 64 };

/* What came of a part so far. */
struct seen {
	uint64_t begin, next;
	bool begun, closed;
};

static void
take_batch(struct seen *seen, const struct plan_options *options, const struct plan_batch *batch)
{
	assert_true(batch->part < options->parts);
	assert_int_equal(batch->part % options->shares, options->share);
	struct seen *part = &seen[batch->part];
	if (!part->begun) {
		part->begun = true;
		part->begin = part->next = batch->first_row;
	}
	assert_false(part->closed);
	assert_int_equal(batch->first_row, part->next);
	assert_true(batch->rows <= options->batch_rows);
	/* Only an empty dataset has an empty batch. */
	assert_true(batch->rows > 0 || options->rows == 0);
	part->next += batch->rows;
	part->closed = batch->last;
}

/* Parts that are begun and not closed. */
static uint64_t
count_open(const struct seen *seen, uint64_t parts)
{
	uint64_t open = 0;
	for (uint64_t i = 0; i < parts; i++)
		open += seen[i].begun && !seen[i].closed;
	return open;
}

static void
check_tiling(const struct seen *seen, const struct plan_options *options)
{
	uint64_t due = options->first_row, fewest = UINT64_MAX, most = 0;
	for (uint64_t i = 0; i < options->parts; i++) {
		uint64_t rows = seen[i].next - seen[i].begin;
		assert_true(seen[i].closed);
		assert_int_equal(seen[i].begin, due);
		due = seen[i].next;
		fewest = rows < fewest ? rows : fewest;
		most = rows > most ? rows : most;
	}
	assert_int_equal(due, options->first_row + options->rows);
	assert_true(most - fewest <= 1);
}

/* What all shares together make. */
static void
make_all(struct plan_options options, struct seen seen[MOST_PARTS])
{
	struct nest_error error;
	assert_true(options.parts <= MOST_PARTS);
	for (options.share = 0; options.share < options.shares; options.share++) {
		struct plan plan;
		struct plan_batch batch;
		if (!plan_init(&plan, &options, &error))
			fail_msg("%s", error.text);
		while (plan_next(&plan, &batch)) {
			take_batch(seen, &options, &batch);
			assert_true(count_open(seen, options.parts) <= options.side_by_side);
		}
		assert_false(plan_next(&plan, &batch));
		plan_free(&plan);
	}
}

static void
check_plan(struct plan_options options)
{
	struct seen seen[MOST_PARTS] = {0};
	make_all(options, seen);
	check_tiling(seen, &options);
}

static struct plan_options
random_options(void)
{
	struct plan_options options = {
	    .first_row = (uint64_t)random() % 1000,
	    .rows = 1 + (uint64_t)random() % 500,
	    .parts = 1 + (uint64_t)random() % MOST_PARTS,
	    .shares = 1 + (uint64_t)random() % 5,
	    .side_by_side = 1 + (uint64_t)random() % 6,
	    .batch_rows = 1 + (uint64_t)random() % 60,
	};
	options.parts = options.parts < options.rows ? options.parts : options.rows;
	return options;
}

static void
all_shares_together_make_every_row_once(void **state)
{
	(void)state;
	srandom(1);
	for (int i = 0; i < 3000; i++)
		check_plan(random_options());
}

/* Of them no other, and those as they are without a list. */
static void
the_parts_of_a_list_are_made(void **state)
{
	(void)state;
	srandom(2);
	for (int i = 0; i < 1000; i++) {
		struct seen all[MOST_PARTS] = {0}, seen[MOST_PARTS] = {0};
		struct plan_options options = random_options();
		struct number_list only = {0};
		struct nest_error error;
		make_all(options, all);
		for (uint64_t part = 0; part < options.parts; part++) {
			if (random() % 3 == 0)
				assert_true(number_list_add(&only, part, &error));
			else
				all[part] = (struct seen){0};
		}
		options.only = &only;
		make_all(options, seen);
		assert_memory_equal(seen, all, sizeof seen);
		number_list_free(&only);
	}
}

static void
no_rows_are_one_empty_part(void **state)
{
	(void)state;
	check_plan(
	    (struct plan_options){.rows = 0, .parts = 1, .shares = 1, .side_by_side = 1, .batch_rows = 10});
}

/* Parts begin where first_row + rows * part / parts says, which must not overflow on the way. */
static void
the_largest_dataset_is_cut_without_overflow(void **state)
{
	(void)state;
	const uint64_t most = (uint64_t)1 << 59;
	struct plan_options options = {.first_row = most,
	    .rows = most,
	    .parts = 1000000,
	    .share = 999999,
	    .shares = 1000000,
	    .side_by_side = 1,
	    .batch_rows = 1000000};
	struct plan plan;
	struct plan_batch batch;
	struct nest_error error;
	assert_true(plan_init(&plan, &options, &error));
	assert_true(plan_next(&plan, &batch));
	assert_int_equal(batch.part, 999999);
	assert_int_equal(batch.first_row, most + most / 1000000 * 999999 + most % 1000000 * 999999 / 1000000);
	assert_int_equal(batch.rows, 1000000);
	assert_false(batch.last);
	plan_free(&plan);
}

static void
a_batch_of_each_part_in_turn(void **state)
{
	(void)state;
	struct plan_options options = {
	    .rows = 40, .parts = 4, .shares = 1, .side_by_side = 2, .batch_rows = 5};
	static const uint64_t parts[] = {0, 1, 0, 1, 2, 3, 2, 3};
	struct plan plan;
	struct plan_batch batch;
	struct nest_error error;
	assert_true(plan_init(&plan, &options, &error));
	uint64_t seen[4] = {0};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		assert_true(plan_next(&plan, &batch));
		seen[batch.part]++;
		/* The second pair begins only when the first is through. */
		assert_int_equal(batch.part / 2, i / 4);
	}
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(seen[i], 2);
	assert_false(plan_next(&plan, &batch));
	plan_free(&plan);
}

static void
options_that_contradict_each_other_are_refused(void **state)
{
	(void)state;
	struct plan plan;
	struct nest_error error;
	struct plan_options options = {
	    .rows = 3, .parts = 4, .shares = 1, .side_by_side = 1, .batch_rows = 1};
	assert_false(plan_init(&plan, &options, &error));
	assert_int_equal(error.status, NEST_USAGE);
	assert_string_equal(error.text, "--parts: 4 parts of 3 rows would leave some empty");

	options.rows = 1;
	options.parts = 2;
	assert_false(plan_init(&plan, &options, &error));
	assert_string_equal(error.text, "--parts: 2 parts of 1 rows would leave some empty");

	struct number_list only = {0};
	assert_true(number_list_add(&only, 3, &error));
	options = (struct plan_options){
	    .rows = 3, .parts = 3, .shares = 1, .only = &only, .side_by_side = 1, .batch_rows = 1};
	assert_false(plan_init(&plan, &options, &error));
	assert_int_equal(error.status, NEST_USAGE);
	assert_string_equal(error.text, "--only-parts: there is no part 3; the parts are numbered 0 to 2");
	number_list_free(&only);
}

static bool
make_plan(const void *what, struct buffer *out, struct nest_error *error)
{
	struct plan plan;
	(void)out;
	if (!plan_init(&plan, what, error))
		return false;
	plan_free(&plan);
	return true;
}

static void
parts_without_memory_are_told(void **state)
{
	(void)state;
	const struct plan_options options = {
	    .rows = 100, .parts = 4, .shares = 1, .side_by_side = 3, .batch_rows = 10};
	fail_each_allocation(make_plan, &options);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parts_without_memory_are_told),
	    cmocka_unit_test(all_shares_together_make_every_row_once),
	    cmocka_unit_test(the_parts_of_a_list_are_made),
	    cmocka_unit_test(no_rows_are_one_empty_part),
	    cmocka_unit_test(the_largest_dataset_is_cut_without_overflow),
	    cmocka_unit_test(a_batch_of_each_part_in_turn),
	    cmocka_unit_test(options_that_contradict_each_other_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
