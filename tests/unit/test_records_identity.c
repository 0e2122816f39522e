/* The fingerprint of records: how files are recognized, what is refused, and which options change it.
 */
#include "lib/base/run.h"
#include "shred/identity.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/test_records_identity.XXXXXX";
static int kept_input;

static const struct records_options plain = {.format = FORMAT_JSONL, .rules = {.keep = "x"}};

/* Makes the file, and keeps standard input, which tests change. */
static int
make_file(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	kept_input = dup(STDIN_FILENO);
	return fd < 0 ? -1 : close(fd);
}

static int
remove_file(void **state)
{
	(void)state;
	close(kept_input);
	return unlink(path);
}

static int
give_input_back(void **state)
{
	(void)state;
	return dup2(kept_input, STDIN_FILENO) < 0;
}

static struct input_file
sized(const char *file_path, int fd)
{
	return (struct input_file){.name = file_path != NULL ? file_path : "standard input",
	    .path = file_path,
	    .fd = fd,
	    .is_sized = true};
}

static const char schema[] = "message m { optional int32 a; }";

static struct digest_value
identity(struct input *input, const struct records_options *options, const char *columns)
{
	struct digest_value run;
	struct nest_error error;
	if (!identity_of_records(input, options, view_of_text(columns), &run, &error))
		fail_msg("%s", error.text);
	return run;
}

static struct digest_value
identity_of_file(struct input_file file)
{
	return identity(&(struct input){.files = &file, .file_count = 1, .is_sized = true}, &plain, schema);
}

static void
assert_differ(struct digest_value a, struct digest_value b)
{
	assert_false(digest_equal(a, b));
}

/* ---- files ---- */

static void
standard_input_has_the_path_of_its_file(void **state)
{
	(void)state;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	struct digest_value named = identity_of_file(sized(path, -1));
	assert_true(digest_equal(identity_of_file(sized(NULL, STDIN_FILENO)), named));
	assert_true(run_is_repeatable(named));
}

/* A new file without a name, as standard input; it stays open, so that no other one gets its number. */
static struct digest_value
identity_of_removed(void)
{
	char removed[] = "/tmp/test_records_identity.XXXXXX";
	int fd = mkstemp(removed);
	assert_true(fd >= 0);
	assert_int_equal(unlink(removed), 0);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	struct digest_value run = identity_of_file(sized(NULL, fd));
	assert_true(digest_equal(identity_of_file(sized(NULL, fd)), run));
	return run;
}

static void
a_file_that_was_removed_has_its_number(void **state)
{
	(void)state;
	assert_differ(identity_of_removed(), identity_of_removed());
}

static void
a_file_that_is_not_there_is_refused(void **state)
{
	(void)state;
	struct digest_value run;
	struct nest_error error;
	/* A path is not replaced by the number of the file that it led to. */
	const struct {
		struct input_file file;
		const char *why;
	} known[] = {
	    {sized("/nothing/there", -1), "unable to find /nothing/there: No such file or directory"},
	    {sized("/nothing/there", kept_input), "unable to find /nothing/there: No such file or directory"},
	    {sized(NULL, -1), "unable to find standard input: Bad file descriptor"}};
	close(STDIN_FILENO);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		/* What comes behind it does not make it good. */
		struct input_file files[] = {known[i].file, sized(path, -1)};
		struct input input = {.files = files, .file_count = 2, .is_sized = true};
		assert_false(identity_of_records(&input, &plain, view_of_text(schema), &run, &error));
		assert_int_equal(error.status, NEST_FAILED);
		assert_string_equal(error.text, known[i].why);
	}
}

static void
what_can_be_read_only_once_is_another_run_each_time(void **state)
{
	(void)state;
	struct input_file once = sized(path, -1), copy = sized(path, -1), named = sized(path, -1);
	once.is_sized = false;
	copy.is_copy = true;
	struct input_file both[] = {once, named};
	struct input input = {.files = both, .file_count = 2};
	assert_false(run_is_repeatable(identity_of_file(once)));
	assert_false(run_is_repeatable(identity_of_file(copy)));
	assert_false(run_is_repeatable(identity(&input, &plain, schema)));
	assert_differ(identity_of_file(once), identity_of_file(once));
	assert_differ(identity_of_file(copy), identity_of_file(copy));
}

static void
another_name_of_a_file_is_another_run(void **state)
{
	(void)state;
	char other[sizeof path + 1];
	snprintf(other, sizeof other, "%s2", path);
	assert_int_equal(link(path, other), 0);
	struct digest_value run = identity_of_file(sized(other, -1));
	assert_int_equal(unlink(other), 0);
	assert_differ(run, identity_of_file(sized(path, -1)));
}

static void
other_bytes_of_a_file_are_another_run(void **state)
{
	(void)state;
	struct input_file file = sized(path, -1), others[] = {file, file, file};
	others[0].offset = 1;
	others[1].size = 1;
	others[2].modified_ns = 1;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_differ(identity_of_file(others[i]), identity_of_file(file));
}

/* ---- options and parts ---- */

static struct digest_value
identity_of_options(struct records_options options)
{
	struct input_file file = sized(path, -1);
	return identity(&(struct input){.files = &file, .file_count = 1, .is_sized = true}, &options, schema);
}

static struct digest_value
identity_of_parts(uint64_t parts, uint64_t part_bytes)
{
	struct input_file file = sized(path, -1);
	struct input input = {.files = &file, .file_count = 1, .parts = parts, .part_bytes = part_bytes};
	return identity(&input, &plain, schema);
}

static void
options_that_change_columns_are_another_run(void **state)
{
	(void)state;
	struct records_options others[8];
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		others[i] = plain;
	others[0].format = FORMAT_MSGPACK;
	others[1].skips_wrong = true;
	others[2].rules.unknown = UNKNOWN_FAIL;
	others[3].rules.unknown = UNKNOWN_KEEP;
	others[4].rules.duplicates_fail = true;
	others[5].rules.scalars.binary = BINARY_HEX;
	others[6].rules.scalars.non_finite = true;
	others[7].format = FORMAT_MSGPACK;
	others[7].rules.texts_are_values = true;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		assert_differ(identity_of_options(others[i]), identity_of_options(plain));
		for (size_t k = 0; k < i; k++)
			assert_differ(identity_of_options(others[i]), identity_of_options(others[k]));
	}
	struct records_options kept = others[3];
	kept.rules.keep = "y";
	assert_differ(identity_of_options(kept), identity_of_options(others[3]));
	assert_differ(identity_of_parts(2, 9), identity_of_parts(3, 9));
	assert_differ(identity_of_parts(0, 9), identity_of_parts(0, 8));
}

static void
another_schema_is_another_run(void **state)
{
	(void)state;
	struct input_file file = sized(path, -1);
	struct input input = {.files = &file, .file_count = 1, .is_sized = true};
	assert_differ(identity(&input, &plain, "message m { optional int64 a; }"), identity_of_file(file));
}

static void
options_that_change_nothing_do_not_show(void **state)
{
	(void)state;
	struct records_options others[] = {plain, plain, plain};
	others[0].rules.keep = "y";
	others[1].rules.texts_are_values = true;
	others[2].shares = 7;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_true(digest_equal(identity_of_options(others[i]), identity_of_options(plain)));
	assert_true(digest_equal(identity_of_parts(2, 9), identity_of_parts(2, 8)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(standard_input_has_the_path_of_its_file, give_input_back),
	    cmocka_unit_test_teardown(a_file_that_was_removed_has_its_number, give_input_back),
	    cmocka_unit_test_teardown(a_file_that_is_not_there_is_refused, give_input_back),
	    cmocka_unit_test(what_can_be_read_only_once_is_another_run_each_time),
	    cmocka_unit_test(another_name_of_a_file_is_another_run),
	    cmocka_unit_test(other_bytes_of_a_file_are_another_run),
	    cmocka_unit_test(another_schema_is_another_run),
	    cmocka_unit_test(options_that_change_columns_are_another_run),
	    cmocka_unit_test(options_that_change_nothing_do_not_show),
	};
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
