/* PLAIN values that are checked while they are copied. */
#include "lib/parquet/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST = 40, LENGTH = sizeof(uint32_t) };

/* Copies two texts of SIZE bytes, the second of which has BYTE at AT; whether that was fine. */
static bool
copies(size_t size, size_t at, uint8_t byte)
{
	uint8_t bytes[2 * (LENGTH + MOST) + PLAIN_SLACK] = {0};
	const size_t whole = 2 * (LENGTH + size);
	const struct value_kind kind = {.order = ORDER_BYTES, .is_text = true};
	struct statistics statistics = {0};
	struct buffer out = {0};
	struct nest_error error;
	memset(bytes, 'a', whole);
	for (size_t i = 0; i < 2; i++)
		memcpy(bytes + i * (LENGTH + size), &(uint32_t){(uint32_t)size}, LENGTH);
	bytes[whole - size + at] = byte;
	struct plain_cursor cursor = {bytes, bytes + whole, 0, NULL};
	statistics_init(&statistics, ORDER_BYTES);
	bool fine = plain_copy(&cursor, 2, &kind, &statistics, &out, &error);
	assert_int_equal(cursor.problem == NULL, fine);
	assert_int_equal(cursor.taken, fine ? 2 : 1);
	statistics_free(&statistics);
	buffer_free(&out);
	return fine;
}

/* Eight bytes are looked at together, and what is left of them one by one. */
static void
a_byte_that_is_no_text(void **state)
{
	(void)state;
	for (size_t size = 1; size <= MOST; size++)
		for (size_t at = 0; at < size; at++) {
			assert_true(copies(size, at, 'b'));
			assert_false(copies(size, at, 0xff));
		}
}

/* By their numbers, not by their bytes, whichever way the values go. */
static void
extremes_of_decimals(void **state)
{
	(void)state;
	static const char plain[] = "\2\0\0\0\0\7"
				    "\1\0\0\0\377"
				    "\2\0\0\0\1\0"
				    "\1\0\0\0\5";
	const struct value_kind kind = {.order = ORDER_DECIMAL, .is_decimal = true, .most_bytes = 2};
	for (int is_interned = 0; is_interned < 2; is_interned++) {
		uint8_t bytes[sizeof plain + PLAIN_SLACK] = {0};
		struct statistics statistics = {0};
		struct dictionary dictionary = {0};
		struct buffer out = {0};
		struct nest_error error;
		uint64_t count = 4;
		memcpy(bytes, plain, sizeof plain);
		struct plain_cursor cursor = {bytes, bytes + sizeof plain - 1, 0, NULL};
		statistics_init(&statistics, ORDER_DECIMAL);
		assert_true(dictionary_init(&dictionary, true, &error));
		assert_true(is_interned ? plain_intern(&cursor, &count, &kind, &dictionary, 1, &statistics,
					      &out, &error)
					: plain_copy(&cursor, count, &kind, &statistics, &out, &error));
		const struct value_range range = statistics_range(&statistics);
		assert_true(range.has_min_max);
		assert_int_equal(range.min.data[range.min.size - 1], 0xff);
		assert_int_equal(range.max.data[range.max.size - 2], 1);
		dictionary_free(&dictionary);
		statistics_free(&statistics);
		buffer_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_byte_that_is_no_text),
	    cmocka_unit_test(extremes_of_decimals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
