/* The contacts recipe: rows that depend on their number alone and keep within their bound. */
#include "gen/contacts.h"
#include "gen/names.h"
#include "lib/base/hash.h"
#include "lib/base/pack.h"
#include "lib/schema/schema.h"
#include "lib/wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <msgpack.h>

enum { ROWS = 3000, GUARD_BYTES = 64, GUARD = 0xa5 };

/* Ranges worth a look: the first rows, where numbers get a ninth digit, the last that can be asked for. */
static const uint64_t starts[] = {0, 19999000, FRAME_ROW_LIMIT / 8 - ROWS};

enum { START_COUNT = sizeof starts / sizeof *starts };

static struct contacts *
open_seed(uint64_t seed)
{
	struct contacts *state;
	struct nest_error error;
	assert_true(contacts_open(&state, seed, &error));
	return state;
}

/* ROWS rows from FIRST on, in memory of the size that the recipe asks for and a guard behind it. */
static uint8_t *
write_rows(const struct contacts *state, uint64_t first, size_t *size)
{
	size_t room = ROWS * contacts_row_bytes;
	uint8_t *bytes = malloc(room + GUARD_BYTES);
	assert_non_null(bytes);
	memset(bytes, GUARD, room + GUARD_BYTES);
	*size = (size_t)(contacts_write_rows(state, first, ROWS, bytes) - bytes);
	for (size_t i = 0; i < GUARD_BYTES; i++)
		assert_int_equal(bytes[room + i], GUARD);
	return bytes;
}

static void
no_row_is_longer_than_its_bound(void **state)
{
	(void)state;
	struct contacts *recipe = open_seed(42);
	for (size_t i = 0; i < START_COUNT; i++) {
		size_t size, longest = 0;
		uint8_t *bytes = write_rows(recipe, starts[i], &size);
		struct pack_reader reader = {bytes, bytes + size};
		for (unsigned row = 0; row < ROWS; row++) {
			const uint8_t *before = reader.at;
			assert_true(pack_skip(&reader));
			size_t row_bytes = (size_t)(reader.at - before);
			longest = row_bytes > longest ? row_bytes : longest;
		}
		assert_ptr_equal(reader.at, bytes + size);
		/* What the copies write behind a row needs room as well. */
		assert_in_range(longest, 60, contacts_row_bytes - 2 * NAME_SLOT);
		free(bytes);
	}
	contacts_close(recipe);
}

static void
one_row_alone_stays_within_its_bound(void **state)
{
	(void)state;
	struct contacts *recipe = open_seed(7);
	uint8_t bytes[1024];
	assert_true(contacts_row_bytes + GUARD_BYTES < sizeof bytes);
	for (uint64_t row = starts[2]; row < starts[2] + ROWS; row++) {
		memset(bytes, GUARD, sizeof bytes);
		contacts_write_rows(recipe, row, 1, bytes);
		for (size_t i = contacts_row_bytes; i < sizeof bytes; i++)
			assert_int_equal(bytes[i], GUARD);
	}
	contacts_close(recipe);
}

static void
rows_do_not_depend_on_how_the_range_is_cut(void **state)
{
	(void)state;
	struct contacts *recipe = open_seed(42), *same = open_seed(42);
	uint8_t *cut = malloc(ROWS * contacts_row_bytes);
	assert_non_null(cut);
	srandom(1);
	for (size_t i = 0; i < START_COUNT; i++) {
		size_t size;
		uint8_t *whole = write_rows(recipe, starts[i], &size), *at = cut;
		for (uint64_t row = 0, count; row < ROWS; row += count) {
			count = (uint64_t)random() % 97;
			count = count < ROWS - row ? count : ROWS - row;
			at = contacts_write_rows(same, starts[i] + row, count, at);
		}
		assert_int_equal(at - cut, size);
		assert_memory_equal(cut, whole, size);
		free(whole);
	}
	free(cut);
	contacts_close(recipe);
	contacts_close(same);
}

static void
another_seed_makes_other_rows(void **state)
{
	(void)state;
	static const uint64_t seeds[] = {0, 1, 2, 42, UINT64_MAX};
	enum { SEEDS = sizeof seeds / sizeof *seeds };
	uint8_t *rows[SEEDS];
	size_t sizes[SEEDS];
	for (size_t i = 0; i < SEEDS; i++) {
		struct contacts *recipe = open_seed(seeds[i]);
		rows[i] = write_rows(recipe, 0, &sizes[i]);
		contacts_close(recipe);
		for (size_t k = 0; k < i; k++)
			assert_true(sizes[i] != sizes[k] || memcmp(rows[i], rows[k], sizes[i]) != 0);
	}
	for (size_t i = 0; i < SEEDS; i++)
		free(rows[i]);
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
	assert_int_equal(CONTACTS_VERSION, 1);
	for (size_t i = 0; i < 2; i++) {
		struct contacts *recipe = open_seed(seeds[i]);
		for (size_t k = 0; k < START_COUNT; k++) {
			size_t size;
			uint8_t *bytes = write_rows(recipe, starts[k], &size);
			assert_int_equal(sum_of(bytes, size), sums[i][k]);
			free(bytes);
		}
		contacts_close(recipe);
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
	struct contacts *recipe = open_seed(42);
	for (size_t i = 0; i < START_COUNT; i++) {
		size_t size, offset = 0;
		uint8_t *bytes = write_rows(recipe, starts[i], &size);
		msgpack_unpacked row;
		msgpack_unpacked_init(&row);
		for (uint64_t number = starts[i]; number < starts[i] + ROWS; number++) {
			assert_int_equal(msgpack_unpack_next(&row, (const char *)bytes, size, &offset),
			    MSGPACK_UNPACK_SUCCESS);
			assert_int_equal(row.data.via.array.size, 2);
			const msgpack_object *phones = &row.data.via.array.ptr[1];
			if (phones->type == MSGPACK_OBJECT_NIL)
				continue;
			assert_in_range(phones->via.array.size, 1, 5);
			for (uint32_t k = 0; k < phones->via.array.size; k++)
				check_number(&phones->via.array.ptr[k].via.array.ptr[0], number, k);
		}
		msgpack_unpacked_destroy(&row);
		free(bytes);
	}
	contacts_close(recipe);
}

static void
the_schema_is_a_message_type(void **state)
{
	(void)state;
	struct schema schema;
	struct nest_error error;
	if (!schema_parse(&schema, view_of_text(contacts_schema), &error))
		fail_msg("%s", error.text);
	assert_int_equal(schema.leaf_count, 3);
	schema_free(&schema);
}

/* So many that each share of 65,536 is met, on both of its sides: files depend on every byte of them. */
static void
a_million_rows_never_change(void **state)
{
	(void)state;
	enum { BLOCK = 4096, BLOCKS = 256 };
	struct contacts *recipe = open_seed(42);
	uint8_t *bytes = malloc(BLOCK * contacts_row_bytes);
	uint64_t digest = 0;
	assert_non_null(bytes);
	for (uint64_t i = 0; i < BLOCKS; i++) {
		uint8_t *end = contacts_write_rows(recipe, i * BLOCK, BLOCK, bytes);
		digest = XXH3_64bits_withSeed(bytes, (size_t)(end - bytes), digest);
	}
	assert_int_equal(digest, UINT64_C(0x7e6788d84e87407c));
	free(bytes);
	contacts_close(recipe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_million_rows_never_change),
	    cmocka_unit_test(no_row_is_longer_than_its_bound),
	    cmocka_unit_test(one_row_alone_stays_within_its_bound),
	    cmocka_unit_test(rows_do_not_depend_on_how_the_range_is_cut),
	    cmocka_unit_test(another_seed_makes_other_rows),
	    cmocka_unit_test(the_rows_of_a_version_are_always_the_same),
	    cmocka_unit_test(numbers_follow_from_row_and_place),
	    cmocka_unit_test(the_schema_is_a_message_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
