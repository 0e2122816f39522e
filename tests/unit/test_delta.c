/* Delta, shared-prefix and byte-split encodings: the format's own examples, round trips, hostile bytes.
 */
#include "lib/parquet/delta.h"
#include "lib/parquet/delta_bytes.h"
#include "lib/parquet/split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;
static struct buffer scratch;
static uint64_t random_state = 1;

static uint64_t
draw(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state ^ random_state >> 29;
}

enum encoding { DELTA, LENGTHS, SHARED, SPLIT };

static bool
decode(enum encoding encoding, struct view *bytes, size_t count, size_t value_bytes, struct buffer *out)
{
	switch (encoding) {
	case DELTA:
		return delta_decode(bytes, count, value_bytes, out, &error);
	case LENGTHS:
		return delta_length_decode(bytes, count, out, &scratch, &error);
	case SHARED:
		return delta_bytes_decode(bytes, count, value_bytes, out, &scratch, &error);
	default:
		return split_decode(bytes, count, value_bytes, out, &error);
	}
}

static bool
encode(enum encoding encoding, struct buffer *out, const uint8_t *values, size_t count, size_t value_bytes)
{
	switch (encoding) {
	case DELTA:
		return delta_encode(out, values, count, value_bytes, &error);
	case LENGTHS:
		return delta_length_encode(out, values, count, &scratch, &error);
	case SHARED:
		return delta_bytes_encode(out, values, count, value_bytes, &scratch, &error);
	default:
		return split_encode(out, values, count, value_bytes, &error);
	}
}

/* Decodes from memory of its own size, so that a read past the end shows; VALUES is NULL where it must fail.
 */
static void
expect(enum encoding encoding, const void *bytes, size_t size, size_t count, size_t value_bytes,
    const void *values, size_t values_size)
{
	uint8_t *copy = malloc(size + 1);
	struct buffer out = {0};
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	/* The end of the allocation is the end of the bytes. */
	uint8_t *exact = realloc(copy, size > 0 ? size : 1);
	assert_non_null(exact);
	struct view view = {exact, size};
	bool fine = decode(encoding, &view, count, value_bytes, &out);
	if (fine != (values != NULL))
		fail_msg("%s", fine ? "taken" : error.text);
	if (fine) {
		assert_int_equal(view.size, 0);
		assert_int_equal(out.size, values_size);
		if (values_size > 0)
			assert_memory_equal(out.data, values, values_size);
	} else {
		assert_int_equal(error.status, NEST_INVALID);
	}
	buffer_free(&out);
	free(exact);
}

static void
refuse(
    enum encoding encoding, const void *bytes, size_t size, size_t count, size_t value_bytes, const char *why)
{
	expect(encoding, bytes, size, count, value_bytes, NULL, 0);
	if (strstr(error.text, why) == NULL)
		fail_msg("\"%s\" is not in: %s", why, error.text);
}

/* Encodings.md: 1, 2, 3, 4, 5 are a header, a least difference of 1 and widths of 0. */
static const uint8_t RISING[] = {0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0};
/* And 7, 5, 3, 1, 2, 3, 4, 5: a least difference of -2, then 0 0 0 3 3 3 3 in two bits each. */
static const uint8_t FALLING[] = {0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0};

static void
differences_of_the_format(void **state)
{
	(void)state;
	const int32_t rising[] = {1, 2, 3, 4, 5}, falling[] = {7, 5, 3, 1, 2, 3, 4, 5};
	const int64_t wide[] = {7, 5, 3, 1, 2, 3, 4, 5};
	struct buffer out = {0};
	expect(DELTA, RISING, sizeof RISING, 5, 4, rising, sizeof rising);
	expect(DELTA, FALLING, sizeof FALLING, 8, 4, falling, sizeof falling);
	expect(DELTA, FALLING, sizeof FALLING, 8, 8, wide, sizeof wide);
	/* What is behind the values that are wanted need not be there. */
	expect(DELTA, FALLING, sizeof FALLING - 6, 8, 4, falling, sizeof falling);
	assert_true(delta_encode(&out, (const uint8_t *)rising, 5, 4, &error));
	assert_int_equal(out.size, sizeof RISING);
	assert_memory_equal(out.data, RISING, sizeof RISING);
	buffer_clear(&out);
	assert_true(delta_encode(&out, (const uint8_t *)wide, 8, 8, &error));
	assert_int_equal(out.size, sizeof FALLING);
	assert_memory_equal(out.data, FALLING, sizeof FALLING);
	buffer_free(&out);
}

static void
differences_that_are_none(void **state)
{
	(void)state;
	for (size_t size = 0; size < sizeof RISING; size++)
		refuse(DELTA, RISING, size, 5, 4, "the bytes end within packed differences");
	refuse(DELTA, FALLING, sizeof FALLING - 7, 8, 4, "the bytes end within packed differences");
	refuse(DELTA, RISING, sizeof RISING, 6, 4, "are 5 values by their own word, where 6 are due");
	uint8_t bad[sizeof FALLING];
	static const struct {
		size_t at;
		uint8_t value;
		const char *why;
	} changes[] = {
	    {0, 0xff, "in blocks of 255 values and 4 miniblocks, which cannot be"},
	    {1, 0, "in blocks of 0 values and 4 miniblocks"},
	    {2, 0, "in blocks of 128 values and 0 miniblocks"},
	    {2, 3, "in blocks of 128 values and 3 miniblocks"},
	    {2, 8, "in blocks of 128 values and 8 miniblocks"},
	    {6, 33, "packed differences of 33 bits are too wide"},
	    {6, 32, "the bytes end within packed differences"},
	};
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		memcpy(bad, FALLING, sizeof bad);
		bad[changes[i].at] = changes[i].value;
		refuse(DELTA, bad, sizeof bad, 8, 4, changes[i].why);
	}
	/* More miniblocks than there are bytes. */
	static const uint8_t many[] = {0x80, 0x80, 0x80, 0x80, 4, 0x80, 0x80, 0x80, 1, 5, 2, 2, 0};
	refuse(DELTA, many, sizeof many, 5, 4, "the bytes end within packed differences");
}

/* "Hello", "World", "Foobar", "ABCDEF": the lengths 5, 5, 6, 6, then the bytes. */
static const char LENGTHS_BYTES[] = "\x80\x01\x04\x04\x0a\0\x01\0\0\0\x02\0\0\0HelloWorldFoobarABCDEF";
static const char LENGTHS_VALUES[] = "\5\0\0\0Hello\5\0\0\0World\6\0\0\0Foobar\6\0\0\0ABCDEF";
/* "axis", "axle", "babble", "babyhood": shares 0, 2, 0, 3; then the rests axis, le, babble, yhood. */
static const char SHARED_VALUES[] = "\4\0\0\0axis\4\0\0\0axle\6\0\0\0babble\x08\0\0\0babyhood";

static void
strings_of_the_format(void **state)
{
	(void)state;
	struct buffer out = {0};
	expect(LENGTHS, LENGTHS_BYTES, sizeof LENGTHS_BYTES - 1, 4, 0, LENGTHS_VALUES,
	    sizeof LENGTHS_VALUES - 1);
	assert_true(encode(LENGTHS, &out, (const uint8_t *)LENGTHS_VALUES, 4, 0));
	assert_int_equal(out.size, sizeof LENGTHS_BYTES - 1);
	assert_memory_equal(out.data, LENGTHS_BYTES, out.size);
	buffer_clear(&out);
	assert_true(encode(SHARED, &out, (const uint8_t *)SHARED_VALUES, 4, 0));
	static const char rests[] = "axislebabbleyhood";
	assert_memory_equal(out.data + out.size - (sizeof rests - 1), rests, sizeof rests - 1);
	expect(SHARED, out.data, out.size, 4, 0, SHARED_VALUES, sizeof SHARED_VALUES - 1);
	/* The shares: 0, and differences 2, -2, 3 above -2, of three bits each. */
	static const uint8_t shares[] = {
	    0x80, 1, 4, 4, 0, 3, 3, 0, 0, 0, 0x44, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	assert_memory_equal(out.data, shares, sizeof shares);
	buffer_free(&out);
}

static void
strings_that_are_none(void **state)
{
	(void)state;
	char bytes[sizeof LENGTHS_BYTES];
	for (size_t size = 0; size + 1 < sizeof LENGTHS_BYTES; size++)
		expect(LENGTHS, LENGTHS_BYTES, size, 4, 0, NULL, 0);
	memcpy(bytes, LENGTHS_BYTES, sizeof bytes);
	bytes[4] = 0x09; /* -5 */
	refuse(LENGTHS, bytes, sizeof bytes - 1, 4, 0, "a value of 4294967291 bytes does not end");
	/* One value that shares a byte with none before. */
	static const uint8_t orphan[] = {0x80, 1, 4, 1, 2, 0x80, 1, 4, 1, 0};
	refuse(
	    SHARED, orphan, sizeof orphan, 1, 0, "a value shares 1 bytes with the one before, which has 0");
	/* A value of two bytes where three are due. */
	static const uint8_t two[] = {0x80, 1, 4, 1, 0, 0x80, 1, 4, 1, 4, 'a', 'b'};
	refuse(SHARED, two, sizeof two, 1, 3, "a value has 2 bytes, where 3 are due");
	expect(SHARED, two, sizeof two, 1, 2, "ab", 2);
	/* A value of 1 MiB that all the others share: 4 GiB from 1 MiB. */
	struct buffer bomb = {0};
	enum { SIZE = 1 << 20, COUNT = 4096 };
	uint32_t *numbers = calloc(COUNT, sizeof *numbers);
	uint8_t *zeros = calloc(1, SIZE);
	assert_true(numbers != NULL && zeros != NULL);
	for (size_t i = 1; i < COUNT; i++)
		numbers[i] = SIZE;
	assert_true(delta_encode(&bomb, (const uint8_t *)numbers, COUNT, 4, &error));
	memset(numbers, 0, COUNT * sizeof *numbers);
	numbers[0] = SIZE;
	assert_true(delta_encode(&bomb, (const uint8_t *)numbers, COUNT, 4, &error));
	assert_true(buffer_append(&bomb, zeros, SIZE, &error));
	refuse(
	    SHARED, bomb.data, bomb.size, COUNT, 0, "the values of a page have more than 2147483647 bytes");
	buffer_free(&bomb);
	free(zeros);
	free(numbers);
}

static void
split_bytes(void **state)
{
	(void)state;
	/* Encodings.md: aa bb cc dd, 00 11 22 33, a3 b4 c5 d6. */
	static const uint8_t values[] = {
	    0xaa, 0xbb, 0xcc, 0xdd, 0x00, 0x11, 0x22, 0x33, 0xa3, 0xb4, 0xc5, 0xd6};
	static const uint8_t streams[] = {
	    0xaa, 0x00, 0xa3, 0xbb, 0x11, 0xb4, 0xcc, 0x22, 0xc5, 0xdd, 0x33, 0xd6};
	struct buffer out = {0};
	expect(SPLIT, streams, sizeof streams, 3, 4, values, sizeof values);
	refuse(
	    SPLIT, streams, sizeof streams - 1, 3, 4, "the bytes end within 3 values whose bytes are split");
	refuse(SPLIT, streams, sizeof streams, SIZE_MAX, 4, "the bytes end within");
	assert_true(encode(SPLIT, &out, values, 3, 4));
	assert_memory_equal(out.data, streams, sizeof streams);
	buffer_free(&out);
}

static void
put_value(struct buffer *values, size_t fixed, unsigned kind)
{
	uint8_t bytes[64];
	size_t size = fixed > 0 ? fixed : draw() % (kind == 0 ? 3 : 40);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(kind < 2 ? draw() % 2 : i);
	const uint8_t length[4] = {(uint8_t)size, 0, 0, 0};
	assert_true(fixed > 0 || buffer_append(values, length, 4, &error));
	assert_true(buffer_append(values, bytes, size, &error));
}

static void
there_and_back(void **state)
{
	(void)state;
	static const uint64_t steps[] = {0, 1, 1000, UINT32_MAX, UINT64_MAX};
	for (size_t count = 0; count < 700; count += 1 + count / 4)
		for (size_t kind = 0; kind < 5; kind++)
			for (size_t value_bytes = 4; value_bytes <= 8; value_bytes += 4) {
				struct buffer values = {0}, out = {0}, split = {0};
				uint64_t last = draw();
				for (size_t i = 0;
				     i<count; i++, last += steps[kind]> 0 ? draw() % steps[kind] : 0)
					assert_true(buffer_append(&values, &last, value_bytes, &error));
				assert_true(encode(DELTA, &out, values.data, count, value_bytes));
				expect(DELTA, out.data, out.size, count, value_bytes,
				    count > 0 ? values.data : (const uint8_t *)"", values.size);
				assert_true(encode(SPLIT, &split, values.data, count, value_bytes));
				expect(SPLIT, count > 0 ? split.data : (const uint8_t *)"", split.size, count,
				    value_bytes, count > 0 ? values.data : (const uint8_t *)"", values.size);
				buffer_free(&values);
				buffer_free(&out);
				buffer_free(&split);
			}
	for (size_t count = 0; count < 700; count += 1 + count / 4)
		for (unsigned kind = 0; kind < 3; kind++)
			for (size_t fixed = 0; fixed <= 16; fixed += 5) {
				struct buffer values = {0}, out = {0};
				for (size_t i = 0; i < count; i++)
					put_value(&values, fixed, kind);
				const uint8_t *all = count > 0 ? values.data : (const uint8_t *)"";
				assert_true(encode(SHARED, &out, all, count, fixed));
				expect(SHARED, out.data, out.size, count, fixed, all, values.size);
				buffer_clear(&out);
				if (fixed == 0) {
					assert_true(encode(LENGTHS, &out, all, count, 0));
					expect(LENGTHS, out.data, out.size, count, 0, all, values.size);
				}
				buffer_free(&values);
				buffer_free(&out);
			}
}

/* Differences of every width, in blocks that are just full, lack a value or have one more. */
static void
every_width(void **state)
{
	(void)state;
	static const size_t counts[] = {2, 33, 34, 128, 129, 130, 257, 258};
	for (size_t value_bytes = 4; value_bytes <= 8; value_bytes += 4)
		for (unsigned width = 0; width <= 8 * value_bytes; width++)
			for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
				uint64_t values[258] = {draw()};
				struct buffer plain = {0}, out = {0};
				size_t count = counts[c], miniblocks = (count - 1 + 31) / 32;
				for (size_t i = 1; i < count; i++) {
					/* The first two of a miniblock are as far from one another as may be.
					 */
					uint64_t widest = width == 0 ? 0 : UINT64_MAX >> (64 - width);
					uint64_t step = i % 32 == 1   ? 0
					                : i % 32 == 2 ? widest
					                              : draw() & widest;
					values[i] = values[i - 1] + step;
				}
				for (size_t i = 0; i < count; i++)
					assert_true(buffer_append(&plain, &values[i], value_bytes, &error));
				assert_true(encode(DELTA, &out, plain.data, count, value_bytes));
				expect(DELTA, out.data, out.size, count, value_bytes, plain.data, plain.size);
				/* A header, a least difference and widths for each block, and packed bits. */
				if (width < 8 * value_bytes && count > 2)
					assert_in_range(out.size, 0,
					    5 + 10 + (miniblocks + 3) / 4 * 5 + miniblocks * width * 4);
				buffer_free(&plain);
				buffer_free(&out);
			}
}

/* Texts that are copied in steps of 16 bytes, at the end too, and share what is compared in steps of 8. */
static void
texts_of_every_length(void **state)
{
	(void)state;
	for (size_t size = 0; size <= 40; size++)
		for (size_t shared = 0; shared <= size; shared++) {
			uint8_t values[2 * 44];
			struct buffer out = {0};
			for (size_t i = 0; i < 2; i++) {
				uint8_t *value = values + i * (4 + size);
				memcpy(value, (const uint8_t[]){(uint8_t)size, 0, 0, 0}, 4);
				memset(value + 4, 'a', size);
				if (i == 1 && shared < size)
					value[4 + shared] = 'b';
			}
			/* Where nothing can be read behind them. */
			uint8_t *exact = malloc(2 * (4 + size));
			assert_non_null(exact);
			memcpy(exact, values, 2 * (4 + size));
			assert_true(encode(SHARED, &out, exact, 2, 0));
			assert_memory_equal(out.data + out.size - (size - shared),
			    exact + 2 * (4 + size) - (size - shared), size - shared);
			expect(SHARED, out.data, out.size, 2, 0, values, 2 * (4 + size));
			buffer_clear(&out);
			assert_true(encode(LENGTHS, &out, exact, 2, 0));
			expect(LENGTHS, out.data, out.size, 2, 0, values, 2 * (4 + size));
			free(exact);
			buffer_free(&out);
		}
}

static int
tear_down(void **state)
{
	(void)state;
	buffer_free(&scratch);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(differences_of_the_format),
	    cmocka_unit_test(differences_that_are_none),
	    cmocka_unit_test(strings_of_the_format),
	    cmocka_unit_test(strings_that_are_none),
	    cmocka_unit_test(split_bytes),
	    cmocka_unit_test(there_and_back),
	    cmocka_unit_test(every_width),
	    cmocka_unit_test(texts_of_every_length),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
