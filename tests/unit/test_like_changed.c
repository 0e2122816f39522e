/* --like reads a sample twice; what it says of the fields is from the second time, by which all may have
 * changed. */
#include "gen/like/walk.h"
#include "lib/base/program.h"
#include "lib/records/infer.h"
#include "tests/unit/memory_file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct nest_error error;

#define FIRST                                                                                            \
	"{\"n\":1,\"r\":1.5,\"s\":\"x\",\"b\":true,\"l\":[1],\"o\":{\"p\":1},\"m\":{\"k1\":1,\"k2\":2}," \
	"\"j\":1}\n"                                                                                     \
	"{\"j\":\"text\"}\n"

/* The node of a field of FIRST. */
static uint32_t
field(const struct guess *guess, const char *name)
{
	uint32_t node = guess_find(guess, 0, view_of_text(name));
	assert_int_not_equal(node, 0);
	return node;
}

static void
guess_first(struct guess *guess)
{
	const struct infer_options options = {.maps = 1};
	struct memory_file file;
	struct reader reader;
	struct buffer message = {0};
	uint64_t count;
	bool all;
	memory_file_open(&file, view_of_text(FIRST));
	assert_true(reader_open(&reader, &file.file, FORMAT_JSONL, NULL, NULL, &error));
	assert_true(infer_look(&file.input, &reader, &options, guess, &count, &all, &error));
	assert_true(infer_print(guess, &options, &message, &error));
	buffer_free(&message);
	reader_close(&reader);
	memory_file_close(&file);
}

/* PROFILE of what TEXT holds in the place of FIRST. */
static bool
walk(const struct guess *guess, const char *text, struct profile *profile)
{
	struct memory_file file;
	struct reader reader;
	memory_file_open(&file, view_of_text(text));
	assert_true(reader_open(&reader, &file.file, FORMAT_JSONL, NULL, NULL, &error));
	assert_true(profile_open(profile, guess, &error));
	bool fine = walk_records(profile, &reader, &error);
	reader_close(&reader);
	memory_file_close(&file);
	return fine;
}

static void
what_is_there_is_counted(void **state)
{
	(void)state;
	struct guess guess;
	struct profile profile;
	guess_first(&guess);
	assert_true(walk(&guess, FIRST, &profile));
	const struct profile_node *nodes = profile.nodes;
	assert_int_equal(profile.records, 2);
	assert_int_equal(nodes[0].values, 2);
	static const char *const names[] = {"n", "r", "s", "b", "l", "o", "m"};
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(nodes[field(&guess, names[i])].values, 1);
	assert_int_equal(nodes[field(&guess, "b")].trues, 1);
	assert_int_equal(nodes[field(&guess, "l")].elements, 1);
	assert_int_equal(nodes[guess.nodes[field(&guess, "l")].first_child].values, 1);
	assert_int_equal(nodes[guess.nodes[field(&guess, "o")].first_child].values, 1);
	assert_int_equal(nodes[field(&guess, "m")].elements, 2);
	assert_int_equal(nodes[field(&guess, "m")].shapes.texts, 2);
	assert_int_equal(nodes[guess.nodes[field(&guess, "m")].first_child].values, 2);
	assert_int_equal(nodes[field(&guess, "j")].sorts[SORT_NUMBER], 1);
	assert_int_equal(nodes[field(&guess, "j")].sorts[SORT_STRING], 1);
	assert_int_equal(nodes[field(&guess, "r")].digits, 1);
	profile_close(&profile);
	guess_free(&guess);
}

/* Values of other kinds than all had, and fields that none had. */
static void
values_of_other_kinds_are_passed_over(void **state)
{
	(void)state;
	static const char *const texts[] = {
	    "{\"n\":\"1\",\"r\":true,\"s\":5,\"b\":[1],\"l\":{\"a\":1},\"o\":[1],\"m\":[{}],\"new\":{\"x\":["
	    "1]}}",
	    "{\"n\":{\"n\":1},\"r\":[1.5],\"s\":{\"s\":\"s\"},\"b\":\"t\",\"l\":\"l\",\"o\":\"o\",\"m\":"
	    "\"m\"}",
	    "{\"n\":true,\"r\":false,\"s\":true,\"b\":1,\"l\":true,\"o\":true,\"m\":true,\"j\":null}",
	    "{\"n\":null,\"r\":null,\"s\":null,\"b\":null,\"l\":null,\"o\":null,\"m\":null}",
	    "{\"n\":[],\"r\":{},\"s\":[],\"b\":{},\"l\":-1,\"o\":-1,\"m\":1,\"o2\":{\"p\":1}}",
	    "{}",
	};
	struct guess guess;
	guess_first(&guess);
	for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct profile profile;
		assert_true(walk(&guess, texts[i], &profile));
		assert_int_equal(profile.records, 1);
		for (uint32_t node = 1; node < guess.count; node++)
			assert_int_equal(profile.nodes[node].values, 0);
		profile_close(&profile);
	}
	guess_free(&guess);
}

static void
a_record_that_is_broken_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
	    "{1:1}",
	    "{\"n\"}",
	    "{\"n\" 1}",
	    "{\"n\":}",
	    "{\"n\":1",
	    "{\"n\":1 2}",
	    "{\"n\":1]",
	    "{\"n\":1,}",
	    "{\"n\":1,",
	    "{\"n\":01}",
	    "{\"n\":-}",
	    "{\"r\":1.}",
	    "{\"s\":\"x}",
	    "{\"s\":\"\\x\"}",
	    "{\"s\":\"\\ud800\"}",
	    "{\"s\":\"\xff\"}",
	    "{\"s\":\"a\nb\"}",
	    "{\"b\":tru}",
	    "{\"b\":f}",
	    "{\"l\":[1}",
	    "{\"l\":[1 2]}",
	    "{\"l\":[1,]}",
	    "{\"l\":[,1]}",
	    "{\"o\":{\"p\":1]}",
	    "{\"o\":{p:1}}",
	    "{\"m\":{\"k\"}}",
	    "{\"m\":{\"k",
	    "{\"j\":[}",
	    "{\"j\":nul}",
	    "{\"new\":nul}",
	};
	struct guess guess;
	guess_first(&guess);
	for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct profile profile;
		assert_false(walk(&guess, texts[i], &profile));
		assert_int_equal(error.status, NEST_INVALID);
		assert_string_equal(
		    error.text, "input, line 1, column 1: the sample has changed while it was read");
		profile_close(&profile);
	}
	guess_free(&guess);
}

static void
a_later_record_is_named(void **state)
{
	(void)state;
	struct guess guess;
	struct profile profile;
	guess_first(&guess);
	assert_false(walk(&guess, "{\"n\":1}\n{\"n\":2}\n {\"n\"}\n", &profile));
	assert_string_equal(error.text, "input, line 3, column 2: the sample has changed while it was read");
	assert_int_equal(profile.records, 2);
	profile_close(&profile);
	assert_false(walk(&guess, "{\"n\":1}\n5\n", &profile));
	assert_string_equal(error.text, "input, line 2, column 1: the sample has changed while it was read");
	profile_close(&profile);
	assert_false(walk(&guess, "[{\"n\":1} {\"n\":2}]\n", &profile));
	assert_string_equal(error.text, "input, line 1, column 10: a ',' or ']' is due, not '{'");
	assert_int_equal(profile.records, 1);
	profile_close(&profile);
	guess_free(&guess);
}

/* The last of all: the interrupt stays. */
static void
an_interrupt_ends_it(void **state)
{
	(void)state;
	struct guess guess;
	struct profile profile;
	struct memory_file file;
	struct reader reader;
	guess_first(&guess);
	memory_file_open(&file, view_of_text(FIRST));
	assert_true(reader_open(&reader, &file.file, FORMAT_JSONL, NULL, NULL, &error));
	assert_true(profile_open(&profile, &guess, &error));
	program_start("test_like_changed");
	assert_int_equal(raise(SIGTERM), 0);
	assert_false(walk_records(&profile, &reader, &error));
	assert_int_equal(error.status, NEST_FAILED);
	assert_string_equal(error.text, "interrupted by signal 15 (Terminated)");
	assert_int_equal(profile.records, 0);
	reader_close(&reader);
	memory_file_close(&file);
	profile_close(&profile);
	guess_free(&guess);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_there_is_counted),
	    cmocka_unit_test(values_of_other_kinds_are_passed_over),
	    cmocka_unit_test(a_record_that_is_broken_is_refused),
	    cmocka_unit_test(a_later_record_is_named),
	    cmocka_unit_test(an_interrupt_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
