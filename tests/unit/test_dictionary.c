/* Interning: each value once, in order of arrival. */
#include "lib/parquet/dictionary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;

static uint32_t
intern(struct dictionary *dictionary, const char *text, uint32_t size)
{
	/* What stands behind the value must not matter. */
	static uint8_t noise;
	uint8_t memory[128];
	memset(memory, ++noise, sizeof memory);
	memcpy(memory, text, size);
	const struct dictionary_slot *slot = dictionary_intern(dictionary, memory, size, &error);
	assert_non_null(slot);
	return slot->index;
}

static void
keeps_the_order(void **state)
{
	(void)state;
	struct dictionary dictionary = {0};
	assert_true(dictionary_init(&dictionary, true, &error));
	assert_int_equal(intern(&dictionary, "home", 4), 0);
	assert_int_equal(intern(&dictionary, "", 0), 1);
	assert_int_equal(intern(&dictionary, "work", 4), 2);
	assert_int_equal(intern(&dictionary, "home", 4), 0);
	assert_int_equal(intern(&dictionary, "", 0), 1);
	static const uint8_t plain[] = {
	    4, 0, 0, 0, 'h', 'o', 'm', 'e', 0, 0, 0, 0, 4, 0, 0, 0, 'w', 'o', 'r', 'k'};
	assert_int_equal(dictionary_bytes(&dictionary, 3), sizeof plain);
	assert_int_equal(dictionary_bytes(&dictionary, 2), 12);
	assert_int_equal(dictionary_bytes(&dictionary, 0), 0);
	assert_memory_equal(dictionary.values.data, plain, sizeof plain);
	dictionary_free(&dictionary);
}

/* Long values that are not the same, but have one hash. */
static void
tells_values_of_one_hash_apart(void **state)
{
	(void)state;
	struct dictionary dictionary = {0};
	static const char one[] = "one word another", other[] = "not that"
								"\x1d\x11\xd0\xa6\xa0\xe0\x6f\x59";
	assert_true(dictionary_init(&dictionary, true, &error));
	for (uint32_t round = 0; round < 2; round++) {
		assert_int_equal(intern(&dictionary, one, 16), 0);
		assert_int_equal(intern(&dictionary, other, 16), 1);
	}
	dictionary_free(&dictionary);
}

/* Zeros and lengths around what a slot holds whole. */
static void
tells_sizes_apart(void **state)
{
	(void)state;
	struct dictionary dictionary = {0};
	const char zeros[20] = {0};
	assert_true(dictionary_init(&dictionary, true, &error));
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t size = 0; size <= 20; size++)
			assert_int_equal(intern(&dictionary, zeros, size), size);
	assert_int_equal(dictionary.count, 21);
	dictionary_free(&dictionary);
}

static void
grows(void **state)
{
	(void)state;
	struct dictionary dictionary = {0};
	char text[64];
	for (int chunk = 0; chunk < 3; chunk++) {
		assert_true(dictionary_init(&dictionary, chunk % 2 == 0, &error));
		for (uint32_t round = 0; round < 2; round++)
			for (uint32_t i = 0; i < 20000; i++) {
				int size = snprintf(text, sizeof text, i % 2 ? "%u" : "a long value %u", i);
				assert_int_equal(intern(&dictionary, text, (uint32_t)size), i);
			}
		assert_int_equal(dictionary.count, 20000);
	}
	dictionary_free(&dictionary);
}

/* As many values as before find their place without more memory; fewer leave what they do not need alone. */
static void
keeps_what_will_be_needed(void **state)
{
	(void)state;
	struct dictionary dictionary = {0};
	const struct dictionary_slot *slots = NULL;
	char text[16];
	static const uint32_t counts[] = {20000, 20000, 3, 3};
	static const unsigned first_bits[] = {8, 16, 16, 8};
	for (size_t chunk = 0; chunk < 4; chunk++) {
		assert_true(dictionary_init(&dictionary, true, &error));
		assert_int_equal(dictionary.slot_bits, first_bits[chunk]);
		for (uint32_t i = 0; i < counts[chunk]; i++)
			assert_int_equal(
			    intern(&dictionary, text, (uint32_t)snprintf(text, sizeof text, "%u", i)), i);
		if (chunk > 0)
			assert_ptr_equal(dictionary.slots, slots);
		slots = dictionary.slots;
	}
	dictionary_free(&dictionary);
}

static void
fixed_values_have_no_lengths(void **state)
{
	(void)state;
	struct dictionary dictionary = {0};
	assert_true(dictionary_init(&dictionary, false, &error));
	assert_int_equal(intern(&dictionary, "abcd", 4), 0);
	assert_int_equal(intern(&dictionary, "efgh", 4), 1);
	assert_int_equal(dictionary_bytes(&dictionary, 2), 8);
	assert_memory_equal(dictionary.values.data, "abcdefgh", 8);
	assert_memory_equal(dictionary_value(&dictionary, 1), "efgh", 4);
	assert_int_equal(dictionary_intern(&dictionary, (const uint8_t *)"efgh----", 4, &error)->stamp, 0);
	dictionary_free(&dictionary);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_the_order),
	    cmocka_unit_test(tells_values_of_one_hash_apart),
	    cmocka_unit_test(tells_sizes_apart),
	    cmocka_unit_test(grows),
	    cmocka_unit_test(keeps_what_will_be_needed),
	    cmocka_unit_test(fixed_values_have_no_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
