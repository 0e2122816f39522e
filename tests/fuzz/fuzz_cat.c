/*
 * fuzz_cat - any bytes as a stream of frames: read, checked and shown.
 *
 * What the check takes for sound is shown, too, and what is shown of it must not fail.
 */
#include "cat/check.h"
#include "cat/headers.h"
#include "cat/levels.h"
#include "cat/rows.h"
#include "cat/shape.h"
#include "cat/stream.h"
#include "lib/wire/body.h"

#include "tests/fuzz/must.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct frame frame;
static struct body_codec codec;
static struct buffer plain, out;

/* The header, and what the body holds, each of which is refused in words or shown. */
static void
show(const struct intake_piece *piece, bool is_sound)
{
	struct nest_error error;
	struct rows rows = {.binary = JSONL_HEX};
	struct schema schema;
	buffer_clear(&out);
	must(frame_decode(&frame, piece->bytes, &error) || !is_sound);
	if (frame.sender.size == 0)
		return;
	must(headers_show(piece, &frame, &out, &error) && out.data[out.size - 1] == '\n');
	if ((frame.kind != FRAME_ROWS && frame.kind != FRAME_COLUMNS) ||
	    !body_open(&codec, &frame, &plain, &error))
		return;
	must(rows_show(&rows, &frame, &out, &error) || error.status == NEST_INVALID);
	if (frame.kind == FRAME_COLUMNS)
		must(levels_show(&rows, piece, &frame, &out, &error) || error.status == NEST_INVALID);
	if (schema_parse(&schema, frame.schema, &error))
		must(shape_show(&schema, &out, &error));
	schema_free(&schema);
	rows_free(&rows);
}

/* The whole stream, piece by piece. */
static void
run(struct stream *stream, struct check *check)
{
	struct nest_error error, why;
	struct intake_piece piece = {0};
	const struct frame *decoded;
	enum stream_piece found;
	do {
		uint64_t before = check_count(check);
		piece.number++;
		piece.offset = stream->offset + stream->at + stream->size;
		must(stream_next(stream, &found, &why));
		piece.kind = found == STREAM_FRAME      ? PIECE_FRAME
		             : found == STREAM_NO_FRAME ? PIECE_NO_FRAME
		                                        : PIECE_END;
		piece.bytes = (struct view){stream->bytes.data + stream->at, stream->size};
		if (found == STREAM_END)
			break;
		must(check_piece(check, &piece, &why, &decoded, &error));
		if (decoded != NULL)
			show(&piece, check_count(check) == before);
	} while (found != STREAM_END);
	check_end(check, &piece);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	struct nest_error error;
	struct check *check;
	struct stream stream = {
	    .descriptor = memfd_create("stream", MFD_CLOEXEC), .title = "it", .is_searched = true};
	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "w");
	must(nowhere != NULL && stream.descriptor >= 0);
	must(write(stream.descriptor, data, size) == (ssize_t)size);
	must(lseek(stream.descriptor, 0, SEEK_SET) == 0);
	must(check_open(&check, 1, nowhere, "", &error));
	run(&stream, check);
	check_close(check);
	stream_free(&stream);
	close(stream.descriptor);
	return 0;
}
