/* Page indexes and size statistics: built, written, read back, refused. */
#include "lib/parquet/page_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;
static const struct level_shape flat = {0, 0, false}, list = {1, 3, true};

static struct view
bytes_of(const struct buffer *buffer)
{
	return (struct view){buffer->data, buffer->size};
}

/* ---- levels ---- */

static void
levels_are_counted(void **state)
{
	(void)state;
	static const uint8_t rep[] = {0, 1, 1, 0, 2, 1, 0, 2, 2}, def[] = {3, 2, 0, 1, 3, 3, 2, 2, 1};
	const struct level_run run = {rep, def, 3, 9, 3};
	struct level_counts counts = {.value_bytes = 5}, sum = {.value_bytes = 1};
	const struct level_shape shape = {2, 3, false};
	level_counts_take(&counts, shape, &run);
	assert_memory_equal(counts.rep, ((const uint64_t[]){3, 3, 3, 0}), 32);
	assert_memory_equal(counts.def, ((const uint64_t[]){1, 2, 3, 3, 0}), 40);
	level_counts_add(&sum, shape, &counts);
	level_counts_add(&sum, shape, &counts);
	assert_memory_equal(sum.rep, ((const uint64_t[]){6, 6, 6, 0}), 32);
	assert_memory_equal(sum.def, ((const uint64_t[]){2, 4, 6, 6, 0}), 40);
	assert_int_equal(sum.value_bytes, 11);
	/* Where there are no levels nobody looks. */
	const struct level_run bare = {NULL, NULL, 7, 7, 7};
	counts = (struct level_counts){0};
	level_counts_take(&counts, flat, &bare);
	assert_int_equal(counts.rep[0], 7);
	assert_int_equal(counts.def[0], 7);
	assert_int_equal(counts.rep[1] + counts.def[1], 0);
	const struct level_run optional = {NULL, NULL, 9, 9, 4};
	level_counts_take(&counts, (struct level_shape){0, 1, false}, &optional);
	assert_memory_equal(counts.def, ((const uint64_t[]){5, 4}), 16);
}

static void
what_is_told_of_levels(void **state)
{
	(void)state;
	assert_int_equal(level_counts_reps((struct level_shape){0, 5, false}), 0);
	assert_int_equal(level_counts_reps((struct level_shape){1, 5, false}), 2);
	assert_int_equal(level_counts_defs((struct level_shape){1, 0, false}), 0);
	assert_int_equal(level_counts_defs((struct level_shape){1, 1, false}), 0);
	assert_int_equal(level_counts_defs((struct level_shape){1, 2, false}), 3);
	struct schema schema;
	assert_true(schema_parse(&schema,
	    view_of_text("message m { optional group a { repeated binary b; required int32 c; } }"), &error));
	struct level_shape binary = level_shape(&schema.nodes[2]), narrow = level_shape(&schema.nodes[3]);
	assert_true(binary.max_rep == 1 && binary.max_def == 2 && binary.is_binary);
	assert_true(narrow.max_rep == 0 && narrow.max_def == 1 && !narrow.is_binary);
	schema_free(&schema);
}

static void
size_statistics(void **state)
{
	(void)state;
	struct buffer out = {0};
	struct size_statistics back;
	const struct level_counts counts = {{4, 200}, {1, 2, 3, 198}, 300};
	assert_true(size_statistics_encode(&out, &counts, list, &error));
	/* 300 bytes; a list of two i64, 4 and 200; one of four; ends */
	static const uint8_t expected[] = {
	    0x16, 0xd8, 4, 0x19, 0x26, 8, 0x90, 3, 0x19, 0x46, 2, 4, 6, 0x8c, 3, 0};
	assert_int_equal(out.size, sizeof expected);
	assert_memory_equal(out.data, expected, sizeof expected);
	assert_true(size_statistics_decode(&back, bytes_of(&out), list, &error));
	assert_true(back.has_value_bytes && back.has_reps && back.has_defs);
	assert_memory_equal(&back.counts, &counts, sizeof counts);
	/* Of other levels they are none. */
	assert_false(size_statistics_decode(&back, bytes_of(&out), (struct level_shape){2, 3, true}, &error));
	assert_non_null(strstr(error.text, "counts of levels are not one for each level"));
	assert_false(size_statistics_decode(&back, bytes_of(&out), (struct level_shape){1, 2, true}, &error));
	assert_false(size_statistics_decode(&back, (struct view){out.data, out.size - 1}, list, &error));
	buffer_clear(&out);
	assert_true(size_statistics_encode(&out, &counts, flat, &error));
	assert_int_equal(out.size, 1);
	assert_true(size_statistics_decode(&back, bytes_of(&out), flat, &error));
	assert_false(back.has_value_bytes || back.has_reps || back.has_defs);
	/* An unknown field is passed over; a negative count is none. */
	static const uint8_t unknown[] = {0x95, 2, 0}, negative[] = {0x16, 1, 0}, empty[] = {0x29, 0x06, 0};
	assert_true(size_statistics_decode(&back, (struct view){unknown, 3}, list, &error));
	assert_false(size_statistics_decode(&back, (struct view){negative, 3}, list, &error));
	assert_true(size_statistics_decode(&back, (struct view){empty, 3}, list, &error));
	assert_false(back.has_reps);
	buffer_free(&out);
}

/* ---- indexes ---- */

/* A page of int32 from MIN to MAX; NULLS and VALUES of them. */
static void
add_page(struct page_index *index, int32_t min, int32_t max, uint64_t nulls, uint64_t values)
{
	const struct level_shape shape = {0, 1, false};
	const struct value_range range = {.has_min_max = values > 0,
	    .has_null_count = true,
	    .min = {(const uint8_t *)&min, 4},
	    .max = {(const uint8_t *)&max, 4},
	    .null_count = nulls};
	const struct level_counts counts = {{nulls + values}, {nulls, values}, 0};
	const struct indexed_page page = {.offset = 10, .size_bytes = 20, .first_row = 30};
	assert_true(page_index_add(index, &page, &range, &counts, shape, &error));
}

/* The order of the boundaries of pages with these bounds; a minimum above its maximum stands for nulls. */
static enum boundary_order
boundaries(const int32_t (*bounds)[2], size_t count)
{
	struct page_index index = {0};
	page_index_clear(&index);
	for (size_t i = 0; i < count; i++)
		add_page(&index, bounds[i][0], bounds[i][1], 1, bounds[i][0] <= bounds[i][1] ? 1 : 0);
	page_index_finish(&index, 0, ORDER_INT32);
	assert_true(index.has_bounds);
	enum boundary_order order = index.boundaries;
	page_index_free(&index);
	return order;
}

static void
order_of_boundaries(void **state)
{
	(void)state;
	assert_int_equal(boundaries((const int32_t[][2]){{-1, 5}}, 1), BOUNDARY_ASCENDING);
	assert_int_equal(boundaries((const int32_t[][2]){{9, 0}, {9, 0}}, 2), BOUNDARY_ASCENDING);
	assert_int_equal(boundaries((const int32_t[][2]){{-1, 5}, {-1, 5}}, 2), BOUNDARY_ASCENDING);
	assert_int_equal(
	    boundaries((const int32_t[][2]){{-300, 5}, {9, 0}, {-1, 5}, {4, 256}}, 4), BOUNDARY_ASCENDING);
	assert_int_equal(
	    boundaries((const int32_t[][2]){{4, 256}, {-1, 256}, {9, 0}, {-300, 5}}, 4), BOUNDARY_DESCENDING);
	assert_int_equal(boundaries((const int32_t[][2]){{0, 5}, {1, 4}}, 2), BOUNDARY_UNORDERED);
	assert_int_equal(boundaries((const int32_t[][2]){{1, 4}, {0, 5}}, 2), BOUNDARY_UNORDERED);
	assert_int_equal(boundaries((const int32_t[][2]){{0, 5}, {2, 7}, {1, 6}}, 3), BOUNDARY_UNORDERED);
}

static void
bytes_of_an_index(void **state)
{
	(void)state;
	struct page_index index = {0};
	struct buffer out = {0};
	page_index_clear(&index);
	add_page(&index, 1, 2, 3, 4);
	add_page(&index, 0, 0, 5, 0);
	page_index_finish(&index, 100, ORDER_INT32);
	const struct level_shape shape = {0, 1, false};
	assert_true(page_index_encode_bounds(&out, &index, shape, &error));
	/* null pages; minima; maxima; ascending; null counts; ends */
	static const uint8_t bounds[] = {0x19, 0x21, 2, 1, 0x19, 0x28, 4, 1, 0, 0, 0, 0, 0x19, 0x28, 4, 2, 0,
	    0, 0, 0, 0x15, 2, 0x19, 0x26, 6, 10, 0};
	assert_int_equal(out.size, sizeof bounds);
	assert_memory_equal(out.data, bounds, sizeof bounds);
	buffer_clear(&out);
	assert_true(page_index_encode_offsets(&out, &index, shape, &error));
	/* two pages at 110, of 20 bytes, from row 30 on */
	static const uint8_t offsets[] = {
	    0x19, 0x2c, 0x16, 0xdc, 1, 0x15, 40, 0x16, 60, 0, 0x16, 0xdc, 1, 0x15, 40, 0x16, 60, 0, 0};
	assert_int_equal(out.size, sizeof offsets);
	assert_memory_equal(out.data, offsets, sizeof offsets);
	buffer_free(&out);
	page_index_free(&index);
}

/* An index of a list of byte strings: three pages, the second without a value. */
static void
build_list(struct page_index *index)
{
	static const struct level_counts counts[] = {
	    {{2, 3}, {1, 0, 1, 3}, 12}, {{4, 0}, {4, 0, 0, 0}, 0}, {{1, 0}, {0, 0, 0, 1}, 300}};
	static const uint64_t nulls[] = {2, 4, 0};
	page_index_clear(index);
	for (size_t i = 0; i < 3; i++) {
		const struct value_range range = {.has_min_max = i != 1,
		    .min = view_of_text(i == 0 ? "a" : ""),
		    .max = view_of_text(i == 0 ? "bb" : "zzz"),
		    .null_count = nulls[i],
		    .has_nan_count = true,
		    .nan_count = i};
		const struct indexed_page page = {.offset = 50 * i, .size_bytes = 50, .first_row = 4 * i};
		assert_true(page_index_add(index, &page, &range, &counts[i], list, &error));
	}
	page_index_finish(index, 1000, ORDER_BYTES);
}

static void
check_list(const struct page_index *index)
{
	assert_int_equal(index->count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct indexed_page *page = &index->pages[i];
		assert_int_equal(page->offset, 1000 + 50 * i);
		assert_int_equal(page->size_bytes, 50);
		assert_int_equal(page->first_row, 4 * i);
		assert_int_equal(page->value_bytes, i == 0 ? 12 : i == 1 ? 0 : 300);
	}
	assert_true(index->has_value_bytes);
}

static void
reads_what_was_written(void **state)
{
	(void)state;
	struct page_index index = {0}, back = {0};
	struct buffer bounds = {0}, offsets = {0};
	for (int round = 0; round < 2; round++) {
		buffer_clear(&bounds);
		buffer_clear(&offsets);
		build_list(&index);
		assert_true(index.has_bounds);
		assert_true(page_index_encode_bounds(&bounds, &index, list, &error));
		assert_true(page_index_encode_offsets(&offsets, &index, list, &error));
		assert_true(page_index_decode_offsets(&back, bytes_of(&offsets), &error));
		assert_false(back.has_bounds);
		check_list(&back);
		assert_true(page_index_decode_bounds(&back, bytes_of(&bounds), list, &error));
		check_list(&back);
		assert_true(back.has_bounds && back.has_null_counts && back.has_nan_counts);
		assert_int_equal(back.boundaries, BOUNDARY_UNORDERED);
		assert_true(!back.pages[0].is_null && back.pages[1].is_null && !back.pages[2].is_null);
		assert_true(view_equal(back.pages[0].min, view_of_text("a")));
		assert_true(view_equal(back.pages[0].max, view_of_text("bb")));
		assert_int_equal(back.pages[1].min.size + back.pages[1].max.size + back.pages[2].min.size, 0);
		assert_true(view_equal(back.pages[2].max, view_of_text("zzz")));
		assert_int_equal(back.pages[0].null_count, 2);
		assert_int_equal(back.pages[1].null_count, 4);
		assert_int_equal(back.pages[2].nan_count, 2);
		assert_memory_equal(back.reps, ((const uint64_t[]){2, 3, 4, 0, 1, 0}), 48);
		assert_memory_equal(back.defs, ((const uint64_t[]){1, 0, 1, 3, 4, 0, 0, 0, 0, 0, 0, 1}), 96);
	}
	/* The bytes end everywhere. */
	for (size_t size = 0; size < offsets.size; size++)
		assert_false(page_index_decode_offsets(&back, (struct view){offsets.data, size}, &error));
	assert_true(page_index_decode_offsets(&back, bytes_of(&offsets), &error));
	for (size_t size = 0; size < bounds.size; size++)
		assert_false(page_index_decode_bounds(&back, (struct view){bounds.data, size}, list, &error));
	/* Counts of other levels, and of other pages. */
	assert_false(
	    page_index_decode_bounds(&back, bytes_of(&bounds), (struct level_shape){2, 3, true}, &error));
	assert_false(
	    page_index_decode_bounds(&back, bytes_of(&bounds), (struct level_shape){1, 2, true}, &error));
	buffer_free(&bounds);
	buffer_free(&offsets);
	page_index_free(&index);
	page_index_free(&back);
}

static void
pages_without_bounds(void **state)
{
	(void)state;
	struct page_index index = {0};
	const struct level_shape shape = {0, 1, false};
	const struct level_counts counts = {{3}, {1, 2}, 0};
	const struct value_range nans = {.has_nan_count = true, .nan_count = 2};
	const struct indexed_page page = {0};
	page_index_clear(&index);
	add_page(&index, 1, 2, 0, 1);
	assert_true(page_index_add(&index, &page, &nans, &counts, shape, &error));
	page_index_finish(&index, 4, ORDER_INT32);
	assert_int_equal(index.count, 2);
	assert_false(index.has_bounds);
	/* Of a type without an order there are none, even of nulls. */
	page_index_clear(&index);
	add_page(&index, 0, 0, 1, 0);
	page_index_finish(&index, 4, ORDER_NONE);
	assert_false(index.has_bounds);
	page_index_clear(&index);
	add_page(&index, 0, 0, 1, 0);
	page_index_finish(&index, 4, ORDER_INT32);
	assert_true(index.has_bounds);
	page_index_free(&index);
}

/* Of a file's OffsetIndex HEAD, of two pages, and a ColumnIndex, why it is refused. */
/* WHAT is NULL where it is sound. */
static void
refuse_offsets(const char *what, const uint8_t *bytes, size_t size)
{
	struct page_index index = {0};
	bool read = page_index_decode_offsets(&index, (struct view){bytes, size}, &error);
	assert_int_equal(read, what == NULL);
	if (what != NULL && strcmp(error.text, what) != 0)
		fail_msg("%s", error.text);
	page_index_free(&index);
}

static void
refuse_bounds(const char *what, const uint8_t *bytes, size_t size)
{
	static const uint8_t one[] = {0x19, 0x1c, 0x16, 8, 0x15, 8, 0x16, 0, 0, 0};
	struct page_index index = {0};
	assert_true(page_index_decode_offsets(&index, (struct view){one, sizeof one}, &error));
	bool read = page_index_decode_bounds(
	    &index, (struct view){bytes, size}, (struct level_shape){0, 1, false}, &error);
	assert_int_equal(read, what == NULL);
	if (what != NULL && strcmp(error.text, what) != 0)
		fail_msg("%s", error.text);
	page_index_free(&index);
}

#define BYTES(...)                                              \
	(const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]) \
	{                                                       \
		__VA_ARGS__                                     \
	}

static void
refused(void **state)
{
	(void)state;
	refuse_offsets("the offset index is invalid: it has no pages", BYTES(0));
	refuse_offsets(
	    "the offset index is invalid: a page lacks its place", BYTES(0x19, 0x1c, 0x16, 8, 0x15, 8, 0, 0));
	refuse_offsets(
	    "the offset index is invalid: a page lacks its place", BYTES(0x19, 0x1c, 0x16, 8, 0x26, 0, 0, 0));
	refuse_offsets(
	    "the offset index is invalid: a page lacks its place", BYTES(0x19, 0x1c, 0x25, 8, 0x16, 0, 0, 0));
	refuse_offsets("the offset index is invalid: a size, count or offset is negative",
	    BYTES(0x19, 0x1c, 0x16, 8, 0x15, 1, 0x16, 0, 0, 0));
	refuse_offsets("the offset index is invalid: a size, count or offset is negative",
	    BYTES(0x19, 0x1c, 0x16, 8, 0x15, 7, 0x16, 0, 0, 0));
	refuse_offsets("the offset index is invalid: a size, count or offset is negative",
	    BYTES(0x19, 0x1c, 0x16, 7, 0x15, 8, 0x16, 0, 0, 0));
	refuse_offsets("the offset index is invalid: a list has not one element for each page",
	    BYTES(0x19, 0x1c, 0x16, 8, 0x15, 8, 0x16, 0, 0, 0x19, 0x26, 2, 2, 0));
	/* What a later version may add to the place of a page, and to the index. */
	refuse_offsets(NULL, BYTES(0x19, 0x1c, 0x16, 8, 0x15, 8, 0x16, 0, 0x15, 2, 0, 0));
	refuse_offsets(NULL, BYTES(0x19, 0x1c, 0x16, 8, 0x15, 8, 0x16, 0, 0, 0x25, 2, 0));
	/* A page of one null: sound, with its booleans in the other type, and then not. */
	refuse_bounds(NULL, BYTES(0x19, 0x11, 1, 0x19, 0x18, 0, 0x19, 0x18, 0, 0x15, 0, 0));
	refuse_bounds(NULL, BYTES(0x19, 0x12, 2, 0x19, 0x18, 0, 0x19, 0x18, 0, 0x15, 4, 0x65, 2, 0));
	/* -1 nulls where nobody has counted them, and -2. */
	refuse_bounds(NULL, BYTES(0x19, 0x11, 1, 0x19, 0x18, 0, 0x19, 0x18, 0, 0x15, 0, 0x19, 0x16, 1, 0));
	refuse_bounds("the column index is invalid: a size, count or offset is negative",
	    BYTES(0x19, 0x11, 1, 0x19, 0x18, 0, 0x19, 0x18, 0, 0x15, 0, 0x19, 0x16, 3, 0));
	refuse_bounds("the column index is invalid: its order of boundaries is unknown",
	    BYTES(0x19, 0x11, 1, 0x19, 0x18, 0, 0x19, 0x18, 0, 0x15, 6, 0));
	refuse_bounds("the column index is invalid: its order of boundaries is unknown",
	    BYTES(0x19, 0x11, 1, 0x19, 0x18, 0, 0x19, 0x18, 0, 0x15, 1, 0));
	refuse_bounds("the column index is invalid: a required field is missing",
	    BYTES(0x19, 0x11, 1, 0x19, 0x18, 0, 0x19, 0x18, 0, 0));
	refuse_bounds("the column index is invalid: a required field is missing",
	    BYTES(0x19, 0x11, 1, 0x19, 0x18, 0, 0x25, 0, 0));
	refuse_bounds("the column index is invalid: a required field is missing",
	    BYTES(0x19, 0x11, 1, 0x29, 0x18, 0, 0x15, 0, 0));
	refuse_bounds("the column index is invalid: a required field is missing",
	    BYTES(0x29, 0x18, 0, 0x19, 0x18, 0, 0x15, 0, 0));
	refuse_bounds("the column index is invalid: a list has not one element for each page",
	    BYTES(0x19, 0x21, 1, 1, 0x19, 0x18, 0, 0x19, 0x18, 0, 0x15, 0, 0));
	refuse_bounds("the column index is invalid: a list has elements of the wrong type",
	    BYTES(0x19, 0x13, 1, 0x19, 0x18, 0, 0x19, 0x18, 0, 0x15, 0, 0));
	refuse_bounds("the column index is invalid: a list has not one element for each page",
	    BYTES(0x19, 0x11, 1, 0x19, 0x18, 0, 0x19, 0x28, 0, 0, 0x15, 0, 0));
	refuse_bounds("the column index is invalid: counts of levels are not one for each level of each page",
	    BYTES(0x19, 0x11, 1, 0x19, 0x18, 0, 0x19, 0x18, 0, 0x15, 0, 0x39, 0x16, 2, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(levels_are_counted),
	    cmocka_unit_test(what_is_told_of_levels),
	    cmocka_unit_test(size_statistics),
	    cmocka_unit_test(order_of_boundaries),
	    cmocka_unit_test(bytes_of_an_index),
	    cmocka_unit_test(reads_what_was_written),
	    cmocka_unit_test(pages_without_bounds),
	    cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
