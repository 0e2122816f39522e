/*
 * fuzz_frame - any bytes as a frame, and what its header says about its body.
 *
 * What is decoded is encoded and decoded again, and must be the same.
 */
#include "lib/wire/body.h"
#include "lib/wire/frame.h"
#include "lib/wire/shared.h"

#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct frame frame, again;
static struct body_codec codec;
static struct buffer plain, encoded;

static void
check_round_trip(void)
{
	struct nest_error error;
	buffer_clear(&encoded);
	/* Keys that were left out are written, so a header near its limit may outgrow it. */
	if (!frame_encode_header(&frame, frame.body.size, &encoded, &error))
		return;
	must(buffer_append(&encoded, frame.body.data, frame.body.size, &error));
	must(frame_decode(&again, (struct view){encoded.data, encoded.size}, &error));
	must(again.kind == frame.kind && again.rows == frame.rows && again.part == frame.part &&
	     again.first_row == frame.first_row && again.last == frame.last && again.codec == frame.codec &&
	     again.meta_count == frame.meta_count && again.leaf_count == frame.leaf_count &&
	     digest_equal(again.run, frame.run) && digest_equal(again.stamp, frame.stamp) &&
	     again.is_part_numbered == frame.is_part_numbered && again.input_bytes == frame.input_bytes &&
	     again.input_total == frame.input_total &&
	     again.extent.is_part_numbered == frame.extent.is_part_numbered);
	must(view_equal(again.sender, frame.sender) && view_equal(again.schema, frame.schema) &&
	     view_equal(again.file, frame.file) && view_equal(again.body, frame.body));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nest_error error;
	struct view message = {data, size};
	struct shared_reference reference;
	if (shared_is_reference(message) && !shared_reference_unpack(&reference, message, &error))
		must(error.status == NEST_INVALID && error.text[0] != '\0');
	if (!frame_decode(&frame, message, &error)) {
		must(error.status == NEST_INVALID && error.text[0] != '\0');
		return 0;
	}
	check_round_trip();
	if (frame.codec != FRAME_CODEC_ZSTD)
		return 0;
	buffer_clear(&plain);
	if (body_decompress(&codec, frame.body, (size_t)frame.raw_bytes, &plain, &error))
		must(plain.size == frame.raw_bytes);
	else
		must(error.status == NEST_INVALID);
	return 0;
}
