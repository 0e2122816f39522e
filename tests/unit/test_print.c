/* Numbers, dates and times as text: edge values, and that every text reads back. */
#include "lib/print/print.h"

#include "lib/json/notation.h"
#include "lib/json/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct text {
	char text[PRINT_BYTES + 1];
};

/* What was printed to the front of TEXT, up to END. */
static void
finish(struct text *text, const uint8_t *end)
{
	assert_non_null(end);
	size_t size = (size_t)(end - (uint8_t *)text->text);
	assert_true(size <= PRINT_BYTES);
	text->text[size] = '\0';
}

#define PRINTED(function, ...)                                              \
	__extension__({                                                     \
		struct text made;                                           \
		finish(&made, function((uint8_t *)made.text, __VA_ARGS__)); \
		made;                                                       \
	})

static uint64_t seed = 1;

/* Xorshift: any bits. */
static uint64_t
draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* ---- integers ---- */

static void
integers_of_any_size(void **state)
{
	(void)state;
	char wanted[40];
	assert_string_equal(PRINTED(print_integer, 0, false).text, "0");
	for (uint64_t power = 1, i = 0; i < 20; i++, power *= 10)
		for (int off = -1; off <= 1; off++) {
			uint64_t number = power + (uint64_t)(int64_t)off;
			snprintf(wanted, sizeof wanted, "%llu", (unsigned long long)number);
			assert_string_equal(PRINTED(print_integer, number, false).text, wanted);
			snprintf(wanted, sizeof wanted, "-%llu", (unsigned long long)number);
			assert_string_equal(PRINTED(print_integer, number, true).text, wanted);
		}
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t number = draw() >> (draw() & 63);
		snprintf(wanted, sizeof wanted, "%llu", (unsigned long long)number);
		assert_string_equal(PRINTED(print_integer, number, false).text, wanted);
	}
	assert_string_equal(PRINTED(print_integer, UINT64_MAX, false).text, "18446744073709551615");
}

/* ---- floating point ---- */

/* The digits that count: those of the exponent and zeros at either end do not. */
static size_t
digits_in(const char *text)
{
	size_t count = 0, zeros = 0;
	for (; *text != '\0' && *text != 'e'; text++) {
		if (*text < '0' || *text > '9' || (*text == '0' && count == 0))
			continue;
		zeros = *text == '0' ? zeros + 1 : 0;
		count++;
	}
	return count - zeros;
}

/* No fewer digits would read back; at the ends of the range, no fewer of those that always may be needed. */
static void
check_double(double real)
{
	struct text text = PRINTED(print_double, real);
	char wanted[40];
	struct number number;
	double back = strtod(text.text, NULL);
	assert_memory_equal(&back, &real, sizeof real);
	assert_true(number_read_all(view_of_text(text.text), &number));
	back = number_double(&number);
	assert_memory_equal(&back, &real, sizeof real);
	bool is_usual = fabs(real) < 1e15 && fabs(real) > 1e-10;
	for (int digits = is_usual ? 1 : 15; digits <= 17; digits++) {
		snprintf(wanted, sizeof wanted, "%.*g", digits, real);
		if (strtod(wanted, NULL) == real)
			break;
	}
	assert_true(digits_in(text.text) <= digits_in(wanted));
}

static void
check_float(float real)
{
	struct text text = PRINTED(print_float, real);
	char wanted[40];
	struct number number;
	float back = strtof(text.text, NULL);
	assert_memory_equal(&back, &real, sizeof real);
	assert_true(number_read_all(view_of_text(text.text), &number));
	back = number_float(&number);
	assert_memory_equal(&back, &real, sizeof real);
	bool is_usual = fabsf(real) < 1e7f && fabsf(real) > 1e-10f;
	for (int digits = is_usual ? 1 : 6; digits <= 9; digits++) {
		snprintf(wanted, sizeof wanted, "%.*g", digits, (double)real);
		if (strtof(wanted, NULL) == real)
			break;
	}
	assert_true(digits_in(text.text) <= digits_in(wanted));
}

static void
doubles_are_short(void **state)
{
	(void)state;
	assert_string_equal(PRINTED(print_double, 0.0).text, "0");
	assert_string_equal(PRINTED(print_double, -0.0).text, "-0.0");
	assert_string_equal(PRINTED(print_double, 0.1).text, "0.1");
	assert_string_equal(PRINTED(print_double, 0.1 + 0.2).text, "0.30000000000000004");
	assert_string_equal(PRINTED(print_double, -1234.5678).text, "-1234.5678");
	assert_string_equal(PRINTED(print_double, 999999999999999.0).text, "999999999999999");
	assert_string_equal(PRINTED(print_double, 1e15).text, "1e+15");
	assert_string_equal(PRINTED(print_double, 0.00000001).text, "1e-8");
	assert_string_equal(PRINTED(print_double, -0.00001).text, "-0.00001");
	assert_string_equal(PRINTED(print_double, 0.00000123).text, "1.23e-6");
	/* The next one below a power of two is nearer than the next one above. */
	assert_string_equal(PRINTED(print_double, 0x1p-20).text, "9.5367431640625e-7");
	assert_string_equal(PRINTED(print_double, 0x1p-30).text, "9.313225746154785e-10");
	assert_string_equal(PRINTED(print_double, 562949953421311.875).text, "562949953421311.9");
	assert_string_equal(PRINTED(print_double, 1e-20).text, "1e-20");
	assert_string_equal(PRINTED(print_double, 1.7976931348623157e308).text, "1.7976931348623157e+308");
	assert_string_equal(PRINTED(print_double, (double)INFINITY).text, "\"Infinity\"");
	assert_string_equal(PRINTED(print_double, -(double)INFINITY).text, "\"-Infinity\"");
	assert_string_equal(PRINTED(print_double, (double)NAN).text, "\"NaN\"");
}

static void
doubles_read_back(void **state)
{
	(void)state;
	for (int power = -1074; power < 1024; power++) {
		check_double(ldexp(1, power));
		check_double(nextafter(ldexp(1, power), 0));
	}
	for (unsigned i = 0; i < 30000; i++) {
		uint64_t bits = draw();
		double real;
		memcpy(&real, &bits, sizeof real);
		if (isfinite(real))
			check_double(real);
		/* Of few digits, and right beside one. */
		real = (double)(draw() % 1000000000) / pow(10, (double)(draw() % 12));
		check_double(real);
		check_double(nextafter(real, (double)INFINITY));
		check_double(-(double)(draw() >> (draw() & 63)));
		check_double(ldexp((double)(draw() >> 11), -(int)(draw() % 90)));
	}
}

static void
floats_are_short(void **state)
{
	(void)state;
	assert_string_equal(PRINTED(print_float, 0.1f).text, "0.1");
	assert_string_equal(PRINTED(print_float, -0.0f).text, "-0.0");
	assert_string_equal(PRINTED(print_float, 16777215.0f).text, "16777215");
	assert_string_equal(PRINTED(print_float, 1e10f).text, "1e+10");
	assert_string_equal(PRINTED(print_float, 3.14159274f).text, "3.1415927");
	assert_string_equal(PRINTED(print_float, -INFINITY).text, "\"-Infinity\"");
	assert_string_equal(PRINTED(print_float, NAN).text, "\"NaN\"");
}

static void
floats_read_back(void **state)
{
	(void)state;
	for (int power = -149; power < 128; power++) {
		check_float(ldexpf(1, power));
		check_float(nextafterf(ldexpf(1, power), 0));
	}
	for (unsigned i = 0; i < 30000; i++) {
		uint32_t bits = (uint32_t)draw();
		float real;
		memcpy(&real, &bits, sizeof real);
		if (isfinite(real))
			check_float(real);
		real = (float)(draw() % 1000000) / powf(10, (float)(draw() % 9));
		check_float(real);
		check_float(nextafterf(real, INFINITY));
	}
}

static void
halves_read_back(void **state)
{
	(void)state;
	assert_string_equal(PRINTED(print_half, 0x3c00).text, "1");
	assert_string_equal(PRINTED(print_half, 0x8000).text, "-0.0");
	assert_string_equal(PRINTED(print_half, 0x0001).text, "5.9604645e-8");
	assert_string_equal(PRINTED(print_half, 0xfbff).text, "-65504");
	assert_string_equal(PRINTED(print_half, 0x7c00).text, "\"Infinity\"");
	assert_string_equal(PRINTED(print_half, 0xfc00).text, "\"-Infinity\"");
	assert_string_equal(PRINTED(print_half, 0x7e01).text, "\"NaN\"");
	for (unsigned bits = 0; bits <= 0xffff; bits++) {
		struct number number;
		struct text text = PRINTED(print_half, (uint16_t)bits);
		if ((bits & 0x7c00) == 0x7c00)
			continue;
		assert_true(number_read_all(view_of_text(text.text), &number));
		assert_int_equal(number_half(&number), bits);
	}
}

/* ---- decimals ---- */

static void
decimals_have_all_digits_of_their_scale(void **state)
{
	(void)state;
	assert_string_equal(PRINTED(print_small_decimal, 0, false, 0).text, "0");
	assert_string_equal(PRINTED(print_small_decimal, 0, false, 3).text, "0.000");
	assert_string_equal(PRINTED(print_small_decimal, 5, true, 3).text, "-0.005");
	assert_string_equal(PRINTED(print_small_decimal, 1000, false, 3).text, "1.000");
	assert_string_equal(PRINTED(print_small_decimal, 123456, true, 1).text, "-12345.6");
	static const uint8_t one[] = {1};
	struct view bytes = {one, 1};
	assert_string_equal(
	    PRINTED(print_decimal, bytes, 50, 41).text, "0.00000000000000000000000000000000000000001");
	assert_string_equal(PRINTED(print_decimal, bytes, 50, 42).text, "1e-42");
	assert_string_equal(PRINTED(print_decimal, bytes, 2000000000, 2000000000).text, "1e-2000000000");
	assert_null(print_decimal(NULL, (struct view){one, 0}, 5, 0));
}

/* As a reader takes it, it is the same in as many bytes. */
static void
check_decimal(const uint8_t *bytes, size_t size, int scale)
{
	struct number number;
	uint8_t back[PRINT_DECIMAL_BYTES];
	struct text text;
	uint8_t *end = print_decimal((uint8_t *)text.text, (struct view){bytes, size}, 160, scale);
	if (end == NULL) {
		/* 62 bytes and a bit are what 150 digits may take. */
		assert_true(size > 62);
		return;
	}
	finish(&text, end);
	assert_true(number_read_all(view_of_text(text.text), &number));
	assert_int_equal(number_decimal(&number, scale, 160, back, size), DECIMAL_FITS);
	assert_memory_equal(back, bytes, size);
}

static void
decimals_of_any_size_read_back(void **state)
{
	(void)state;
	uint8_t bytes[PRINT_DECIMAL_BYTES];
	for (size_t size = 1; size <= PRINT_DECIMAL_BYTES; size++)
		for (unsigned i = 0; i < 200; i++) {
			for (size_t j = 0; j < size; j++)
				bytes[j] = (uint8_t)(i == 0 ? 0 : i == 1 ? 0xff : draw());
			if (i == 2 || i == 3)
				memset(bytes, i == 2 ? 0 : 0xff, size - 1);
			if (i == 4 || i == 5) {
				memset(bytes, i == 4 ? 0xff : 0, size);
				bytes[0] = i == 4 ? 0x7f : 0x80;
			}
			check_decimal(bytes, size, (int)(draw() % 60));
		}
	/* More bytes only repeat the sign, or they are too many. */
	uint8_t wide[PRINT_DECIMAL_BYTES + 9];
	memset(wide, 0xff, sizeof wide);
	assert_string_equal(PRINTED(print_decimal, (struct view){wide, sizeof wide}, 9, 0).text, "-1");
	wide[1] = 0;
	struct text room;
	assert_null(print_decimal((uint8_t *)room.text, (struct view){wide, sizeof wide}, 1000, 0));
}

static void
decimals_of_too_many_digits_are_none(void **state)
{
	(void)state;
	static const uint8_t thousand[] = {3, 0xe8}, less[] = {3, 0xe7}, low[] = {0xfc, 0x19};
	struct text room;
	assert_null(print_decimal((uint8_t *)room.text, (struct view){thousand, 2}, 3, 0));
	assert_string_equal(PRINTED(print_decimal, ((struct view){less, 2}), 3, 0).text, "999");
	assert_string_equal(PRINTED(print_decimal, ((struct view){low, 2}), 3, 0).text, "-999");
}

/* ---- dates and times ---- */

/* TEXT between its quotes. */
static struct view
unquoted(const struct text *text)
{
	size_t size = strlen(text->text);
	assert_true(size > 2 && text->text[0] == '"' && text->text[size - 1] == '"');
	return (struct view){(const uint8_t *)text->text + 1, size - 2};
}

static void
check_date(int64_t days)
{
	struct text text = PRINTED(print_date, days);
	int64_t back;
	assert_true(notation_date(unquoted(&text), &back));
	assert_int_equal(back, days);
}

static void
dates(void **state)
{
	(void)state;
	assert_string_equal(PRINTED(print_date, 19782).text, "\"2024-02-29\"");
	assert_string_equal(PRINTED(print_date, -719528).text, "\"0000-01-01\"");
	assert_string_equal(PRINTED(print_date, -719529).text, "\"-000001-12-31\"");
	assert_string_equal(PRINTED(print_date, 2932896).text, "\"9999-12-31\"");
	assert_string_equal(PRINTED(print_date, 2932897).text, "\"+010000-01-01\"");
	assert_string_equal(PRINTED(print_date, 364522971).text, "\"+999999-12-31\"");
	assert_string_equal(PRINTED(print_date, 364522972).text, "364522972");
	assert_string_equal(PRINTED(print_date, -365961662).text, "\"-999999-01-01\"");
	assert_string_equal(PRINTED(print_date, -365961663).text, "-365961663");
	assert_string_equal(PRINTED(print_date, INT32_MIN).text, "-2147483648");
	for (int64_t days = -800000; days < 3000000; days += 1)
		check_date(days);
	for (int64_t days = -365961662; days <= 364522971; days += 997)
		check_date(days);
}

static void
check_timestamp(int64_t units, enum time_unit unit, bool utc)
{
	struct text text = PRINTED(print_timestamp, units, unit, utc);
	struct notation_moment moment;
	int64_t back;
	bool is_finer;
	if (text.text[0] != '"') {
		assert_true(unit != UNIT_NANOS && strtoll(text.text, NULL, 10) == units);
		return;
	}
	assert_true(notation_timestamp(unquoted(&text), &moment));
	assert_true(notation_units(&moment, unit, &back, &is_finer));
	assert_false(is_finer);
	assert_true(moment.has_offset == utc);
	assert_int_equal(back, units);
}

static void
timestamps(void **state)
{
	(void)state;
	assert_string_equal(
	    PRINTED(print_timestamp, 0, UNIT_MILLIS, true).text, "\"1970-01-01T00:00:00.000Z\"");
	assert_string_equal(
	    PRINTED(print_timestamp, -1, UNIT_MICROS, false).text, "\"1969-12-31T23:59:59.999999\"");
	assert_string_equal(
	    PRINTED(print_timestamp, INT64_MAX, UNIT_NANOS, true).text, "\"2262-04-11T23:47:16.854775807Z\"");
	assert_string_equal(
	    PRINTED(print_timestamp, INT64_MIN, UNIT_MILLIS, true).text, "-9223372036854775808");
	assert_string_equal(PRINTED(print_timestamp, INT64_MIN, UNIT_MICROS, true).text,
	    "\"-290308-12-21T19:59:05.224192Z\"");
	for (unsigned i = 0; i < 300000; i++) {
		int64_t units = (int64_t)draw() >> (draw() & 63);
		check_timestamp(units, (enum time_unit)(i % 3), i % 2 == 0);
	}
}

static void
times(void **state)
{
	(void)state;
	static const int64_t days[] = {86400000, 86400000000, 86400000000000};
	assert_string_equal(PRINTED(print_time, 1, UNIT_NANOS, false).text, "\"00:00:00.000000001\"");
	for (unsigned unit = 0; unit < 3; unit++) {
		char wanted[40];
		for (unsigned i = 0; i < 100000; i++) {
			int64_t units = i == 0 ? days[unit] - 1 : (int64_t)(draw() % (uint64_t)days[unit]),
				back;
			struct text text = PRINTED(print_time, units, (enum time_unit)unit, i % 2 == 0);
			struct notation_moment moment;
			bool is_finer;
			assert_true(notation_time(unquoted(&text), &moment));
			assert_true(notation_units(&moment, (enum time_unit)unit, &back, &is_finer));
			assert_true(back == units && moment.has_offset == (i % 2 == 0));
		}
		/* No time of a day. */
		snprintf(wanted, sizeof wanted, "%lld", (long long)days[unit]);
		assert_string_equal(PRINTED(print_time, days[unit], (enum time_unit)unit, true).text, wanted);
		assert_string_equal(PRINTED(print_time, -1, (enum time_unit)unit, true).text, "-1");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers_of_any_size),
	    cmocka_unit_test(doubles_are_short),
	    cmocka_unit_test(doubles_read_back),
	    cmocka_unit_test(floats_are_short),
	    cmocka_unit_test(floats_read_back),
	    cmocka_unit_test(halves_read_back),
	    cmocka_unit_test(decimals_have_all_digits_of_their_scale),
	    cmocka_unit_test(decimals_of_any_size_read_back),
	    cmocka_unit_test(decimals_of_too_many_digits_are_none),
	    cmocka_unit_test(dates),
	    cmocka_unit_test(timestamps),
	    cmocka_unit_test(times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
