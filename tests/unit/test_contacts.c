/* The contacts recipe: rows depend on their number alone and never change. */
#include "gen/recipe.h"
#include "lib/base/hash.h"
#include "lib/base/pack.h"
#include "lib/wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <msgpack.h>

enum { ROWS = 3000 };

/* Ranges worth a look: the first rows, where numbers get a ninth digit, the last that can be asked for. */
static const uint64_t starts[] = {0, 19999000, FRAME_ROW_LIMIT / 8 - ROWS};

enum { START_COUNT = sizeof starts / sizeof *starts };

static struct recipe *
open_seed(uint64_t seed)
{
	struct recipe *recipe;
	struct nest_error error;
	if (!recipe_open(&recipe, "gen/recipes/contacts.recipe", NULL, seed, FRAME_ROW_LIMIT / 8, &error))
		fail_msg("%s", error.text);
	return recipe;
}

static void
append_rows(struct recipe *recipe, uint64_t first, uint64_t count, struct buffer *rows)
{
	struct nest_error error;
	if (!recipe_append_rows(recipe, first, count, rows, &error))
		fail_msg("%s", error.text);
}

/* ROWS rows from FIRST on. */
static struct buffer
make_rows(struct recipe *recipe, uint64_t first)
{
	struct buffer rows = {0};
	append_rows(recipe, first, ROWS, &rows);
	return rows;
}

static void
rows_do_not_depend_on_how_the_range_is_cut(void **state)
{
	(void)state;
	struct recipe *recipe = open_seed(42), *same = open_seed(42);
	struct buffer cut = {0};
	srandom(1);
	for (size_t i = 0; i < START_COUNT; i++) {
		struct buffer whole = make_rows(recipe, starts[i]);
		buffer_clear(&cut);
		for (uint64_t row = 0, count; row < ROWS; row += count) {
			count = (uint64_t)random() % 97;
			count = count < ROWS - row ? count : ROWS - row;
			append_rows(same, starts[i] + row, count, &cut);
		}
		assert_int_equal(cut.size, whole.size);
		assert_memory_equal(cut.data, whole.data, whole.size);
		buffer_free(&whole);
	}
	buffer_free(&cut);
	recipe_close(recipe);
	recipe_close(same);
}

static void
another_seed_makes_other_rows(void **state)
{
	(void)state;
	static const uint64_t seeds[] = {0, 1, 2, 42, UINT64_MAX};
	enum { SEEDS = sizeof seeds / sizeof *seeds };
	struct buffer rows[SEEDS];
	for (size_t i = 0; i < SEEDS; i++) {
		struct recipe *recipe = open_seed(seeds[i]);
		rows[i] = make_rows(recipe, 0);
		recipe_close(recipe);
		for (size_t k = 0; k < i; k++)
			assert_true(rows[i].size != rows[k].size ||
				    memcmp(rows[i].data, rows[k].data, rows[i].size) != 0);
	}
	for (size_t i = 0; i < SEEDS; i++)
		buffer_free(&rows[i]);
}

/* FNV-1a: nothing but a sum of what must not change. */
static uint64_t
sum_of(const uint8_t *bytes, size_t size)
{
	uint64_t sum = 0xcbf29ce484222325u;
	for (size_t i = 0; i < size; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3u;
	return sum;
}

/* Datasets are made again years later, and on other machines: where rows change, their version does. */
static void
the_rows_of_a_version_are_always_the_same(void **state)
{
	(void)state;
	static const uint64_t seeds[] = {42, UINT64_MAX},
			      sums[2][START_COUNT] = {
				  {0x4adcaf25757bca79u, 0x59aebc9f823b0552u, 0xb1170beecdec79a0u},
				  {0xb998a333337f9967u, 0xdb014f3be4ddd4a0u, 0x4916f9db29b77864u}};
	for (size_t i = 0; i < 2; i++) {
		struct recipe *recipe = open_seed(seeds[i]);
		for (size_t k = 0; k < START_COUNT; k++) {
			struct buffer rows = make_rows(recipe, starts[k]);
			assert_int_equal(sum_of(rows.data, rows.size), sums[i][k]);
			buffer_free(&rows);
		}
		recipe_close(recipe);
	}
}

/* "+91-99-" and a number of eight digits or more: five times the row, and the place. */
static void
check_number(const msgpack_object *number, uint64_t row, uint32_t place)
{
	char expected[40];
	if (number->type == MSGPACK_OBJECT_NIL)
		return;
	int size =
	    snprintf(expected, sizeof expected, "+91-99-%08llu", (unsigned long long)(5 * row + place));
	assert_int_equal(number->type, MSGPACK_OBJECT_STR);
	assert_int_equal(number->via.str.size, size);
	assert_memory_equal(number->via.str.ptr, expected, (size_t)size);
}

static void
numbers_follow_from_row_and_place(void **state)
{
	(void)state;
	struct recipe *recipe = open_seed(42);
	for (size_t i = 0; i < START_COUNT; i++) {
		struct buffer rows = make_rows(recipe, starts[i]);
		size_t offset = 0;
		msgpack_unpacked row;
		msgpack_unpacked_init(&row);
		for (uint64_t number = starts[i]; number < starts[i] + ROWS; number++) {
			assert_int_equal(
			    msgpack_unpack_next(&row, (const char *)rows.data, rows.size, &offset),
			    MSGPACK_UNPACK_SUCCESS);
			assert_int_equal(row.data.via.array.size, 2);
			const msgpack_object *phones = &row.data.via.array.ptr[1];
			if (phones->type == MSGPACK_OBJECT_NIL)
				continue;
			assert_in_range(phones->via.array.size, 1, 5);
			for (uint32_t k = 0; k < phones->via.array.size; k++)
				check_number(&phones->via.array.ptr[k].via.array.ptr[0], number, k);
		}
		assert_int_equal(offset, rows.size);
		msgpack_unpacked_destroy(&row);
		buffer_free(&rows);
	}
	recipe_close(recipe);
}

/* So many that each share of 65,536 is met, on both of its sides: files depend on every byte of them. */
static void
a_million_rows_never_change(void **state)
{
	(void)state;
	enum { BLOCK = 4096, BLOCKS = 256 };
	struct recipe *recipe = open_seed(42);
	struct buffer rows = {0};
	uint64_t digest = 0;
	for (uint64_t i = 0; i < BLOCKS; i++) {
		buffer_clear(&rows);
		append_rows(recipe, i * BLOCK, BLOCK, &rows);
		digest = XXH3_64bits_withSeed(rows.data, rows.size, digest);
	}
	assert_int_equal(digest, UINT64_C(0x7e6788d84e87407c));
	buffer_free(&rows);
	recipe_close(recipe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_million_rows_never_change),
	    cmocka_unit_test(rows_do_not_depend_on_how_the_range_is_cut),
	    cmocka_unit_test(another_seed_makes_other_rows),
	    cmocka_unit_test(the_rows_of_a_version_are_always_the_same),
	    cmocka_unit_test(numbers_follow_from_row_and_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
