/* Footers and offset indexes carried over to another file: what cannot be carried is refused. */
#include "lib/parquet/carry.h"
#include "tests/unit/metadata_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct nest_error error;

#define BYTES(text)                                       \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

/* ---- offset indexes ---- */

/* One page of 8 bytes at byte 4; and what a later version may add to it, and to the index. */
static const struct view INDEX = BYTES("\x19\x1c\x16\x08\x15\x10\x16\x00\x15\x02\x00\x25\x02\x00");

static void
assert_carried(int64_t shift_bytes, const struct page_place *pages, struct view expected)
{
	struct buffer out = {0};
	assert_true(carry_offset_index(&out, INDEX, shift_bytes, pages, 1, &error));
	assert_int_equal(out.size, expected.size);
	assert_memory_equal(out.data, expected.data, expected.size);
	buffer_free(&out);
}

static void
assert_not_carried(int64_t shift_bytes, const struct page_place *pages, size_t count, const char *why)
{
	struct buffer out = {0};
	assert_false(carry_offset_index(&out, INDEX, shift_bytes, pages, count, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, why);
	buffer_free(&out);
}

static void
places_of_pages(void **state)
{
	(void)state;
	static const struct page_place pages[] = {{32, 9}, {41, 9}};
	assert_carried(0, NULL, INDEX);
	assert_carried(
	    3, NULL, (struct view)BYTES("\x19\x1c\x16\x0e\x15\x10\x16\x00\x15\x02\x00\x25\x02\x00"));
	assert_carried(
	    -4, NULL, (struct view)BYTES("\x19\x1c\x16\x00\x15\x10\x16\x00\x15\x02\x00\x25\x02\x00"));
	assert_carried(
	    0, pages, (struct view)BYTES("\x19\x1c\x16\x40\x15\x12\x16\x00\x15\x02\x00\x25\x02\x00"));
	assert_not_carried(-5, NULL, 0, "its offset index is invalid: an offset or a size is out of range");
	assert_not_carried(
	    INT64_MAX, NULL, 0, "its offset index is invalid: an offset or a size is out of range");
	assert_not_carried(0, pages, 0, "its offset index is invalid: it has not the chunk's pages");
	assert_not_carried(0, pages, 2, "its offset index is invalid: it has not the chunk's pages");
}

/* ---- footers ---- */

/* Of one required int32 a; the row groups follow, then the last STOP. */
#define FILE_HEAD "\x15\x02\x19\x2c\x48\x01m\x15\x02\x00\x15\x02\x25\x00\x18\x01\x61\x00\x16\x00"
/* Of one chunk of no values, which goes on. */
#define GROUP_HEAD                                                                                         \
	"\x19\x1c\x19\x1c\x26\x00\x1c\x15\x02\x19\x05\x19\x18\x01\x61\x15\x00\x16\x00\x16\x00\x16\x00\x26" \
	"\x08\x00"
/* No bytes; and how many rows. */
#define GROUP_END "\x00\x16\x00\x16"

static void
read_footer(struct file_metadata *metadata, struct view footer)
{
	struct buffer file = {0};
	const uint8_t length[] = {(uint8_t)footer.size, (uint8_t)(footer.size >> 8), 0, 0};
	assert_true(buffer_append(&file, "PAR1", 4, &error) &&
		    buffer_append(&file, footer.data, footer.size, &error) &&
		    buffer_append(&file, length, sizeof length, &error) &&
		    buffer_append(&file, "PAR1", 4, &error));
	const struct metadata_source source = metadata_memory(&file);
	if (!metadata_read(metadata, &source, &error))
		fail_msg("%s", error.text);
	buffer_free(&file);
}

/* COUNT times the row group of a file of this FOOTER; WHY is NULL where it is carried. */
static void
assert_footer(struct view footer, size_t count, const char *why)
{
	struct file_metadata metadata;
	struct buffer out = {0};
	read_footer(&metadata, footer);
	const struct file_metadata *const files[] = {&metadata, &metadata};
	const struct carried_chunk chunk = {.leaf = 0};
	const struct carried_group groups[] = {{.file = 0, .chunks = &chunk}, {.file = 1, .chunks = &chunk}};
	const struct carried_footer carried = {
	    .files = files, .groups = groups, .group_count = count, .leaf_count = 1};
	bool fine = carry_footer(&out, &carried, &error);
	assert_int_equal(fine, why == NULL);
	if (why != NULL)
		assert_string_equal(error.text, why);
	buffer_free(&out);
	metadata_free(&metadata);
}

static void
footers(void **state)
{
	(void)state;
	static const struct view sound = BYTES(FILE_HEAD GROUP_HEAD GROUP_END "\x02\x00\x00");
	static const struct view encrypted =
	    BYTES(FILE_HEAD GROUP_HEAD "\x5c\x1c\x00\x00" GROUP_END "\x02\x00\x00");
	static const struct view sorted =
	    BYTES(FILE_HEAD GROUP_HEAD GROUP_END "\x02\x19\x1c\x15\x02\x11\x11\x00\x00\x00");
	static const struct view full =
	    BYTES(FILE_HEAD GROUP_HEAD GROUP_END "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00");
	assert_footer(sound, 2, NULL);
	assert_footer(encrypted, 1,
	    "a footer cannot be carried over: a column is encrypted, which binds its pages to their places");
	assert_footer(sorted, 1,
	    "a footer cannot be carried over: a row group is sorted by a column that there is not");
	assert_footer(full, 1, NULL);
	assert_footer(full, 2, "a footer cannot be carried over: the files have too many rows");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(places_of_pages),
	    cmocka_unit_test(footers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
