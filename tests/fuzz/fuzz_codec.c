/*
 * Any bytes as a page: one of them chooses the codec.  They come back once compressed, and no more or
 * fewer than they were; and taken as compressed, they make what they are said to make or are refused.
 */
#include "lib/parquet/codec.h"
#include "tests/fuzz/must.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const CHOICES[] = {
    "none", "snappy", "gzip:1", "gzip:9", "brotli:2", "zstd:1", "zstd:-5", "lz4_raw:1", "lz4_raw:4"};

enum { CHOICE_COUNT = sizeof CHOICES / sizeof *CHOICES };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct codec codec;
	static struct codec_reader reader;
	static struct buffer packed, plain;
	struct nest_error error;
	struct codec_choice choice;
	if (size < 3)
		return 0;
	must(codec_parse(&choice, view_of_text(CHOICES[data[0] % CHOICE_COUNT]), "", &error));
	size_t claimed = (size_t)data[1] | (size_t)data[2] << 8;
	/* Of its own size, so that a read past the end shows. */
	size_t page_bytes = size - 3;
	uint8_t *copy = malloc(page_bytes + 1);
	must(copy != NULL);
	memcpy(copy + 1, data + 3, page_bytes);
	struct view page = {copy + 1, page_bytes};

	buffer_clear(&plain);
	bool fine = codec_decode(&reader, (int32_t)choice.kind, page, claimed, &plain, &error);
	must(fine ? plain.size == claimed : plain.size == 0 && error.status == NEST_INVALID);

	buffer_clear(&packed);
	buffer_clear(&plain);
	must(codec_encode(&codec, choice, &packed, page, &error));
	struct view bytes = {packed.data, packed.size};
	must(codec_decode(&reader, (int32_t)choice.kind, bytes, page_bytes, &plain, &error));
	must(plain.size == page_bytes && memcmp(plain.data, page.data, page_bytes) == 0);
	must(!codec_decode(&reader, (int32_t)choice.kind, bytes, page_bytes + 1, &plain, &error));
	free(copy);
	return 0;
}
