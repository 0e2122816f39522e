/* The choice of an encoding: values for which one is clearly the smallest, and the limits of each. */
#include "lib/parquet/choose.h"
#include "lib/parquet/hybrid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { COUNT = 20000, FEW = 300 };

static struct nest_error error;
static struct page_scratch scratch;
static struct codec_choice compression;
static struct buffer values, indices, spare;
static struct dictionary dictionary;
static uint64_t random_state;

static uint64_t
draw(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (random_state ^ random_state >> 29) >> 20;
}

static void
put(const void *data, size_t size)
{
	assert_true(buffer_append(&values, data, size, &error));
}

static void
put_text(const char *text)
{
	uint8_t length[4] = {(uint8_t)strlen(text), 0, 0, 0};
	put(length, sizeof length);
	put(text, length[0]);
}

static void
begin(enum codec_kind codec)
{
	random_state = 1;
	buffer_clear(&values);
	buffer_clear(&indices);
	compression = (struct codec_choice){codec, codec == CODEC_ZSTD};
}

/* What is chosen for COUNT values that stand in the buffer, or for what the dictionary holds. */
static enum encoding
chosen_of(enum preset preset, const char *field, size_t count, bool has_dictionary, uint64_t pages)
{
	char text[96];
	struct schema schema;
	snprintf(text, sizeof text, "message m { required %s; }", field);
	assert_true(schema_parse(&schema, view_of_text(text), &error));
	const struct schema_node *leaf = &schema.nodes[1];
	struct value_kind kind = plain_kind(leaf);
	bool is_boolean = leaf->physical == PHYSICAL_BOOLEAN;
	enum encoding encoding = ENCODING_BIT_PACKED;
	struct choice choice = {
	    .preset = preset,
	    .compression = compression,
	    .physical = leaf->physical,
	    .kind = &kind,
	    .page = {.value_count = count,
		.value_bytes = kind.value_bytes,
		.values = has_dictionary || is_boolean ? NULL : values.data,
		.booleans = is_boolean ? values.data : NULL},
	    .dictionary = has_dictionary ? &dictionary : NULL,
	    .pages = pages,
	    .spare = &spare,
	};
	if (has_dictionary) {
		choice.page.indices = (const uint32_t *)(const void *)indices.data;
		choice.page.index_bits = hybrid_width_bits(dictionary.count - 1);
	}
	buffer_clear(&spare);
	assert_true(buffer_append(&spare, "kept", 4, &error));
	assert_true(choose_encoding(&choice, &scratch, &encoding, &error));
	assert_int_equal(spare.size, 4);
	assert_memory_equal(spare.data, "kept", 4);
	schema_free(&schema);
	return encoding;
}

/* Of values that have no dictionary. */
static void
expect(enum encoding encoding, enum preset preset, const char *field, size_t count)
{
	assert_int_equal(chosen_of(preset, field, count, false, 1), encoding);
}

/* ---- values ---- */

static void
numbers(size_t count, size_t value_bytes, uint64_t step, uint64_t noise)
{
	for (uint64_t i = 0; i < count; i++)
		put(&(uint64_t){i * step + (noise > 0 ? draw() % noise : 0)}, value_bytes);
}

static void
numbers_that_are_near(void **state)
{
	(void)state;
	for (enum preset preset = PRESET_BALANCED; preset <= PRESET_SMALL; preset++) {
		begin(CODEC_NONE);
		numbers(COUNT, 8, 1000, 1000);
		expect(ENCODING_DELTA_BINARY_PACKED, preset, "int64 a", COUNT);
		begin(CODEC_NONE);
		numbers(FEW, 4, 3, 2);
		expect(ENCODING_DELTA_BINARY_PACKED, preset, "int32 a (DATE)", FEW);
		/* Of the same bytes, but with nothing to gain by differences. */
		begin(CODEC_NONE);
		numbers(COUNT, 4, 0, UINT64_MAX);
		expect(ENCODING_PLAIN, preset, "int32 a", COUNT);
		expect(ENCODING_PLAIN, preset, "float a", COUNT);
	}
	/* 31 bits of 32 are something, but not enough where reading counts. */
	begin(CODEC_NONE);
	numbers(COUNT, 4, 0, 1 << 30);
	expect(ENCODING_PLAIN, PRESET_BALANCED, "int32 a", COUNT);
	expect(ENCODING_DELTA_BINARY_PACKED, PRESET_SMALL, "int32 a", COUNT);
}

/* Bytes are split for a codec alone, and not where readers have no such encoding. */
static void
numbers_that_are_compressed(void **state)
{
	(void)state;
	for (enum preset preset = PRESET_BALANCED; preset <= PRESET_SMALL; preset++) {
		begin(CODEC_NONE);
		for (size_t i = 0; i < COUNT; i++)
			put(&(double){1000 + (double)(draw() % 1000000) / 1048576}, 8);
		expect(ENCODING_PLAIN, preset, "double a", COUNT);
		expect(ENCODING_PLAIN, preset, "fixed_len_byte_array(8) a", COUNT);
		compression = (struct codec_choice){CODEC_ZSTD, 1};
		expect(ENCODING_BYTE_STREAM_SPLIT, preset, "double a", COUNT);
		expect(ENCODING_PLAIN, preset, "fixed_len_byte_array(8) a", COUNT);
	}
}

static void
booleans(void **state)
{
	(void)state;
	for (enum preset preset = PRESET_BALANCED; preset <= PRESET_SMALL; preset++) {
		begin(CODEC_NONE);
		for (size_t i = 0; i < COUNT; i++)
			put(&(uint8_t){i / 500 % 2}, 1);
		expect(ENCODING_RLE, preset, "boolean a", COUNT);
		begin(CODEC_NONE);
		for (size_t i = 0; i < COUNT; i++)
			put(&(uint8_t){draw() % 2}, 1);
		expect(ENCODING_PLAIN, preset, "boolean a", COUNT);
	}
}

static void
texts(size_t count, const char *before, const char *behind)
{
	char text[200];
	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof text, "%s%08llx%s", before, (unsigned long long)(draw() & UINT32_MAX),
		    behind);
		put_text(text);
	}
}

static void
texts_that_begin_alike(void **state)
{
	(void)state;
	for (enum preset preset = PRESET_BALANCED; preset <= PRESET_SMALL; preset++) {
		begin(CODEC_NONE);
		texts(COUNT, "", "");
		expect(ENCODING_DELTA_LENGTH_BYTE_ARRAY, preset, "binary a", COUNT);
		begin(CODEC_NONE);
		texts(COUNT, "http://example.org/", "");
		expect(ENCODING_DELTA_BYTE_ARRAY, preset, "binary a (STRING)", COUNT);
		/* DuckDB reads no differences of lengths where there are numbers in bytes. */
		expect(ENCODING_PLAIN, preset, "binary a (DECIMAL(60,0))", COUNT);
		/* One that is too short for a run, and none that is long. */
		begin(CODEC_NONE);
		put_text("a");
		expect(ENCODING_PLAIN, preset, "binary a", 1);
	}
	/* An eighth is something, but not enough where reading counts. */
	begin(CODEC_NONE);
	texts(COUNT, "abcd", "0123456789abcdefghijklmn");
	expect(ENCODING_DELTA_LENGTH_BYTE_ARRAY, PRESET_BALANCED, "binary a", COUNT);
	expect(ENCODING_DELTA_BYTE_ARRAY, PRESET_SMALL, "binary a", COUNT);
}

/* ---- prices ---- */

enum { PRICED = 2048, KINDS_MOST = 3 };

/* What a byte of an encoding counts for BALANCED and for SMALL. */
struct price {
	enum encoding encoding;
	unsigned of[2];
};

/* Values of one type, a SHARE of which, in 256ths, is as one of the encodings likes it. */
struct family {
	const char *field;
	enum codec_kind codec;
	void (*put)(size_t share);
	struct price prices[KINDS_MOST];
	size_t count;
};

static void
put_bits(size_t share)
{
	for (size_t i = 0; i < PRICED; i++)
		put(&(uint8_t){i < share * (PRICED / 256) ? 1 : draw() % 2}, 1);
}

static void
put_numbers(size_t share)
{
	for (size_t i = 0; i < PRICED; i++)
		put(&(uint64_t){(draw() << 32 | draw()) &
				(i < share * (PRICED / 256) ? UINT64_MAX >> 16 : UINT64_MAX)},
		    8);
}

static void
put_texts(size_t share)
{
	char text[256];
	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < PRICED / 8; i++) {
		const uint8_t length[4] = {(uint8_t)(share > 4 ? share - 4 : 0)};
		text[0] = (char)draw();
		put(length, sizeof length);
		put(text, length[0]);
	}
}

/* Of 240 bytes each one begins with SHARE of the one before. */
static void
put_beginnings(size_t share)
{
	char text[240];
	for (size_t i = 0; i < PRICED / 8; i++) {
		for (size_t b = share < sizeof text ? share : sizeof text; b < sizeof text; b++)
			text[b] = i == 0 || b > share ? (char)draw() : (char)(text[b] + 1);
		const uint8_t length[4] = {sizeof text};
		put(length, sizeof length);
		put(text, sizeof text);
	}
}

/* Doubles whose high bytes are all alike in a SHARE of them. */
static void
put_doubles(size_t share)
{
	for (size_t i = 0; i < PRICED; i++)
		put(&(uint64_t){i < share * (PRICED / 256) ? draw() & 0xffffff : draw() << 32 | draw()}, 8);
}

/* What the values in the buffer take in ENCODING. */
static uint64_t
measured(const struct family *family, enum encoding encoding)
{
	char text[96];
	struct schema schema;
	struct buffer body = {0};
	snprintf(text, sizeof text, "message m { required %s; }", family->field);
	assert_true(schema_parse(&schema, view_of_text(text), &error));
	bool is_boolean = schema.nodes[1].physical == PHYSICAL_BOOLEAN;
	bool is_text = schema.nodes[1].physical == PHYSICAL_BYTE_ARRAY;
	const struct page page = {.encoding = encoding,
	    .value_count = is_text ? PRICED / 8 : PRICED,
	    .value_bytes = schema_value_bytes(&schema.nodes[1]),
	    .values = is_boolean ? NULL : values.data,
	    .booleans = is_boolean ? values.data : NULL};
	assert_true(page_encode_values(&body, &page, &scratch.lengths, &error));
	if (encoding == ENCODING_PLAIN && !is_boolean)
		assert_true(buffer_append(&body, values.data, values.size, &error));
	uint64_t size = body.size;
	if (family->codec != CODEC_NONE) {
		struct buffer packed = {0};
		assert_true(codec_encode(
		    &scratch.codec, compression, &packed, (struct view){body.data, body.size}, &error));
		size = packed.size;
		buffer_free(&packed);
	}
	buffer_free(&body);
	schema_free(&schema);
	return size;
}

/* The cheapest, the first of them, where the price of number ODD is MORE than it is. */
static enum encoding
cheapest(const struct family *family, const uint64_t *sizes, size_t preset, size_t odd, int more)
{
	uint64_t least = UINT64_MAX;
	enum encoding encoding = ENCODING_BIT_PACKED;
	for (size_t i = 0; i < family->count; i++) {
		uint64_t price = family->prices[i].of[preset] + (uint64_t)(i == odd ? more : 0);
		if (sizes[i] * price < least) {
			least = sizes[i] * price;
			encoding = family->prices[i].encoding;
		}
	}
	return encoding;
}

/* No price could be another one: there are values of which another encoding would be chosen. */
static void
prices(void **state)
{
	static const struct price plain = {ENCODING_PLAIN, {100, 100}},
				  lengths = {ENCODING_DELTA_LENGTH_BYTE_ARRAY, {105, 101}},
				  bytes = {ENCODING_DELTA_BYTE_ARRAY, {120, 101}},
				  numbers = {ENCODING_DELTA_BINARY_PACKED, {105, 101}},
				  split = {ENCODING_BYTE_STREAM_SPLIT, {105, 101}};
	const struct family families[] = {
	    {"boolean a", CODEC_NONE, put_bits, {plain, {ENCODING_RLE, {105, 101}}}, 2},
	    {"int64 a", CODEC_NONE, put_numbers, {plain, numbers}, 2},
	    {"binary a", CODEC_NONE, put_texts, {plain, lengths, bytes}, 3},
	    {"binary a", CODEC_NONE, put_beginnings, {plain, lengths, bytes}, 3},
	    {"double a", CODEC_ZSTD, put_doubles, {plain, split}, 2},
	};
	bool told[2][ENCODING_KINDS][2] = {0};
	(void)state;
	for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
		const struct family *family = &families[f];
		for (size_t share = 0; share < 256; share++) {
			uint64_t sizes[KINDS_MOST];
			begin(family->codec);
			family->put(share);
			for (size_t i = 0; i < family->count; i++)
				sizes[i] = measured(family, family->prices[i].encoding);
			size_t count = strstr(family->field, "binary") != NULL ? PRICED / 8 : PRICED;
			for (size_t preset = 0; preset < 2; preset++) {
				enum encoding wanted = cheapest(family, sizes, preset, KINDS_MOST, 0);
				expect(wanted, preset == 0 ? PRESET_BALANCED : PRESET_SMALL, family->field,
				    count);
				for (size_t i = 0; i < family->count; i++)
					for (int more = -1; more <= 1; more += 2)
						told[preset][family->prices[i].encoding][more > 0] |=
						    cheapest(family, sizes, preset, i, more) != wanted;
			}
		}
	}
	for (size_t f = 0; f < sizeof families / sizeof *families; f++)
		for (size_t i = 0; i < families[f].count; i++)
			for (size_t preset = 0; preset < 2; preset++) {
				enum encoding encoding = families[f].prices[i].encoding;
				assert_true(told[preset][encoding][0] && told[preset][encoding][1]);
			}
}

/* ---- pages ---- */

/* Runs lie all over the page: values that are near one another at its beginning alone are no reason. */
static void
looks_at_all_of_the_page(void **state)
{
	(void)state;
	for (enum preset preset = PRESET_BALANCED; preset <= PRESET_SMALL; preset++) {
		begin(CODEC_NONE);
		numbers(COUNT / 10, 4, 1, 0);
		numbers(COUNT - COUNT / 10, 4, 0, UINT64_MAX);
		expect(ENCODING_DELTA_BINARY_PACKED, preset, "int32 a", COUNT / 10);
		expect(preset == PRESET_SMALL ? ENCODING_DELTA_BINARY_PACKED : ENCODING_PLAIN, preset,
		    "int32 a", COUNT);
		/* The same of booleans, which lie elsewhere. */
		begin(CODEC_NONE);
		for (size_t i = 0; i < COUNT; i++)
			put(&(uint8_t){i < COUNT / 40 || draw() % 2}, 1);
		expect(ENCODING_RLE, preset, "boolean a", COUNT / 40);
		expect(ENCODING_PLAIN, preset, "boolean a", COUNT);
		/* And of byte strings, which must be walked. */
		begin(CODEC_NONE);
		texts(COUNT / 10, "", "");
		texts(COUNT - COUNT / 10, "http://example.org/", "");
		expect(ENCODING_DELTA_LENGTH_BYTE_ARRAY, preset, "binary a", COUNT / 10);
		expect(ENCODING_DELTA_BYTE_ARRAY, preset, "binary a", COUNT);
	}
}

/* ---- dictionaries ---- */

static void
intern(const void *data, uint32_t size)
{
	uint8_t padded[64] = {0};
	memcpy(padded, data, size);
	const struct dictionary_slot *slot = dictionary_intern(&dictionary, padded, size, &error);
	assert_non_null(slot);
	uint32_t index = slot->index;
	assert_true(buffer_append(&indices, &index, sizeof index, &error));
}

/* COUNT numbers of KINDS kinds, each a multiple of FACTOR. */
static void
intern_numbers(uint64_t kinds, uint64_t factor)
{
	begin(CODEC_NONE);
	assert_true(dictionary_init(&dictionary, false, &error));
	for (size_t i = 0; i < COUNT; i++)
		intern(&(uint64_t){draw() % kinds * factor}, 8);
}

static void
dictionaries_against_differences(void **state)
{
	(void)state;
	for (enum preset preset = PRESET_BALANCED; preset <= PRESET_SMALL; preset++) {
		/* Ten bits and the dictionary, or eleven: of one page, or of many that share it. */
		intern_numbers(1000, 1);
		assert_int_equal(chosen_of(preset, "int64 a", COUNT, true, 1), ENCODING_DELTA_BINARY_PACKED);
		assert_int_equal(chosen_of(preset, "int64 a", COUNT, true, 50), ENCODING_RLE_DICTIONARY);
		/* Kinds that lie far apart. */
		intern_numbers(1000, 1000000007);
		assert_int_equal(chosen_of(preset, "int64 a", COUNT, true, 1), ENCODING_RLE_DICTIONARY);
		/* Of so many kinds that the dictionary goes on growing. */
		intern_numbers(30000, 1);
		assert_int_equal(chosen_of(preset, "int64 a", COUNT, true, 6), ENCODING_DELTA_BINARY_PACKED);
	}
}

/* What a dictionary will be is told by how it grew: here by as much in the second half as in the first. */
static void
dictionaries_that_grow(void **state)
{
	(void)state;
	for (enum preset preset = PRESET_BALANCED; preset <= PRESET_SMALL; preset++) {
		for (int grows = 0; grows < 2; grows++) {
			begin(CODEC_NONE);
			assert_true(dictionary_init(&dictionary, true, &error));
			for (uint64_t i = 0; i < COUNT; i++) {
				char text[40];
				/* 4 bytes alike of 16. */
				uint64_t kind = grows ? i / 2 : i < COUNT / 2 ? i : i - COUNT / 2;
				random_state = kind;
				uint64_t high = draw() & UINT32_MAX;
				int size = snprintf(text, sizeof text, "%08llx%08llx",
				    (unsigned long long)high, (unsigned long long)(draw() & UINT32_MAX));
				intern(text, (uint32_t)size);
			}
			assert_int_equal(dictionary.count, COUNT / 2);
			/* Of many pages, too, a dictionary that goes on growing serves no more values. */
			for (uint64_t pages = 6; pages < 10000; pages *= 40)
				assert_int_equal(chosen_of(preset, "binary a", COUNT, true, pages),
				    grows ? ENCODING_DELTA_BYTE_ARRAY : ENCODING_RLE_DICTIONARY);
		}
	}
}

/* Texts of 4 bytes of 16000 kinds: a page sees 11,400 of them, and six pages no more than there are. */
static void
dictionaries_that_fill(void **state)
{
	(void)state;
	for (enum preset preset = PRESET_BALANCED; preset <= PRESET_SMALL; preset++) {
		begin(CODEC_NONE);
		assert_true(dictionary_init(&dictionary, true, &error));
		for (size_t i = 0; i < COUNT; i++)
			intern(&(uint32_t){(uint32_t)(draw() % 16000 * 0x9e3779b9u)}, 4);
		assert_in_range(dictionary.count, 11000, 11800);
		assert_int_equal(
		    chosen_of(preset, "binary a", COUNT, true, 1), ENCODING_DELTA_LENGTH_BYTE_ARRAY);
		assert_int_equal(chosen_of(preset, "binary a", COUNT, true, 6), ENCODING_RLE_DICTIONARY);
		assert_int_equal(chosen_of(preset, "binary a", COUNT, true, 1000), ENCODING_RLE_DICTIONARY);
	}
}

static void
dictionaries_of_fixed_strings(void **state)
{
	(void)state;
	begin(CODEC_ZSTD);
	assert_true(dictionary_init(&dictionary, false, &error));
	for (uint64_t i = 0; i < COUNT; i++)
		intern(&(uint64_t[2]){7, draw() % 9}, 16);
	assert_int_equal(chosen_of(PRESET_SMALL, "fixed_len_byte_array(16) a (UUID)", COUNT, true, 1),
	    ENCODING_RLE_DICTIONARY);
}

/* The fast preset has a dictionary or PLAIN, of which the codec makes the one or the other smaller. */
static void
dictionaries_against_a_codec(void **state)
{
	(void)state;
	for (enum codec_kind codec = CODEC_SNAPPY; codec <= CODEC_ZSTD; codec += CODEC_ZSTD - CODEC_SNAPPY) {
		/* Keys that go on and on, of four rows each. */
		begin(codec);
		assert_true(dictionary_init(&dictionary, false, &error));
		for (uint64_t i = 0; i < COUNT; i++)
			intern(&(uint64_t){i / 4}, 8);
		assert_int_equal(chosen_of(PRESET_FAST, "int64 a", COUNT, true, 6), ENCODING_PLAIN);
		/* Without a codec there is nothing that makes them smaller. */
		compression.kind = CODEC_NONE;
		assert_int_equal(chosen_of(PRESET_FAST, "int64 a", COUNT, true, 6), ENCODING_RLE_DICTIONARY);
		intern_numbers(1000, 1000000007);
		compression = (struct codec_choice){codec, codec == CODEC_ZSTD};
		assert_int_equal(chosen_of(PRESET_FAST, "int64 a", COUNT, true, 1), ENCODING_RLE_DICTIONARY);
		/* What differences make smallest is not theirs here. */
		begin(codec);
		numbers(COUNT, 8, 1000, 1000);
		expect(ENCODING_PLAIN, PRESET_FAST, "int64 a", COUNT);
	}
}

static int
tear_down(void **state)
{
	(void)state;
	codec_free(&scratch.codec);
	buffer_free(&scratch.body);
	buffer_free(&scratch.lengths);
	buffer_free(&values);
	buffer_free(&indices);
	buffer_free(&spare);
	dictionary_free(&dictionary);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_that_are_near),
	    cmocka_unit_test(numbers_that_are_compressed),
	    cmocka_unit_test(booleans),
	    cmocka_unit_test(texts_that_begin_alike),
	    cmocka_unit_test(prices),
	    cmocka_unit_test(looks_at_all_of_the_page),
	    cmocka_unit_test(dictionaries_against_differences),
	    cmocka_unit_test(dictionaries_that_grow),
	    cmocka_unit_test(dictionaries_that_fill),
	    cmocka_unit_test(dictionaries_of_fixed_strings),
	    cmocka_unit_test(dictionaries_against_a_codec),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
