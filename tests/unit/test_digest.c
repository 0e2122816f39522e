/* lib/base/digest: fingerprints of bytes and of named values. */
#include "lib/base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct digest *
open_one(void)
{
	struct digest *digest;
	struct nest_error error;
	assert_true(digest_open(&digest, &error));
	return digest;
}

static void
assert_printed(const struct digest *digest, const char *expected)
{
	char text[DIGEST_TEXT_BYTES];
	digest_print(digest_value(digest), text);
	assert_string_equal(text, expected);
}

/* Of xxhsum -H128, which is of the library's own hand. */
static void
agrees_with_xxhsum(void **state)
{
	(void)state;
	struct digest *digest = open_one();
	assert_printed(digest, "99aa06d3014798d86001c324468d497f");
	digest_add(digest, view_of_text("nested records"));
	assert_printed(digest, "a77c131060b6b006c835eb9dce6e718e");
	digest_reset(digest);
	for (unsigned i = 0; i < 1000; i++)
		digest_add(digest, view_of_text("nest\n"));
	assert_printed(digest, "c4605181b8fdb033b6ef9d03bfed48a3");
	digest_close(digest);
	digest_close(NULL);
}

static struct digest_value
of_pairs(const char *first_name, const char *first, const char *second_name, const char *second)
{
	struct digest *digest = open_one();
	digest_add_text(digest, first_name, view_of_text(first));
	digest_add_text(digest, second_name, view_of_text(second));
	struct digest_value value = digest_value(digest);
	digest_close(digest);
	return value;
}

static void
pairs_do_not_run_into_each_other(void **state)
{
	(void)state;
	struct digest_value one = of_pairs("a", "bc", "d", "e");
	assert_true(digest_equal(one, of_pairs("a", "bc", "d", "e")));
	assert_false(digest_equal(one, of_pairs("ab", "c", "d", "e")));
	assert_false(digest_equal(one, of_pairs("a", "b", "cd", "e")));
	assert_false(digest_equal(one, of_pairs("d", "e", "a", "bc")));
}

static void
counts_tell_every_bit(void **state)
{
	(void)state;
	struct digest *digest = open_one();
	struct digest_value values[65];
	for (unsigned i = 0; i < 65; i++) {
		digest_reset(digest);
		digest_add_count(digest, "rows", i < 64 ? (uint64_t)1 << i : 0);
		values[i] = digest_value(digest);
		for (unsigned j = 0; j < i; j++)
			assert_false(digest_equal(values[i], values[j]));
	}
	digest_close(digest);
}

static void
text_comes_back(void **state)
{
	(void)state;
	static const char text[] = "00f1e2d3c4b5a69788796a5b4c3d2e1f";
	struct digest_value value;
	char again[DIGEST_TEXT_BYTES];
	assert_true(digest_parse(view_of_text(text), &value));
	assert_int_equal(value.bytes[1], 0xf1);
	digest_print(value, again);
	assert_string_equal(again, text);
	assert_false(digest_parse(view_of_text("00f1e2d3c4b5a69788796a5b4c3d2e1"), &value));
	assert_false(digest_parse(view_of_text("00f1e2d3c4b5a69788796a5b4c3d2e1f0"), &value));
	assert_false(digest_parse(view_of_text("00F1e2d3c4b5a69788796a5b4c3d2e1f"), &value));
	assert_false(digest_parse((struct view){(const uint8_t *)"00f1e2d3c4b5a697\0"
								 "8796a5b4c3d2e1f",
				      32},
	    &value));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_xxhsum),
	    cmocka_unit_test(pairs_do_not_run_into_each_other),
	    cmocka_unit_test(counts_tell_every_bit),
	    cmocka_unit_test(text_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
