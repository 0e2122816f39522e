/* The msgpack reader against msgpack-c: random values, truncated values, and random bytes. */
#include "lib/base/pack.h"
#include "lib/base/packer.h"

#include "tests/unit/packing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <msgpack.h>

/* Bytes in memory of their own size, so that a sanitizer sees a step behind them. */
static uint8_t *
copy_exactly(const void *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	return copy;
}

static uint64_t
random_bits(void)
{
	uint64_t bits = (uint64_t)random() << 33 ^ (uint64_t)random() << 11 ^ (uint64_t)random();
	return bits >> random() % 64;
}

/* Sizes around which the forms of a head change. */
static size_t
random_size(void)
{
	static const size_t edges[] = {0, 1, 2, 15, 16, 31, 32, 255, 256, 65535, 65536};
	return random() % 4 > 0 ? (size_t)random() % 20
	                        : edges[(size_t)random() % (sizeof edges / sizeof *edges)];
}

static void
pack_random_bytes(msgpack_packer *packer)
{
	static const char bytes[65536];
	size_t size = random_size();
	switch (random() % 3) {
	case 0:
		msgpack_pack_str_with_body(packer, bytes, size);
		break;
	case 1:
		msgpack_pack_bin_with_body(packer, bytes, size);
		break;
	default:
		msgpack_pack_ext_with_body(packer, bytes, size, (int8_t)random());
	}
}

static void
pack_random(msgpack_packer *packer, unsigned depth)
{
	long choice = random() % (depth < 6 ? 10 : 8);
	size_t count = (size_t)random() % (depth < 2 ? 40 : 4);
	switch (choice) {
	case 0:
		msgpack_pack_nil(packer);
		break;
	case 1:
		random() % 2 ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
		break;
	case 2:
		msgpack_pack_uint64(packer, random_bits());
		break;
	case 3:
		msgpack_pack_int64(packer, -(int64_t)(random_bits() >> 1));
		break;
	case 4:
		msgpack_pack_float(packer, (float)random() / 3.0f);
		break;
	case 5:
		msgpack_pack_double(packer, (double)random() / -7.0);
		break;
	case 6:
	case 7:
		pack_random_bytes(packer);
		break;
	case 8:
		msgpack_pack_array(packer, count);
		for (size_t i = 0; i < count; i++)
			pack_random(packer, depth + 1);
		break;
	default:
		msgpack_pack_map(packer, count);
		for (size_t i = 0; i < 2 * count; i++)
			pack_random(packer, depth + 1);
	}
}

static void compare(struct pack_reader *reader, const msgpack_object *expected);

static void
compare_bytes(
    struct pack_reader *reader, struct pack_value value, enum pack_type type, const void *bytes, size_t size)
{
	assert_int_equal(value.type, type);
	assert_int_equal(value.size, size);
	assert_memory_equal(reader->at, bytes, size);
	reader->at += size;
}

/* Reads one value and holds it against what msgpack-c made of the same bytes. */
static void
compare(struct pack_reader *reader, const msgpack_object *expected)
{
	struct pack_value value = pack_read(reader);
	switch (expected->type) {
	case MSGPACK_OBJECT_NIL:
		assert_int_equal(value.type, PACK_NIL);
		break;
	case MSGPACK_OBJECT_BOOLEAN:
		assert_int_equal(value.type, PACK_BOOLEAN);
		assert_int_equal(value.truth, expected->via.boolean);
		break;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		assert_int_equal(value.type, PACK_UNSIGNED);
		assert_true(value.number == expected->via.u64);
		break;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		assert_int_equal(value.type, PACK_NEGATIVE);
		assert_true(value.negative == expected->via.i64);
		break;
	case MSGPACK_OBJECT_FLOAT32:
		assert_int_equal(value.type, PACK_FLOAT);
		assert_true(value.real == expected->via.f64);
		break;
	case MSGPACK_OBJECT_FLOAT64:
		assert_int_equal(value.type, PACK_DOUBLE);
		assert_true(value.real == expected->via.f64);
		break;
	case MSGPACK_OBJECT_STR:
		compare_bytes(reader, value, PACK_TEXT, expected->via.str.ptr, expected->via.str.size);
		break;
	case MSGPACK_OBJECT_BIN:
		compare_bytes(reader, value, PACK_BYTES, expected->via.bin.ptr, expected->via.bin.size);
		break;
	case MSGPACK_OBJECT_EXT: /* its type is a byte more */
		reader->at++;
		value.size--;
		compare_bytes(reader, value, PACK_EXTENSION, expected->via.ext.ptr, expected->via.ext.size);
		break;
	case MSGPACK_OBJECT_ARRAY:
		assert_int_equal(value.type, PACK_ARRAY);
		assert_int_equal(value.size, expected->via.array.size);
		for (uint32_t i = 0; i < value.size; i++)
			compare(reader, &expected->via.array.ptr[i]);
		break;
	case MSGPACK_OBJECT_MAP:
		assert_int_equal(value.type, PACK_MAP);
		assert_int_equal(value.size, expected->via.map.size);
		for (uint32_t i = 0; i < value.size; i++) {
			compare(reader, &expected->via.map.ptr[i].key);
			compare(reader, &expected->via.map.ptr[i].val);
		}
	}
}

static void
check_value(const char *packed, size_t size)
{
	uint8_t *bytes = copy_exactly(packed, size);
	msgpack_unpacked oracle;
	size_t offset = 0;
	msgpack_unpacked_init(&oracle);
	assert_int_equal(
	    msgpack_unpack_next(&oracle, (const char *)bytes, size, &offset), MSGPACK_UNPACK_SUCCESS);

	struct pack_reader reader = {bytes, bytes + size};
	compare(&reader, &oracle.data);
	assert_ptr_equal(reader.at, bytes + size);
	reader.at = bytes;
	assert_true(pack_skip(&reader));
	assert_ptr_equal(reader.at, bytes + size);
	msgpack_unpacked_destroy(&oracle);
	free(bytes);
}

static void
random_values_read_as_msgpack_c_reads_them(void **state)
{
	(void)state;
	srandom(1);
	for (int i = 0; i < 3000; i++) {
		msgpack_sbuffer packed;
		msgpack_packer packer;
		msgpack_sbuffer_init(&packed);
		msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
		pack_random(&packer, 0);
		check_value(packed.data, packed.size);
		msgpack_sbuffer_destroy(&packed);
	}
}

static void
what_is_cut_short_is_broken(void **state)
{
	(void)state;
	struct buffer packed = {0};
	pack_text(&packed,
	    "[1, -1, 300, 70000, 5000000000, -300, -70000, 1.5, null, true, \"text\", "
	    "b\"bytes\", {\"key\": [1, 2, 3], 7: {}}, \"a text of more than thirty-one bytes\"]");
	for (size_t size = 0; size < packed.size; size++) {
		uint8_t *bytes = copy_exactly(packed.data, size);
		struct pack_reader reader = {bytes, bytes + size};
		assert_false(pack_skip(&reader));
		free(bytes);
	}
	struct pack_reader reader = {packed.data, packed.data + packed.size};
	assert_true(pack_skip(&reader));
	buffer_free(&packed);
}

/* Whatever the bytes: the same verdict as msgpack-c's, and the same place behind the value. */
static void
random_bytes_get_msgpack_cs_verdict(void **state)
{
	(void)state;
	srandom(2);
	unsigned whole = 0;
	for (int i = 0; i < 200000; i++) {
		uint8_t random_head[24];
		size_t size = 1 + (size_t)random() % sizeof random_head, offset = 0;
		for (size_t k = 0; k < size; k++)
			random_head[k] = (uint8_t)(random() >> 7);
		uint8_t *bytes = copy_exactly(random_head, size);
		struct pack_reader reader = {bytes, bytes + size};
		bool sound = pack_skip(&reader);

		msgpack_unpacked oracle;
		msgpack_unpacked_init(&oracle);
		/* A container's claim is checked before msgpack-c is let at it: it takes memory for it. */
		bool expected = false;
		struct pack_reader head = {bytes, bytes + size};
		if (pack_read(&head).type != PACK_BROKEN)
			expected = msgpack_unpack_next(&oracle, (const char *)bytes, size, &offset) ==
			           MSGPACK_UNPACK_SUCCESS;
		msgpack_unpacked_destroy(&oracle);
		assert_int_equal(sound, expected);
		if (sound)
			assert_int_equal(reader.at - bytes, offset);
		whole += sound;
		free(bytes);
	}
	assert_true(whole > 10000);
}

static void
claims_beyond_the_end_are_broken(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t size;
	} claims[] = {
	    {"\xdd\xff\xff\xff\xff\xc0", 6}, /* array 32 */
	    {"\xdf\x80\x00\x00\x00\xc0", 6}, /* map 32: twice the claim overflows 32 bits */
	    {"\xdb\xff\xff\xff\xff\xc0", 6}, /* str 32 */
	    {"\xc6\xff\xff\xff\xff\xc0", 6}, /* bin 32 */
	    {"\xc9\xff\xff\xff\xff\x01", 6}, /* ext 32: and one byte more */
	    {"\x92\xc0", 2}, {"\x81\xc0", 2}, {"\xa2\x61", 2}, {"\xd8\x01\x00", 3},
	    {"\xc1", 1}, /* starts nothing */
	};
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		uint8_t *bytes = copy_exactly(claims[i].bytes, claims[i].size);
		struct pack_reader reader = {bytes, bytes + claims[i].size};
		assert_int_equal(pack_read(&reader).type, PACK_BROKEN);
		reader.at = bytes;
		assert_false(pack_skip(&reader));
		free(bytes);
	}
}

static void
nesting_is_bounded(void **state)
{
	(void)state;
	uint8_t bytes[PACK_DEPTH_LIMIT + 1];
	memset(bytes, 0x91, sizeof bytes);
	bytes[PACK_DEPTH_LIMIT - 1] = 0xc0;
	struct pack_reader reader = {bytes, bytes + PACK_DEPTH_LIMIT};
	assert_true(pack_skip(&reader));

	bytes[PACK_DEPTH_LIMIT - 1] = 0x91;
	bytes[PACK_DEPTH_LIMIT] = 0xc0;
	reader = (struct pack_reader){bytes, bytes + sizeof bytes};
	assert_false(pack_skip(&reader));
}

/* Of every head, with anything behind it: an integer is read as among other values, and nothing else is. */
static void
integers_read_alone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256 * 100; i++) {
		uint8_t bytes[PACK_SCALAR_BYTES] = {(uint8_t)i};
		for (size_t k = 1; k < sizeof bytes; k++)
			bytes[k] = (uint8_t)random();
		struct pack_reader reader = {bytes, bytes + sizeof bytes};
		struct pack_value value = pack_read(&reader);
		uint64_t number;
		bool is_negative;
		const uint8_t *behind = pack_read_integer(bytes, &number, &is_negative);
		if (value.type != PACK_UNSIGNED && value.type != PACK_NEGATIVE) {
			assert_null(behind);
			continue;
		}
		assert_ptr_equal(behind, reader.at);
		assert_int_equal(is_negative, value.type == PACK_NEGATIVE);
		assert_true(number == (is_negative ? (uint64_t)value.negative : value.number));
	}
}

static void
small_writers_write_msgpack(void **state)
{
	(void)state;
	uint8_t bytes[2];
	assert_ptr_equal(pack_nil(bytes), bytes + 1);
	assert_int_equal(bytes[0], 0xc0);
	assert_ptr_equal(pack_small_array(bytes, 15), bytes + 1);
	assert_int_equal(bytes[0], 0x9f);
}

static void
every_type_has_a_name(void **state)
{
	(void)state;
	for (int type = PACK_NIL; type <= PACK_BROKEN; type++)
		assert_non_null(pack_type_name((enum pack_type)type));
	assert_string_equal(pack_type_name(PACK_MAP), "a map");
	assert_string_equal(pack_type_name(PACK_BROKEN), "no whole msgpack value");
}

static void
assert_text(struct pack_reader *in, enum pack_type type, const char *text, size_t size)
{
	struct pack_value value = pack_read(in);
	assert_true(value.type == type && value.size == size && memcmp(in->at, text, size) == 0);
	in->at += size;
}

/* A container of COUNT times PER nils. */
static void
assert_container(struct pack_reader *in, enum pack_type type, size_t count, size_t per)
{
	struct pack_value head = pack_read(in);
	assert_true(head.type == type && head.size == count);
	for (size_t i = 0; i < count * per; i++)
		assert_int_equal(pack_read(in).type, PACK_NIL);
}

static void
the_packers_containers_are_read(void **state)
{
	(void)state;
	static const size_t sizes[] = {0, 15, 16, 65535, 65536};
	struct buffer bytes = {0};
	struct nest_error error;
	struct packer packer = {.to = &bytes, .error = &error};
	for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
		size_t size = sizes[i / 2], per = i % 2 + 1;
		if (per == 1)
			packer_array(&packer, size);
		else
			packer_map(&packer, size);
		for (size_t j = 0; j < per * size; j++)
			packer_nil(&packer);
	}
	struct pack_reader in = {bytes.data, bytes.data + bytes.size};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		assert_container(&in, PACK_ARRAY, sizes[i], 1);
		assert_container(&in, PACK_MAP, sizes[i], 2);
	}
	assert_true(in.at == in.end);
	buffer_free(&bytes);
}

static void
the_packers_values_are_read(void **state)
{
	(void)state;
	static char text[70000];
	static const size_t sizes[] = {0, 31, 32, 255, 256, 65535, 65536};
	struct buffer bytes = {0};
	struct nest_error error;
	struct packer packer = {.to = &bytes, .error = &error};
	for (int bit = 0; bit < 64; bit++) {
		packer_uint(&packer, UINT64_C(1) << bit);
		packer_uint(&packer, (UINT64_C(1) << bit) - 1);
		packer_int(&packer, -(INT64_C(1) << (bit < 63 ? bit : 0)));
	}
	packer_double(&packer, 1.5);
	packer_float_bits(&packer, 0xbf000000);
	packer_bool(&packer, true);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		packer_text_of(&packer, text, sizes[i]);
		packer_bytes(&packer, text, sizes[i]);
	}
	packer_array(&packer, 70000);
	assert_false(packer.failed);

	struct pack_reader in = {bytes.data, bytes.data + bytes.size};
	for (int bit = 0; bit < 64; bit++) {
		struct pack_value one = pack_read(&in), two = pack_read(&in), three = pack_read(&in);
		assert_true(one.type == PACK_UNSIGNED && one.number == UINT64_C(1) << bit);
		assert_true(two.type == PACK_UNSIGNED && two.number == one.number - 1);
		assert_true(
		    three.type == PACK_NEGATIVE && three.negative == -(INT64_C(1) << (bit < 63 ? bit : 0)));
	}
	assert_true(pack_read(&in).real == 1.5);
	struct pack_value half = pack_read(&in);
	assert_true(half.type == PACK_FLOAT && half.real == -0.5);
	assert_true(pack_read(&in).truth);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		assert_text(&in, PACK_TEXT, text, sizes[i]);
		assert_text(&in, PACK_BYTES, text, sizes[i]);
	}
	assert_int_equal(pack_read(&in).type, PACK_BROKEN); /* more than bytes are left */
	buffer_free(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_values_read_as_msgpack_c_reads_them),
	    cmocka_unit_test(what_is_cut_short_is_broken),
	    cmocka_unit_test(random_bytes_get_msgpack_cs_verdict),
	    cmocka_unit_test(claims_beyond_the_end_are_broken),
	    cmocka_unit_test(nesting_is_bounded),
	    cmocka_unit_test(integers_read_alone),
	    cmocka_unit_test(small_writers_write_msgpack),
	    cmocka_unit_test(every_type_has_a_name),
	    cmocka_unit_test(the_packers_containers_are_read),
	    cmocka_unit_test(the_packers_values_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
