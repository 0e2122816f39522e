/* lib/base: growing buffers, UTF-8, errors, counts. */
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"
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
counts_refuse_what_is_none(void **state)
{
	(void)state;
	const char *bad[] = {"", "-1", "+1", " 1", "1 ", "x", "k", "1kk", "1.5k", "0x10", "11", "11k",
	    "18446744073709551616", "18446744073709552k", "99999999999999999999999"};
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
	    cmocka_unit_test(counts_refuse_what_is_none),
	};
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
