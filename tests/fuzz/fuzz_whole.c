/*
 * Any bytes as a stream of frames that becomes one file: two bytes choose how it is written, the rest is what
 * nest-shred would send.  What is made is sound.
 */
#include "cat/stream.h"
#include "encode/whole.h"
#include "lib/wire/body.h"
#include "merge/check.h"
#include "tests/fuzz/must.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPTION_BYTES = 2 };

static struct part_options
options_of(const uint8_t *data)
{
	struct part_options options = PART_OPTIONS_DEFAULT;
	options.preset = (enum preset)(data[0] % 3);
	options.compression = (struct codec_choice){data[0] & 4 ? CODEC_ZSTD : CODEC_NONE, 1};
	options.page_type = data[0] & 8 ? PAGE_DATA_V2 : PAGE_DATA;
	options.page_index = (data[0] & 16) == 0;
	options.page_checksum = (data[0] & 32) != 0;
	options.dictionary = (data[0] & 64) == 0;
	options.page_rows = data[1] & 1 ? 1 : 1000;
	options.row_group_rows = data[1] & 2 ? 1 : 1000;
	options.dictionary_page_bytes = data[1] & 4 ? 16 : 1 << 20;
	return options;
}

/* Takes frames up to the first one that is refused, or until there are no more. */
static bool
take_all(struct whole *whole, struct stream *stream)
{
	static struct frame frame;
	static struct body_codec codec;
	static struct buffer plain;
	struct nest_error error;
	enum stream_piece found;
	for (;;) {
		must(stream_next(stream, &found, &error));
		if (found == STREAM_END)
			return true;
		const struct view bytes = {stream->bytes.data + stream->at, stream->size};
		if (found == STREAM_NO_FRAME || !frame_decode(&frame, bytes, &error))
			return false;
		if (frame.kind == FRAME_COLUMNS &&
		    (!body_open(&codec, &frame, &plain, &error) || !whole_take(whole, &frame, &error)))
			return false;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int made = -1;
	struct nest_error error;
	struct whole *whole;
	if (size < OPTION_BYTES)
		return 0;
	const struct part_options options = options_of(data);
	struct stream stream = {.descriptor = memfd_create("stream", MFD_CLOEXEC), .title = "it"};
	if (made < 0) {
		made = memfd_create("made", MFD_CLOEXEC);
		must(made >= 0 && dup2(made, STDOUT_FILENO) == STDOUT_FILENO);
	}
	must(ftruncate(made, 0) == 0 && lseek(made, 0, SEEK_SET) == 0 && stream.descriptor >= 0);
	must(write(stream.descriptor, data + OPTION_BYTES, size - OPTION_BYTES) ==
	     (ssize_t)(size - OPTION_BYTES));
	must(lseek(stream.descriptor, 0, SEEK_SET) == 0);
	must(whole_open(&whole, "-", &options, &error));
	if (take_all(whole, &stream) && whole_finish(whole, NULL, &error) &&
	    !check_file("/dev/stdout", &error)) {
		fprintf(stderr, "%s\n", error.text);
		abort();
	}
	whole_close(whole);
	stream_free(&stream);
	close(stream.descriptor);
	return 0;
}
