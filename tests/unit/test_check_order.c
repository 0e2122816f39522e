/* Rows against the order that their row group is told to be in, by footers that --check has not looked at. */
#include "lib/parquet/chunk.h"
#include "merge/check_order.h"
#include "tests/unit/metadata_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <cmocka.h>

enum { ROWS = 3 };

static struct nest_error error;

/* Puts the bytes of a chunk of ROWS numbers that rise into FILE. */
static struct column_chunk
put_chunk(struct buffer *file)
{
	static const uint32_t numbers[ROWS] = {1, 2, 3};
	const struct page page = {.type = PAGE_DATA,
	    .rows = ROWS,
	    .entries = ROWS,
	    .value_count = ROWS,
	    .encoding = ENCODING_PLAIN,
	    .value_bytes = sizeof *numbers};
	struct chunk chunk = {0};
	struct page_scratch scratch = {0};
	struct buffer pieces = {0};
	assert_true(buffer_append(&chunk.values, numbers, sizeof numbers, &error) &&
		    chunk_add_page(&chunk, &page, &scratch, &error) && chunk_pieces(&chunk, &pieces, &error));
	const struct iovec *piece = (const struct iovec *)(const void *)pieces.data;
	assert_true(buffer_append(file, "PAR1", METADATA_MAGIC_BYTES, &error));
	for (size_t i = 0; i < pieces.size / sizeof *piece; i++)
		assert_true(buffer_append(file, piece[i].iov_base, piece[i].iov_len, &error));
	struct column_chunk described = chunk_describe(&chunk, METADATA_MAGIC_BYTES);
	buffer_free(&pieces);
	buffer_free(&scratch.body);
	chunk_free(&chunk);
	return described;
}

static void
fewer_rows_than_the_row_group(void **state)
{
	(void)state;
	/* By the first column, ascending, nulls last. */
	static const uint8_t sorting[] = {0x1c, 0x15, 0, 0x12, 0x12, 0};
	struct schema schema;
	struct buffer file = {0};
	assert_true(schema_parse(&schema, view_of_text("message m { required int32 a; }"), &error));
	struct column_chunk chunk = put_chunk(&file);
	struct row_group group = {.columns = &chunk, .sorting = {sorting, sizeof sorting}};
	const struct file_metadata metadata = {.schema = &schema, .row_groups = &group, .row_group_count = 1};
	const struct metadata_source source = metadata_memory(&file);
	for (group.num_rows = 0; group.num_rows <= ROWS; group.num_rows++)
		assert_true(check_order(&source, &metadata, 0, &error));
	assert_false(check_order(&source, &metadata, 0, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, "row group 0, column a: it has fewer rows than its row group");
	buffer_free(&file);
	schema_free(&schema);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fewer_rows_than_the_row_group),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
