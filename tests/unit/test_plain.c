/* PLAIN values, checked while they are copied. */
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

/* A kind of values, one that is fine and one that is not. */
struct sample {
	struct value_kind kind;
	struct view good, bad;
};

#define BYTES(text)                                       \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

/* Takes three values and two more, of which the last one is bad. */
static void
assert_named(const struct sample *sample, bool is_interned)
{
	struct buffer bytes = {0}, out = {0};
	struct statistics statistics = {0};
	struct dictionary dictionary = {0};
	struct nest_error error;
	for (size_t i = 0; i < 4; i++)
		assert_true(buffer_append(&bytes, sample->good.data, sample->good.size, &error));
	assert_true(buffer_append(&bytes, sample->bad.data, sample->bad.size, &error) &&
		    buffer_reserve(&bytes, PLAIN_SLACK, &error) &&
		    dictionary_init(&dictionary, sample->kind.value_bytes == 0, &error));
	memset(bytes.data + bytes.size, 0, PLAIN_SLACK);
	statistics_init(&statistics, sample->kind.order);
	struct plain_cursor cursor = {bytes.data, bytes.data + bytes.size, 0, NULL};
	for (uint64_t step = 0; step < 2; step++) {
		uint64_t count = 3 - step;
		assert_int_equal(is_interned
				     ? plain_intern(&cursor, &count, &sample->kind, &dictionary, 1,
					   &statistics, &out, &error)
				     : plain_copy(&cursor, count, &sample->kind, &statistics, &out, &error),
		    step == 0);
		assert_int_equal(cursor.taken, step == 0 ? 3 : 4);
		assert_int_equal(cursor.problem == NULL, step == 0);
	}
	dictionary_free(&dictionary);
	statistics_free(&statistics);
	buffer_free(&out);
	buffer_free(&bytes);
}

/* The one that is refused is known by its number, from the first that the cursor took. */
static void
number_of_what_is_refused(void **state)
{
	(void)state;
	static const struct sample samples[] = {
	    {{.order = ORDER_BYTES}, BYTES("\1\0\0\0a"), BYTES("\2\0\0\0b")},
	    {{.order = ORDER_BYTES, .is_text = true}, BYTES("\1\0\0\0a"), BYTES("\1\0\0\0\377")},
	    {{.order = ORDER_DECIMAL, .is_decimal = true, .most_bytes = 1}, BYTES("\1\0\0\0\5"),
		BYTES("\2\0\0\0\5\5")},
	    {{.order = ORDER_DECIMAL, .is_decimal = true, .most_bytes = 2}, BYTES("\1\0\0\0\5"),
		BYTES("\2\0\0\0\5")},
	    {{.order = ORDER_INT32, .value_bytes = 4, .time_end = 6}, BYTES("\5\0\0\0"), BYTES("\6\0\0\0")},
	    {{.order = ORDER_INT64, .value_bytes = 8, .time_end = 6}, BYTES("\5\0\0\0\0\0\0\0"),
		BYTES("\377\377\377\377\377\377\377\377")},
	    {{.order = ORDER_INT32, .value_bytes = 4}, BYTES("\5\0\0\0"), BYTES("\5\0\0")},
	};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		assert_named(&samples[i], false);
		assert_named(&samples[i], true);
	}
	/* Booleans have no dictionary. */
	assert_named(
	    &(struct sample){{.order = ORDER_BOOLEAN, .value_bytes = 1}, BYTES("\1"), BYTES("\2")}, false);
}

/* What is taken is no longer there: the next values begin behind it, and end where the page does. */
static void
values_are_taken_once(void **state)
{
	(void)state;
	static const uint8_t page[] = {2, 0, 0, 0, 'a', 'b', 0, 0, 0, 0, 1, 0, 0, 0, 'c'};
	struct view bytes = {page, sizeof page}, values;
	struct nest_error error;
	assert_true(plain_take(&bytes, 1, 0, &values, &error));
	assert_ptr_equal(values.data, page);
	assert_int_equal(values.size, 6);
	assert_ptr_equal(bytes.data, page + 6);
	assert_int_equal(bytes.size, 9);
	assert_true(plain_take(&bytes, 1, 4, &values, &error));
	assert_int_equal(values.size, 4);
	assert_int_equal(bytes.size, 5);
	assert_false(plain_take(&bytes, 2, 0, &values, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_false(plain_take(&bytes, 2, 4, &values, &error));
	assert_int_equal(bytes.size, 5);
	assert_true(plain_take(&bytes, 1, 0, &values, &error));
	assert_int_equal(bytes.size, 0);
	assert_false(plain_take(&bytes, 1, 0, &values, &error));
	assert_true(plain_take(&bytes, 0, 0, &values, &error));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_byte_that_is_no_text),
	    cmocka_unit_test(extremes_of_decimals),
	    cmocka_unit_test(number_of_what_is_refused),
	    cmocka_unit_test(values_are_taken_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
