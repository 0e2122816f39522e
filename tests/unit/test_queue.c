/* Queued frames: they come out in the order they went in, the lowest part first, and their memory is
 * released. */
#include "encode/queue.h"

#include "tests/unit/chance.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct nest_error error;
static struct draft *draft;
static struct queue queue;

/* A frame of PART that holds the number ROW and as many bytes more. */
static void
put(uint64_t part, uint64_t row)
{
	uint8_t body[8 + 256] = {0};
	struct frame_leaf leaf = {1, row};
	memcpy(body, &row, sizeof row);
	struct frame frame = {.kind = FRAME_COLUMNS,
	    .sender = view_of_text("sender"),
	    .schema = view_of_text("message m { required binary a; }"),
	    .part = part,
	    .first_row = row,
	    .rows = 1,
	    .codec = FRAME_CODEC_ZSTD, /* on its way here */
	    .raw_bytes = 1,
	    .leaves = &leaf,
	    .leaf_count = 1,
	    .body = {body, 8 + row % 256}};
	if (!queue_put(&queue, draft, &frame, &error))
		fail_msg("%s", error.text);
}

static void
expect(uint64_t part, uint64_t row)
{
	const struct frame *frame;
	uint64_t number;
	assert_true(queue_has(&queue, part));
	assert_false(queue_has(&queue, part + 1));
	if (!queue_take(&queue, &frame, &error))
		fail_msg("%s", error.text);
	assert_int_equal(frame->part, part);
	assert_int_equal(frame->first_row, row);
	assert_int_equal(frame->codec, FRAME_CODEC_NONE);
	assert_int_equal(frame->leaf_count, 1);
	assert_int_equal(frame->leaves[0].value_bytes, row);
	assert_int_equal(frame->body.size, 8 + row % 256);
	memcpy(&number, frame->body.data, sizeof number);
	assert_int_equal(number, row);
}

/* Some go in, the lowest come out, and so on; rows of each part ascend. */
static void
comes_out_in_order(void **state)
{
	(void)state;
	enum { PARTS = 20, FRAMES = 2000 };
	uint64_t put_rows[PARTS] = {0}, taken_rows[PARTS] = {0}, waiting = 0;
	const uint64_t *words = chance_words(7);
	for (int i = 0; i < FRAMES; i++) {
		uint64_t part = words[2 * i] % PARTS;
		put(part, put_rows[part]++);
		waiting++;
		if (words[2 * i + 1] % 2 == 0)
			continue;
		uint64_t lowest = 0;
		while (taken_rows[lowest] == put_rows[lowest])
			lowest++;
		expect(lowest, taken_rows[lowest]++);
		waiting--;
	}
	for (uint64_t part = 0; part < PARTS; part++)
		for (; taken_rows[part] < put_rows[part]; waiting--)
			expect(part, taken_rows[part]++);
	assert_int_equal(waiting, 0);
	for (uint64_t part = 0; part <= PARTS; part++)
		assert_false(queue_has(&queue, part));
	queue_free(&queue);
}

static uint64_t
file_bytes(void)
{
	struct stat status;
	assert_int_equal(fstat(queue.fd, &status), 0);
	return (uint64_t)status.st_size;
}

static void
gives_room_back(void **state)
{
	(void)state;
	put(1, 0);
	uint64_t one = file_bytes();
	put(1, 0);
	assert_int_equal(file_bytes(), 2 * one);
	expect(1, 0);
	put(1, 0);
	assert_int_equal(file_bytes(), 3 * one);
	expect(1, 0);
	expect(1, 0);
	put(2, 0);
	assert_int_equal(file_bytes(), one);
	expect(2, 0);
	queue_free(&queue);
}

static int
set_up(void **state)
{
	(void)state;
	return draft_open(&draft, "/tmp/test_queue.parquet", &error) ? 0 : 1;
}

static int
tear_down(void **state)
{
	(void)state;
	draft_close(draft);
	return 0;
}

/* The file has no name, but a file system may lose what is in it. */
static void
a_file_that_has_become_shorter(void **state)
{
	const struct frame *frame;
	(void)state;
	put(3, 200);
	assert_int_equal(ftruncate(queue.fd, (off_t)queue.end - 1), 0);
	errno = 0;
	assert_false(queue_take(&queue, &frame, &error));
	assert_string_equal(error.text, "unable to keep frames aside: Input/output error");
	queue_free(&queue);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(comes_out_in_order),
	    cmocka_unit_test(gives_room_back),
	    cmocka_unit_test(a_file_that_has_become_shorter),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
