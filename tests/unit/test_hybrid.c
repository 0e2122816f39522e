/* Runs and bit-packed groups: every width, every length, read back by a decoder written from the
 * specification. */
#include "lib/parquet/hybrid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;
static uint64_t random_state = 1;

static uint32_t
draw(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 32);
}

struct decoded {
	size_t count, runs, groups;
};

static uint32_t
bits_at(const uint8_t *bytes, uint64_t bit, unsigned width)
{
	uint32_t value = 0;
	for (unsigned i = 0; i < width; i++, bit++)
		value |= (uint32_t)(bytes[bit / 8] >> bit % 8 & 1) << i;
	return value;
}

/* Decodes COUNT values; what fills the last group up must be zero. */
static struct decoded
decode(const struct buffer *in, unsigned width, uint32_t *values, size_t count)
{
	struct decoded decoded = {0};
	size_t at = 0;
	while (at < in->size) {
		uint64_t header = 0;
		for (unsigned shift = 0;; shift += 7) {
			assert_true(at < in->size);
			header |= (uint64_t)(in->data[at] & 0x7f) << shift;
			if (in->data[at++] < 0x80)
				break;
		}
		assert_true(header >> 1 > 0);
		if (header & 1) {
			for (uint64_t i = 0; i < (header >> 1) * 8; i++) {
				assert_true(at + (i * width + width + 7) / 8 <= in->size);
				uint32_t value = bits_at(in->data + at, i * width, width);
				if (decoded.count < count)
					values[decoded.count++] = value;
				else
					assert_int_equal(value, 0);
			}
			at += (header >> 1) * width;
			decoded.groups++;
			continue;
		}
		uint32_t value = 0;
		for (unsigned i = 0; i < (width + 7) / 8; i++)
			value |= (uint32_t)in->data[at++] << 8 * i;
		assert_true(header >> 1 <= count - decoded.count);
		for (uint64_t i = 0; i < header >> 1; i++)
			values[decoded.count++] = value;
		decoded.runs++;
	}
	assert_int_equal(at, in->size);
	assert_int_equal(decoded.count, count);
	return decoded;
}

static uint32_t
mask_of(unsigned width)
{
	return width == 32 ? UINT32_MAX : ((uint32_t)1 << width) - 1;
}

/* Values in runs of a random length up to RUN. */
static void
fill(uint32_t *values, size_t count, unsigned width, uint32_t run)
{
	for (size_t i = 0; i < count;) {
		uint32_t value = draw() & mask_of(width);
		for (uint32_t length = 1 + draw() % run; length > 0 && i < count; length--)
			values[i++] = value;
	}
}

static void
round_trip(const uint32_t *values, size_t count, unsigned width)
{
	struct buffer out = {0};
	uint32_t *back = malloc((count + 1) * sizeof *back);
	assert_non_null(back);
	assert_true(hybrid_encode_indices(&out, values, count, width, &error));
	decode(&out, width, back, count);
	assert_memory_equal(back, values, count * sizeof *back);
	if (width >= 1 && width <= 8) {
		uint8_t *levels = malloc(count + 1);
		assert_non_null(levels);
		for (size_t i = 0; i < count; i++)
			levels[i] = (uint8_t)values[i];
		buffer_clear(&out);
		assert_true(hybrid_encode_levels(&out, levels, count, width, &error));
		decode(&out, width, back, count);
		assert_memory_equal(back, values, count * sizeof *back);
		free(levels);
	}
	free(back);
	buffer_free(&out);
}

static void
every_width_and_length(void **state)
{
	(void)state;
	static const uint32_t runs[] = {1, 3, 40, 200};
	uint32_t values[1100];
	for (unsigned width = 0; width <= 32; width++)
		for (size_t r = 0; r < sizeof runs / sizeof runs[0]; r++)
			for (size_t count = 0; count <= 1100; count += count < 140 ? 1 : 191) {
				fill(values, count, width, runs[r]);
				round_trip(values, count, width);
			}
}

static void
equal_values_are_one_run(void **state)
{
	(void)state;
	static const size_t counts[] = {1, 7, 8, 9, 31, 32, 33, 20000};
	for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
		size_t count = counts[c];
		struct buffer out = {0};
		uint8_t *levels = malloc(count);
		uint32_t *indices = malloc(count * sizeof *indices), *back = malloc(count * sizeof *back);
		assert_true(levels != NULL && indices != NULL && back != NULL);
		for (size_t i = 0; i < count; i++)
			levels[i] = 3, indices[i] = 70000;
		assert_true(hybrid_encode_levels(&out, levels, count, 2, &error));
		assert_int_equal(decode(&out, 2, back, count).runs, 1);
		buffer_clear(&out);
		assert_true(hybrid_encode_indices(&out, indices, count, 17, &error));
		struct decoded decoded = decode(&out, 17, back, count);
		assert_int_equal(decoded.runs, 1);
		assert_int_equal(decoded.groups, 0);
		free(levels);
		free(indices);
		free(back);
		buffer_free(&out);
	}
}

/* A null here and there must not break packed values up into small runs. */
static void
short_runs_are_packed(void **state)
{
	(void)state;
	uint8_t levels[1024];
	uint32_t back[1024];
	struct buffer out = {0};
	for (size_t i = 0; i < sizeof levels; i++)
		levels[i] = i % 12 != 0;
	assert_true(hybrid_encode_levels(&out, levels, sizeof levels, 1, &error));
	struct decoded decoded = decode(&out, 1, back, sizeof levels);
	assert_int_equal(decoded.runs, 0);
	assert_int_equal(decoded.groups, 1);
	assert_int_equal(out.size, 2 + sizeof levels / 8);
	buffer_free(&out);
}

static void
runs_between_packed_values(void **state)
{
	(void)state;
	uint8_t levels[1000] = {0};
	uint32_t back[1000];
	struct buffer out = {0};
	for (size_t i = 0; i < 40; i++)
		levels[i] = i % 3 == 0, levels[i + 960] = i % 2 == 0;
	assert_true(hybrid_encode_levels(&out, levels, sizeof levels, 2, &error));
	struct decoded decoded = decode(&out, 2, back, sizeof levels);
	for (size_t i = 0; i < sizeof levels; i++)
		assert_int_equal(back[i], levels[i]);
	assert_int_equal(decoded.runs, 1);
	assert_int_equal(decoded.groups, 2);
	buffer_free(&out);
}

/* Also where they are just as many as are looked at together. */
static void
a_run_at_the_end(void **state)
{
	(void)state;
	uint8_t levels[64] = {0};
	uint32_t back[64];
	struct buffer out = {0};
	for (size_t i = 0; i < 32; i++)
		levels[i] = i % 3 == 0;
	assert_true(hybrid_encode_levels(&out, levels, sizeof levels, 1, &error));
	struct decoded decoded = decode(&out, 1, back, sizeof levels);
	assert_int_equal(decoded.runs, 1);
	assert_int_equal(decoded.groups, 1);
	buffer_free(&out);
}

static void
bits(void **state)
{
	(void)state;
	uint8_t values[70], out[16];
	for (size_t i = 0; i < sizeof values; i++)
		values[i] = draw() & 1;
	for (size_t count = 0; count <= sizeof values; count++) {
		memset(out, 0xee, sizeof out);
		hybrid_pack_bits(out, values, count);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(out[i / 8] >> i % 8 & 1, values[i]);
		for (size_t i = count; i < (count + 7) / 8 * 8; i++)
			assert_int_equal(out[i / 8] >> i % 8 & 1, 0);
		assert_int_equal(out[(count + 7) / 8], 0xee);
	}
}

static void
widths(void **state)
{
	(void)state;
	assert_int_equal(hybrid_width_bits(0), 0);
	assert_int_equal(hybrid_width_bits(1), 1);
	assert_int_equal(hybrid_width_bits(255), 8);
	assert_int_equal(hybrid_width_bits(256), 9);
	assert_int_equal(hybrid_width_bits(UINT32_MAX), 32);
}

/* ---- reading ---- */

/* Decodes COUNT levels and the same as indices from memory of their own size; whether that was fine. */
static bool
read_both(const uint8_t *bytes, size_t size, unsigned width, uint32_t most, uint32_t *values, size_t count)
{
	uint8_t *copy = malloc(size + 1), *levels = malloc(count + 1);
	assert_true(copy != NULL && levels != NULL);
	memcpy(copy, bytes, size);
	struct view view = {copy, size};
	bool fine = hybrid_decode_indices(&view, values, count, width, most, &error);
	assert_true(view.data + view.size == copy + size);
	if (width <= 8 && most <= 255) {
		struct view again = {copy, size};
		assert_int_equal(
		    hybrid_decode_levels(&again, levels, count, width, (uint8_t)most, &error), fine);
		for (size_t i = 0; fine && i < count; i++)
			assert_int_equal(levels[i], values[i]);
		assert_true(!fine || again.data == view.data);
	}
	free(levels);
	free(copy);
	return fine;
}

static void
reads_what_it_writes(void **state)
{
	(void)state;
	enum { COUNT = 1000 };
	uint32_t values[COUNT], back[COUNT];
	for (unsigned width = 0; width <= 32; width++)
		for (size_t count = 0; count <= COUNT; count += 1 + count / 3) {
			struct buffer out = {0};
			uint32_t most = width == 32 ? UINT32_MAX : (1u << width) - 1;
			for (size_t i = 0; i < count; i++)
				values[i] = (draw() % 80 < 2 || i == 0 ? draw() : values[i - 1]) & most;
			assert_true(hybrid_encode_indices(&out, values, count, width, &error));
			if (!read_both(out.data, out.size, width, most, back, count))
				fail_msg("%u bits, %zu values: %s", width, count, error.text);
			for (size_t i = 0; i < count; i++)
				assert_int_equal(back[i], values[i]);
			/* Without its last byte it ends too soon, unless that holds no value. */
			if (count > 0 && count % 8 == 0 && width > 0)
				assert_false(read_both(out.data, out.size - 1, width, most, back, count));
			buffer_free(&out);
		}
}

/* The examples of Encodings.md. */
static void
reads_the_format(void **state)
{
	(void)state;
	uint32_t back[16];
	/* 0 to 7 packed at three bits, one group. */
	static const uint8_t packed[] = {0x03, 0x88, 0xc6, 0xfa};
	assert_true(read_both(packed, sizeof packed, 3, 7, back, 8));
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(back[i], i);
	/* Two runs and a group: 5 times 300 (in two bytes), an empty run, 300 to 307 at nine bits. */
	static const uint8_t runs[] = {0x0a, 0x2c, 0x01, 0x00, 0x00, 0x00};
	struct buffer out = {0};
	const uint32_t group[] = {300, 301, 302, 303, 304, 305, 306, 307};
	assert_true(hybrid_encode_indices(&out, group, 8, 9, &error));
	assert_int_equal(out.size, 10);
	uint8_t whole[16];
	memcpy(whole, runs, sizeof runs);
	memcpy(whole + sizeof runs, out.data, out.size);
	assert_true(read_both(whole, sizeof whole, 9, 400, back, 13));
	for (uint32_t i = 0; i < 13; i++)
		assert_int_equal(back[i], i < 5 ? 300 : 295 + i);
	assert_false(read_both(whole, sizeof whole, 9, 306, back, 13));
	assert_non_null(strstr(error.text, "a level or an index is 307, and 306 is the greatest"));
	assert_false(read_both(whole, sizeof whole, 9, 299, back, 1));
	/* The bytes of values that are not wanted need not be there. */
	assert_true(read_both(whole, 12, 9, 400, back, 5 + 4));
	assert_false(read_both(whole, 12, 9, 400, back, 5 + 5));
	assert_non_null(strstr(error.text, "the bytes end within a run of levels or indices"));
	buffer_free(&out);
	/* Headers that never end, that promise more than there is, and none. */
	static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
	assert_false(read_both(endless, sizeof endless, 1, 1, back, 16));
	assert_false(read_both(endless, 3, 1, 1, back, 16));
	assert_false(read_both(endless, 0, 1, 1, back, 16));
	assert_true(read_both(endless, 0, 1, 1, back, 0));
	static const uint8_t huge_run[] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x01};
	assert_true(read_both(huge_run, sizeof huge_run, 1, 1, back, 16));
	static const uint8_t huge_group[] = {
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x55, 0xaa};
	assert_true(read_both(huge_group, sizeof huge_group, 1, 1, back, 16));
	assert_false(read_both(huge_group, sizeof huge_group - 1, 1, 1, back, 16));
}

static void
reads_old_levels(void **state)
{
	(void)state;
	/* 0 to 7 packed at three bits from the highest on, as Encodings.md has it. */
	static const uint8_t packed[] = {0x05, 0x39, 0x77, 0xff};
	uint8_t levels[8];
	struct view view = {packed, sizeof packed};
	assert_true(hybrid_decode_old_levels(&view, levels, 8, 3, 7, &error));
	for (uint8_t i = 0; i < 8; i++)
		assert_int_equal(levels[i], i);
	assert_int_equal(view.size, 1);
	view = (struct view){packed, sizeof packed};
	assert_false(hybrid_decode_old_levels(&view, levels, 8, 3, 6, &error));
	view = (struct view){packed, 2};
	assert_false(hybrid_decode_old_levels(&view, levels, 8, 3, 7, &error));
	assert_true(hybrid_decode_old_levels(&view, levels, 5, 3, 7, &error));
	assert_int_equal(view.size, 0);
}

static void
unpacks_bits(void **state)
{
	(void)state;
	uint8_t bits[61], packed[8], back[61];
	for (size_t count = 0; count <= sizeof bits; count++) {
		for (size_t i = 0; i < count; i++)
			bits[i] = draw() & 1;
		hybrid_pack_bits(packed, bits, count);
		hybrid_unpack_bits(back, packed, count);
		assert_memory_equal(back, bits, count);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_width_and_length),
	    cmocka_unit_test(equal_values_are_one_run),
	    cmocka_unit_test(short_runs_are_packed),
	    cmocka_unit_test(runs_between_packed_values),
	    cmocka_unit_test(a_run_at_the_end),
	    cmocka_unit_test(bits),
	    cmocka_unit_test(widths),
	    cmocka_unit_test(reads_what_it_writes),
	    cmocka_unit_test(reads_the_format),
	    cmocka_unit_test(reads_old_levels),
	    cmocka_unit_test(unpacks_bits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
