/* Decimal numbers: their grammar, and their binary values, checked against other ways to compute them. */
#include "lib/json/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RANDOM_TEXTS = 200000, WIDE = 16 };

static struct number
read_number(const char *text)
{
	struct number number;
	if (!number_read_all(view_of_text(text), &number))
		fail_msg("%s was not taken", text);
	return number;
}

/* ---- random texts, the same ones in every run ---- */

static uint64_t seed = 1;

static uint64_t
draw(uint64_t bound)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % bound;
}

static size_t
put_digits(char *to, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = (char)('0' + draw(10));
	return count;
}

/* A number of up to 40 digits, with an exponent around those that matter. */
static void
draw_number(char text[96])
{
	size_t size = 0;
	if (draw(4) == 0)
		text[size++] = '-';
	text[size++] = (char)('1' + draw(9));
	size += put_digits(text + size, draw(draw(2) == 0 ? 6 : 25));
	if (draw(2) == 0) {
		text[size++] = '.';
		size += put_digits(text + size, 1 + draw(draw(2) == 0 ? 4 : 20));
	}
	if (draw(3) > 0)
		size +=
		    (size_t)snprintf(text + size, 16, "%c%d", draw(2) == 0 ? 'e' : 'E', (int)draw(700) - 350);
	text[size] = '\0';
}

/* ---- grammar ---- */

static void
what_is_a_number_ends_where_it_ends(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t size;
	} numbers[] = {{"0", 1}, {"-0", 2}, {"10", 2}, {"0.0", 3}, {"1.25,", 4}, {"1e5", 3}, {"1E+05}", 5},
	    {"1e-0", 4}, {"-12.5e10 ", 8}, {"0e1", 3}, {"1-2", 1}, {"1+2", 1}, {"0x10", 1}, {"1.5.5", 3},
	    {"1:", 1}, {"1/", 1}};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		const uint8_t *text = (const uint8_t *)numbers[i].text, *failed_at;
		struct number number;
		assert_ptr_equal(number_read(text, &number, &failed_at), text + numbers[i].size);
		assert_ptr_equal(number.text.data, text);
		assert_int_equal(number.text.size, numbers[i].size);
		assert_int_equal(number.is_negative, text[0] == '-');
	}
}

static void
what_is_none_is_told_where_it_fails(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t fault;
	} faults[] = {{"", 0}, {"-", 1}, {"+1", 0}, {".5", 0}, {"-.5", 1}, {"01", 1}, {"-00", 2}, {"00.5", 1},
	    {"1.", 2}, {"1.e5", 2}, {"1e", 2}, {"1e+", 3}, {"1e-x", 3}, {"NaN", 0}, {"-Infinity", 1},
	    {"\xc3\xa4", 0}, {"/", 0}, {":", 0}};
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		const uint8_t *text = (const uint8_t *)faults[i].text, *failed_at = NULL;
		struct number number;
		assert_null(number_read(text, &number, &failed_at));
		assert_ptr_equal(failed_at, text + faults[i].fault);
	}
}

static void
all_of_a_text_is_the_number_or_it_is_none(void **state)
{
	(void)state;
	struct number number;
	char text[200];
	assert_true(number_read_all((struct view){(const uint8_t *)"12345", 3}, &number));
	assert_int_equal(number.significand, 123);
	assert_false(number_read_all(view_of_text("1 "), &number));
	assert_false(number_read_all(view_of_text(" 1"), &number));
	assert_false(number_read_all(view_of_text(""), &number));
	assert_false(number_read_all((struct view){(const uint8_t *)"1\0", 2}, &number));
	/* Around the length up to which it is copied without memory of its own. */
	for (size_t size = 60; size < 70; size++) {
		memset(text, '7', size);
		assert_true(number_read_all((struct view){(const uint8_t *)text, size}, &number));
		assert_int_equal(number.text.size, size);
		assert_ptr_equal(number.text.data, text);
		text[size - 1] = 'x';
		assert_false(number_read_all((struct view){(const uint8_t *)text, size}, &number));
	}
}

/* ---- integers ---- */

static void
expect_integer(const char *text, uint64_t magnitude)
{
	struct number number = read_number(text);
	uint64_t value = ~magnitude;
	if (!number_integer(&number, &value) || value != magnitude)
		fail_msg("%s is %llu", text, (unsigned long long)value);
}

static void
refuse_integer(const char *text)
{
	struct number number = read_number(text);
	uint64_t value;
	if (number_integer(&number, &value))
		fail_msg("%s is %llu", text, (unsigned long long)value);
}

static void
integers_are_exact_up_to_64_bits(void **state)
{
	(void)state;
	expect_integer("0", 0);
	expect_integer("-0", 0);
	expect_integer("9223372036854775807", INT64_MAX);
	expect_integer("-9223372036854775808", (uint64_t)1 << 63);
	expect_integer("9999999999999999999", 9999999999999999999u);
	expect_integer("18446744073709551615", UINT64_MAX);
	expect_integer("-18446744073709551615", UINT64_MAX);
	refuse_integer("18446744073709551616");
	refuse_integer("-18446744073709551616");
	refuse_integer("99999999999999999999");
	refuse_integer("100000000000000000000");
	refuse_integer("340282366920938463463374607431768211456");
}

static void
integers_may_be_written_with_a_point_and_an_exponent(void **state)
{
	(void)state;
	expect_integer("1.0", 1);
	expect_integer("1e2", 100);
	expect_integer("-1.50e1", 15);
	expect_integer("12300e-2", 123);
	expect_integer("1844674407370955161.5e1", UINT64_MAX);
	expect_integer("0.0000000000000000000000000000001e31", 1);
	expect_integer("0.00e999999999999999999999", 0);
	expect_integer("18446744073709551615.000000000000000000000000000", UINT64_MAX);
	refuse_integer("0.5");
	refuse_integer("1.5");
	refuse_integer("1e-1");
	refuse_integer("1e20");
	refuse_integer("1e999999999999999999999");
	refuse_integer("1e-999999999999999999999");
	refuse_integer("18446744073709551615.5");
}

/* ---- floating point ---- */

static void
expect_reals(const char *text)
{
	struct number number = read_number(text);
	double real = number_double(&number), due = strtod(text, NULL);
	float narrow = number_float(&number), narrow_due = strtof(text, NULL);
	if (memcmp(&real, &due, sizeof real) != 0)
		fail_msg("%s is %a, not %a", text, due, real);
	if (memcmp(&narrow, &narrow_due, sizeof narrow) != 0)
		fail_msg("%s is %a, not %a", text, (double)narrow_due, (double)narrow);
}

static void
doubles_and_floats_are_the_nearest(void **state)
{
	(void)state;
	static const char *const texts[] = {"0", "-0", "0.0", "-0.0e5", "1", "-1", "0.1", "0.2", "0.3",
	    "9007199254740991", "9007199254740992", "9007199254740993", "9007199254740995",
	    "-9007199254740993", "9007199254740993.0000000000000000000000000000001", "1e22", "1e23", "8.5e22",
	    "1e27", "1e28", "1e-27", "1e-28", "9999999999999999999e27", "9999999999999999999e-27", "1e-22",
	    "2.2250738585072011e-308", "2.2250738585072012e-308", "2.2250738585072014e-308", "4.9e-324",
	    "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400", "-1e-400",
	    "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "1e309",
	    "-1e999999", "123456789012345678901234567890", "16777217", "16777217.0000000001",
	    "16777216.9999999999", "3.4028235677973366e38", "1.1754943508222875e-38", "7.006492321624085e-46",
	    "7.0064923216240862e-46", "0.500000000000000166533453693773481063544750213623046875",
	    "3.518437208883201171875e13", "62.5364939768271845828", "8.10109172351e-10",
	    "1.50000000000000011102230246251565", "1448997445238699",
	    "5708990770823839207320493820740630171355185"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		expect_reals(texts[i]);
}

static void
random_texts_are_the_nearest_doubles_and_floats(void **state)
{
	(void)state;
	char text[96];
	for (int i = 0; i < RANDOM_TEXTS; i++) {
		draw_number(text);
		expect_reals(text);
	}
}

/* Integers of 54 bits in the middle of two doubles, and beside it. */
static void
halfway_cases_are_rounded_to_even(void **state)
{
	(void)state;
	char text[96];
	for (int i = 0; i < 20000; i++) {
		uint64_t middle = (uint64_t)1 << 53 | draw(1u << 31) << 22 | draw(1u << 22) | 1;
		snprintf(text, sizeof text, "%llu", (unsigned long long)middle);
		expect_reals(text);
		snprintf(text, sizeof text, "%llu.0000000001", (unsigned long long)middle);
		expect_reals(text);
		snprintf(text, sizeof text, "%llue%d", (unsigned long long)middle, (int)draw(55) - 27);
		expect_reals(text);
	}
}

/* Products of a little more than 64 bits: what is cut off decides where half a unit stays. */
static void
products_that_just_outgrow_64_bits_are_rounded(void **state)
{
	(void)state;
	char text[32];
	for (int i = 0; i < 4 * RANDOM_TEXTS; i++) {
		uint64_t significand = (uint64_t)1 << 59 | draw(1u << 30) << 29 | draw(1u << 29);
		snprintf(text, sizeof text, "%llue%d", (unsigned long long)significand, 2 + (int)draw(5));
		struct number number = read_number(text);
		double real = number_double(&number), due = strtod(text, NULL);
		if (memcmp(&real, &due, sizeof real) != 0)
			fail_msg("%s is %a, not %a", text, due, real);
	}
}

static void
long_texts_have_their_values(void **state)
{
	(void)state;
	enum { DIGITS = 10000 };
	static char text[DIGITS + 16];
	uint64_t magnitude;
	memset(text, '1', DIGITS);
	text[1] = '.';
	expect_reals(text);
	text[1] = '1';
	struct number number = read_number(text);
	assert_true(isinf(number_double(&number)));
	assert_true(isinf(number_float(&number)));
	assert_int_equal(number_half(&number), 0x7c00);
	assert_false(number_integer(&number, &magnitude));
	/* Brought back by its exponent. */
	memcpy(text + DIGITS, "e-9990", 7);
	expect_reals(text);
	/* Zeros before and behind what counts. */
	memset(text, '0', DIGITS);
	memcpy(text, "0.", 2);
	memcpy(text + DIGITS - 2, "42", 2);
	snprintf(text + DIGITS, 8, "e%d", DIGITS - 2);
	expect_integer(text, 42);
	expect_reals(text);
	memset(text, '0', DIGITS);
	memcpy(text, "42", 2);
	snprintf(text + DIGITS, 8, "e-%d", DIGITS - 2);
	expect_integer(text, 42);
	expect_reals(text);
}

/* ---- halves ---- */

/* The value of a half that is finite, by its three fields. */
static double
value_of_half(uint16_t half)
{
	int exponent = half >> 10 & 31, fraction = half & 1023;
	double size = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
	return (half & 0x8000) != 0 ? -size : size;
}

static void
every_half_is_itself(void **state)
{
	(void)state;
	char text[64];
	for (unsigned half = 0; half < 0x10000; half++) {
		if ((half & 0x7c00) == 0x7c00)
			continue;
		double real = value_of_half((uint16_t)half);
		assert_int_equal(half_of_double(real), half);
		snprintf(text, sizeof text, "%.30f", real);
		struct number number = read_number(text);
		assert_int_equal(number_half(&number), half);
	}
	assert_int_equal(half_of_double(INFINITY), 0x7c00);
	assert_int_equal(half_of_double(-INFINITY), 0xfc00);
	assert_int_equal(half_of_double((double)NAN) & 0x7e00, 0x7e00);
}

static void
expect_half(double real, uint16_t half)
{
	char text[80];
	snprintf(text, sizeof text, "%.60f", real);
	struct number number = read_number(text);
	assert_int_equal(half_of_double(real), half);
	if (number_half(&number) != half)
		fail_msg("%s is %04x, not %04x", text, half, number_half(&number));
}

static void
what_lies_between_two_halves_goes_to_the_nearer_or_the_even_one(void **state)
{
	(void)state;
	for (unsigned low = 0; low < 0x7bff; low += low < 0x800 ? 1 : 7) {
		double middle = (value_of_half((uint16_t)low) + value_of_half((uint16_t)(low + 1))) / 2;
		expect_half(middle, (uint16_t)(low + (low & 1)));
		expect_half(nextafter(middle, 0), (uint16_t)low);
		expect_half(nextafter(middle, 1e9), (uint16_t)(low + 1));
	}
}

/* Digits far behind those of a double decide. */
static void
a_half_is_rounded_once(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint16_t half;
	} halves[] = {{"0", 0}, {"-0", 0x8000}, {"1e-30", 0}, {"-1e-400", 0x8000}, {"1.00048828125", 0x3c00},
	    {"1.000488281250000000000000000000000000000001", 0x3c01}, {"1.00146484375", 0x3c02},
	    {"1.001464843749999999999999999999999999999999", 0x3c01},
	    {"65519.99999999999999999999999999", 0x7bff}, {"65520", 0x7c00}, {"-65520", 0xfc00},
	    {"1e400", 0x7c00}, {"2.98023223876953125e-8", 0},
	    {"2.980232238769531250000000000000000000001e-8", 1},
	    {"-1.00048828125000000000000000000000001", 0xbc01}, {"65504", 0x7bff},
	    {"0.00006103515625", 0x0400}};
	for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
		struct number number = read_number(halves[i].text);
		if (number_half(&number) != halves[i].half)
			fail_msg(
			    "%s is %04x, not %04x", halves[i].text, halves[i].half, number_half(&number));
	}
}

/* ---- decimals ---- */

/* The value of 16 bytes. */
static __int128_t
value_of_bytes(const uint8_t *bytes)
{
	__uint128_t value = 0;
	for (size_t i = 0; i < WIDE; i++)
		value = value << 8 | bytes[i];
	return (__int128_t)value;
}

static void
expect_decimal(const char *text, int scale, int precision, int64_t unscaled)
{
	struct number number = read_number(text);
	uint8_t bytes[WIDE];
	memset(bytes, 0xaa, sizeof bytes);
	assert_int_equal(number_decimal(&number, scale, precision, bytes, sizeof bytes), DECIMAL_FITS);
	assert_true(value_of_bytes(bytes) == unscaled);
}

static void
refuse_decimal(const char *text, int scale, int precision, size_t size, enum decimal_fit fit)
{
	struct number number = read_number(text);
	uint8_t bytes[DECIMAL_BYTES_MOST];
	assert_int_equal(number_decimal(&number, scale, precision, bytes, size), fit);
}

static void
decimals_of_all_forms(void **state)
{
	(void)state;
	expect_decimal("0", 2, 4, 0);
	expect_decimal("-0.00", 2, 4, 0);
	expect_decimal("0e999999999999999999", 2, 4, 0);
	expect_decimal("1", 2, 4, 100);
	expect_decimal("1.5", 2, 4, 150);
	expect_decimal("-1.25", 2, 4, -125);
	expect_decimal("99.99", 2, 4, 9999);
	expect_decimal("0.01", 2, 4, 1);
	expect_decimal("1e1", 2, 4, 1000);
	expect_decimal("1E-2", 2, 4, 1);
	expect_decimal("10.5000000000000000000000000", 2, 4, 1050);
	expect_decimal("9223372036854775807", 0, 19, INT64_MAX);
	expect_decimal("-9223372036854775808", 0, 19, INT64_MIN);
	refuse_decimal("0.001", 2, 4, WIDE, DECIMAL_TOO_FINE);
	refuse_decimal("1.999", 2, 4, WIDE, DECIMAL_TOO_FINE);
	refuse_decimal("1e-3", 2, 4, WIDE, DECIMAL_TOO_FINE);
	refuse_decimal("100", 2, 4, WIDE, DECIMAL_TOO_LARGE);
	refuse_decimal("-100", 2, 4, WIDE, DECIMAL_TOO_LARGE);
	refuse_decimal("1e2", 2, 4, WIDE, DECIMAL_TOO_LARGE);
	refuse_decimal("1e999999999999", 2, 4, WIDE, DECIMAL_TOO_LARGE);
	/* What is both is too fine. */
	refuse_decimal("12345.678", 2, 4, WIDE, DECIMAL_TOO_FINE);
}

static void
decimals_fill_their_bytes_and_no_more(void **state)
{
	(void)state;
	struct number number;
	uint8_t bytes[1];
	for (int value = -300; value <= 300; value++) {
		char text[12];
		snprintf(text, sizeof text, "%d", value);
		number = read_number(text);
		bool fits = value >= -128 && value <= 127;
		assert_int_equal(
		    number_decimal(&number, 0, 3, bytes, 1), fits ? DECIMAL_FITS : DECIMAL_TOO_LARGE);
		if (fits)
			assert_int_equal((int8_t)bytes[0], value);
	}
	refuse_decimal("2147483648", 0, 10, 4, DECIMAL_TOO_LARGE);
	refuse_decimal("-2147483649", 0, 10, 4, DECIMAL_TOO_LARGE);
	refuse_decimal("4294967296", 0, 10, 4, DECIMAL_TOO_LARGE);
	refuse_decimal("-4294967296", 0, 10, 4, DECIMAL_TOO_LARGE);
}

/* Against arithmetic of 128 bits. */
static void
random_decimals(void **state)
{
	(void)state;
	char text[96];
	uint8_t bytes[WIDE];
	for (int i = 0; i < RANDOM_TEXTS; i++) {
		uint64_t whole = draw(1u << 30) * draw(1u << 30), fraction = draw(1000000);
		int scale = 6 + (int)draw(10);
		bool negative = draw(2) == 0;
		snprintf(text, sizeof text, "%s%llu.%06llu", negative ? "-" : "", (unsigned long long)whole,
		    (unsigned long long)fraction);
		__int128_t due = (__int128_t)whole * 1000000 + (__int128_t)fraction;
		for (int j = 6; j < scale; j++)
			due *= 10;
		struct number number = read_number(text);
		assert_int_equal(number_decimal(&number, scale, 38, bytes, sizeof bytes), DECIMAL_FITS);
		assert_true(value_of_bytes(bytes) == (negative ? -due : due));
	}
}

/* As many digits as the widest decimal has, and more. */
static void
digits_that_no_decimal_has_are_refused(void **state)
{
	(void)state;
	uint8_t bytes[DECIMAL_BYTES_MOST];
	char text[400];
	for (int digits = 100; digits < 200; digits++) {
		memset(text, '9', (size_t)digits);
		text[digits] = '\0';
		struct number number = read_number(text);
		assert_int_equal(number_decimal(&number, 0, DECIMAL_DIGITS_MOST, bytes, sizeof bytes),
		    digits <= DECIMAL_DIGITS_MOST ? DECIMAL_FITS : DECIMAL_TOO_LARGE);
		/* Zeros behind them are none. */
		memset(text + digits, '0', 150);
		strcpy(text + digits + 150, "e-150");
		number = read_number(text);
		assert_int_equal(number_decimal(&number, 0, DECIMAL_DIGITS_MOST, bytes, sizeof bytes),
		    digits <= DECIMAL_DIGITS_MOST ? DECIMAL_FITS : DECIMAL_TOO_LARGE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_a_number_ends_where_it_ends),
	    cmocka_unit_test(what_is_none_is_told_where_it_fails),
	    cmocka_unit_test(all_of_a_text_is_the_number_or_it_is_none),
	    cmocka_unit_test(integers_are_exact_up_to_64_bits),
	    cmocka_unit_test(integers_may_be_written_with_a_point_and_an_exponent),
	    cmocka_unit_test(doubles_and_floats_are_the_nearest),
	    cmocka_unit_test(random_texts_are_the_nearest_doubles_and_floats),
	    cmocka_unit_test(halfway_cases_are_rounded_to_even),
	    cmocka_unit_test(products_that_just_outgrow_64_bits_are_rounded),
	    cmocka_unit_test(long_texts_have_their_values),
	    cmocka_unit_test(every_half_is_itself),
	    cmocka_unit_test(what_lies_between_two_halves_goes_to_the_nearer_or_the_even_one),
	    cmocka_unit_test(a_half_is_rounded_once),
	    cmocka_unit_test(decimals_of_all_forms),
	    cmocka_unit_test(decimals_fill_their_bytes_and_no_more),
	    cmocka_unit_test(random_decimals),
	    cmocka_unit_test(digits_that_no_decimal_has_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
