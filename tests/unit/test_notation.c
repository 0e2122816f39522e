/* Values written as text: dates, times, UUIDs, bytes; and texts that are none. */
#include "lib/json/notation.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

/* ---- dates ---- */

static void
expect_date(const char *text, int64_t due)
{
	int64_t days = 0;
	if (!notation_date(view_of_text(text), &days) || days != due)
		fail_msg("%s is day %lld", text, (long long)days);
}

static void
dates_count_from_1970(void **state)
{
	(void)state;
	expect_date("1970-01-01", 0);
	expect_date("1969-12-31", -1);
	expect_date("2024-02-29", 19782);
	expect_date("2000-02-29", 11016);
	expect_date("1600-02-29", -135081);
	expect_date("0001-01-01", -719162);
	expect_date("0000-02-29", -719469);
	expect_date("9999-12-31", 2932896);
}

static void
years_of_more_digits_have_a_sign(void **state)
{
	(void)state;
	expect_date("+1970-01-01", 0);
	expect_date("+10000-01-01", 2932897);
	expect_date("+999999-12-31", 364522971);
	expect_date("-0001-12-31", -719529);
	expect_date("-0004-02-29", -720930);
	expect_date("-400000-01-01", -719528 - 146097 * 1000);
}

/* Every day of 3,000 years, against the C library. */
static void
every_day_is_the_one_of_the_c_library(void **state)
{
	(void)state;
	char text[32];
	for (int64_t day = -500000; day < 600000; day += 3) {
		time_t seconds = (time_t)day * 86400;
		struct tm parts;
		assert_non_null(gmtime_r(&seconds, &parts));
		snprintf(text, sizeof text, "%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1,
		    parts.tm_mday);
		expect_date(text, day);
	}
}

static void
what_is_no_date(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "2024", "2024-01", "2024-01-1", "2024-1-01", "24-01-01",
	    "20240101", "2024-01-01 ", " 2024-01-01", "2024-01-01T", "2024/01/01", "2024-00-01", "2024-13-01",
	    "2024-01-00", "2024-01-32", "2024-04-31", "2023-02-29", "1900-02-29", "2024-02-30", "02024-01-01",
	    "10000-01-01", "+1000000-01-01", "+999-01-01", "--001-01-01", "-999-01-01", "2024-01-0x",
	    "2024-0x-01", "202x-01-01", "+-2024-01-01", "2024--1-01"};
	int64_t days;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (notation_date(view_of_text(texts[i]), &days))
			fail_msg("%s is day %lld", texts[i], (long long)days);
}

/* ---- times ---- */

struct due {
	const char *text;
	int64_t seconds;
	uint32_t nanoseconds;
	bool is_finer, has_offset;
};

static void
expect_moment(const struct due *due, bool taken, const struct notation_moment *moment)
{
	if (!taken || moment->seconds != due->seconds || moment->nanoseconds != due->nanoseconds ||
	    moment->is_finer != due->is_finer || moment->has_offset != due->has_offset)
		fail_msg("%s is %lld and %u ns, %d %d", due->text, (long long)moment->seconds,
		    moment->nanoseconds, moment->is_finer, moment->has_offset);
}

static void
times_of_the_day(void **state)
{
	(void)state;
	static const struct due times[] = {{"00:00", 0, 0, false, false}, {"23:59", 86340, 0, false, false},
	    {"23:59:59", 86399, 0, false, false}, {"12:30:15.5", 45015, 500000000, false, false},
	    {"12:30:15,25", 45015, 250000000, false, false}, {"00:00:00.000000001", 0, 1, false, false},
	    {"00:00:00.123456789", 0, 123456789, false, false},
	    {"00:00:00.1234567890", 0, 123456789, false, false},
	    {"00:00:00.1234567891", 0, 123456789, true, false},
	    {"00:00:00.12345678910", 0, 123456789, true, false}, {"00:00:00.00000000001", 0, 0, true, false},
	    {"12:00Z", 43200, 0, false, true}, {"12:00:00z", 43200, 0, false, true},
	    {"12:00+01", 39600, 0, false, true}, {"12:00-0130", 48600, 0, false, true},
	    {"12:00:00.5+05:45", 22500, 500000000, false, true}, {"00:30+01:00", 84600, 0, false, true},
	    {"23:30-01:00", 1800, 0, false, true}, {"00:00+23:59", 60, 0, false, true},
	    {"00:00-00:00", 0, 0, false, true}};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct notation_moment moment;
		bool taken = notation_time(view_of_text(times[i].text), &moment);
		expect_moment(&times[i], taken, &moment);
	}
}

static void
what_is_no_time(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "12", "12:", "1:00", "12:0", "12:000", "24:00", "12:60",
	    "12:00:60", "12:00:", "12:00:0", "12:00:00.", "12:00:00.x", "12:00.5", "12:00 ", "12:00:00 Z",
	    "12:00ZZ", "12:00+", "12:00+1", "12:00+24", "12:00+01:", "12:00+01:6", "12:00+01:60",
	    "12:00+01:000", "12:00+01000", "-12:00", "12-00", "1200", "2x:00", "12:00:00.5.5", "12:00x"};
	struct notation_moment moment;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (notation_time(view_of_text(texts[i]), &moment))
			fail_msg("%s is %lld", texts[i], (long long)moment.seconds);
}

static void
timestamps(void **state)
{
	(void)state;
	static const struct due times[] = {{"1970-01-01", 0, 0, false, false},
	    {"1970-01-01T00:00", 0, 0, false, false}, {"1970-01-01t00:00:01Z", 1, 0, false, true},
	    {"1970-01-01 00:00:01", 1, 0, false, false},
	    {"1969-12-31T23:59:59.25Z", -1, 250000000, false, true},
	    {"2024-02-29T12:00:00+01:00", 1709204400, 0, false, true},
	    {"1970-01-01T00:00:00+01:00", -3600, 0, false, true},
	    {"2016-12-31T23:59:59.9999999999Z", 1483228799, 999999999, true, true},
	    {"+10000-01-01T00:00:00Z", 253402300800, 0, false, true},
	    {"-0001-12-31T00:00:00Z", -719529 * (int64_t)86400, 0, false, true}};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct notation_moment moment;
		bool taken = notation_timestamp(view_of_text(times[i].text), &moment);
		expect_moment(&times[i], taken, &moment);
	}
}

static void
what_is_no_timestamp(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "12:00", "2024-01-01T", "2024-01-01 ", "2024-01-01X12:00",
	    "2024-01-01T24:00", "2023-02-29T00:00", "2024-01-01T12", "2024-01-01T12:00 ", "2024-01-01Z",
	    "2024-01-0112:00"};
	struct notation_moment moment;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (notation_timestamp(view_of_text(texts[i]), &moment))
			fail_msg("%s is %lld", texts[i], (long long)moment.seconds);
}

static void
expect_units(int64_t seconds, uint32_t nanoseconds, enum time_unit unit, int64_t due, bool finer)
{
	const struct notation_moment moment = {seconds, nanoseconds, false, false};
	int64_t value;
	bool is_finer;
	assert_true(notation_units(&moment, unit, &value, &is_finer));
	assert_true(value == due);
	assert_int_equal(is_finer, finer);
}

static void
moments_in_units_of_their_field(void **state)
{
	(void)state;
	expect_units(1, 5000000, UNIT_MILLIS, 1005, false);
	expect_units(1, 5000001, UNIT_MILLIS, 1005, true);
	expect_units(1, 5000, UNIT_MICROS, 1000005, false);
	expect_units(1, 5001, UNIT_MICROS, 1000005, true);
	expect_units(1, 5, UNIT_NANOS, 1000000005, false);
	expect_units(-1, 999000000, UNIT_MILLIS, -1, false);
	expect_units(INT64_MAX / 1000000000, INT64_MAX % 1000000000, UNIT_NANOS, INT64_MAX, false);
	const struct notation_moment late = {INT64_MAX / 1000000000, INT64_MAX % 1000000000 + 1, false,
					 false},
				     early = {-9223372037, 145224191, false, false},
				     finer = {0, 0, true, false};
	int64_t value;
	bool is_finer;
	assert_false(notation_units(&late, UNIT_NANOS, &value, &is_finer));
	assert_false(notation_units(&early, UNIT_NANOS, &value, &is_finer));
	expect_units(-9223372037, 145224192, UNIT_NANOS, INT64_MIN, false);
	assert_true(notation_units(&finer, UNIT_NANOS, &value, &is_finer));
	assert_true(is_finer);
}

/* ---- bytes ---- */

typedef bool decoder(struct view text, uint8_t *bytes, size_t *size);

static void
expect_bytes(decoder *decode, const char *text, const char *due, size_t due_size)
{
	uint8_t bytes[64];
	size_t size = 99;
	if (!decode(view_of_text(text), bytes, &size) || size != due_size || memcmp(bytes, due, size) != 0)
		fail_msg("'%s' is %zu bytes", text, size);
}

static void
refuse_bytes(decoder *decode, const char *text)
{
	uint8_t bytes[64];
	size_t size;
	if (decode(view_of_text(text), bytes, &size))
		fail_msg("'%s' is %zu bytes", text, size);
}

static void
hexadecimal_digits(void **state)
{
	(void)state;
	expect_bytes(notation_hex, "", "", 0);
	expect_bytes(notation_hex, "00ff", "\x00\xff", 2);
	expect_bytes(notation_hex, "aBcDeF09", "\xab\xcd\xef\x09", 4);
	static const char *const texts[] = {"0", "000", "0g", "g0", "0x00", "00 ", "@0", "`0", "0/", "0:"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		refuse_bytes(notation_hex, texts[i]);
}

static void
base64_with_padding_and_without(void **state)
{
	(void)state;
	expect_bytes(notation_base64, "", "", 0);
	expect_bytes(notation_base64, "Zg==", "f", 1);
	expect_bytes(notation_base64, "Zg", "f", 1);
	expect_bytes(notation_base64, "Zm8=", "fo", 2);
	expect_bytes(notation_base64, "Zm8", "fo", 2);
	expect_bytes(notation_base64, "Zm9v", "foo", 3);
	expect_bytes(notation_base64, "Zm9vYmFy", "foobar", 6);
	expect_bytes(notation_base64, "+/+/", "\xfb\xff\xbf", 3);
	expect_bytes(notation_base64, "-_-_", "\xfb\xff\xbf", 3);
	expect_bytes(notation_base64, "AZaz", "\x01\x96\xb3", 3);
	expect_bytes(notation_base64, "0459", "\xd3\x8e\x7d", 3);
}

static void
what_is_no_base64(void **state)
{
	(void)state;
	static const char *const texts[] = {"Z", "=",
	    "==", "===", "Z===", "Zg=", "Zg===", "Zm8==", "Zm9v=", "Zm9v==", "Zm9v====", "Zh", "Zh==", "Zm9",
	    "Zm9=", "Z g=", "Zg==\n", "Zm9v Zm9v", "Zg==Zg==", "*m9v", "Zm9v@", "Zm9[", "Zm9`", "Zm9{"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		refuse_bytes(notation_base64, texts[i]);
}

/* Each digit, and each byte that is none. */
static void
every_byte_of_base64(void **state)
{
	(void)state;
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (unsigned byte = 1; byte < 256; byte++) {
		const uint8_t text[] = {'A', 'A', 'A', (uint8_t)byte};
		const char *place = strchr(alphabet, (int)byte);
		int due = byte == '-' ? 62 : byte == '_' ? 63 : place != NULL ? (int)(place - alphabet) : -1;
		uint8_t bytes[3];
		size_t size;
		/* Padding behind three digits is fine. */
		bool taken = notation_base64((struct view){text, 4}, bytes, &size);
		assert_int_equal(taken, due >= 0 || byte == '=');
		if (due >= 0)
			assert_int_equal(bytes[2], due);
	}
}

static void
uuids(void **state)
{
	(void)state;
	static const uint8_t due[16] = {
	    0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3, 0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0x00};
	uint8_t uuid[16];
	assert_true(notation_uuid(view_of_text("123e4567-e89b-12d3-a456-426614174000"), uuid));
	assert_memory_equal(uuid, due, sizeof due);
	assert_true(notation_uuid(view_of_text("123E4567-E89B-12D3-A456-426614174000"), uuid));
	assert_memory_equal(uuid, due, sizeof due);
	static const char *const texts[] = {"", "123e4567e89b12d3a456426614174000",
	    "123e4567-e89b-12d3-a456-42661417400", "123e4567-e89b-12d3-a456-4266141740000",
	    "{123e4567-e89b-12d3-a456-42661417400}", "123e456-7e89b-12d3-a456-426614174000",
	    "123e4567-e89b-12d3-a456-42661417400g", "123e4567-e89b-12d3-a456_426614174000",
	    "123e4567-e89b-12d3-a4-56426614174000"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_false(notation_uuid(view_of_text(texts[i]), uuid));
}

/* ---- numbers that are none ---- */

static void
words_that_are_floating_point_numbers(void **state)
{
	(void)state;
	double real = 0;
	static const char *const infinities[] = {"Infinity", "infinity", "INF", "+Inf"};
	for (size_t i = 0; i < 4; i++) {
		assert_true(notation_non_finite(view_of_text(infinities[i]), &real));
		assert_true(isinf(real) && real > 0);
	}
	assert_true(notation_non_finite(view_of_text("-Infinity"), &real));
	assert_true(isinf(real) && real < 0);
	assert_true(notation_non_finite(view_of_text("-inf"), &real));
	assert_true(isinf(real) && real < 0);
	assert_true(notation_non_finite(view_of_text("NaN"), &real));
	assert_true(isnan(real));
	static const char *const texts[] = {"", "-", "+", "N", "Na", "NaNs", "I", "In", "Infi", "Infinit",
	    "Infinitys", "--Inf", "+-Inf", "-+Inf", " NaN", "nul", "1"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_false(notation_non_finite(view_of_text(texts[i]), &real));
	/* Nor is one with another letter anywhere. */
	static const char *const words[] = {"nan", "inf", "infinity"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		for (size_t at = 0; at < strlen(words[i]); at++) {
			char word[10];
			strcpy(word, words[i]);
			word[at] = 'x';
			assert_false(notation_non_finite(view_of_text(word), &real));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dates_count_from_1970),
	    cmocka_unit_test(years_of_more_digits_have_a_sign),
	    cmocka_unit_test(every_day_is_the_one_of_the_c_library),
	    cmocka_unit_test(what_is_no_date),
	    cmocka_unit_test(times_of_the_day),
	    cmocka_unit_test(what_is_no_time),
	    cmocka_unit_test(timestamps),
	    cmocka_unit_test(what_is_no_timestamp),
	    cmocka_unit_test(moments_in_units_of_their_field),
	    cmocka_unit_test(hexadecimal_digits),
	    cmocka_unit_test(base64_with_padding_and_without),
	    cmocka_unit_test(what_is_no_base64),
	    cmocka_unit_test(every_byte_of_base64),
	    cmocka_unit_test(uuids),
	    cmocka_unit_test(words_that_are_floating_point_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
