/* Parts that make up a whole dataset, and every way in which they can fail to. */
#include "merge/dataset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct row_range {
	uint64_t part, first_row, rows;
};

/* How the parts that are added next number their rows. */
static bool by_part;

static bool
add(struct dataset *dataset, struct row_range range, const char *file, struct nest_error *error)
{
	struct frame frame = {.kind = FRAME_PART,
	    .part = range.part,
	    .first_row = range.first_row,
	    .rows = range.rows,
	    .is_part_numbered = by_part,
	    .file = view_of_text(file),
	    .file_bytes = 100};
	return dataset_add(dataset, &frame, error);
}

static void
fill(struct dataset *dataset, const struct row_range *ranges, size_t count)
{
	struct nest_error error;
	*dataset = (struct dataset){0};
	for (size_t i = 0; i < count; i++) {
		char file[32];
		snprintf(file, sizeof file, "part-%05u.%zu", (unsigned)ranges[i].part, i);
		if (!add(dataset, ranges[i], file, &error))
			fail_msg("%s", error.text);
	}
}

static void
accept_parts(const struct row_range *ranges, size_t count, const struct frame_extent *extent)
{
	struct dataset dataset;
	struct nest_error error;
	fill(&dataset, ranges, count);
	if (!dataset_check(&dataset, extent, &error))
		fail_msg("%s", error.text);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(dataset.parts[i].number, i);
	assert_int_equal(dataset.size_bytes, 100 * count);
	dataset_free(&dataset);
	assert_null(dataset.parts);
}

static void
refuse_parts(
    const struct row_range *ranges, size_t count, const struct frame_extent *extent, const char *message)
{
	struct dataset dataset;
	struct nest_error error;
	fill(&dataset, ranges, count);
	assert_false(dataset_check(&dataset, extent, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, message);
	dataset_free(&dataset);
}

#define PARTS(...)                               \
	(const struct row_range[]){__VA_ARGS__}, \
	    sizeof((const struct row_range[]){__VA_ARGS__}) / sizeof(struct row_range)
#define EXTENT(...)                  \
	&(const struct frame_extent) \
	{                            \
		__VA_ARGS__, false   \
	}
static const struct frame_extent three_by_part = {.parts = 3, .is_part_numbered = true};

static void
test_whole(void **state)
{
	(void)state;
	accept_parts(PARTS({0, 0, 10}), NULL);
	accept_parts(PARTS({0, 0, 10}, {1, 10, 5}), NULL);
	accept_parts(PARTS({2, 20, 1}, {0, 0, 10}, {1, 10, 10}), EXTENT(0, 21, 3));
	accept_parts(PARTS({1, 110, 5}, {0, 100, 10}), NULL);
	accept_parts(PARTS({1, 110, 5}, {0, 100, 10}), EXTENT(100, 15, 2));
}

static void
test_zero_rows(void **state)
{
	(void)state;
	accept_parts(PARTS({0, 0, 0}), NULL);
	accept_parts(PARTS({0, 0, 0}), EXTENT(0, 0, 1));
	accept_parts(PARTS({0, 7, 0}), EXTENT(7, 0, 1));
	accept_parts(PARTS({0, 0, 4}, {1, 4, 0}, {2, 4, 4}, {3, 8, 0}), EXTENT(0, 8, 4));
}

static void
test_many(void **state)
{
	(void)state;
	enum { COUNT = 1000 };
	struct row_range ranges[COUNT];
	for (uint64_t i = 0; i < COUNT; i++) {
		uint64_t number = i * 7 % COUNT;
		ranges[i] = (struct row_range){number, number * 3, 3};
	}
	accept_parts(ranges, COUNT, EXTENT(0, 3 * COUNT, COUNT));
}

static void
test_no_part(void **state)
{
	(void)state;
	struct dataset dataset = {0};
	struct nest_error error;
	assert_false(dataset_check(&dataset, NULL, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, "no part came; even a dataset without rows has one");
	assert_false(dataset_check(&dataset, EXTENT(0, 0, 1), &error));
	dataset_free(&dataset);
}

static void
test_missing_part(void **state)
{
	(void)state;
	refuse_parts(PARTS({1, 10, 10}), NULL, "part 0 is missing; 1 came, the last of them part 1");
	refuse_parts(PARTS({3, 30, 1}, {0, 0, 10}, {1, 10, 10}), NULL,
	    "part 2 is missing; 3 came, the last of them part 3");
	refuse_parts(PARTS({0, 0, 10}, {1, 10, 10}), EXTENT(0, 30, 3),
	    "part 2 is missing; 2 came, the last of them part 1");
}

static void
test_double_part(void **state)
{
	(void)state;
	refuse_parts(PARTS({0, 0, 10}, {1, 10, 10}, {1, 10, 10}), NULL,
	    "part 1 came twice, as file part-00001.1 and as file part-00001.2");
	refuse_parts(PARTS({0, 0, 0}, {0, 0, 0}), EXTENT(0, 0, 1),
	    "part 0 came twice, as file part-00000.0 and as file part-00000.1");
}

static void
test_part_too_many(void **state)
{
	(void)state;
	refuse_parts(PARTS({0, 0, 10}, {1, 10, 10}), EXTENT(0, 20, 1),
	    "part 1 (file part-00001.1) came, but the dataset's parts are 1 in number");
	refuse_parts(PARTS({0, 0, 10}, {9, 10, 10}), EXTENT(0, 20, 2),
	    "part 9 (file part-00009.1) came, but the dataset's parts are 2 in number");
}

static void
test_gap(void **state)
{
	(void)state;
	refuse_parts(
	    PARTS({0, 0, 10}, {1, 20, 10}), NULL, "rows 10 to 19 are missing between part 0 and part 1");
	refuse_parts(PARTS({2, 21, 10}, {1, 10, 10}, {0, 0, 10}), EXTENT(0, 31, 3),
	    "rows 20 to 20 are missing between part 1 and part 2");
}

static void
test_overlap(void **state)
{
	(void)state;
	refuse_parts(PARTS({0, 0, 10}, {1, 9, 10}), NULL,
	    "part 1 (file part-00001.1) begins at row 9 and overlaps part 0, which ends before row 10");
	refuse_parts(PARTS({0, 10, 10}, {1, 0, 10}), NULL,
	    "part 1 (file part-00001.1) begins at row 0 and overlaps part 0, which ends before row 20");
}

static void
test_wrong_beginning(void **state)
{
	(void)state;
	refuse_parts(PARTS({0, 5, 10}), EXTENT(0, 15, 1),
	    "part 0 (file part-00000.0) begins at row 5, but the dataset at row 0");
	refuse_parts(PARTS({0, 5, 10}), EXTENT(8, 7, 1),
	    "part 0 (file part-00000.0) begins at row 5, but the dataset at row 8");
}

static void
test_wrong_total(void **state)
{
	(void)state;
	refuse_parts(PARTS({0, 0, 10}, {1, 10, 9}), EXTENT(0, 20, 2),
	    "the parts hold 19 rows, but the dataset has 20");
	refuse_parts(PARTS({0, 0, 10}, {1, 10, 11}), EXTENT(0, 20, 2),
	    "the parts hold 21 rows, but the dataset has 20");
	refuse_parts(PARTS({0, 0, 0}), EXTENT(0, 1, 1), "the parts hold 0 rows, but the dataset has 1");
}

static void
test_too_many_rows(void **state)
{
	(void)state;
	struct dataset dataset = {0};
	struct nest_error error;
	assert_true(add(&dataset, (struct row_range){0, 0, FRAME_ROW_LIMIT}, "part-00000", &error));
	assert_false(add(&dataset, (struct row_range){1, FRAME_ROW_LIMIT, 1}, "part-00001", &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, "part 1: with its 1 rows the dataset has more than can be numbered");
	assert_int_equal(dataset.count, 1);
	dataset_free(&dataset);
}

static int
number_by_part(void **state)
{
	(void)state;
	by_part = true;
	return 0;
}

static int
number_through(void **state)
{
	(void)state;
	by_part = false;
	return 0;
}

static void
test_numbered_by_part(void **state)
{
	(void)state;
	accept_parts(PARTS({0, 0, 10}), NULL);
	accept_parts(PARTS({2, 0, 1}, {0, 0, 10}, {1, 0, 0}), NULL);
	accept_parts(PARTS({2, 0, 1}, {0, 0, 10}, {1, 0, 0}), &three_by_part);
	refuse_parts(PARTS({1, 0, 10}), NULL, "part 0 is missing; 1 came, the last of them part 1");
	refuse_parts(PARTS({0, 0, 10}, {1, 0, 10}), &three_by_part,
	    "part 2 is missing; 2 came, the last of them part 1");
	refuse_parts(PARTS({0, 0, 10}, {3, 0, 10}), &three_by_part,
	    "part 3 (file part-00003.1) came, but the dataset's parts are 3 in number");
	refuse_parts(PARTS({0, 0, 10}, {0, 0, 10}), NULL,
	    "part 0 came twice, as file part-00000.0 and as file part-00000.1");
}

static void
test_numbered_in_two_ways(void **state)
{
	(void)state;
	struct dataset dataset = {0};
	struct nest_error error;
	assert_true(add(&dataset, (struct row_range){1, 0, 5}, "part-00001", &error));
	by_part = false;
	assert_false(add(&dataset, (struct row_range){0, 0, 5}, "part-00000", &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, "rows of part 0 are numbered by dataset, those of part 1 by part");
	dataset_free(&dataset);
	refuse_parts(PARTS({0, 0, 10}), &three_by_part,
	    "rows of the parts are numbered by dataset, but an end tells of a dataset numbered by part");
	by_part = true;
	refuse_parts(PARTS({0, 0, 10}), EXTENT(0, 10, 1),
	    "rows of the parts are numbered by part, but an end tells of a dataset numbered by dataset");
}

static void
test_file_names(void **state)
{
	(void)state;
	static const char *const bad[] = {"", ".", "..", ".part-00000.tmp", "_SUCCESS", "a/b", "/etc/passwd",
	    "part-00000.parquet", "a b", "a\nb", "a\177"};
	struct dataset dataset = {0};
	struct nest_error error;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(add(&dataset, (struct row_range){3, 0, 1}, bad[i], &error));
		assert_int_equal(error.status, NEST_INVALID);
		assert_string_equal(
		    error.text, "part 3: its file's name is not a plain name of a staged file");
	}
	struct frame frame = {.kind = FRAME_PART, .file = {(const uint8_t *)"part\0", 5}};
	assert_false(dataset_add(&dataset, &frame, &error));
	assert_int_equal(dataset.count, 0);

	assert_true(add(&dataset, (struct row_range){0, 0, 1}, "part-00000", &error));
	assert_true(add(&dataset, (struct row_range){1, 1, 1}, "chunk\xc3\xa9", &error));
	assert_true(dataset_check(&dataset, NULL, &error));
	dataset_free(&dataset);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_zero_rows),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_no_part),
	    cmocka_unit_test(test_missing_part),
	    cmocka_unit_test(test_double_part),
	    cmocka_unit_test(test_part_too_many),
	    cmocka_unit_test(test_gap),
	    cmocka_unit_test(test_overlap),
	    cmocka_unit_test(test_wrong_beginning),
	    cmocka_unit_test(test_wrong_total),
	    cmocka_unit_test(test_too_many_rows),
	    cmocka_unit_test_setup_teardown(test_numbered_by_part, number_by_part, number_through),
	    cmocka_unit_test_setup_teardown(test_numbered_in_two_ways, number_by_part, number_through),
	    cmocka_unit_test(test_file_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
