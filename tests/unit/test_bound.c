/* Values compared in the order of their types, and truncated bounds of long values. */
#include "lib/parquet/bound.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;

/* ---- the orders ---- */

/* Each of COUNT values of SIZE bytes comes before all behind it. */
static void
check_order(enum value_order order, const void *values, size_t count, size_t size)
{
	const uint8_t *at = values;
	assert_int_equal(value_order_bytes(order), size);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++) {
			int found = value_order_compare(
			    order, (struct view){at + i * size, size}, (struct view){at + k * size, size});
			assert_int_equal((found > 0) - (found < 0), (i > k) - (i < k));
		}
}

static void
numbers_in_order(void **state)
{
	(void)state;
	check_order(ORDER_BOOLEAN, (const uint8_t[]){0, 1}, 2, 1);
	check_order(ORDER_INT32, (const int32_t[]){INT32_MIN, -256, -1, 0, 1, 256, INT32_MAX}, 7, 4);
	check_order(ORDER_UINT32, (const uint32_t[]){0, 1, 256, 0x80000000u, UINT32_MAX}, 5, 4);
	check_order(ORDER_INT64, (const int64_t[]){INT64_MIN, -1, 0, 1, INT64_MAX}, 5, 8);
	check_order(ORDER_UINT64, (const uint64_t[]){0, 1, 1ull << 63, UINT64_MAX}, 4, 8);
	const float infinite = __builtin_inff(), none = __builtin_nanf("");
	check_order(
	    ORDER_FLOAT, (const float[]){-infinite, -2, -1e-40f, 0, 1e-40f, 1, 2, infinite, none}, 9, 4);
	const double wide = __builtin_inf();
	check_order(
	    ORDER_DOUBLE, (const double[]){-wide, -2, -1, 0, 5e-324, 2, wide, __builtin_nan("")}, 8, 8);
	/* -infinity, -2, -1, the least there is, 0, 1, 65504, infinity, NaN */
	check_order(ORDER_FLOAT16,
	    (const uint16_t[]){0xfc00, 0xc000, 0xbc00, 0x8001, 0x0000, 0x3c00, 0x7bff, 0x7c00, 0x7e00}, 9, 2);
}

static void
zeros_and_no_numbers(void **state)
{
	(void)state;
	static const struct {
		enum value_order order;
		uint64_t zero, minus_zero, nan, minus_nan, infinite;
	} reals[] = {
	    {ORDER_FLOAT16, 0, 0x8000, 0x7c01, 0xffff, 0x7c00},
	    {ORDER_FLOAT, 0, 0x80000000, 0x7f800001, 0xffffffff, 0x7f800000},
	    {ORDER_DOUBLE, 0, 1ull << 63, 0x7ff0000000000001, UINT64_MAX, 0x7ff0000000000000},
	};
	for (size_t i = 0; i < 3; i++) {
		enum value_order order = reals[i].order;
		size_t size = value_order_bytes(order);
		struct view zero = {(const uint8_t *)&reals[i].zero, size};
		struct view minus_zero = {(const uint8_t *)&reals[i].minus_zero, size};
		struct view nan = {(const uint8_t *)&reals[i].nan, size};
		struct view minus_nan = {(const uint8_t *)&reals[i].minus_nan, size};
		struct view infinite = {(const uint8_t *)&reals[i].infinite, size};
		assert_true(
		    value_order_is_zero(order, zero.data) && value_order_is_zero(order, minus_zero.data));
		assert_false(
		    value_order_is_zero(order, nan.data) || value_order_is_zero(order, infinite.data));
		assert_true(value_order_is_nan(order, nan.data) && value_order_is_nan(order, minus_nan.data));
		assert_false(
		    value_order_is_nan(order, zero.data) || value_order_is_nan(order, infinite.data));
		assert_int_equal(value_order_compare(order, zero, minus_zero), 0);
		assert_int_equal(value_order_compare(order, nan, minus_nan), 0);
		assert_true(value_order_compare(order, minus_nan, infinite) > 0);
	}
	const uint32_t bits = 0x7f800001, nothing = 0;
	assert_false(value_order_is_nan(ORDER_INT32, (const uint8_t *)&bits));
	assert_false(value_order_is_zero(ORDER_INT32, (const uint8_t *)&nothing));
}

static int
compare(enum value_order order, const char *a, size_t a_size, const char *b, size_t b_size)
{
	struct view left = {(const uint8_t *)a, a_size}, right = {(const uint8_t *)b, b_size};
	int found = value_order_compare(order, left, right);
	assert_int_equal((found > 0) - (found < 0),
	    (value_order_compare(order, right, left) < 0) - (value_order_compare(order, right, left) > 0));
	return (found > 0) - (found < 0);
}

static void
bytes_in_order(void **state)
{
	(void)state;
	assert_int_equal(compare(ORDER_BYTES, "", 0, "a", 1), -1);
	assert_int_equal(compare(ORDER_BYTES, "ab", 2, "a", 1), 1);
	assert_int_equal(compare(ORDER_BYTES, "a\xff", 2, "b", 1), -1);
	assert_int_equal(compare(ORDER_BYTES, "\x7f", 1, "\x80", 1), -1);
	assert_int_equal(compare(ORDER_BYTES, "ab", 2, "ab", 2), 0);
	assert_int_equal(compare(ORDER_NONE, "ab", 2, "b", 1), 0);
}

static void
decimals_in_order(void **state)
{
	(void)state;
	assert_int_equal(compare(ORDER_DECIMAL, "\x01", 1, "\x02", 1), -1);
	assert_int_equal(compare(ORDER_DECIMAL, "\xff", 1, "\x00", 1), -1);
	assert_int_equal(compare(ORDER_DECIMAL, "\xfe", 1, "\xff", 1), -1);
	/* Leading bytes of the sign alone change nothing. */
	assert_int_equal(compare(ORDER_DECIMAL, "\x00\x00\x05", 3, "\x05", 1), 0);
	assert_int_equal(compare(ORDER_DECIMAL, "\xff\xff\x85", 3, "\x85", 1), 0);
	assert_int_equal(compare(ORDER_DECIMAL, "\x01\x00", 2, "\x7f", 1), 1);
	assert_int_equal(compare(ORDER_DECIMAL, "\xfe\xff", 2, "\x80", 1), -1);
	assert_int_equal(compare(ORDER_DECIMAL, "\x00\x80", 2, "\x80", 1), 1);
	assert_int_equal(compare(ORDER_DECIMAL, "", 0, "\x00", 1), 0);
}

/* ---- bounds cut short ---- */

static const struct value_kind text = {.order = ORDER_BYTES, .is_text = true};
static const struct value_kind bytes = {.order = ORDER_BYTES};
static const struct value_kind whole = {.order = ORDER_BYTES, .is_whole = true};

/* Cuts MIN and MAX, texts with a byte behind them, to MOST; SHORT_MAX NULL: there are no bounds then. */
static void
check_cut(const struct value_kind *kind, const char *min, const char *max, size_t most, const char *short_min,
    const char *short_max)
{
	struct buffer shorter = {0};
	struct value_range range = {.has_min_max = true,
	    .is_min_exact = true,
	    .is_max_exact = true,
	    .min = view_of_text(min),
	    .max = view_of_text(max)};
	assert_true(bound_shorten(&range, kind, most, &shorter, &error));
	assert_int_equal(range.has_min_max, short_max != NULL);
	if (short_max != NULL) {
		assert_true(view_equal(range.min, view_of_text(short_min)));
		assert_true(view_equal(range.max, view_of_text(short_max)));
		assert_int_equal(range.is_min_exact, strcmp(min, short_min) == 0);
		assert_int_equal(range.is_max_exact, strcmp(max, short_max) == 0);
		assert_true(value_order_compare(kind->order, range.min, view_of_text(min)) <= 0);
		assert_true(value_order_compare(kind->order, range.max, view_of_text(max)) >= 0);
	}
	buffer_free(&shorter);
}

static void
bounds_are_cut(void **state)
{
	(void)state;
	check_cut(&text, "abc", "abd", 3, "abc", "abd");
	check_cut(&text, "abcd", "x", 3, "abc", "x");
	check_cut(&text, "a", "abcd", 3, "a", "abd");
	check_cut(&text, "abcd", "abcd", 3, "abc", "abd");
	/* Characters stay whole: of two bytes, three and four, and at the borders between. */
	check_cut(&text, "ab\xc3\xa9", "ab\xc3\xa9", 3, "ab", "ac");
	check_cut(&text, "\xc3\xa9x", "\xc3\xbfx", 2, "\xc3\xa9", "\xc4\x80");
	check_cut(&text, "a", "\x7fx", 1, "a", "\xc2\x80");
	check_cut(&text, "a", "\xdf\xbfx", 2, "a", "\xe0\xa0\x80");
	check_cut(&text, "a", "\xef\xbf\xbfx", 3, "a", "\xf0\x90\x80\x80");
	check_cut(&text, "a", "\xed\x9f\xbfx", 3, "a", "\xee\x80\x80");
	check_cut(&text, "a", "b\xf4\x8f\xbf\xbfx", 5, "a", "c");
	check_cut(&text, "a", "\xf0\x9f\x98\x80x", 4, "a", "\xf0\x9f\x98\x81");
	check_cut(&text, "a", "\xf4\x8f\xbf\xbfx", 4, NULL, NULL);
	check_cut(&text, "\xc3\xa9", "\xc3\xa9", 1, NULL, NULL);
	/* What is called a text and is none is cut like bytes. */
	check_cut(&text, "a", "\x80\x80\x80", 2, NULL, NULL);
	check_cut(&text, "a", "a\xffz", 2, "a", "b");
	check_cut(&text, "a", "\xff\xfe!", 2, "a", "\xff\xff");
	/* Bytes do not. */
	check_cut(&bytes, "ab\xc3\xa9", "ab\xc3\xa9", 3, "ab\xc3", "ab\xc4");
	check_cut(&bytes, "a", "a\xff\xff\xff", 3, "a", "b");
	check_cut(&bytes, "a", "\xff\xff\xff", 2, NULL, NULL);
	/* Values that are whole or none. */
	check_cut(&whole, "abcd", "abcd", 3, "abcd", "abcd");
}

static void
whole_bounds_have_a_limit(void **state)
{
	(void)state;
	static char memory[METADATA_STATISTICS_LIMIT + 2];
	memset(memory, 'z', METADATA_STATISTICS_LIMIT);
	check_cut(&whole, "a", memory, 8, "a", memory);
	check_cut(&whole, memory, "zzz", 8, memory, "zzz");
	memory[METADATA_STATISTICS_LIMIT] = 'z';
	check_cut(&whole, "a", memory, 8, NULL, NULL);
	check_cut(&whole, memory, "zzz", 8, NULL, NULL);
	struct buffer shorter = {0};
	struct value_range none = {0};
	assert_true(bound_shorten(&none, &text, 8, &shorter, &error));
	assert_false(none.has_min_max);
	buffer_free(&shorter);
}

static enum value_order
kind_of(const char *field, bool *is_whole)
{
	struct schema schema;
	char message[128];
	snprintf(message, sizeof message, "message m { required %s; }", field);
	assert_true(schema_parse(&schema, view_of_text(message), &error));
	struct value_kind kind = plain_kind(&schema.nodes[1]);
	schema_free(&schema);
	*is_whole = kind.is_whole;
	return kind.order;
}

static void
kinds_that_stay_whole(void **state)
{
	(void)state;
	bool is_whole;
	assert_int_equal(kind_of("binary a", &is_whole), ORDER_BYTES);
	assert_false(is_whole);
	kind_of("binary a (STRING)", &is_whole);
	assert_false(is_whole);
	kind_of("binary a (ENUM)", &is_whole);
	assert_false(is_whole);
	static const char *const fields[] = {"binary a (JSON)", "binary a (BSON)", "binary a (DECIMAL(9,2))",
	    "fixed_len_byte_array(9) a", "int32 a"};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		kind_of(fields[i], &is_whole);
		assert_true(is_whole);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_in_order),
	    cmocka_unit_test(zeros_and_no_numbers),
	    cmocka_unit_test(bytes_in_order),
	    cmocka_unit_test(decimals_in_order),
	    cmocka_unit_test(bounds_are_cut),
	    cmocka_unit_test(whole_bounds_have_a_limit),
	    cmocka_unit_test(kinds_that_stay_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
