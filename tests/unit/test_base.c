/* lib/base: growing buffers, UTF-8, errors, counts. */
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/nearest.h"
#include "lib/base/options.h"
#include "lib/base/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
buffer_grows_and_keeps_its_bytes(void **state)
{
	(void)state;
	struct buffer buffer = {0};
	struct nest_error error;
	for (uint32_t i = 0; i < 10000; i++)
		assert_true(buffer_append(&buffer, &i, sizeof i, &error));
	assert_int_equal(buffer.size, 10000 * sizeof(uint32_t));
	assert_true(buffer.capacity >= buffer.size);
	for (uint32_t i = 0; i < 10000; i++)
		assert_memory_equal(buffer.data + i * sizeof i, &i, sizeof i);
	buffer_free(&buffer);
	assert_null(buffer.data);
	assert_int_equal(buffer.capacity, 0);
}

static void
buffer_keeps_its_memory_when_cleared(void **state)
{
	(void)state;
	struct buffer buffer = {0};
	struct nest_error error;
	assert_true(buffer_reserve(&buffer, 5000, &error));
	assert_int_equal(buffer.size, 0);
	const uint8_t *before = buffer.data;
	assert_true(buffer_append(&buffer, "abc", 3, &error));
	buffer_clear(&buffer);
	assert_true(buffer_append(&buffer, NULL, 0, &error));
	assert_true(buffer_reserve(&buffer, 5000, &error));
	assert_int_equal(buffer.size, 0);
	assert_ptr_equal(buffer.data, before);
	buffer_free(&buffer);
}

static void
buffer_refuses_what_no_memory_holds(void **state)
{
	(void)state;
	struct buffer buffer = {0};
	struct nest_error error = {0};
	assert_true(buffer_append(&buffer, "abc", 3, &error));
	assert_false(buffer_reserve(&buffer, SIZE_MAX, &error));
	assert_int_equal(error.status, NEST_FAILED);
	assert_false(buffer_reserve(&buffer, SIZE_MAX / 2 - 3, &error));
	assert_int_equal(error.status, NEST_FAILED);
	assert_int_equal(buffer.size, 3);
	assert_memory_equal(buffer.data, "abc", 3);
	buffer_free(&buffer);
}

static void
views_compare_by_their_bytes(void **state)
{
	(void)state;
	assert_true(view_equal(view_of_text("nest"), view_of_text("nest")));
	assert_false(view_equal(view_of_text("nest"), view_of_text("nes")));
	assert_false(view_equal(view_of_text("nest"), view_of_text("rest")));
	assert_true(view_equal((struct view){NULL, 0}, view_of_text("")));
}

/* Alone, and behind enough ASCII that the fast path has seen some words first. */
static bool
valid_anywhere(const char *text, size_t size)
{
	uint8_t bytes[64];
	bool alone = utf8_valid((const uint8_t *)text, size);
	for (size_t before = 0; before < 20; before++) {
		memset(bytes, 'a', sizeof bytes);
		memcpy(bytes + before, text, size);
		assert_int_equal(utf8_valid(bytes, before + size), alone);
		assert_int_equal(utf8_valid(bytes, before + size + 20), alone);
	}
	return alone;
}

#define VALID(text) valid_anywhere(text, sizeof(text) - 1)

static void
utf8_takes_what_is_well_formed(void **state)
{
	(void)state;
	assert_true(VALID(""));
	assert_true(VALID("plain"));
	assert_true(VALID("\0"));
	assert_true(VALID("\xc2\x80"));
	assert_true(VALID("\xdf\xbf"));
	assert_true(VALID("\xe0\xa0\x80"));
	assert_true(VALID("\xed\x9f\xbf"));
	assert_true(VALID("\xee\x80\x80"));
	assert_true(VALID("\xef\xbf\xbf"));
	assert_true(VALID("\xf0\x90\x80\x80"));
	assert_true(VALID("\xf4\x8f\xbf\xbf"));
}

static void
utf8_refuses_the_rest(void **state)
{
	(void)state;
	assert_false(VALID("\x80"));             /* a continuation alone */
	assert_false(VALID("\xc0\x80"));         /* overlong */
	assert_false(VALID("\xc1\xbf"));         /* overlong */
	assert_false(VALID("\xe0\x9f\xbf"));     /* overlong */
	assert_false(VALID("\xf0\x8f\xbf\xbf")); /* overlong */
	assert_false(VALID("\xed\xa0\x80"));     /* the first surrogate */
	assert_false(VALID("\xed\xbf\xbf"));     /* the last one */
	assert_false(VALID("\xf4\x90\x80\x80")); /* above U+10FFFF */
	assert_false(VALID("\xf5\x80\x80\x80"));
	assert_false(VALID("\xff"));
	assert_false(VALID("\xc3("));
	assert_false(VALID("\xe2\x82("));
	assert_false(VALID("\xf0\x9f\x98("));
}

static void
utf8_refuses_a_sequence_cut_short(void **state)
{
	(void)state;
	const uint8_t smile[] = {0xf0, 0x9f, 0x98, 0x80};
	for (size_t size = 1; size < sizeof smile; size++)
		assert_false(utf8_valid(smile, size));
	assert_true(utf8_valid(smile, sizeof smile));
}

static void
error_says_what_and_keeps_its_status(void **state)
{
	(void)state;
	struct nest_error error;
	assert_false(nest_error_set(&error, NEST_INVALID, "row %d is bad", 7));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, "row 7 is bad");
	assert_false(nest_error_prefix(&error, "part %d: ", 3));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, "part 3: row 7 is bad");
}

static void
error_of_a_system_call_ends_in_its_reason(void **state)
{
	(void)state;
	struct nest_error error;
	errno = EACCES;
	assert_false(nest_error_system(&error, "unable to open %s", "out/x"));
	assert_int_equal(error.status, NEST_FAILED);
	assert_string_equal(error.text, "unable to open out/x: Permission denied");
	assert_false(nest_error_memory(&error, 42, "a page"));
	assert_int_equal(error.status, NEST_FAILED);
	assert_string_equal(error.text, "unable to allocate 42 bytes for a page");
}

static void
error_longer_than_its_text_is_cut(void **state)
{
	(void)state;
	struct nest_error error;
	errno = ENOENT;
	assert_false(nest_error_system(&error, "%2000d", 1));
	assert_int_equal(strlen(error.text), sizeof error.text - 1);
	assert_false(nest_error_prefix(&error, "%2000d", 1));
	assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

static void
counts_take_suffixes_within_their_bounds(void **state)
{
	(void)state;
	uint64_t value = 0;
	struct nest_error error;
	assert_true(options_count("0", "--rows", 0, 10, &value, &error));
	assert_int_equal(value, 0);
	assert_true(options_count("10M", "--rows", 0, UINT64_MAX, &value, &error));
	assert_int_equal(value, 10000000);
	assert_true(options_count("3k", "--rows", 3000, 3000, &value, &error));
	assert_int_equal(value, 3000);
	assert_true(options_count("18446744073709551615", "--rows", 0, UINT64_MAX, &value, &error));
	assert_true(value == UINT64_MAX);
}

static void
counts_are_what_people_write(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {{"1_000", 1000}, {"1_0_0", 100}, {"1K", 1000}, {"2m", 2000000}, {"3g", 3000000000},
	    {"4t", 4000000000000}, {"5T", 5000000000000}, {"1.5M", 1500000}, {"1.50k", 1500}, {"0.001k", 1},
	    {"1.0", 1}, {"7.000", 7}, {"1e0", 1}, {"1e3", 1000}, {"1E+3", 1000}, {"1.25e2", 125},
	    {"1.5e3k", 1500000}, {"0e999999999999", 0}, {"1e00000000000001", 10}, {"1.000_5k", 0},
	    {"1844674407370955161.5e1", UINT64_MAX}, {"18446744073709551.615k", UINT64_MAX}};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		uint64_t value = 0;
		struct nest_error error;
		bool is_whole = good[i].value != 0 || good[i].text[0] == '0';
		assert_int_equal(
		    options_count(good[i].text, "--rows", 0, UINT64_MAX, &value, &error), is_whole);
		assert_true(!is_whole || value == good[i].value);
	}
}

static void
counts_say_what_is_wrong(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"1e20", "is out of range (0 to 18446744073709551615)"},
	    {"18446744073709551.616k", "is out of range"}, {"1e1000000000000", "is out of range"},
	    {"0.5", "--rows: 0.5 is not a whole number"}, {"1.0005k", "is not a whole number"},
	    {"5 k", "'5 k' is not a number (such as 5000, 1_000_000, 250k, 1.5M or 1e9)"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t value = 0;
		struct nest_error error;
		assert_false(options_count(cases[i][0], "--rows", 0, UINT64_MAX, &value, &error));
		assert_non_null(strstr(error.text, cases[i][1]));
	}
}

static const char *
nearest_of(const char *word, const char *const *words)
{
	struct nearest nearest = nearest_to(word, strlen(word));
	for (; *words != NULL; words++)
		nearest_try(&nearest, *words);
	return nearest.best;
}

static void
the_nearest_word_is_the_one_that_is_meant(void **state)
{
	(void)state;
	static const char *const words[] = {"rows", "first-row", "format", "parts", "to",
	    "a-word-that-is-longer-than-what-is-looked-at-at-all-by-any-search", NULL};
	static const char *const cases[][2] = {{"rwos", "rows"}, {"row", "rows"}, {"rowss", "rows"},
	    {"rowz", "rows"}, {"rwso", NULL}, {"fisrt-row", "first-row"}, {"firstrow", "first-row"},
	    {"first_rows", "first-row"}, {"frmta", NULL}, {"formta", "format"}, {"tarps", NULL}, {"ot", NULL},
	    {"t", NULL}, {"", NULL}, {"starp", NULL}, {"pants", "parts"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *found = nearest_of(cases[i][0], words);
		assert_true(found == NULL ? cases[i][1] == NULL
					  : cases[i][1] != NULL && strcmp(found, cases[i][1]) == 0);
	}
	/* The first of equals, and no longer one than there is room for. */
	static const char *const equals[] = {"part", "port", NULL};
	assert_string_equal(nearest_of("pert", equals), "part");
	char long_word[NEAREST_LENGTH_MOST + 20];
	memset(long_word, 'a', sizeof long_word);
	long_word[sizeof long_word - 1] = '\0';
	const char *const same[] = {long_word, NULL};
	assert_null(nearest_of(long_word, same));
	long_word[NEAREST_LENGTH_MOST] = '\0';
	assert_string_equal(nearest_of(long_word, same), long_word);
}

static void
counts_refuse_what_is_none(void **state)
{
	(void)state;
	const char *bad[] = {"", "-1", "+1", " 1", "1 ", "x", "k", "1kk", "1.5", "0x10", "1_", "_1", "1__0",
	    "1.", ".5", "1e", "1e-3", "1ek", "1.2345k", "10.5", "1k0", "11", "11k", "18446744073709551616",
	    "18446744073709552k", "99999999999999999999999"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		uint64_t value = 0;
		struct nest_error error = {0};
		assert_false(options_count(bad[i], "--rows", 0, 10, &value, &error));
		assert_int_equal(error.status, NEST_USAGE);
		assert_non_null(strstr(error.text, "--rows"));
	}
}

static void
utf8_is_written_as_it_is_taken(void **state)
{
	(void)state;
	static const uint32_t codes[] = {
	    0, 'a', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
	static const char bytes[] = "\0a\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
				    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
	uint8_t text[sizeof codes], *end = text;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		end = utf8_put(end, codes[i]);
	assert_int_equal(end - text, sizeof bytes - 1);
	assert_memory_equal(text, bytes, sizeof bytes - 1);
	assert_true(utf8_valid(text, sizeof bytes - 1));
}

static void
hashes_begin_from_a_secret(void **state)
{
	(void)state;
	struct view name = view_of_text("name");
	uint64_t drawn = hash_secret, first = hash_bytes(name, 1);
	assert_true(drawn != 0);
	assert_int_equal(hash_bytes(name, 1), first);
	assert_true(hash_bytes(name, 2) != first);
	assert_true(hash_bytes(view_of_text("mane"), 1) != first);
	hash_secret = drawn + (UINT64_C(1) << 40);
	assert_true(hash_bytes(name, 1) != first);
	hash_secret = drawn;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hashes_begin_from_a_secret),
	    cmocka_unit_test(buffer_grows_and_keeps_its_bytes),
	    cmocka_unit_test(buffer_keeps_its_memory_when_cleared),
	    cmocka_unit_test(buffer_refuses_what_no_memory_holds),
	    cmocka_unit_test(views_compare_by_their_bytes),
	    cmocka_unit_test(utf8_takes_what_is_well_formed),
	    cmocka_unit_test(utf8_refuses_the_rest),
	    cmocka_unit_test(utf8_refuses_a_sequence_cut_short),
	    cmocka_unit_test(utf8_is_written_as_it_is_taken),
	    cmocka_unit_test(error_says_what_and_keeps_its_status),
	    cmocka_unit_test(error_of_a_system_call_ends_in_its_reason),
	    cmocka_unit_test(error_longer_than_its_text_is_cut),
	    cmocka_unit_test(counts_take_suffixes_within_their_bounds),
	    cmocka_unit_test(counts_are_what_people_write),
	    cmocka_unit_test(counts_say_what_is_wrong),
	    cmocka_unit_test(the_nearest_word_is_the_one_that_is_meant),
	    cmocka_unit_test(counts_refuse_what_is_none),
	};
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
