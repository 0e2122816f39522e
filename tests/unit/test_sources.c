/* Source files that change while something is made from them. */
#include "merge/sources.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/nest-sources-XXXXXX";

/* A file without rows, whose only key has VALUE. */
static void
write_file(const char *value)
{
	struct schema schema;
	struct buffer bytes = {0};
	struct nest_error error;
	struct key_value pair = {view_of_text("key"), view_of_text(value)};
	assert_true(schema_parse(&schema, view_of_text("message m { required int32 a; }"), &error));
	const struct file_metadata metadata = {.schema = &schema, .key_values = &pair, .key_value_count = 1};
	assert_true(buffer_append(&bytes, "PAR1", 4, &error));
	assert_true(metadata_encode(&bytes, &metadata, &error));
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
	assert_int_equal(fclose(file), 0);
	buffer_free(&bytes);
	schema_free(&schema);
}

/* The file is VALUE's when its footer is read, and then NOW's. */
static void
reopen(const char *now, const char *expected)
{
	char *paths[] = {path};
	struct sources sources;
	struct parquet_file file;
	struct nest_error error;
	write_file("then");
	assert_true(sources_open(&sources, paths, 1, SOURCES_EQUAL, &error));
	write_file(now);
	bool fine = source_reopen(&sources.list[0], &file, &error);
	assert_int_equal(fine, expected == NULL);
	if (fine) {
		parquet_file_close(&file);
	} else {
		assert_int_equal(error.status, NEST_FAILED);
		assert_non_null(strstr(error.text, expected));
	}
	sources_free(&sources);
}

/* Whatever the last error was, the end is no interrupt after which to try again. */
static void
test_a_file_that_becomes_shorter(void **state)
{
	struct parquet_file file;
	struct nest_error error;
	uint8_t bytes[8];
	(void)state;
	write_file("then");
	assert_true(parquet_file_open(&file, path, &error));
	assert_int_equal(truncate(path, 4), 0);
	errno = EINTR;
	assert_false(file.source.read_at(file.source.context, bytes, sizeof bytes, 0, &error));
	assert_int_equal(error.status, NEST_FAILED);
	assert_non_null(strstr(error.text, "became shorter while it was read"));
	parquet_file_close(&file);
}

static void
test_a_file_that_changes(void **state)
{
	(void)state;
	reopen("then", NULL);
	reopen("them", "was changed while it was read");
	reopen("longer than it was", "was changed while it was read");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_file_that_becomes_shorter),
	    cmocka_unit_test(test_a_file_that_changes),
	};
	int fd = mkstemp(path);
	if (fd < 0 || close(fd) != 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
