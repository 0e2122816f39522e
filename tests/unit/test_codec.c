/* Codecs: what other programs compressed is read; anything less or more is refused. */
#include "lib/parquet/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;
static struct codec_reader reader;

static const uint8_t SNAPPY_BYTES[] = {0xa4, 0x02, 0x10, 0x6e, 0x65, 0x73, 0x74, 0x20, 0x36, 0x05, 0x00, 0x18,
    0x2c, 0x20, 0x61, 0x6e, 0x64, 0x20, 0x61, 0x09, 0x16, 0x04, 0x6f, 0x66, 0x05, 0x08, 0x04, 0x73, 0x3b,
    0x05, 0x07, 0x3a, 0x05, 0x00, 0xfe, 0x2a, 0x00, 0xfe, 0x2a, 0x00, 0xfa, 0x2a, 0x00, 0x9c, 0x00, 0x01,
    0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12,
    0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23,
    0x24, 0x25, 0x26, 0x27};
static const uint8_t GZIP_BYTES[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x4b,
    0x2d, 0x2e, 0x51, 0xc8, 0x43, 0x21, 0x74, 0x14, 0x12, 0xf3, 0x52, 0x14, 0x12, 0x21, 0x02, 0xf9, 0x69,
    0x60, 0xba, 0xd8, 0x1a, 0x4d, 0xd1, 0x70, 0x50, 0xc9, 0xc0, 0xc8, 0xc4, 0xcc, 0xc2, 0xca, 0xc6, 0xce,
    0xc1, 0xc9, 0xc5, 0xcd, 0xc3, 0xcb, 0xc7, 0x2f, 0x20, 0x28, 0x24, 0x2c, 0x22, 0x2a, 0x26, 0x2e, 0x21,
    0x29, 0x25, 0x2d, 0x23, 0x2b, 0x27, 0xaf, 0xa0, 0xa8, 0xa4, 0xac, 0xa2, 0xaa, 0xa6, 0x0e, 0x00, 0xec,
    0x26, 0x5f, 0xcb, 0x24, 0x01, 0x00, 0x00};
static const uint8_t BROTLI_BYTES[] = {0x1b, 0x23, 0x01, 0x00, 0xc4, 0xe2, 0x86, 0x3f, 0x8c, 0x52, 0xcf, 0x2e,
    0x41, 0x4b, 0x02, 0x91, 0xf0, 0x1c, 0xe3, 0xc0, 0x6d, 0xda, 0x36, 0x1b, 0x6e, 0xe3, 0x05, 0x75, 0x70,
    0xc8, 0xd1, 0x21, 0x6f, 0xf1, 0xb9, 0x71, 0xb7, 0x7d, 0x50, 0x57, 0x51, 0xb9, 0x4a, 0xbd, 0x93, 0x33,
    0x6c, 0x62, 0x1d, 0xc4, 0xa2, 0xce, 0x87, 0x28, 0x3e, 0x28, 0x10, 0x32, 0x34, 0xa4, 0x5c, 0x6a, 0xeb,
    0x03};
static const uint8_t ZSTD_BYTES[] = {0x28, 0xb5, 0x2f, 0xfd, 0x60, 0x24, 0x00, 0x65, 0x02, 0x00, 0x84, 0x03,
    0x6e, 0x65, 0x73, 0x74, 0x20, 0x2c, 0x20, 0x61, 0x6e, 0x64, 0x20, 0x61, 0x6f, 0x66, 0x73, 0x3b, 0x00,
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11,
    0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22,
    0x23, 0x24, 0x25, 0x26, 0x27, 0x06, 0x00, 0xbc, 0xa6, 0x28, 0x40, 0x69, 0xa0, 0xd2, 0xf0, 0x8a, 0xc0,
    0x39, 0x07, 0x03, 0xb9, 0x68, 0x01};
static const uint8_t LZ4_RAW_BYTES[] = {0x5a, 0x6e, 0x65, 0x73, 0x74, 0x20, 0x05, 0x00, 0x72, 0x2c, 0x20,
    0x61, 0x6e, 0x64, 0x20, 0x61, 0x16, 0x00, 0x21, 0x6f, 0x66, 0x08, 0x00, 0x21, 0x73, 0x3b, 0x07, 0x00,
    0x0b, 0x05, 0x00, 0x0f, 0x2a, 0x00, 0xac, 0xf0, 0x19, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
    0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
    0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27};

static const struct sample {
	enum codec_kind kind;
	const uint8_t *bytes;
	size_t size;
} SAMPLES[] = {
    {CODEC_SNAPPY, SNAPPY_BYTES, sizeof SNAPPY_BYTES},
    {CODEC_GZIP, GZIP_BYTES, sizeof GZIP_BYTES},
    {CODEC_BROTLI, BROTLI_BYTES, sizeof BROTLI_BYTES},
    {CODEC_ZSTD, ZSTD_BYTES, sizeof ZSTD_BYTES},
    {CODEC_LZ4_RAW, LZ4_RAW_BYTES, sizeof LZ4_RAW_BYTES},
};

enum { SAMPLE_COUNT = sizeof SAMPLES / sizeof *SAMPLES };

/* Six times the sentence, and the numbers below 40. */
static size_t
sample_text(uint8_t text[400])
{
	static const char sentence[] = "nest nest nest nest, and a nest of nests; ";
	size_t size = 0;
	for (int i = 0; i < 6; i++, size += sizeof sentence - 1)
		memcpy(text + size, sentence, sizeof sentence - 1);
	for (uint8_t i = 0; i < 40; i++)
		text[size++] = i;
	return size;
}

/* Decodes from memory of its own size, so that a read past the end shows. */
static bool
decode(enum codec_kind kind, const uint8_t *bytes, size_t size, size_t wanted, struct buffer *out)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	assert_non_null(copy);
	if (size > 0)
		memcpy(copy, bytes, size);
	buffer_clear(out);
	bool fine = codec_decode(&reader, (int32_t)kind, (struct view){copy, size}, wanted, out, &error);
	assert_int_equal(out->size, fine ? wanted : 0);
	assert_true(fine || error.status == NEST_INVALID);
	free(copy);
	return fine;
}

static void
reads_what_others_wrote(void **state)
{
	(void)state;
	uint8_t text[400];
	size_t size = sample_text(text);
	struct buffer out = {0};
	for (size_t i = 0; i < SAMPLE_COUNT; i++) {
		const struct sample *sample = &SAMPLES[i];
		if (!decode(sample->kind, sample->bytes, sample->size, size, &out))
			fail_msg("%s: %s", codec_name((int32_t)sample->kind).text, error.text);
		assert_memory_equal(out.data, text, size);
		assert_false(decode(sample->kind, sample->bytes, sample->size, size - 1, &out));
		assert_false(decode(sample->kind, sample->bytes, sample->size, size + 1, &out));
		for (size_t cut = 0; cut < sample->size; cut++)
			assert_false(decode(sample->kind, sample->bytes, cut, size, &out));
	}
	assert_true(decode(CODEC_NONE, text, size, size, &out));
	assert_memory_equal(out.data, text, size);
	assert_false(decode(CODEC_NONE, text, size, size - 1, &out));
	assert_non_null(strstr(error.text, "it has 292 bytes and no codec, but is to make 291"));
	buffer_free(&out);
}

/* Two members of gzip are one stream. */
static void
reads_members_of_gzip(void **state)
{
	(void)state;
	uint8_t text[400], twice[2 * sizeof GZIP_BYTES];
	size_t size = sample_text(text);
	struct buffer out = {0};
	memcpy(twice, GZIP_BYTES, sizeof GZIP_BYTES);
	memcpy(twice + sizeof GZIP_BYTES, GZIP_BYTES, sizeof GZIP_BYTES);
	assert_true(decode(CODEC_GZIP, twice, sizeof twice, 2 * size, &out));
	assert_memory_equal(out.data + size, text, size);
	assert_false(decode(CODEC_GZIP, twice, sizeof twice, size, &out));
	buffer_free(&out);
}

static void
survives_every_damage(void **state)
{
	(void)state;
	uint8_t text[400], bytes[400];
	size_t size = sample_text(text);
	struct buffer out = {0};
	for (size_t i = 0; i < SAMPLE_COUNT; i++)
		for (size_t at = 0; at < SAMPLES[i].size; at++)
			for (unsigned value = 0; value < 256; value += 5) {
				memcpy(bytes, SAMPLES[i].bytes, SAMPLES[i].size);
				bytes[at] = (uint8_t)value;
				decode(SAMPLES[i].kind, bytes, SAMPLES[i].size, size, &out);
			}
	buffer_free(&out);
}

/* By hand: every form that an element can have, and offsets that lead nowhere. */
static void
elements_of_snappy(void **state)
{
	(void)state;
	struct buffer out = {0};
	/* Nine bytes: "abc"; 4 from 3 before; 1 from 7 before, in two bytes; 1 from 8 before, in four. */
	static const uint8_t good[] = {9, 0x08, 'a', 'b', 'c', 0x01, 3, 0x02, 7, 0, 0x03, 8, 0, 0, 0};
	assert_true(decode(CODEC_SNAPPY, good, sizeof good, 9, &out));
	assert_memory_equal(out.data, "abcabcaaa", 9);
	uint8_t bad[sizeof good];
	memcpy(bad, good, sizeof bad);
	bad[6] = 0;
	assert_false(decode(CODEC_SNAPPY, bad, sizeof bad, 9, &out));
	bad[6] = 4;
	assert_false(decode(CODEC_SNAPPY, bad, sizeof bad, 9, &out));
	assert_string_equal(error.text, "its snappy block does not make 9 bytes");
	/* A literal whose length stands in one byte. */
	static const uint8_t longer[] = {3, 60 << 2, 2, 'x', 'y', 'z'};
	assert_true(decode(CODEC_SNAPPY, longer, sizeof longer, 3, &out));
	assert_memory_equal(out.data, "xyz", 3);
	static const uint8_t empty[] = {0};
	assert_true(decode(CODEC_SNAPPY, empty, sizeof empty, 0, &out));
	buffer_free(&out);
}

static void
sequences_of_lz4(void **state)
{
	(void)state;
	struct buffer out = {0};
	/* "ab", then 4 + 15 + 1 from two before, then "c". */
	static const uint8_t good[] = {0x2f, 'a', 'b', 2, 0, 1, 0x10, 'c'};
	assert_true(decode(CODEC_LZ4_RAW, good, sizeof good, 23, &out));
	assert_memory_equal(out.data,
	    "ababababababababababab"
	    "c",
	    23);
	uint8_t bad[sizeof good];
	memcpy(bad, good, sizeof bad);
	bad[3] = 3;
	assert_false(decode(CODEC_LZ4_RAW, bad, sizeof bad, 23, &out));
	assert_string_equal(error.text, "its lz4 block does not make 23 bytes");
	bad[3] = 0;
	assert_false(decode(CODEC_LZ4_RAW, bad, sizeof bad, 23, &out));
	/* Fifteen literals, whose length goes on with a zero. */
	static const uint8_t literals[] = {
	    0xf0, 0, '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e'};
	assert_true(decode(CODEC_LZ4_RAW, literals, sizeof literals, 15, &out));
	assert_memory_equal(out.data, "0123456789abcde", 15);
	buffer_free(&out);
}

static void
names_what_it_cannot_read(void **state)
{
	(void)state;
	struct buffer out = {0};
	assert_false(decode(CODEC_LZ4, LZ4_RAW_BYTES, sizeof LZ4_RAW_BYTES, 292, &out));
	assert_string_equal(
	    error.text, "it is compressed with lz4 in Hadoop's framing, which is not read here");
	assert_false(decode(CODEC_LZO, LZ4_RAW_BYTES, 3, 3, &out));
	assert_string_equal(error.text, "it is compressed with lzo, which is not read here");
	assert_false(decode((enum codec_kind)99, LZ4_RAW_BYTES, 3, 3, &out));
	assert_string_equal(error.text, "it is compressed with codec 99, which is not read here");
	buffer_free(&out);
}

static int
tear_down(void **state)
{
	(void)state;
	codec_reader_free(&reader);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_others_wrote),
	    cmocka_unit_test(reads_members_of_gzip),
	    cmocka_unit_test(survives_every_damage),
	    cmocka_unit_test(elements_of_snappy),
	    cmocka_unit_test(sequences_of_lz4),
	    cmocka_unit_test(names_what_it_cannot_read),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
