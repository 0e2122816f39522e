/* Bloom filters: the specification's hashes, blocks and rates; sets, headers, refusals. */
#include "lib/parquet/bloom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;

/* XXH64 with seed 0 of what others have published. */
static void
hashes(void **state)
{
	(void)state;
	assert_true(bloom_hash(view_of_text("")) == 0xef46db3751d8e999);
	assert_true(bloom_hash(view_of_text("a")) == 0xd24ec4f1a98c6e5b);
	assert_true(bloom_hash(view_of_text("abc")) == 0x44bc2cf5ad770999);
	assert_true(
	    bloom_hash(view_of_text("Nobody inspects the spammish repetition")) == 0xfbcea83c8a378bf1);
}

static void
blocks(void **state)
{
	(void)state;
	struct bloom_set set = {0};
	struct bloom bloom = {0};
	/* One hash in the filter of one block sets a bit of each word: 1 * salt, behind 27 bits. */
	assert_true(bloom_set_add(&set, ORDER_BYTES, view_of_text("abc"), &error));
	assert_true(bloom_build(&bloom, &set, 0.9, &error));
	assert_int_equal(bloom.bits.size, BLOOM_BLOCK_BYTES);
	static const uint32_t salt[] = {
	    0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};
	for (size_t word = 0; word < 8; word++) {
		uint32_t bits = 1u << (0xad770999u * salt[word] >> 27), found = 0;
		for (size_t i = 0; i < 4; i++)
			found |= (uint32_t)bloom.bits.data[4 * word + i] << 8 * i;
		assert_int_equal(found, bits);
	}
	assert_true(bloom_has(&bloom, 0x44bc2cf5ad770999));
	/* The upper half picks the block, of which there is one. */
	assert_true(bloom_has(&bloom, 0xffffffffad770999));
	assert_false(bloom_has(&bloom, 0x44bc2cf5ad77099a));
	bloom_set_free(&set);
	bloom_free(&bloom);
}

static void
blocks_are_picked_by_the_upper_half(void **state)
{
	(void)state;
	struct bloom bloom = {0};
	const uint8_t ones[BLOOM_BLOCK_BYTES] = {[0 ... 31] = 0xff}, zeros[BLOOM_BLOCK_BYTES] = {0};
	for (size_t block = 0; block < 3; block++)
		assert_true(buffer_append(&bloom.bits, block == 1 ? ones : zeros, sizeof ones, &error));
	assert_false(bloom_has(&bloom, 0x5555555500000000));
	assert_true(bloom_has(&bloom, 0x5555555600000000));
	assert_true(bloom_has(&bloom, 0xaaaaaaaa00000000));
	assert_false(bloom_has(&bloom, 0xaaaaaaab00000000));
	bloom_free(&bloom);
}

static uint64_t
mix(uint64_t value)
{
	value = (value ^ value >> 31) * 0x9e3779b97f4a7c15u;
	return value ^ value >> 29;
}

static void
all_that_was_added(void **state)
{
	(void)state;
	struct bloom_set set = {0};
	struct bloom bloom = {0};
	for (int round = 0; round < 2; round++) {
		uint64_t count = round == 0 ? 30000 : 100;
		bloom_set_clear(&set);
		for (uint64_t i = 0; i < 3 * count; i++) {
			uint64_t value = mix(i % count);
			struct view bytes = {(const uint8_t *)&value, sizeof value};
			assert_true(bloom_set_add(&set, ORDER_INT64, bytes, &error));
		}
		assert_int_equal(bloom_set_count(&set), count);
		assert_true(bloom_build(&bloom, &set, 0.01, &error));
		assert_int_equal(bloom.bits.size, bloom_bytes(count, 0.01));
		uint64_t wrong = 0;
		for (uint64_t i = 0; i < 2 * count; i++) {
			uint64_t value = mix(i);
			bool has = bloom_has(&bloom, bloom_hash((struct view){(const uint8_t *)&value, 8}));
			assert_true(has || i >= count);
			wrong += has && i >= count;
		}
		assert_true(wrong <= count / 90);
	}
	bloom_set_free(&set);
	bloom_free(&bloom);
}

/* The sample ratios of the format's text: just enough bits at a rate, and too few at a tenth less of it. */
static void
sizes(void **state)
{
	(void)state;
	static const struct {
		double bits, rate;
	} samples[] = {{6.0, 0.1}, {10.5, 0.01}, {16.9, 0.001}, {26.4, 0.0001}, {41, 0.00001}};
	for (size_t i = 0; i < 5; i++) {
		uint64_t count = (uint64_t)((1 << 20) * 8 / samples[i].bits);
		assert_int_equal(bloom_bytes(count, samples[i].rate * 1.04), 1 << 20);
		assert_int_equal(bloom_bytes(count, samples[i].rate * 0.95), 1 << 21);
	}
	assert_int_equal(bloom_bytes(0, 0.01), 32);
	assert_int_equal(bloom_bytes(1, 0.01), 32);
	assert_int_equal(bloom_bytes(UINT64_MAX, 0.5), BLOOM_BYTES_MOST);
	assert_int_equal(bloom_bytes(1 << 26, 0.01), 1 << 27);
	assert_int_equal(bloom_bytes(1 << 28, 0.01), BLOOM_BYTES_MOST);
}

/* Whether the filter of VALUE, of SIZE bytes, has OTHER. */
static bool
finds(enum value_order order, const void *value, const void *other, size_t size)
{
	struct bloom_set set = {0};
	struct bloom bloom = {0};
	assert_true(bloom_set_add(&set, order, (struct view){value, size}, &error));
	assert_true(bloom_build(&bloom, &set, 0.0001, &error));
	bool found = bloom_has(&bloom, bloom_hash((struct view){other, size}));
	assert_true(bloom_has(&bloom, bloom_hash((struct view){value, size})));
	bloom_set_free(&set);
	bloom_free(&bloom);
	return found;
}

static void
values_that_readers_have_as_equal(void **state)
{
	(void)state;
	static const struct {
		enum value_order order;
		uint64_t minus_zero, quiet, other;
	} reals[] = {
	    {ORDER_FLOAT16, 0x8000, 0x7e00, 0xffff},
	    {ORDER_FLOAT, 0x80000000, 0x7fc00000, 0x7f800001},
	    {ORDER_DOUBLE, 1ull << 63, 0x7ff8000000000000, UINT64_MAX},
	};
	const uint64_t zero = 0;
	for (size_t i = 0; i < 3; i++) {
		size_t size = value_order_bytes(reals[i].order);
		assert_true(finds(reals[i].order, &zero, &reals[i].minus_zero, size));
		assert_true(finds(reals[i].order, &reals[i].minus_zero, &zero, size));
		assert_true(finds(reals[i].order, &reals[i].other, &reals[i].quiet, size));
		assert_false(finds(reals[i].order, &reals[i].quiet, &zero, size));
	}
	assert_false(finds(ORDER_INT64, &zero, &reals[2].minus_zero, 8));
}

static void
headers(void **state)
{
	(void)state;
	struct bloom bloom = {0};
	struct bloom_set set = {0};
	struct buffer out = {0};
	size_t header_bytes, bits_bytes;
	bool is_short;
	assert_true(bloom_build(&bloom, &set, 0.5, &error));
	assert_true(bloom_encode(&out, &bloom, &error));
	/* 32 bytes; a split block filter; xxHash; not compressed; ends */
	static const uint8_t header[] = {0x15, 64, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0};
	assert_int_equal(out.size, sizeof header + 32);
	assert_memory_equal(out.data, header, sizeof header);
	for (size_t size = 0; size < sizeof header; size++) {
		assert_false(bloom_header_decode(
		    (struct view){out.data, size}, &header_bytes, &bits_bytes, &is_short, &error));
		assert_true(is_short);
	}
	assert_true(bloom_header_decode(
	    (struct view){out.data, out.size}, &header_bytes, &bits_bytes, &is_short, &error));
	assert_int_equal(header_bytes, sizeof header);
	assert_int_equal(bits_bytes, 32);
	/* Sizes that are none, and a second compression. */
	static const uint8_t others[][16] = {
	    {0x15, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0},
	    {0x15, 63, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0},
	    {0x15, 66, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0},
	    {0x15, 64, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x2c, 0, 0, 0},
	    {0x15, 64, 0x1c, 0x1c, 0, 0, 0x1c, 0x2c, 0, 0, 0x1c, 0x1c, 0, 0, 0},
	    {0x15, 64, 0x1c, 0x2c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0},
	};
	for (size_t i = 0; i < 6; i++) {
		assert_false(bloom_header_decode(
		    (struct view){others[i], 15}, &header_bytes, &bits_bytes, &is_short, &error));
		assert_false(is_short);
		assert_non_null(
		    strstr(error.text, i < 3 ? "its size is not that of blocks" : "is not known"));
	}
	static const uint8_t large[] = {
	    0x15, 0x80, 0x80, 0x80, 0x80, 0x01, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0};
	assert_true(bloom_header_decode(
	    (struct view){large, sizeof large}, &header_bytes, &bits_bytes, &is_short, &error));
	assert_int_equal(bits_bytes, BLOOM_BYTES_MOST);
	static const uint8_t larger[] = {
	    0x15, 0xc0, 0x80, 0x80, 0x80, 0x01, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0};
	assert_false(bloom_header_decode(
	    (struct view){larger, sizeof larger}, &header_bytes, &bits_bytes, &is_short, &error));
	/* What a later version may add. */
	static const uint8_t more[] = {
	    0x15, 64, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x15, 2, 0};
	assert_true(bloom_header_decode(
	    (struct view){more, sizeof more}, &header_bytes, &bits_bytes, &is_short, &error));
	assert_int_equal(header_bytes, sizeof more);
	buffer_free(&out);
	bloom_free(&bloom);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hashes),
	    cmocka_unit_test(blocks),
	    cmocka_unit_test(blocks_are_picked_by_the_upper_half),
	    cmocka_unit_test(all_that_was_added),
	    cmocka_unit_test(sizes),
	    cmocka_unit_test(values_that_readers_have_as_equal),
	    cmocka_unit_test(headers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
