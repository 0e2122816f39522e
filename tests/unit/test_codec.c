/* Codecs: what is written is read back, what other programs wrote is read, and input that is too short or
 * too long is refused. */
#include "lib/parquet/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zstd.h>

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
	char message[80];
	size_t size = sample_text(text);
	struct buffer out = {0};
	for (size_t i = 0; i < SAMPLE_COUNT; i++) {
		const struct sample *sample = &SAMPLES[i];
		if (!decode(sample->kind, sample->bytes, sample->size, size, &out))
			fail_msg("%s: %s", codec_name((int32_t)sample->kind).text, error.text);
		assert_memory_equal(out.data, text, size);
		assert_false(decode(sample->kind, sample->bytes, sample->size, size - 1, &out));
		assert_false(decode(sample->kind, sample->bytes, sample->size, size + 1, &out));
		snprintf(message, sizeof message, "its %s stream does not make 293 bytes",
		    codec_name((int32_t)sample->kind).text);
		assert_string_equal(error.text, message);
		for (size_t cut = 0; cut < sample->size; cut++)
			assert_false(decode(sample->kind, sample->bytes, cut, size, &out));
		uint8_t longer[400] = {0};
		memcpy(longer, sample->bytes, sample->size);
		assert_false(decode(sample->kind, longer, sample->size + 1, size, &out));
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
	assert_false(decode(CODEC_GZIP, twice, sizeof twice, 2 * size + 1, &out));
	assert_false(decode(CODEC_GZIP, twice, sizeof twice - 1, 2 * size, &out));
	buffer_free(&out);
}

/* zlib's own form, which some have written under the name of gzip. */
static void
reads_zlib(void **state)
{
	(void)state;
	/* zlib.compress(b"zlib zlib zlib") of Python, and a byte more. */
	static const uint8_t bytes[] = {
	    0x78, 0x9c, 0xab, 0xca, 0xc9, 0x4c, 0x52, 0xa8, 0x82, 0x11, 0x00, 0x28, 0x6d, 0x05, 0x54, 0x00};
	size_t size = sizeof bytes - 1;
	struct buffer out = {0};
	assert_true(decode(CODEC_GZIP, bytes, size, 14, &out));
	assert_memory_equal(out.data, "zlib zlib zlib", 14);
	assert_false(decode(CODEC_GZIP, bytes, size, 13, &out));
	assert_false(decode(CODEC_GZIP, bytes, size, 15, &out));
	assert_false(decode(CODEC_GZIP, bytes, size - 1, 14, &out));
	assert_false(decode(CODEC_GZIP, bytes, size + 1, 14, &out));
	buffer_free(&out);
}

/* ---- writing ---- */

enum { PLAIN_MOST = 100000 };

/* Bytes of a kind of their own, the most that a codec can make of them and the least. */
static size_t
fill_plain(uint8_t plain[PLAIN_MOST], int kind)
{
	static const size_t sizes[] = {0, 1, 292, PLAIN_MOST, PLAIN_MOST};
	uint32_t state = 1;
	memset(plain, 'a', PLAIN_MOST);
	if (kind == 2)
		sample_text(plain);
	for (size_t i = 0; kind == 3 && i < PLAIN_MOST; i++, state = state * 1664525 + 1013904223)
		plain[i] = (uint8_t)(state >> 24);
	return sizes[kind];
}

static struct codec_choice
choose(const char *text)
{
	struct codec_choice choice;
	if (!codec_parse(&choice, view_of_text(text), "--compression", &error))
		fail_msg("%s", error.text);
	return choice;
}

static void
check_round_trip(struct codec *codec, struct codec_choice choice, struct view plain)
{
	struct buffer packed = {0}, again = {0}, out = {0};
	size_t size = plain.size;
	assert_true(codec_encode(codec, choice, &packed, plain, &error));
	/* It is appended, and is the same bytes whatever was done before, with whatever memory. */
	assert_true(buffer_append(&again, "before", 6, &error));
	assert_true(codec_encode(codec, choice, &again, plain, &error));
	assert_int_equal(again.size, 6 + packed.size);
	if (packed.size > 0)
		assert_memory_equal(again.data + 6, packed.data, packed.size);
	assert_true(decode(choice.kind, packed.data, packed.size, size, &out));
	if (size > 0)
		assert_memory_equal(out.data, plain.data, size);
	assert_false(decode(choice.kind, packed.data, packed.size, size + 1, &out));
	assert_true(size == 0 || !decode(choice.kind, packed.data, packed.size, size - 1, &out));
	assert_true(packed.size == 0 || !decode(choice.kind, packed.data, packed.size - 1, size, &out));
	assert_true(buffer_append(&packed, "", 1, &error));
	assert_false(decode(choice.kind, packed.data, packed.size, size, &out));
	buffer_free(&packed);
	buffer_free(&again);
	buffer_free(&out);
}

static void
writes_what_it_reads(void **state)
{
	(void)state;
	static const char *const choices[] = {"none", "snappy", "gzip", "gzip:1", "gzip:12", "brotli",
	    "brotli:0", "brotli:11", "zstd", "zstd:-131072", "zstd:22", "lz4_raw", "lz4_raw:3", "lz4_raw:12"};
	static uint8_t plain[PLAIN_MOST];
	struct codec codec = {0};
	for (int kind = 0; kind < 5; kind++) {
		struct view page = {plain, fill_plain(plain, kind)};
		for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
			check_round_trip(&codec, choose(choices[i]), page);
	}
	codec_free(&codec);
}

static size_t
packed_bytes(struct codec *codec, const char *choice, struct view plain)
{
	struct buffer packed = {0};
	assert_true(codec_encode(codec, choose(choice), &packed, plain, &error));
	size_t size = packed.size;
	buffer_free(&packed);
	return size;
}

/* Each level makes less than one that is lower; that which is left out has a number. */
static void
levels_tell(void **state)
{
	(void)state;
	static const char *const falling[][3] = {
	    {"gzip:1", "gzip:6", "gzip:12"},
	    {"brotli:0", "brotli:4", "brotli:11"},
	    {"zstd:-50", "zstd:1", "zstd:19"},
	    {"lz4_raw:1", "lz4_raw:3", "lz4_raw:12"},
	};
	static const char *const usual[][2] = {
	    {"gzip", "gzip:6"}, {"brotli", "brotli:4"}, {"zstd", "zstd:1"}, {"lz4_raw", "lz4_raw:1"}};
	static uint8_t plain[PLAIN_MOST];
	struct codec codec = {0};
	uint32_t random = 1;
	for (size_t i = 0; i < PLAIN_MOST; i++, random = random * 1664525 + 1013904223)
		plain[i] = (uint8_t)("aaabcdeeeeefghi "[random >> 28]);
	struct view page = {plain, PLAIN_MOST};
	for (size_t i = 0; i < sizeof falling / sizeof *falling; i++)
		for (int j = 0; j < 2; j++)
			if (packed_bytes(&codec, falling[i][j], page) <=
			    packed_bytes(&codec, falling[i][j + 1], page))
				fail_msg("%s is not larger than %s", falling[i][j], falling[i][j + 1]);
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
		struct codec_choice a = choose(usual[i][0]), b = choose(usual[i][1]);
		assert_true(a.kind == b.kind && a.level == b.level);
	}
	codec_free(&codec);
}

/* More than the library can be told of, which nobody has in memory: it is not looked at. */
/* Texts of a large page have more places where something was seen than the library's level 1 remembers. */
static void
remembers_more_of_large_pages(void **state)
{
	(void)state;
	enum { SIZE = 600000, WORDS = 4000, WORD_BYTES = 12 };
	struct codec codec = {0};
	struct buffer packed = {0};
	uint8_t *plain = malloc(SIZE), *usual = malloc(ZSTD_compressBound(SIZE));
	assert_non_null(plain);
	assert_non_null(usual);
	uint64_t random = 1;
	for (size_t i = 0; i < SIZE; i++) {
		uint64_t letter = i % WORD_BYTES;
		if (letter == 0)
			random = random * 6364136223846793005u + 1442695040888963407u;
		uint64_t word = (random >> 33) % WORDS;
		plain[i] = (uint8_t)('a' + ((word + 1) * (letter + 7) * 2654435761u >> 9) % 26);
	}
	for (size_t size = 200000; size <= SIZE; size += 400000) {
		buffer_clear(&packed);
		assert_true(
		    codec_encode(&codec, choose("zstd:1"), &packed, (struct view){plain, size}, &error));
		size_t usual_bytes = ZSTD_compress(usual, ZSTD_compressBound(SIZE), plain, size, 1);
		if (size == SIZE)
			assert_true(packed.size < usual_bytes / 100 * 99);
		else
			assert_int_equal(packed.size, usual_bytes);
	}
	free(plain);
	free(usual);
	buffer_free(&packed);
	codec_free(&codec);
}

static void
refuses_what_is_too_large(void **state)
{
	(void)state;
	struct codec codec = {0};
	struct buffer out = {0};
	struct view page = {LZ4_RAW_BYTES, (1ull << 32) + sizeof LZ4_RAW_BYTES};
	for (int i = 0; i < 2; i++) {
		assert_false(
		    codec_encode(&codec, choose(i == 0 ? "lz4_raw" : "lz4_raw:3"), &out, page, &error));
		assert_string_equal(error.text, "unable to compress a page of 4294967373 bytes with lz4_raw");
	}
	assert_int_equal(error.status, NEST_FAILED);
	assert_false(codec_decode(&reader, CODEC_LZ4_RAW, page, 292, &out, &error));
	assert_string_equal(error.text, "its lz4_raw stream does not make 292 bytes");
	codec_free(&codec);
	buffer_free(&out);
}

static void
names_of_codecs(void **state)
{
	(void)state;
	static const char *const refused[][2] = {
	    {"lzo", "'lzo' is none of " CODEC_WORDS},
	    {"", "'' is none of " CODEC_WORDS},
	    {":3", "':3' is none of " CODEC_WORDS},
	    {"zst", "'zst' is none of " CODEC_WORDS},
	    {"ZSTD", "'ZSTD' is none of " CODEC_WORDS},
	    {"lz4", "'lz4' is none of " CODEC_WORDS},
	    {"none:1", "none has no levels"},
	    {"snappy:1", "snappy has no levels"},
	    {"zstd:", "'' is no level of zstd, which has -131072 to 22"},
	    {"zstd:-", "'-' is no level of zstd, which has -131072 to 22"},
	    {"zstd:23", "'23' is no level of zstd, which has -131072 to 22"},
	    {"zstd:-131073", "'-131073' is no level of zstd, which has -131072 to 22"},
	    {"zstd:0000001", "'0000001' is no level of zstd, which has -131072 to 22"},
	    {"zstd:3x", "'3x' is no level of zstd, which has -131072 to 22"},
	    {"zstd:/", "'/' is no level of zstd, which has -131072 to 22"},
	    {"zstd:3:", "'3:' is no level of zstd, which has -131072 to 22"},
	    {"gzip:0", "'0' is no level of gzip, which has 1 to 12"},
	    {"gzip:13", "'13' is no level of gzip, which has 1 to 12"},
	    {"brotli:-1", "'-1' is no level of brotli, which has 0 to 11"},
	    {"brotli:12", "'12' is no level of brotli, which has 0 to 11"},
	    {"lz4_raw:0", "'0' is no level of lz4_raw, which has 1 to 12"},
	    {"lz4_raw:13", "'13' is no level of lz4_raw, which has 1 to 12"},
	};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct codec_choice choice;
		char text[200];
		snprintf(text, sizeof text, "--compression: %s", refused[i][1]);
		assert_false(codec_parse(&choice, view_of_text(refused[i][0]), "--compression", &error));
		assert_string_equal(error.text, text);
		assert_int_equal(error.status, NEST_USAGE);
	}
	assert_int_equal(choose("zstd:-7").level, -7);
	assert_int_equal(choose("zstd:000019").level, 19);
	assert_int_equal(choose("none").kind, CODEC_NONE);
	assert_int_equal(choose("snappy").level, 0);
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
	for (int i = -1; i <= CODEC_KINDS; i += CODEC_KINDS + 1) {
		char text[40];
		snprintf(text, sizeof text, "codec %d", i);
		assert_string_equal(codec_name(i).text, text);
	}
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
	    cmocka_unit_test(reads_zlib),
	    cmocka_unit_test(writes_what_it_reads),
	    cmocka_unit_test(levels_tell),
	    cmocka_unit_test(remembers_more_of_large_pages),
	    cmocka_unit_test(refuses_what_is_too_large),
	    cmocka_unit_test(names_of_codecs),
	    cmocka_unit_test(survives_every_damage),
	    cmocka_unit_test(names_what_it_cannot_read),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
