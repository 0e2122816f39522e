/* Branch-free packing of msgpack values: the same bytes as msgpack-c writes. */
#include "gen/put.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <msgpack.h>

enum { ROOM = 70000 };

/* What was put from AT to END is what PACKED has, which is then empty again. */
static void
assert_packed(const uint8_t *at, const uint8_t *end, msgpack_sbuffer *packed)
{
	assert_int_equal(end - at, packed->size);
	assert_memory_equal(at, packed->data, packed->size);
	msgpack_sbuffer_clear(packed);
}

static void
check_number(int64_t number, msgpack_sbuffer *packed)
{
	uint8_t bytes[ROOM];
	msgpack_packer packer;
	msgpack_packer_init(&packer, packed, msgpack_sbuffer_write);
	msgpack_pack_int64(&packer, number);
	assert_packed(bytes, put_number(bytes, number, false), packed);
	msgpack_pack_nil(&packer);
	assert_packed(bytes, put_number(bytes, number, true), packed);
}

/* On either side of each power of two, and of minus each. */
static void
numbers_of_each_size(void **state)
{
	(void)state;
	msgpack_sbuffer packed;
	msgpack_sbuffer_init(&packed);
	for (unsigned bit = 0; bit < 64; bit++)
		for (int more = -2; more <= 2; more++) {
			uint64_t number = ((uint64_t)1 << bit) + (uint64_t)(int64_t)more;
			check_number((int64_t)number, &packed);
			check_number((int64_t)(0 - number), &packed);
		}
	for (int64_t number = -40; number < 300; number++)
		check_number(number, &packed);
	msgpack_sbuffer_destroy(&packed);
}

static void
reals_and_truths(void **state)
{
	(void)state;
	uint8_t bytes[ROOM];
	msgpack_sbuffer packed;
	msgpack_packer packer;
	msgpack_sbuffer_init(&packed);
	msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
	msgpack_pack_double(&packer, -1.5e300);
	assert_packed(bytes, put_real(bytes, -1.5e300, false), &packed);
	msgpack_pack_true(&packer);
	assert_packed(bytes, put_truth(bytes, 1, false), &packed);
	msgpack_pack_false(&packer);
	assert_packed(bytes, put_truth(bytes, 0, false), &packed);
	msgpack_pack_nil(&packer);
	assert_packed(bytes, put_real(bytes, 2, true), &packed);
	msgpack_pack_nil(&packer);
	assert_packed(bytes, put_truth(bytes, 1, true), &packed);
	msgpack_sbuffer_destroy(&packed);
}

/* A text of SIZE bytes, all that may be read behind it, and a canary where nothing may be written. */
static void
check_text(size_t size, msgpack_sbuffer *packed)
{
	uint8_t *text = malloc(size + TEXT_SLACK), *bytes = malloc(size + PUT_HEAD_BYTES + PUT_SLACK);
	struct text given = {text, size};
	msgpack_packer packer;
	assert_true(text != NULL && bytes != NULL);
	for (size_t i = 0; i < size + TEXT_SLACK; i++)
		text[i] = (uint8_t)(i * 7 + 1);
	msgpack_packer_init(&packer, packed, msgpack_sbuffer_write);
	msgpack_pack_str_with_body(&packer, text, size);
	assert_packed(bytes, put_text(bytes, given), packed);
	msgpack_pack_bin_with_body(&packer, text, size);
	assert_packed(bytes, put_bin(bytes, given), packed);
	if (size < PUT_SHORT_TEXT) {
		msgpack_pack_str_with_body(&packer, text, size);
		assert_packed(bytes, put_short_text(bytes, given, false), packed);
		msgpack_pack_nil(&packer);
		assert_packed(bytes, put_short_text(bytes, given, true), packed);
	}
	if (size < PUT_BYTE_TEXT) {
		msgpack_pack_str_with_body(&packer, text, size);
		memcpy(bytes + 1, text, size);
		assert_packed(bytes, put_end_of_text(bytes, bytes + 1 + size, false), packed);
		msgpack_pack_nil(&packer);
		memcpy(bytes + 1, text, size);
		assert_packed(bytes, put_end_of_text(bytes, bytes + 1 + size, true), packed);
	}
	free(text);
	free(bytes);
}

static void
texts_of_each_size(void **state)
{
	(void)state;
	msgpack_sbuffer packed;
	msgpack_sbuffer_init(&packed);
	for (size_t size = 0; size <= 300; size++)
		check_text(size, &packed);
	for (size_t size = 65534; size <= 65537; size++)
		check_text(size, &packed);
	msgpack_sbuffer_destroy(&packed);
}

static void
heads_of_lists(void **state)
{
	(void)state;
	static const uint32_t counts[] = {0, 1, 15, 16, 17, 65535, 65536, 65537};
	uint8_t bytes[PUT_HEAD_BYTES + PUT_SLACK];
	msgpack_sbuffer packed;
	msgpack_packer packer;
	msgpack_sbuffer_init(&packed);
	msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		msgpack_pack_array(&packer, counts[i]);
		assert_packed(bytes, put_array(bytes, counts[i]), &packed);
		if (counts[i] < 16)
			continue;
		msgpack_pack_map(&packer, counts[i]);
		assert_packed(bytes, put_map(bytes, counts[i]), &packed);
	}
	msgpack_sbuffer_destroy(&packed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_of_each_size),
	    cmocka_unit_test(reals_and_truths),
	    cmocka_unit_test(texts_of_each_size),
	    cmocka_unit_test(heads_of_lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
