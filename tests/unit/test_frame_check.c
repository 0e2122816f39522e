/* nest-cat's reading and checking where testing the program would be slow or impossible: long streams, many
 * senders. */
#include "cat/check.h"
#include "cat/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static struct buffer bytes;
static struct nest_error error;

static int
stop(void **state)
{
	(void)state;
	buffer_free(&bytes);
	return 0;
}

static void
put(const void *data, size_t size)
{
	assert_true(buffer_append(&bytes, data, size, &error));
}

static void
put_frame(const struct frame *frame, size_t body_bytes)
{
	uint8_t *body = calloc(1, body_bytes + 1);
	assert_non_null(body);
	assert_true(frame_encode_header(frame, body_bytes, &bytes, &error));
	put(body, body_bytes);
	free(body);
}

static struct frame
rows_of(const char *sender, uint64_t part, uint64_t first, bool last)
{
	static const char schema[] = "message m { required int32 a; }";
	return (struct frame){.kind = FRAME_ROWS,
	    .sender = view_of_text(sender),
	    .schema = view_of_text(schema),
	    .part = part,
	    .first_row = first,
	    .rows = 1,
	    .last = last};
}

/* ---- streams ---- */

static struct stream
open_stream(bool is_searched)
{
	struct stream stream = {
	    .descriptor = memfd_create("stream", 0), .title = "it", .is_searched = is_searched};
	assert_true(stream.descriptor >= 0);
	assert_int_equal(write(stream.descriptor, bytes.data, bytes.size), bytes.size);
	assert_int_equal(lseek(stream.descriptor, 0, SEEK_SET), 0);
	return stream;
}

static void
close_stream(struct stream *stream)
{
	close(stream->descriptor);
	stream_free(stream);
}

static void
expect(struct stream *stream, enum stream_piece due, uint64_t offset, size_t size)
{
	enum stream_piece piece;
	assert_true(stream_next(stream, &piece, &error));
	assert_int_equal(piece, due);
	if (due != STREAM_FRAME)
		return;
	assert_int_equal(stream->offset + stream->at, offset);
	assert_int_equal(stream->size, size);
}

static void
frames_longer_than_what_is_read_at_once(void **state)
{
	(void)state;
	struct frame frame = rows_of("a", 0, 0, false);
	size_t ends[20] = {0};
	buffer_clear(&bytes);
	for (int i = 1; i < 20; i++) {
		put_frame(&frame, (size_t)i * 70001 % 500000);
		ends[i] = bytes.size;
	}
	struct stream stream = open_stream(true);
	for (int i = 1; i < 20; i++)
		expect(&stream, STREAM_FRAME, ends[i - 1], ends[i] - ends[i - 1]);
	expect(&stream, STREAM_END, 0, 0);
	expect(&stream, STREAM_END, 0, 0);
	close_stream(&stream);
}

/* What begins like a header, over and over, at every place where reading may stop. */
static void
junk_longer_than_what_is_read_at_once(void **state)
{
	(void)state;
	struct frame frame = rows_of("a", 0, 0, true);
	for (size_t more = 0; more < 14; more++) {
		buffer_clear(&bytes);
		for (size_t i = 0; i < 40000; i++)
			put("\xc6\0\0\0\x09\x82\xa4nes", 10);
		put("\xc6\xc6\xc6\xc6\xc6\xc6\xc6\xc6\xc6\xc6\xc6\xc6\xc6\xc6", more);
		size_t start = bytes.size;
		put_frame(&frame, 10);
		struct stream stream = open_stream(true);
		expect(&stream, STREAM_NO_FRAME, 0, 0);
		expect(&stream, STREAM_FRAME, start, bytes.size - start);
		expect(&stream, STREAM_END, 0, 0);
		close_stream(&stream);
	}
}

static void
junk_without_an_end_takes_no_memory(void **state)
{
	(void)state;
	buffer_clear(&bytes);
	for (size_t i = 0; i < 1000000; i++)
		put("0123456", 8);
	struct stream stream = open_stream(true);
	expect(&stream, STREAM_NO_FRAME, 0, 0);
	assert_string_equal(error.text, "this is no nest frame: a header starts with byte c6, not 30; no "
					"frame follows: the rest, 8000000 "
					"bytes, is unreadable");
	assert_true(stream.bytes.capacity < 1 << 20);
	expect(&stream, STREAM_END, 0, 0);
	close_stream(&stream);
}

/* Whatever lies behind the bytes that have come. */
static void
a_frame_cut_short_anywhere(void **state)
{
	(void)state;
	struct frame frame = rows_of("a", 0, 0, true);
	char due[128];
	buffer_clear(&bytes);
	put_frame(&frame, 10);
	for (size_t whole = bytes.size; bytes.size > 1;) {
		bytes.size--;
		struct stream stream = open_stream(false);
		assert_true(buffer_reserve(&stream.bytes, whole, &error));
		memset(stream.bytes.data, 0x5a, stream.bytes.capacity);
		expect(&stream, STREAM_NO_FRAME, 0, 0);
		snprintf(
		    due, sizeof due, "the stream ends at byte %zu, in the middle of a frame", bytes.size);
		assert_string_equal(error.text, due);
		close_stream(&stream);
	}
}

static void
nothing_is_looked_for_where_the_first_ends_it(void **state)
{
	(void)state;
	struct frame frame = rows_of("a", 0, 0, true);
	buffer_clear(&bytes);
	put("junk!", 5);
	put_frame(&frame, 10);
	struct stream stream = open_stream(false);
	expect(&stream, STREAM_NO_FRAME, 0, 0);
	assert_string_equal(error.text, "this is no nest frame: a header starts with byte c6, not 6a");
	close_stream(&stream);
}

static void
a_header_of_many_keys_is_found(void **state)
{
	(void)state;
	static const char many[] = "\xc6\0\0\0\x40\xde\0\x11\xa4nest\x02\xa4kind";
	buffer_clear(&bytes);
	put("?", 1);
	put(many, sizeof many - 1);
	struct stream stream = open_stream(true);
	expect(&stream, STREAM_NO_FRAME, 0, 0);
	assert_string_equal(error.text, "this is no nest frame: a header starts with byte c6, not 3f; a "
					"frame begins 1 bytes on, at byte 1");
	close_stream(&stream);
}

/* ---- the check ---- */

static char *text;
static size_t text_size;

/* Checks what is in `bytes`, each frame by the connection that its number of bytes behind it says. */
static struct check *
begin(FILE **out, uint64_t senders)
{
	struct check *check;
	*out = open_memstream(&text, &text_size);
	assert_non_null(*out);
	assert_true(check_open(&check, senders, *out, "", &error));
	return check;
}

static void
take(struct check *check, const struct frame *frame, const char *body, uint64_t connection)
{
	static uint64_t number;
	const struct frame *decoded;
	buffer_clear(&bytes);
	assert_true(frame_encode_header(frame, strlen(body), &bytes, &error));
	put(body, strlen(body));
	struct intake_piece piece = {PIECE_FRAME, {bytes.data, bytes.size}, ++number, 0, connection};
	assert_true(check_piece(check, &piece, NULL, &decoded, &error));
	assert_non_null(decoded);
}

static void
finish(struct check *check, FILE *out)
{
	struct intake_piece piece = {.kind = PIECE_END};
	check_end(check, &piece);
	assert_int_equal(fclose(out), 0);
}

static void
a_name_that_comes_by_two_connections(void **state)
{
	(void)state;
	FILE *out;
	struct check *check = begin(&out, 1);
	struct frame first = rows_of("a", 0, 0, true), second = rows_of("a", 1, 1, true);
	struct frame end = {.kind = FRAME_END, .sender = view_of_text("a"), .frames = 1, .rows = 1};
	take(check, &first, "\x91\x01", 7);
	take(check, &second, "\x91\x01", 8);
	take(check, &end, "", 7);
	finish(check, out);
	assert_int_equal(check_count(check), 1);
	assert_non_null(
	    strstr(text, "from a: it is in the name of a sender that came by another connection"));
	check_close(check);
	free(text);
}

static void
more_senders_than_a_run_can_have(void **state)
{
	(void)state;
	FILE *out;
	struct check *check = begin(&out, 1);
	char name[16];
	for (unsigned i = 0; i < 6000; i++) {
		snprintf(name, sizeof name, "s%u", i);
		struct frame end = {.kind = FRAME_END, .sender = view_of_text(name)};
		take(check, &end, "", 0);
	}
	finish(check, out);
	/* All but the first. */
	assert_int_equal(check_count(check), 5999);
	check_close(check);
	free(text);
}

static void
many_parts_side_by_side(void **state)
{
	(void)state;
	FILE *out;
	struct check *check = begin(&out, 1);
	for (uint64_t half = 0; half < 2; half++)
		for (uint64_t part = 0; part < 300; part++) {
			uint64_t number = half == 0 ? part : 299 - part;
			struct frame frame = rows_of("a", number, 2 * number + half, half == 1);
			take(check, &frame, "\x91\x01", 0);
		}
	struct frame end = {.kind = FRAME_END,
	    .sender = view_of_text("a"),
	    .frames = 600,
	    .rows = 600,
	    .has_extent = true,
	    .extent = {0, 600, 300, false}};
	take(check, &end, "", 0);
	finish(check, out);
	assert_string_equal(text, "");
	assert_int_equal(check_count(check), 0);
	check_close(check);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_longer_than_what_is_read_at_once),
	    cmocka_unit_test(junk_longer_than_what_is_read_at_once),
	    cmocka_unit_test(junk_without_an_end_takes_no_memory),
	    cmocka_unit_test(a_frame_cut_short_anywhere),
	    cmocka_unit_test(nothing_is_looked_for_where_the_first_ends_it),
	    cmocka_unit_test(a_header_of_many_keys_is_found),
	    cmocka_unit_test(a_name_that_comes_by_two_connections),
	    cmocka_unit_test(more_senders_than_a_run_can_have),
	    cmocka_unit_test(many_parts_side_by_side),
	};
	return cmocka_run_group_tests(tests, NULL, stop);
}
