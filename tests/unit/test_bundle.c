/* The index of a bundle: written, read back, and refused if damaged. */
#include "lib/dataset/bundle.h"
#include "lib/dataset/published.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;

static void
writes_what_it_reads(void **state)
{
	(void)state;
	struct buffer index = {0};
	const struct bundle_file files[] = {
	    {0, 100, 3, view_of_text("a=1/b=x y")},
	    {100, UINT32_MAX, 0, view_of_text("a=1/b=%2F")},
	    {100 + (uint64_t)UINT32_MAX, 7, UINT64_MAX - 3, view_of_text("a=2")},
	};
	for (size_t i = 0; i < 3; i++)
		assert_true(bundle_put(&index, &files[i], &error));
	struct view rest = {index.data, index.size};
	struct bundle_file file = {0};
	for (size_t i = 0; i < 3; i++) {
		assert_true(bundle_next(&rest, &file));
		assert_int_equal(file.offset, files[i].offset);
		assert_int_equal(file.size_bytes, files[i].size_bytes);
		assert_int_equal(file.rows, files[i].rows);
		assert_true(view_equal(file.folder, files[i].folder));
	}
	assert_false(bundle_next(&rest, &file));
	buffer_free(&index);
}

static void
accept(const char *index, uint64_t size_bytes, uint64_t rows)
{
	if (!bundle_check(view_of_text(index), size_bytes, rows, &error))
		fail_msg("%s: %s", index, error.text);
}

static void
refuse(const char *index, uint64_t size_bytes, uint64_t rows, const char *sentence)
{
	if (bundle_check(view_of_text(index), size_bytes, rows, &error))
		fail_msg("%s: it is accepted", index);
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, sentence);
}

static void
checks_what_it_tells(void **state)
{
	(void)state;
	static const char rows[] = "its index of partitions tells of 3 rows, but it has 4";
	static const char more[] = "its index of partitions tells of more than it holds";
	accept("", 0, 0);
	accept("10 1 a=1\n20 2 a=1/b=2\n", 30, 3);
	accept("10 3 a=\n", 10, 3);
	refuse("10 1 a=1\n20 2 a=1/b=2\n", 30, 4, rows);
	refuse("10 1 a=1\n20 2 a=1/b=2\n", 29, 3, more);
	refuse("10 1 a=1\n20 2 a=1/b=2\n", 9, 3, more);
	refuse("18446744073709551615 1 a=1\n2 2 a=2\n", 100, 3, more);
	refuse("1 18446744073709551615 a=1\n1 2 a=2\n", 100, 1, more);
}

static void
refuses_what_is_damaged(void **state)
{
	(void)state;
	static const char *const bad[] = {"1", "1 1", "1 1 a=1", "1 1 \n", "1 1 a\n", " 1 1 a=1\n",
	    "-1 1 a=1\n", "1  1 a=1\n", "1 x a=1\n", "111111111111111111111 1 a=1\n", "1 1 =1\n",
	    "1 1 .a=1\n", "1 1 _a=1\n", "1 1 a=1/\n", "1 1 /a=1\n", "1 1 a=1//b=1\n", "1 1 ../a=1\n",
	    "1 1 a=1/..\n", "1 1 a=\x1f\n", "1 1 a=\x7f\n", "1 1 a=1\n0 0 a=1\n", "1 1 a=2\n0 0 a=1\n",
	    "1 1 a=1/b=1\n0 0 a=1\n", "1 1 a=1/a=1/a=1/a=1/a=1/a=1/a=1/a=1/a=1\n", "1 1 a=1\n\n"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuse(bad[i], 100, 1, "its index of partitions is damaged");
	accept("1 1 a=1/a=1/a=1/a=1/a=1/a=1/a=1/a=1\n", 1, 1);
}

static void
limits_names_and_files(void **state)
{
	(void)state;
	char line[300];
	struct buffer index = {0};
	snprintf(line, sizeof line, "1 1 a=%0*d\n", BUNDLE_NAME_MOST - 2, 0);
	accept(line, 1, 1);
	snprintf(line, sizeof line, "1 1 a=%0*d\n", BUNDLE_NAME_MOST - 1, 0);
	refuse(line, 1, 1, "its index of partitions is damaged");
	for (int i = 0; i <= BUNDLE_FILES_MOST; i++) {
		snprintf(line, sizeof line, "a=%05d", i);
		assert_true(bundle_put(
		    &index, &(struct bundle_file){.size_bytes = 1, .folder = view_of_text(line)}, &error));
		bool fits = bundle_check((struct view){index.data, index.size}, UINT64_MAX, 0, &error);
		assert_int_equal(fits, i < BUNDLE_FILES_MOST);
	}
	assert_string_equal(error.text, "its index of partitions has more than 4096");
	buffer_free(&index);
}

/* Whatever stands in it, what is accepted leads nowhere else. */
static void
is_not_led_astray(void **state)
{
	(void)state;
	static const char whole[] = "10 1 a=1/b=1\n20 2 a=1/b=2\n30 3 a=2/b=1\n";
	static const char letters[] = "0123456789 =/.\n_a%\x7f";
	unsigned random = 1, accepted = 0;
	for (int i = 0; i < 20000; i++) {
		char text[sizeof whole];
		memcpy(text, whole, sizeof whole);
		for (int k = 0; k <= i % 3; k++) {
			random = random * 1103515245u + 12345u;
			text[random / 65536 % (sizeof whole - 1)] =
			    letters[random / 1024 % (sizeof letters - 1)];
		}
		struct bundle_file file = {0};
		struct view rest = view_of_text(text);
		if (!bundle_check(rest, 60, 6, &error))
			continue;
		accepted++;
		while (bundle_next(&rest, &file)) {
			char folder[sizeof whole] = "/";
			memcpy(folder + 1, file.folder.data, file.folder.size);
			assert_null(strstr(folder, "/."));
			assert_null(strstr(folder, "//"));
			assert_true(file.offset + file.size_bytes <= 60);
		}
	}
	assert_in_range(accepted, 100, 19999);
}

static void
knows_directories_of_partitions(void **state)
{
	(void)state;
	assert_true(published_is_partition("a=1"));
	assert_true(published_is_partition("a="));
	assert_true(published_is_partition("a=b=c.parquet"));
	static const char *const others[] = {"", "a", "=", "=a", ".a=1", "_a=1"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(published_is_partition(others[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_what_it_reads),
	    cmocka_unit_test(checks_what_it_tells),
	    cmocka_unit_test(refuses_what_is_damaged),
	    cmocka_unit_test(limits_names_and_files),
	    cmocka_unit_test(is_not_led_astray),
	    cmocka_unit_test(knows_directories_of_partitions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
