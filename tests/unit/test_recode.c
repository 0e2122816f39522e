/* Pages that are compressed anew and become too large for the format, which numbers bytes up to 2^31 - 1. */
#include "lib/parquet/page_header.h"
#include "lib/parquet/recode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct nest_error error;
static struct buffer header;

/* A file of one page, of which only the header is put anywhere: memory that nobody has touched is zeros. */
static bool
read_header(void *context, void *data, size_t size, uint64_t offset, struct nest_error *failure)
{
	(void)context, (void)failure;
	assert_int_equal(offset, 0);
	memcpy(data, header.data, size < header.size ? size : header.size);
	return true;
}

static void
a_page_that_becomes_too_large(void **state)
{
	(void)state;
	const struct schema_node leaf = {.physical = PHYSICAL_BYTE_ARRAY};
	const struct page_header page = {.type = PAGE_DATA,
	    .uncompressed_bytes = INT32_MAX,
	    .compressed_bytes = INT32_MAX,
	    .num_values = 1};
	assert_true(page_header_encode(&header, &page, &error));
	const struct column_chunk chunk = {
	    .num_values = 1, .total_compressed_bytes = header.size + (uint64_t)INT32_MAX};
	const struct metadata_source source = {read_header, NULL, chunk.total_compressed_bytes, "zeros"};
	struct recoder recoder = {0};
	bool found;
	/* Without compression gzip adds some bytes to every 64 KiB. */
	recoder_open(&recoder, &source, &chunk, &leaf, (struct codec_choice){CODEC_GZIP, 0});
	assert_false(recoder_next(&recoder, &found, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_non_null(strstr(error.text, " bytes when it is recompressed"));
	recoder_free(&recoder);
	buffer_free(&header);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_page_that_becomes_too_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
