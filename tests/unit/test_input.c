/* Input files: what is known about them, where parts begin, and what is left if one cannot be opened. */
#include "lib/records/input.h"
#include "lib/wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void
parts_of_so_many_bytes(void **state)
{
	(void)state;
	static const struct {
		uint64_t size, bytes, count;
	} inputs[] = {{0, 10, 1}, {1, 10, 1}, {9, 10, 1}, {10, 10, 1}, {11, 10, 2}, {20, 10, 2}, {21, 10, 3},
	    {5, 1, 5}, {UINT64_MAX, (uint64_t)1 << 60, 16}};
	for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
		const struct input input = {
		    .is_sized = true, .size = inputs[i].size, .part_bytes = inputs[i].bytes};
		assert_int_equal(input_part_count(&input), inputs[i].count);
		for (uint64_t part = 0; part < inputs[i].count; part++)
			assert_int_equal(input_part_begin(&input, part), part * inputs[i].bytes);
		assert_int_equal(input_part_begin(&input, inputs[i].count), inputs[i].size);
		assert_int_equal(input_part_begin(&input, UINT64_MAX), inputs[i].size);
	}
}

static void
parts_of_equal_bytes(void **state)
{
	(void)state;
	static const uint64_t begins[] = {0, 3, 6, 10};
	const struct input three = {.is_sized = true, .size = 10, .part_bytes = 1, .parts = 3},
			   one = {.is_sized = true, .size = 10, .part_bytes = 1, .parts = 1},
			   vast = {.is_sized = true, .size = UINT64_MAX, .part_bytes = 1, .parts = 4};
	assert_int_equal(input_part_count(&three), 3);
	for (uint64_t part = 0; part < 4; part++)
		assert_int_equal(input_part_begin(&three, part), begins[part]);
	assert_int_equal(input_part_count(&one), 1);
	assert_int_equal(input_part_begin(&one, 1), 10);
	assert_int_equal(input_part_begin(&vast, 3), UINT64_MAX / 4 * 3 + 2);
	assert_int_equal(input_part_begin(&vast, 4), UINT64_MAX);
}

/* It has as many parts as it turns out to have, up to what can be numbered. */
static void
parts_of_what_has_no_size(void **state)
{
	(void)state;
	const struct input input = {.part_bytes = (uint64_t)1 << 60};
	assert_int_equal(input_part_count(&input), FRAME_PART_LIMIT);
	for (uint64_t part = 0; part < 16; part++)
		assert_int_equal(input_part_begin(&input, part), part << 60);
	assert_int_equal(input_part_begin(&input, 16), UINT64_MAX);
}

static void
nothing_is_left_of_what_cannot_be_opened(void **state)
{
	(void)state;
	static char missing[] = "/no/such/file", folder[] = "/", device[] = "/dev/null";
	struct {
		char *paths[2];
		size_t count;
		enum nest_status status;
	} refused[] = {{{missing}, 1, NEST_FAILED}, {{folder}, 1, NEST_USAGE},
	    {{device, missing}, 2, NEST_FAILED}, {{device, device}, 2, NEST_USAGE}};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct input input;
		struct nest_error error;
		assert_false(input_open(&input, refused[i].paths, refused[i].count, 1, 0, &error));
		assert_int_equal(error.status, refused[i].status);
		assert_null(input.files);
		assert_int_equal(input.file_count, 0);
	}
}

static void
a_file_has_a_size_and_a_time(void **state)
{
	(void)state;
	const struct timespec times[] = {{1, 2}, {1234567890, 987654321}};
	char path[64], *paths[] = {path};
	struct input input;
	struct nest_error error;
	int fd = memfd_create("input", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "12345", 5), 5);
	assert_int_equal(futimens(fd, times), 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	assert_true(input_open(&input, paths, 1, 1, 0, &error));
	assert_true(input.is_sized);
	assert_int_equal(input.size, 5);
	assert_int_equal(input.files[0].size, 5);
	assert_int_equal(input.files[0].offset, 0);
	assert_int_equal(input.files[0].modified_ns, 1234567890987654321);
	input_close(&input);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parts_of_so_many_bytes),
	    cmocka_unit_test(parts_of_equal_bytes),
	    cmocka_unit_test(parts_of_what_has_no_size),
	    cmocka_unit_test(a_file_has_a_size_and_a_time),
	    cmocka_unit_test(nothing_is_left_of_what_cannot_be_opened),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
