/* Map keys of a record: which ones have been seen before, from record to record. */
#include "shred/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct nest_error error;

/* Adds KEY, and notes VALUE where it is new; returns what was noted for it. */
static const uint8_t *
add(struct key_set *set, uint32_t map, struct view key, const uint8_t *value)
{
	struct key_slot *slot;
	bool is_new;
	assert_true(keys_add(set, map, key, &slot, &is_new, &error));
	assert_int_equal(is_new, slot->value == NULL);
	if (is_new)
		slot->value = value;
	return slot->value;
}

static void
a_zeroed_set_is_empty(void **state)
{
	(void)state;
	struct key_set set = {0};
	static const uint8_t places[3];
	assert_ptr_equal(add(&set, 0, view_of_text("a"), &places[0]), &places[0]);
	assert_ptr_equal(add(&set, 0, view_of_text("b"), &places[1]), &places[1]);
	assert_ptr_equal(add(&set, 0, view_of_text("a"), &places[2]), &places[0]);
	keys_free(&set);
}

static void
keys_are_told_apart_by_their_map_and_by_every_byte(void **state)
{
	(void)state;
	struct key_set set = {0};
	static const uint8_t places[6];
	const struct view keys[] = {{(const uint8_t *)"", 0}, {(const uint8_t *)"\0", 1},
	    {(const uint8_t *)"\0\0", 2}, {(const uint8_t *)"\0\1", 2}};
	for (size_t i = 0; i < 4; i++)
		assert_ptr_equal(add(&set, 0, keys[i], &places[i]), &places[i]);
	assert_ptr_equal(add(&set, 1, keys[3], &places[4]), &places[4]);
	for (size_t i = 0; i < 4; i++)
		assert_ptr_equal(add(&set, 0, keys[i], &places[5]), &places[i]);
	keys_free(&set);
}

/* Of so many, some look for their slot where one of another map is. */
static void
one_key_is_in_many_maps(void **state)
{
	(void)state;
	enum { MAPS = 5000 };
	struct key_set set = {0};
	static const uint8_t places[MAPS];
	for (int round = 0; round < 2; round++)
		for (uint32_t map = 0; map < MAPS; map++)
			assert_ptr_equal(
			    add(&set, map, view_of_text("a"), &places[round == 0 ? map : 0]), &places[map]);
	assert_int_equal(set.count, MAPS);
	keys_free(&set);
}

static void
the_keys_of_the_record_before_are_gone(void **state)
{
	(void)state;
	struct key_set set = {0};
	static const uint8_t places[2];
	for (int record = 0; record < 1000; record++) {
		assert_ptr_equal(add(&set, 0, view_of_text("a"), &places[record % 2]), &places[record % 2]);
		keys_clear(&set);
		assert_int_equal(set.bytes.size, 0);
	}
	assert_int_equal(set.capacity, 64);
	keys_free(&set);
}

/* The number of records outgrows what a slot can hold. */
static void
records_can_be_counted_round(void **state)
{
	(void)state;
	struct key_set set = {0};
	static const uint8_t places[3];
	assert_ptr_equal(add(&set, 0, view_of_text("a"), &places[0]), &places[0]);
	set.record = UINT32_MAX;
	for (int i = 0; i < 2; i++) {
		keys_clear(&set);
		assert_int_equal(set.record, i + 1);
		assert_ptr_equal(add(&set, 0, view_of_text("a"), &places[1 + i]), &places[1 + i]);
	}
	/* Without slots, too. */
	keys_free(&set);
	set.record = UINT32_MAX;
	keys_clear(&set);
	assert_ptr_equal(add(&set, 0, view_of_text("a"), &places[0]), &places[0]);
	keys_free(&set);
}

static void
a_set_grows_with_its_keys(void **state)
{
	(void)state;
	enum { KEYS = 5000 };
	struct key_set set = {0};
	static const uint8_t places[KEYS];
	char text[16];
	/* Keys of an earlier record do not come along. */
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof text, "%d", i);
		add(&set, 7, view_of_text(text), places);
	}
	keys_clear(&set);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < KEYS; i++) {
			snprintf(text, sizeof text, "%d", i);
			assert_ptr_equal(
			    add(&set, 7, view_of_text(text), &places[i * (1 - round)]), &places[i]);
		}
	assert_int_equal(set.count, KEYS);
	keys_free(&set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_zeroed_set_is_empty),
	    cmocka_unit_test(keys_are_told_apart_by_their_map_and_by_every_byte),
	    cmocka_unit_test(one_key_is_in_many_maps),
	    cmocka_unit_test(the_keys_of_the_record_before_are_gone),
	    cmocka_unit_test(records_can_be_counted_round),
	    cmocka_unit_test(a_set_grows_with_its_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
