/* The compact protocol: what is written is read back, and no false claim is believed. */
#include "lib/parquet/thrift.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;

static struct thrift_reader
reader_of(const void *bytes, size_t size)
{
	struct thrift_reader reader;
	thrift_reader_init(&reader, (struct view){bytes, size});
	return reader;
}

static void
write_sample(struct buffer *out)
{
	struct thrift_writer writer;
	thrift_writer_init(&writer, out, &error);
	thrift_field_bool(&writer, 1, true);
	thrift_field_bool(&writer, 2, false);
	thrift_field_i8(&writer, 3, -128);
	thrift_field_i16(&writer, 20, INT16_MIN);
	thrift_field_i32(&writer, 40, INT32_MAX);
	thrift_field_i64(&writer, 41, INT64_MIN);
	thrift_field_binary(&writer, 5, view_of_text("five"));
	thrift_field_list(&writer, 6, THRIFT_I32, 20);
	for (int32_t i = 0; i < 20; i++)
		thrift_element_i32(&writer, i - 10);
	thrift_field_struct(&writer, 7);
	thrift_field_i32(&writer, 1, 77);
	thrift_struct_end(&writer);
	thrift_field_i32(&writer, 8, 8);
	thrift_struct_end(&writer);
	assert_false(writer.failed);
}

/* Seven bits a byte, as many bytes as are needed. */
static void
numbers_by_their_bytes(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {
	    0x16, 0x7f, 0x16, 0x80, 0x01, 0x16, 0xff, 0x7f, 0x16, 0x80, 0x80, 0x01, 0x00};
	struct buffer out = {0};
	struct thrift_writer writer;
	thrift_writer_init(&writer, &out, &error);
	thrift_field_i64(&writer, 1, -64);
	thrift_field_i64(&writer, 2, 64);
	thrift_field_i64(&writer, 3, -8192);
	thrift_field_i64(&writer, 4, 8192);
	thrift_struct_end(&writer);
	assert_false(writer.failed);
	assert_int_equal(out.size, sizeof bytes);
	assert_memory_equal(out.data, bytes, sizeof bytes);
	buffer_free(&out);
}

static void
take_sample(struct thrift_reader *reader, struct thrift_field field)
{
	switch (field.id) {
	case 1:
		assert_true(thrift_bool(reader, field));
		break;
	case 2:
		assert_false(thrift_bool(reader, field));
		break;
	case 3:
		assert_int_equal(thrift_i8(reader, field), -128);
		break;
	case 5:
		assert_true(view_equal(thrift_binary(reader, field), view_of_text("five")));
		break;
	case 6:
		assert_int_equal(thrift_list(reader, field, THRIFT_I32), 20);
		for (int32_t i = 0; i < 20; i++)
			assert_int_equal(thrift_i32(reader, thrift_element(THRIFT_I32)), i - 10);
		break;
	case 7:
		assert_true(thrift_enter(reader, field));
		for (struct thrift_field part = {0}; thrift_next(reader, &part);)
			assert_int_equal(thrift_i32(reader, part), 77);
		break;
	case 8:
		assert_int_equal(thrift_i32(reader, field), 8);
		break;
	case 20:
		/* Nobody reads one; 65535 as a varint, which zigzag makes of it, are three bytes. */
		assert_int_equal(field.type, THRIFT_I16);
		assert_memory_equal(thrift_raw(reader, field).data, "\xff\xff\x03", 3);
		break;
	case 40:
		assert_int_equal(thrift_i32(reader, field), INT32_MAX);
		break;
	case 41:
		assert_true(thrift_i64(reader, field) == INT64_MIN);
		break;
	default:
		fail_msg("field %d was never written", field.id);
	}
}

static void
reads_what_was_written(void **state)
{
	(void)state;
	struct buffer out = {0};
	write_sample(&out);
	struct thrift_reader reader = reader_of(out.data, out.size);
	int fields = 0;
	for (struct thrift_field field = {0}; thrift_next(&reader, &field); fields++)
		take_sample(&reader, field);
	assert_null(reader.problem);
	assert_int_equal(fields, 10);
	assert_ptr_equal(reader.at, reader.end);
	buffer_free(&out);
}

static void
skips_what_was_written(void **state)
{
	(void)state;
	struct buffer out = {0};
	write_sample(&out);
	struct thrift_reader reader = reader_of(out.data, out.size);
	for (struct thrift_field field = {0}; thrift_next(&reader, &field);)
		thrift_skip(&reader, field);
	assert_null(reader.problem);
	assert_ptr_equal(reader.at, reader.end);
	buffer_free(&out);
}

static void
refuses_every_truncation(void **state)
{
	(void)state;
	struct buffer out = {0};
	write_sample(&out);
	for (size_t size = 0; size < out.size; size++) {
		/* In memory of its own, so that a read past the end shows. */
		uint8_t *bytes = malloc(size + 1);
		assert_non_null(bytes);
		memcpy(bytes, out.data, size);
		struct thrift_reader reader = reader_of(bytes, size);
		for (struct thrift_field field = {0}; thrift_next(&reader, &field);)
			thrift_skip(&reader, field);
		assert_non_null(reader.problem);
		free(bytes);
	}
	buffer_free(&out);
}

/* Skips all fields; returns the problem. */
static const char *
problem_of(const void *bytes, size_t size)
{
	struct thrift_reader reader = reader_of(bytes, size);
	for (struct thrift_field field = {0}; thrift_next(&reader, &field);)
		thrift_skip(&reader, field);
	return reader.problem;
}

static void
bounds_nesting(void **state)
{
	(void)state;
	uint8_t structs[4096], lists[4096];
	memset(structs, 0x1c, sizeof structs); /* field 1, a struct */
	assert_non_null(problem_of(structs, sizeof structs));
	memset(lists, 0x19, sizeof lists); /* field 1, a list; one element, a list */
	assert_non_null(problem_of(lists, sizeof lists));
}

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static void
refuses_what_cannot_be(void **state)
{
	(void)state;
	static const char is_long[] = "an integer has more than 64 bits";
	const struct {
		const uint8_t *bytes;
		size_t size;
		const char *problem; /* NULL: none */
	} samples[] = {
	    {BYTES(0x18, 0xff, 0xff, 0xff, 0xff, 0x0f, 'a', 0), "a length is greater than what is left"},
	    {BYTES(0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f, 0, 0), "a length is greater than what is left"},
	    {BYTES(0x19, 0x33, 0, 0, 0, 0), NULL},
	    {BYTES(0x19, 0x33, 0, 0), "a list is longer than what is left"},
	    {BYTES(0x1b, 0xff, 0xff, 0xff, 0x7f, 0x55, 0), "a length is greater than what is left"},
	    {BYTES(0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0), NULL},
	    {BYTES(0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0), is_long},
	    {BYTES(0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80, 1, 0), is_long},
	    {BYTES(0x1d, 0, 0), "a field has an unknown type"},
	    {BYTES(0x10, 0, 0), "a field has an unknown type"},
	    {BYTES(0x19, 0x0d, 0), NULL},
	    {BYTES(0x19, 0x1d, 0, 0), "a list has elements of an unknown type"},
	    {BYTES(0x19, 0x10, 0, 0), "a list has elements of an unknown type"},
	    {BYTES(0x1b, 1, 0x3d, 0, 0, 0), "a value has an unknown type"},
	    {BYTES(0x1b, 1, 0xd3, 0, 0, 0), "a value has an unknown type"},
	};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		const char *problem = problem_of(samples[i].bytes, samples[i].size);
		if (samples[i].problem == NULL)
			assert_null(problem);
		else
			assert_string_equal(problem, samples[i].problem);
	}
}

static void
skips_types_that_are_never_written(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0x17, 1, 2, 3, 4, 5, 6, 7, 8, /* 1: a double */
	    0x1a, 0x23, 9, 9,                                         /* 2: a set of two bytes */
	    0x1b, 2, 0x81, 1, 'k', 1, 0, 2, /* 3: a map from binary to bool: "k" true, "" false */
	    0x1b, 0,                        /* 4: an empty map */
	    0};
	assert_null(problem_of(bytes, sizeof bytes));
}

static void
refuses_a_wrong_type(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0x15, 2, 0};
	struct thrift_reader reader = reader_of(bytes, sizeof bytes);
	struct thrift_field field = {0};
	assert_true(thrift_next(&reader, &field));
	assert_int_equal(thrift_i64(&reader, field), 0);
	assert_non_null(reader.problem);
	assert_false(thrift_next(&reader, &field));
}

/* What is wrong with the one field of BYTES, an i32 that is read as EXPECTED; NULL: nothing. */
static const char *
problem_of_i32(const void *bytes, size_t size, int32_t expected)
{
	struct thrift_reader reader = reader_of(bytes, size);
	struct thrift_field field = {0};
	assert_true(thrift_next(&reader, &field));
	assert_int_equal(thrift_i32(&reader, field), expected);
	return reader.problem;
}

static void
refuses_numbers_out_of_range(void **state)
{
	(void)state;
	static const uint8_t least[] = {0x15, 0xff, 0xff, 0xff, 0xff, 0x0f, 0};
	static const uint8_t above[] = {0x15, 0x80, 0x80, 0x80, 0x80, 0x10, 0};
	static const uint8_t below[] = {0x15, 0x81, 0x80, 0x80, 0x80, 0x10, 0};
	assert_null(problem_of_i32(least, sizeof least, INT32_MIN));
	assert_string_equal(problem_of_i32(above, sizeof above, 0), "an integer is out of its type's range");
	assert_string_equal(problem_of_i32(below, sizeof below, 0), "an integer is out of its type's range");
	/* Fields 32767 and one more, which is told by its distance, and then by itself. */
	static const uint8_t last[] = {0x05, 0xfe, 0xff, 3, 2, 0};
	static const uint8_t behind[] = {0x05, 0xfe, 0xff, 3, 2, 0x15, 2, 0};
	static const uint8_t alone[] = {0x05, 0x80, 0x80, 4, 2, 0};
	assert_null(problem_of(last, sizeof last));
	assert_string_equal(problem_of(behind, sizeof behind), "a field number is out of range");
	assert_string_equal(problem_of(alone, sizeof alone), "an integer is out of its type's range");
}

/* As many structs as may be within each other, and one more. */
static void
enters_no_deeper(void **state)
{
	(void)state;
	uint8_t structs[THRIFT_DEPTH_LIMIT + 1];
	memset(structs, 0x1c, sizeof structs);
	struct thrift_reader reader = reader_of(structs, sizeof structs);
	for (size_t depth = 0; depth <= THRIFT_DEPTH_LIMIT; depth++) {
		struct thrift_field field = {0};
		assert_true(thrift_next(&reader, &field));
		assert_int_equal(thrift_enter(&reader, field), depth < THRIFT_DEPTH_LIMIT);
	}
	assert_string_equal(reader.problem, "structs are nested too deep");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_by_their_bytes),
	    cmocka_unit_test(reads_what_was_written),
	    cmocka_unit_test(skips_what_was_written),
	    cmocka_unit_test(refuses_every_truncation),
	    cmocka_unit_test(bounds_nesting),
	    cmocka_unit_test(refuses_what_cannot_be),
	    cmocka_unit_test(skips_types_that_are_never_written),
	    cmocka_unit_test(refuses_a_wrong_type),
	    cmocka_unit_test(refuses_numbers_out_of_range),
	    cmocka_unit_test(enters_no_deeper),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
