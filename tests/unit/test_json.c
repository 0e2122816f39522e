/* JSON read in place: strings and their escapes, skipped values, and the position of a fault. */
#include "lib/json/json.h"

#include "lib/base/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;

/* TEXT with the zeros behind it that JSON wants; the caller frees it. */
static uint8_t *
slack(const char *text)
{
	size_t size = strlen(text);
	uint8_t *bytes = calloc(1, size + JSON_SLACK);
	assert_non_null(bytes);
	memcpy(bytes, text, size);
	return bytes;
}

/* ---- scanning ---- */

static void
both_scans_see_every_byte_at_every_position(void **state)
{
	(void)state;
	uint8_t bytes[SCAN_BYTES];
	for (unsigned fill = 0; fill < 2; fill++)
		for (unsigned byte = 0; byte < 256; byte++)
			for (unsigned at = 0; at < SCAN_BYTES; at++) {
				memset(bytes, fill == 0 ? 'a' : 0xff, sizeof bytes);
				bytes[at] = (uint8_t)byte;
				bool special = byte < 0x20 || byte == '"' || byte == '\\';
				assert_int_equal(scan_special(bytes), special ? 1u << at : 0);
				assert_int_equal(scan_special_plain(bytes), special ? 1u << at : 0);
				uint32_t odd = (fill == 0 ? 0 : 0xffff & ~(1u << at)) |
				               (uint32_t)(special || byte >= 0x80) << at;
				assert_int_equal(scan_odd(bytes), odd);
				assert_int_equal(scan_odd_plain(bytes), odd);
			}
}

static void
both_scans_see_several_bytes_at_once(void **state)
{
	(void)state;
	uint8_t bytes[SCAN_BYTES];
	uint64_t seed = 7;
	for (int i = 0; i < 100000; i++) {
		for (unsigned at = 0; at < SCAN_BYTES; at++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			bytes[at] = (uint8_t)(seed >> 33 & (i % 2 == 0 ? 0xff : 0x3f));
		}
		assert_int_equal(scan_special(bytes), scan_special_plain(bytes));
		assert_int_equal(scan_odd(bytes), scan_odd_plain(bytes));
	}
}

/* ---- strings ---- */

/* The string TEXT, without its opening quote, has these characters. */
static void
expect_inside(const char *text, const char *characters, size_t size)
{
	struct json json = {0};
	bool escaped;
	uint8_t *bytes = slack(text);
	const uint8_t *end = json_string_end(&json, bytes, &escaped);
	assert_ptr_equal(end, bytes + strlen(text) - 1);
	assert_int_equal(escaped, strchr(text, '\\') != NULL);
	struct view inside = {bytes, (size_t)(end - bytes)};
	uint8_t *to = malloc(inside.size + 1);
	assert_non_null(to);
	assert_int_equal(json_unescape(inside, to), size);
	assert_memory_equal(to, characters, size);
	free(to);
	free(bytes);
}

/* What begins behind an opening quote is no string; the fault is at AT. */
static void
refuse_string(const char *text, size_t at, const char *due)
{
	struct json json = {0};
	bool escaped;
	uint8_t *bytes = slack(text);
	assert_null(json_string_end(&json, bytes, &escaped));
	if (json.fault.at != bytes + at)
		fail_msg("%s fails at %td, not %zu", text, json.fault.at - bytes, at);
	assert_string_equal(json.fault.due, due);
	free(bytes);
}

static void
strings_and_their_escapes(void **state)
{
	(void)state;
	expect_inside("\"", "", 0);
	expect_inside("a b\"", "a b", 3);
	expect_inside("\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
	expect_inside("x\\u0041y\"", "xAy", 3);
	expect_inside("\\u0000\"", "\0", 1);
	expect_inside("\\u00e4\\u00E4\"", "\xc3\xa4\xc3\xa4", 4);
	expect_inside("\\u20ac\\uFFFF\"", "\xe2\x82\xac\xef\xbf\xbf", 6);
	expect_inside("\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 4);
	expect_inside("\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8);
	expect_inside("\\ud7ff\\ue000\"", "\xed\x9f\xbf\xee\x80\x80", 6);
	expect_inside("\x7f\xc3\xa4\"", "\x7f\xc3\xa4", 3);
}

static void
strings_end_wherever_their_quote_stands(void **state)
{
	(void)state;
	char text[80], characters[80];
	memset(characters, 'c', sizeof characters);
	for (size_t size = 0; size < 70; size++) {
		memcpy(text, characters, size);
		memcpy(text + size, "\"", 2);
		expect_inside(text, characters, size);
		/* And with an escape right before it. */
		memcpy(text + size, "\\n\"", 4);
		characters[size] = '\n';
		expect_inside(text, characters, size + 1);
		characters[size] = 'c';
	}
}

static void
what_is_no_string_is_told_where_it_fails(void **state)
{
	(void)state;
	static const char character[] = "a character or a closing quote is",
			  digit[] = "a hexadecimal digit is", letter[] = "one of \"\\/bfnrtu is",
			  first[] = "the first half of a surrogate pair is",
			  second[] = "the second half of a surrogate pair is";
	refuse_string("", 0, character);
	refuse_string("abc", 3, character);
	refuse_string("a\nb\"", 1, character);
	refuse_string("a\tb\"", 1, character);
	refuse_string("a\x1f\"", 1, character);
	refuse_string("a long text that ends in a control character \x01", 45, character);
	refuse_string("\\x\"", 1, letter);
	refuse_string("ab\\", 3, letter);
	refuse_string("\\U0041\"", 1, letter);
	refuse_string("\\u\"", 2, digit);
	refuse_string("\\u00g0\"", 4, digit);
	refuse_string("\\u004", 5, digit);
	refuse_string("\\udc00\"", 0, first);
	refuse_string("\\udfff\\ud800\"", 0, first);
	refuse_string("\\ud800\"", 6, second);
	refuse_string("\\ud800\\n\"", 7, second);
	refuse_string("\\ud800\\u\"", 8, second);
	refuse_string("\\ud800\\udc0", 11, second);
	refuse_string("\\ud800\\ud800\"", 6, second);
	refuse_string("\\ud800\\ue000\"", 6, second);
	refuse_string("\\udbff", 6, second);
}

static void
texts_are_escaped_so_that_they_read_back(void **state)
{
	(void)state;
	struct buffer out = {0};
	assert_true(json_escape((struct view){NULL, 0}, &out, &error));
	assert_int_equal(out.size, 0);
	uint8_t all[128], back[sizeof all * 6];
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (uint8_t)i;
	assert_true(json_escape((struct view){all, sizeof all}, &out, &error));
	struct view inside = {out.data, out.size};
	assert_int_equal(json_unescape(inside, back), sizeof all);
	assert_memory_equal(back, all, sizeof all);
	buffer_clear(&out);
	assert_true(json_escape(view_of_text("a\"b\\c\n\x1f/\xc3\xa4"), &out, &error));
	assert_true(view_equal(
	    (struct view){out.data, out.size}, view_of_text("a\\\"b\\\\c\\u000a\\u001f/\xc3\xa4")));
	buffer_free(&out);
}

/* ---- stepping over ---- */

static void
expect_skip(const char *text, size_t size, bool spans_lines)
{
	struct json json = {.spans_lines = spans_lines};
	uint8_t *bytes = slack(text);
	const uint8_t *end = json_skip(&json, bytes);
	if (end != bytes + size)
		fail_msg("%s ends at %td, not %zu", text, end == NULL ? -1 : end - bytes, size);
	free(bytes);
}

static void
refuse_skip(const char *text, size_t at, const char *due)
{
	struct json json = {0};
	uint8_t *bytes = slack(text);
	assert_null(json_skip(&json, bytes));
	if (json.fault.at != bytes + at)
		fail_msg("%s fails at %td, not %zu", text, json.fault.at - bytes, at);
	assert_string_equal(json.fault.due, due);
	free(bytes);
}

static void
values_of_all_kinds_are_stepped_over(void **state)
{
	(void)state;
	expect_skip("null", 4, false);
	expect_skip("truefalse", 4, false);
	expect_skip("false,", 5, false);
	expect_skip("-1.5e3]", 6, false);
	expect_skip("\"a\\\"b\" ", 6, false);
	expect_skip("[]", 2, false);
	expect_skip("[ \t\r]", 5, false);
	expect_skip("{ }", 3, false);
	expect_skip("[1 , [2,{\"a\" : [] , \"b\":null}] , \"]\"] ", 37, false);
	expect_skip("{\"a\":{\"a\":1,\"a\":2}}", 19, false);
	expect_skip("[1,\n2]", 6, true);
	expect_skip("{\n\"a\"\n:\n1\n}\n", 11, true);
}

static void
what_is_no_value_is_told_where_it_fails(void **state)
{
	(void)state;
	static const char value[] = "a value is", word[] = "true, false or null is",
			  element[] = "a ',' or ']' is", member[] = "a ',' or '}' is",
			  key[] = "a key in quotes is";
	refuse_skip("", 0, value);
	refuse_skip("x", 0, value);
	refuse_skip("+1", 0, value);
	refuse_skip("]", 0, value);
	refuse_skip("nul", 3, word);
	refuse_skip("nulL", 3, word);
	refuse_skip("tru e", 3, word);
	refuse_skip("f", 1, word);
	refuse_skip("-", 1, "a digit is");
	refuse_skip("[1.]", 3, "a digit is");
	refuse_skip("[", 1, value);
	refuse_skip("[1", 2, element);
	refuse_skip("[1 2]", 3, element);
	refuse_skip("[1,]", 3, value);
	refuse_skip("[,1]", 1, value);
	refuse_skip("[1}", 2, element);
	refuse_skip("{", 1, key);
	refuse_skip("{a:1}", 1, key);
	refuse_skip("{\"a\"}", 4, "a ':' is");
	refuse_skip("{\"a\" 1}", 5, "a ':' is");
	refuse_skip("{\"a\":}", 5, value);
	refuse_skip("{\"a\":1", 6, member);
	refuse_skip("{\"a\":1]", 6, member);
	refuse_skip("{\"a\":1,}", 7, key);
	refuse_skip("{\"a\n\":1}", 3, "a character or a closing quote is");
	/* A record's end is no blank. */
	refuse_skip("[1,\n2]", 3, value);
	refuse_skip("{\n}", 1, key);
}

static void
nesting_has_a_limit(void **state)
{
	(void)state;
	static char text[2 * JSON_DEPTH_LIMIT + 8];
	memset(text, '[', JSON_DEPTH_LIMIT);
	memset(text + JSON_DEPTH_LIMIT, ']', JSON_DEPTH_LIMIT);
	expect_skip(text, sizeof text - 8, false);
	memset(text, '[', JSON_DEPTH_LIMIT + 1);
	memset(text + JSON_DEPTH_LIMIT + 1, ']', JSON_DEPTH_LIMIT + 1);
	refuse_skip(text, JSON_DEPTH_LIMIT + 1, "nesting of 1024 levels at most is");
}

/* ---- messages ---- */

static void
every_first_byte_has_its_kind(void **state)
{
	(void)state;
	static const char *const kinds[256] = {['{'] = "an object",
	    ['['] = "an array",
	    ['"'] = "a string",
	    ['t'] = "a boolean",
	    ['f'] = "a boolean",
	    ['n'] = "null",
	    ['-'] = "a number"};
	for (unsigned byte = 0; byte < 256; byte++) {
		const char *due = byte >= '0' && byte <= '9' ? "a number" : kinds[byte];
		if (due == NULL)
			assert_null(json_kind((uint8_t)byte));
		else
			assert_string_equal(json_kind((uint8_t)byte), due);
	}
}

static void
expect_found(const char *text, size_t size, const char *found)
{
	/* In memory of its own size, so that a sanitizer sees a step behind it. */
	uint8_t *bytes = malloc(size > 0 ? size : 1);
	assert_non_null(bytes);
	memcpy(bytes, text, size);
	assert_string_equal(json_found(bytes, bytes + size).text, found);
	free(bytes);
}

static void
what_was_found_is_named_so_that_it_can_be_read(void **state)
{
	(void)state;
	expect_found("", 0, "the end of the input");
	expect_found("\nx", 2, "the end of the line");
	expect_found("x", 1, "'x'");
	expect_found("'", 1, "'''");
	expect_found("\t", 1, "the control character 0x09");
	expect_found("\x7f", 1, "the control character 0x7f");
	expect_found("\xc3\xa4x", 3, "'\xc3\xa4'");
	expect_found("\xf0\x9f\x98\x80\x80", 5, "'\xf0\x9f\x98\x80'");
	expect_found("\xff", 1, "the byte 0xff");
	/* A character that the end cuts off. */
	expect_found("\xc3", 1, "the byte 0xc3");
	expect_found("\xe2\x82", 2, "the byte 0xe2");
	static const uint8_t euro[] = {0xe2, 0x82, 0xac};
	assert_string_equal(json_found(euro, euro + 2).text, "the byte 0xe2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_scans_see_every_byte_at_every_position),
	    cmocka_unit_test(both_scans_see_several_bytes_at_once),
	    cmocka_unit_test(strings_and_their_escapes),
	    cmocka_unit_test(strings_end_wherever_their_quote_stands),
	    cmocka_unit_test(what_is_no_string_is_told_where_it_fails),
	    cmocka_unit_test(texts_are_escaped_so_that_they_read_back),
	    cmocka_unit_test(values_of_all_kinds_are_stepped_over),
	    cmocka_unit_test(what_is_no_value_is_told_where_it_fails),
	    cmocka_unit_test(nesting_has_a_limit),
	    cmocka_unit_test(every_first_byte_has_its_kind),
	    cmocka_unit_test(what_was_found_is_named_so_that_it_can_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
