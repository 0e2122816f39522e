/* When a receiver reports that nothing comes, and what it says it waits for. */
#include "lib/wire/silence.h"

#include "lib/base/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char said[256];

static void
keep(void *context, const char *what)
{
	snprintf(context, sizeof said, "%s", what);
}

static const struct wire_options options = {
    .upstream = "nest-gen", .timeout_s = 1, .show_wait = keep, .show_context = said};

/* What is said SECONDS after the last frame; "" is nothing. */
static const char *
after(struct silence *silence, const struct ledger *ledger, double seconds)
{
	said[0] = '\0';
	silence->since_ns = program_clock_ns() - (uint64_t)(seconds * 1e9);
	silence_note(silence, ledger);
	return said;
}

static void
test_it_is_said_each_time_that_it_lasts_twice_as_long(void **state)
{
	(void)state;
	struct silence silence;
	const struct ledger ledger = {.expected = 1};
	silence_init(&silence, &options, "standard input");
	assert_string_equal(after(&silence, &ledger, 9), "");
	assert_string_equal(after(&silence, &ledger, 10), "waiting for nest-gen");
	assert_string_equal(after(&silence, &ledger, 19), "");
	assert_string_equal(after(&silence, &ledger, 20), "waiting for nest-gen");
	/* A later silence is no news either before it lasts longer. */
	silence_break(&silence);
	assert_string_equal(after(&silence, &ledger, 39), "");
	assert_string_equal(after(&silence, &ledger, 40), "waiting for nest-gen");
}

static void
test_a_silence_begins_with_the_first_wait_behind_a_frame(void **state)
{
	(void)state;
	struct silence silence;
	const struct ledger ledger = {.expected = 1};
	silence_init(&silence, &options, "standard input");
	assert_string_equal(after(&silence, &ledger, 5), "");
	silence_break(&silence);
	uint64_t before = program_clock_ns();
	silence_note(&silence, &ledger);
	assert_in_range(silence.since_ns, before, program_clock_ns());
	uint64_t since = silence.since_ns;
	silence_note(&silence, &ledger);
	assert_int_equal(silence.since_ns, since);
	assert_string_equal(said, "");
}

static void
test_who_is_waited_for_is_said(void **state)
{
	(void)state;
	static struct ledger_sender senders[] = {{.name = "a", .ended = true}, {.name = "b"}, {.name = "c"}};
	static const struct {
		struct ledger ledger;
		const char *what;
	} samples[] = {
	    {{.expected = 2}, "waiting for nest-gen"},
	    {{.expected = 2, .sender_count = 1, .ended_count = 1}, "waiting for nest-gen"},
	    {{.expected = 2, .sender_count = 2, .ended_count = 1}, "waiting for the end of b"},
	    {{.expected = 3, .sender_count = 3, .ended_count = 1},
		"waiting for the ends of 2 senders, one of them b"},
	    {{.expected = 1, .sender_count = 1, .ended_count = 1},
		"all senders have ended; its writer has yet to close it"},
	};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct silence silence;
		struct ledger ledger = samples[i].ledger;
		ledger.senders = senders;
		silence_init(&silence, &options, "standard input");
		assert_string_equal(after(&silence, &ledger, 11), samples[i].what);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_it_is_said_each_time_that_it_lasts_twice_as_long),
	    cmocka_unit_test(test_a_silence_begins_with_the_first_wait_behind_a_frame),
	    cmocka_unit_test(test_who_is_waited_for_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
