/* Minimum, maximum, nulls and NaNs in the order of each type. */
#include "lib/parquet/statistics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;

static enum value_order
order_of(const char *field)
{
	struct schema schema;
	char text[128];
	snprintf(text, sizeof text, "message m { required %s; }", field);
	if (!schema_parse(&schema, view_of_text(text), &error))
		fail_msg("%s: %s", field, error.text);
	enum value_order order = statistics_order(&schema.nodes[1]);
	schema_free(&schema);
	return order;
}

static void
orders(void **state)
{
	(void)state;
	assert_int_equal(order_of("boolean a"), ORDER_BOOLEAN);
	assert_int_equal(order_of("int32 a"), ORDER_INT32);
	assert_int_equal(order_of("int32 a (INTEGER(8,false))"), ORDER_UINT32);
	assert_int_equal(order_of("int32 a (INTEGER(8,true))"), ORDER_INT32);
	assert_int_equal(order_of("int64 a (INTEGER(64,false))"), ORDER_UINT64);
	assert_int_equal(order_of("int64 a (TIMESTAMP(MICROS,true))"), ORDER_INT64);
	assert_int_equal(order_of("int64 a (DECIMAL(10,2))"), ORDER_INT64);
	assert_int_equal(order_of("float a"), ORDER_FLOAT);
	assert_int_equal(order_of("double a"), ORDER_DOUBLE);
	assert_int_equal(order_of("binary a (STRING)"), ORDER_BYTES);
	assert_int_equal(order_of("fixed_len_byte_array(16) a (UUID)"), ORDER_BYTES);
	assert_int_equal(order_of("int96 a"), ORDER_NONE);
	assert_int_equal(order_of("fixed_len_byte_array(12) a (INTERVAL)"), ORDER_NONE);
	assert_int_equal(order_of("fixed_len_byte_array(2) a (FLOAT16)"), ORDER_FLOAT16);
	assert_int_equal(order_of("binary a (DECIMAL(9,2))"), ORDER_DECIMAL);
	assert_int_equal(order_of("fixed_len_byte_array(9) a (DECIMAL(9,2))"), ORDER_DECIMAL);
}

/* Takes COUNT values in two calls and checks minimum and maximum. */
static void
check_fixed(
    enum value_order order, const void *values, size_t count, size_t size, const void *low, const void *high)
{
	for (size_t cut = 0; cut <= count; cut++) {
		struct statistics statistics = {0};
		statistics_init(&statistics, order);
		statistics_take_fixed(&statistics, values, cut);
		statistics_take_fixed(&statistics, (const uint8_t *)values + cut * size, count - cut);
		struct value_range range = statistics_range(&statistics);
		assert_true(range.has_min_max);
		assert_int_equal(range.min.size, size);
		assert_int_equal(range.max.size, size);
		assert_memory_equal(range.min.data, low, size);
		assert_memory_equal(range.max.data, high, size);
		statistics_free(&statistics);
	}
}

static void
integers(void **state)
{
	(void)state;
	const int32_t narrow[] = {3, -7, 0, INT32_MAX, INT32_MIN, 5};
	check_fixed(ORDER_INT32, narrow, 6, 4, &narrow[4], &narrow[3]);
	const uint32_t narrow_unsigned[] = {3, UINT32_MAX, 9, 0x80000000u};
	check_fixed(ORDER_UINT32, narrow_unsigned, 4, 4, &narrow_unsigned[0], &narrow_unsigned[1]);
	const int64_t wide[] = {3, -7, INT64_MAX, INT64_MIN};
	check_fixed(ORDER_INT64, wide, 4, 8, &wide[3], &wide[2]);
	const uint64_t wide_unsigned[] = {7, 3, UINT64_MAX};
	check_fixed(ORDER_UINT64, wide_unsigned, 3, 8, &wide_unsigned[1], &wide_unsigned[2]);
	const uint8_t booleans[] = {1, 1, 0};
	check_fixed(ORDER_BOOLEAN, booleans, 3, 1, &booleans[2], &booleans[0]);
}

static void
floats(void **state)
{
	(void)state;
	const float some[] = {NAN, 1.5f, -2.5f, NAN, 0.5f};
	check_fixed(ORDER_FLOAT, some, 5, 4, &some[2], &some[1]);
	const double infinite[] = {1, INFINITY, -INFINITY, NAN};
	check_fixed(ORDER_DOUBLE, infinite, 4, 8, &infinite[2], &infinite[1]);
	const double all_infinite[] = {INFINITY};
	check_fixed(ORDER_DOUBLE, all_infinite, 1, 8, &all_infinite[0], &all_infinite[0]);
	/* Zeros are widened to both signs, whichever was there. */
	const double low = -0.0, high = 0.0;
	check_fixed(ORDER_DOUBLE, &high, 1, 8, &low, &high);
	check_fixed(ORDER_DOUBLE, &low, 1, 8, &low, &high);
	const float low_float = -0.0f, high_float = 0.0f;
	check_fixed(ORDER_FLOAT, &low_float, 1, 4, &low_float, &high_float);
}

static void
only_nans(void **state)
{
	(void)state;
	struct statistics statistics = {0}, chunk = {0};
	const double nans[] = {NAN, NAN};
	statistics_init(&statistics, ORDER_DOUBLE);
	statistics_init(&chunk, ORDER_DOUBLE);
	statistics_take_fixed(&statistics, (const uint8_t *)nans, 2);
	statistics.null_count = 3;
	assert_true(statistics_merge(&chunk, &statistics, &error));
	struct value_range range = statistics_range(&chunk);
	assert_false(range.has_min_max);
	assert_true(range.has_nan_count);
	assert_int_equal(range.nan_count, 2);
	assert_int_equal(range.null_count, 3);
}

/* The oracle: bytes compared one by one. */
static int
compare(struct view a, struct view b)
{
	for (size_t i = 0; i < a.size && i < b.size; i++)
		if (a.data[i] != b.data[i])
			return a.data[i] < b.data[i] ? -1 : 1;
	return (a.size > b.size) - (a.size < b.size);
}

static void
byte_strings(void **state)
{
	(void)state;
	/* Few letters and shared prefixes, so that ties at 8 and at 16 bytes are common. */
	uint64_t random = 5;
	for (int round = 0; round < 3000; round++) {
		struct statistics page = {0}, chunk = {0};
		struct view low = {NULL, 0}, high = {NULL, 0};
		uint8_t memory[12][64];
		statistics_init(&page, ORDER_BYTES);
		statistics_init(&chunk, ORDER_BYTES);
		for (int i = 0; i < 12; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			size_t size = (random >> 33) % 21;
			for (size_t k = 0; k < sizeof memory[i]; k++)
				memory[i][k] = (uint8_t)(k < size && (k % 8 != 7 || random >> 60 < 8)
							     ? 'a'
							     : random >> (k % 50));
			struct view value = {memory[i], size};
			if (i == 0 || compare(value, low) < 0)
				low = value;
			if (i == 0 || compare(value, high) > 0)
				high = value;
			statistics_take_bytes(&page, value.data, value.size);
			if (i % 5 == 4) {
				assert_true(statistics_own(&page, &error));
				assert_true(statistics_merge(&chunk, &page, &error));
				statistics_clear(&page);
			}
		}
		assert_true(statistics_own(&page, &error));
		assert_true(statistics_merge(&chunk, &page, &error));
		struct value_range range = statistics_range(&chunk);
		assert_true(range.has_min_max);
		assert_int_equal(compare(range.min, low), 0);
		assert_int_equal(compare(range.max, high), 0);
		statistics_free(&page);
		statistics_free(&chunk);
	}
}

static void
zeros_are_bytes(void **state)
{
	(void)state;
	struct statistics statistics = {0};
	const uint8_t memory[40] = {0};
	statistics_init(&statistics, ORDER_BYTES);
	statistics_take_bytes(&statistics, memory, 1);
	statistics_take_bytes(&statistics, memory, 2);
	statistics_take_bytes(&statistics, memory, 0);
	statistics_take_bytes(&statistics, memory, 1);
	assert_true(statistics_own(&statistics, &error));
	struct value_range range = statistics_range(&statistics);
	assert_int_equal(range.min.size, 0);
	assert_int_equal(range.max.size, 2);
	statistics_free(&statistics);
}

static void
greatest_bytes(void **state)
{
	(void)state;
	struct statistics statistics = {0};
	uint8_t memory[40];
	memset(memory, 0xff, sizeof memory);
	statistics_init(&statistics, ORDER_BYTES);
	statistics_take_bytes(&statistics, memory, 16);
	statistics_take_bytes(&statistics, memory, 20);
	assert_true(statistics_own(&statistics, &error));
	struct value_range range = statistics_range(&statistics);
	assert_int_equal(range.min.size, 16);
	assert_int_equal(range.max.size, 20);
	statistics_free(&statistics);
}

static void
owns_its_extremes(void **state)
{
	(void)state;
	struct statistics statistics = {0};
	uint8_t memory[40] = "gone";
	statistics_init(&statistics, ORDER_BYTES);
	statistics_take_bytes(&statistics, memory, 4);
	assert_true(statistics_own(&statistics, &error));
	memset(memory, 'x', sizeof memory);
	assert_true(view_equal(statistics_range(&statistics).min, view_of_text("gone")));
	assert_true(view_equal(statistics_range(&statistics).max, view_of_text("gone")));
	statistics_free(&statistics);
}

static void
long_extremes_are_not_kept_whole(void **state)
{
	(void)state;
	uint8_t memory[METADATA_STATISTICS_LIMIT + 40], other[sizeof memory];
	memset(memory, 'z', sizeof memory);
	memset(other, 'z', sizeof other);
	other[sizeof other - 1] = 'a';
	for (size_t over = 0; over < 3; over++) {
		struct statistics statistics = {0};
		statistics_init(&statistics, ORDER_BYTES);
		statistics_take_bytes(&statistics, memory, METADATA_STATISTICS_LIMIT + over);
		assert_true(statistics_own(&statistics, &error));
		struct value_range range = statistics_range(&statistics);
		assert_int_equal(range.max.size, METADATA_STATISTICS_LIMIT + (over > 0 ? 1 : 0));
		/* What is longer and begins like it may be it, or may not. */
		bool is_low;
		range.min = (struct view){memory, METADATA_STATISTICS_LIMIT + 20};
		assert_int_equal(statistics_holds(&statistics, &range, &is_low), over > 0);
		statistics_free(&statistics);
	}
	/* Decimals are. */
	struct statistics decimals = {0}, chunk = {0};
	statistics_init(&decimals, ORDER_DECIMAL);
	statistics_init(&chunk, ORDER_DECIMAL);
	statistics_take_decimal(&decimals, memory, sizeof memory);
	statistics_take_decimal(&decimals, other, sizeof other);
	assert_true(statistics_own(&decimals, &error) && statistics_merge(&chunk, &decimals, &error));
	statistics_free(&decimals);
	assert_true(view_equal(statistics_range(&chunk).min, (struct view){other, sizeof other}));
	assert_true(view_equal(statistics_range(&chunk).max, (struct view){memory, sizeof memory}));
	statistics_free(&chunk);
}

static void
decimals(void **state)
{
	(void)state;
	static const uint8_t values[][2] = {
	    {0x00, 0x05}, {0xff, 0xfe}, {0x01, 0x00}, {0xff, 0x00}, {0x00, 0xff}};
	struct statistics page = {0}, chunk = {0};
	statistics_init(&page, ORDER_DECIMAL);
	statistics_init(&chunk, ORDER_DECIMAL);
	for (size_t i = 0; i < 5; i++) {
		statistics_clear(&page);
		statistics_take_decimal(&page, values[i], 2);
		assert_true(statistics_own(&page, &error) && statistics_merge(&chunk, &page, &error));
	}
	struct value_range range = statistics_range(&chunk);
	assert_true(view_equal(range.min, (struct view){values[3], 2}));
	assert_true(view_equal(range.max, (struct view){values[2], 2}));
	bool is_low;
	assert_true(statistics_holds(&chunk, &range, &is_low));
	range.max = (struct view){values[4], 2};
	assert_false(statistics_holds(&chunk, &range, &is_low));
	assert_false(is_low);
	range.min = (struct view){values[1], 2};
	assert_false(statistics_holds(&chunk, &range, &is_low));
	assert_true(is_low);
	statistics_free(&page);
	statistics_free(&chunk);
}

/* Of every size the same extremes together as one by one; few different bytes, so that heads are equal. */
static void
decimals_together(void **state)
{
	(void)state;
	enum { COUNT = 60, MOST = 20, SLACK = 8 };
	static const uint8_t bytes[] = {0x00, 0xff, 0x01, 0x80, 0x7f};
	uint8_t values[COUNT * MOST + SLACK];
	uint32_t chance = 1;
	for (size_t size = 1; size <= MOST; size++)
		for (size_t count = 0; count <= COUNT; count += 1 + count / 4) {
			struct statistics alone = {0}, together = {0};
			statistics_init(&alone, ORDER_DECIMAL);
			statistics_init(&together, ORDER_DECIMAL);
			for (size_t i = 0; i < count * size; i++) {
				chance = chance * 1664525 + 1013904223;
				values[i] = bytes[i % size < size / 2 ? 0 : (chance >> 24) % 5];
			}
			for (size_t i = 0; i < count; i++)
				statistics_take_decimal(&alone, values + i * size, size);
			/* In two calls, the second of which goes on with what the first has found. */
			statistics_take_decimals(&together, values, count / 3, size);
			statistics_take_decimals(
			    &together, values + count / 3 * size, count - count / 3, size);
			struct value_range expected = statistics_range(&alone);
			struct value_range range = statistics_range(&together);
			assert_int_equal(range.has_min_max, expected.has_min_max);
			if (count == 0)
				continue;
			assert_true(view_equal(range.min, expected.min));
			assert_true(view_equal(range.max, expected.max));
		}
}

static void
halves(void **state)
{
	(void)state;
	const uint16_t some[] = {0x7e00, 0xc000, 0x3c00, 0xfe01, 0x8001};
	check_fixed(ORDER_FLOAT16, some, 5, 2, &some[1], &some[2]);
	const uint16_t zeros[] = {0x8000, 0x0000};
	check_fixed(ORDER_FLOAT16, &zeros[1], 1, 2, &zeros[0], &zeros[1]);
	struct statistics statistics = {0};
	statistics_init(&statistics, ORDER_FLOAT16);
	statistics_take_fixed(&statistics, (const uint8_t *)some, 5);
	struct value_range range = statistics_range(&statistics);
	assert_true(range.has_nan_count);
	assert_int_equal(range.nan_count, 2);
	statistics_clear(&statistics);
	statistics_take_fixed(&statistics, (const uint8_t *)some, 1);
	assert_false(statistics_range(&statistics).has_min_max);
}

/* Whether MIN and MAX, of SIZE bytes, hold for the values LOW and HIGH; -1: the minimum, 1: the maximum does
 * not. */
static int
held(enum value_order order, const void *low, const void *high, const void *min, const void *max, size_t size)
{
	struct statistics statistics = {0};
	struct value_range range = {.has_min_max = true, .min = {min, size}, .max = {max, size}};
	bool is_low;
	statistics_init(&statistics, order);
	if (order == ORDER_BYTES) {
		statistics_take_bytes(&statistics, low, strlen(low));
		statistics_take_bytes(&statistics, high, strlen(high));
		range.min = view_of_text(min);
		range.max = view_of_text(max);
	} else {
		statistics_take_fixed(&statistics, low, 1);
		statistics_take_fixed(&statistics, high, 1);
	}
	return statistics_holds(&statistics, &range, &is_low) ? 0 : is_low ? -1 : 1;
}

static void
bounds_hold_or_not(void **state)
{
	(void)state;
	const int32_t minus = -1, zero = 0, five = 5, six = 6;
	assert_int_equal(held(ORDER_INT32, &zero, &five, &zero, &five, 4), 0);
	assert_int_equal(held(ORDER_INT32, &zero, &five, &minus, &six, 4), 0);
	assert_int_equal(held(ORDER_INT32, &zero, &six, &zero, &five, 4), 1);
	assert_int_equal(held(ORDER_INT32, &minus, &five, &zero, &five, 4), -1);
	/* The same bits are the greatest number. */
	assert_int_equal(held(ORDER_UINT32, &minus, &five, &zero, &five, 4), 1);
	assert_int_equal(held(ORDER_UINT32, &zero, &five, &zero, &minus, 4), 0);
	/* A bound that is none of the order says nothing. */
	assert_int_equal(held(ORDER_INT32, &minus, &five, &zero, &zero, 3), 0);
	assert_int_equal(held(ORDER_NONE, &minus, &five, &zero, &zero, 4), 0);
	const double nan = NAN, half = 0.5, none = 0.0, minus_none = -0.0;
	assert_int_equal(held(ORDER_DOUBLE, &none, &half, &minus_none, &half, 8), 0);
	assert_int_equal(held(ORDER_DOUBLE, &minus_none, &half, &none, &half, 8), 0);
	assert_int_equal(held(ORDER_DOUBLE, &none, &half, &half, &half, 8), -1);
	assert_int_equal(held(ORDER_DOUBLE, &none, &half, &none, &none, 8), 1);
	assert_int_equal(held(ORDER_DOUBLE, &none, &half, &nan, &nan, 8), 0);
	assert_int_equal(held(ORDER_DOUBLE, &nan, &nan, &half, &none, 8), 0);
	static const char a[32] = "a", ab[32] = "ab", b[32] = "b", high[32] = "\xff";
	assert_int_equal(held(ORDER_BYTES, ab, high, a, high, 0), 0);
	assert_int_equal(held(ORDER_BYTES, a, high, ab, high, 0), -1);
	assert_int_equal(held(ORDER_BYTES, a, high, a, b, 0), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bounds_hold_or_not),
	    cmocka_unit_test(orders),
	    cmocka_unit_test(integers),
	    cmocka_unit_test(floats),
	    cmocka_unit_test(only_nans),
	    cmocka_unit_test(byte_strings),
	    cmocka_unit_test(zeros_are_bytes),
	    cmocka_unit_test(greatest_bytes),
	    cmocka_unit_test(owns_its_extremes),
	    cmocka_unit_test(long_extremes_are_not_kept_whole),
	    cmocka_unit_test(decimals),
	    cmocka_unit_test(decimals_together),
	    cmocka_unit_test(halves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
