/* The receiver's account: what it accepts, and the words with which it refuses everything else. */
#include "lib/wire/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct ledger ledger;

static void
begin(size_t senders)
{
	struct nest_error error;
	assert_true(ledger_init(&ledger, senders, &error));
}

static int
stop(void **state)
{
	(void)state;
	ledger_free(&ledger);
	assert_null(ledger.senders);
	return 0;
}

static struct frame
rows(const char *sender, uint64_t part, uint64_t first, uint64_t count, bool last)
{
	return (struct frame){.kind = FRAME_ROWS,
	    .sender = view_of_text(sender),
	    .part = part,
	    .first_row = first,
	    .rows = count,
	    .last = last};
}

static struct frame
end(const char *sender, uint64_t frames, uint64_t count)
{
	return (struct frame){
	    .kind = FRAME_END, .sender = view_of_text(sender), .frames = frames, .rows = count};
}

static struct frame
end_of(const char *sender, struct frame_extent extent)
{
	return (struct frame){
	    .kind = FRAME_END, .sender = view_of_text(sender), .has_extent = true, .extent = extent};
}

static void
take_from(struct frame frame, uint64_t connection)
{
	struct nest_error error;
	if (!ledger_enter(&ledger, &frame, connection, &error))
		fail_msg("%s", error.text);
}

static void
take(struct frame frame)
{
	take_from(frame, 0);
}

static void
refuse(struct frame frame, const char *message)
{
	struct nest_error error;
	assert_false(ledger_enter(&ledger, &frame, 0, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, message);
}

static void
it_is_complete_when_all_senders_have_ended(void **state)
{
	(void)state;
	begin(2);
	take(rows("a", 0, 0, 10, false));
	take(rows("b", 1, 20, 5, true));
	take(rows("a", 0, 10, 10, true));
	take(end("b", 1, 5));
	assert_false(ledger_complete(&ledger));
	assert_string_equal(ledger_unfinished(&ledger)->name, "a");
	take(end("a", 2, 20));
	assert_true(ledger_complete(&ledger));
	assert_null(ledger_unfinished(&ledger));
}

static void
a_sender_may_end_with_nothing(void **state)
{
	(void)state;
	begin(1);
	take(end("a", 0, 0));
	assert_true(ledger_complete(&ledger));
}

static void
progress_makes_a_sender_known_and_counts_nothing(void **state)
{
	(void)state;
	begin(1);
	assert_null(ledger_unfinished(&ledger));
	take((struct frame){.kind = FRAME_PROGRESS, .sender = view_of_text("a"), .rows = 99});
	assert_string_equal(ledger_unfinished(&ledger)->name, "a");
	take(end("a", 0, 0));
}

static void
part_frames_count_but_are_not_put_in_order(void **state)
{
	(void)state;
	begin(1);
	struct frame part = {.kind = FRAME_PART, .sender = view_of_text("a"), .part = 7, .rows = 3};
	take(part);
	take(part);
	take(end("a", 2, 6));
}

static void
many_parts_may_be_open_at_a_time(void **state)
{
	(void)state;
	begin(1);
	for (uint64_t part = 0; part < 100; part++)
		take(rows("a", part, 10 * part, 10, false));
	for (uint64_t part = 0; part < 100; part++)
		take(rows("a", part, 10 * part + 10, 0, true));
	assert_int_equal(ledger.part_count, 0);
	take(end("a", 200, 1000));
}

static void
a_gap_within_a_part_is_refused(void **state)
{
	(void)state;
	begin(1);
	take(rows("a", 3, 100, 10, false));
	refuse(rows("a", 3, 111, 10, false), "part 3 goes on at row 111 where row 110 is due");
}

static void
an_overlap_within_a_part_is_refused(void **state)
{
	(void)state;
	begin(1);
	take(rows("a", 3, 100, 10, false));
	refuse(rows("a", 3, 109, 10, false), "part 3 goes on at row 109 where row 110 is due");
}

static void
a_part_from_two_senders_is_refused(void **state)
{
	(void)state;
	begin(2);
	take(rows("a", 0, 0, 10, false));
	refuse(rows("b", 0, 10, 10, true),
	    "part 0 comes from two senders, this one and a; all frames of a part take one route");
}

static void
totals_that_disagree_are_refused(void **state)
{
	(void)state;
	begin(1);
	take(rows("a", 0, 0, 10, true));
	refuse(end("a", 2, 10), "the end says 2 frames and 10 rows, and 1 frames and 10 rows came");
	refuse(end("a", 1, 9), "the end says 1 frames and 9 rows, and 1 frames and 10 rows came");
	assert_false(ledger_complete(&ledger));
}

static void
an_end_within_a_part_is_refused(void **state)
{
	(void)state;
	begin(1);
	take(rows("a", 4, 0, 10, false));
	refuse(end("a", 1, 10), "the end comes while part 4 is not finished");
}

static void
an_end_minds_its_own_parts_only(void **state)
{
	(void)state;
	begin(2);
	take(rows("a", 4, 0, 10, false));
	take(end("b", 0, 0));
	assert_false(ledger_complete(&ledger));
}

static void
nothing_comes_after_the_end(void **state)
{
	(void)state;
	begin(2);
	take(end("a", 0, 0));
	const char *message = "it comes after its sender's end, behind which nothing of it may come; if "
			      "this is another sender, give every one a --name of its own";
	refuse(rows("a", 0, 0, 10, true), message);
	refuse(end("a", 0, 0), message);
}

static void
one_sender_too_many_is_refused(void **state)
{
	(void)state;
	begin(2);
	take(end("a", 0, 0));
	take(rows("b", 0, 0, 1, true));
	refuse(end("c", 0, 0), "more senders have come than the 2 expected; say how many with --senders");
}

static void
a_name_with_a_zero_byte_is_refused(void **state)
{
	(void)state;
	begin(1);
	struct frame frame = end("a", 0, 0);
	frame.sender = (struct view){(const uint8_t *)"a\0b", 3};
	refuse(frame, "the sender's name has a zero byte in it");
}

static void
senders_must_agree_on_the_dataset(void **state)
{
	(void)state;
	begin(4);
	take(end("quiet", 0, 0));
	assert_false(ledger.has_extent);
	take(end_of("a", (struct frame_extent){5, 1000, 4, false}));
	take(end_of("b", (struct frame_extent){5, 1000, 4, false}));
	refuse(end_of("c", (struct frame_extent){5, 999, 4, false}),
	    "its sender makes a dataset of 999 rows from row 5 in 4 parts, "
	    "another one of 1000 rows from row 5 in 4 parts; run all senders with the same options");
	assert_true(ledger.has_extent);
	assert_int_equal(ledger.extent.first_row, 5);
	assert_int_equal(ledger.extent.rows, 1000);
	assert_int_equal(ledger.extent.parts, 4);
	refuse(end_of("c", (struct frame_extent){0, 0, 4, true}),
	    "its sender makes a dataset of 4 parts, whose rows are numbered by part, "
	    "another one of 1000 rows from row 5 in 4 parts; run all senders with the same options");
}

/* ---- parts that were closed ---- */

static const char closed_3[] = "part 3 was closed by a frame that said last; it cannot go on or begin again";

static void
a_part_does_not_go_on_behind_its_last_frame(void **state)
{
	(void)state;
	begin(1);
	take(rows("a", 3, 0, 10, true));
	refuse(rows("a", 3, 10, 10, false), closed_3);
	take(rows("a", 4, 10, 10, true));
	refuse(rows("a", 3, 10, 10, true), closed_3);
}

static void
a_part_does_not_begin_again(void **state)
{
	(void)state;
	begin(2);
	take(rows("a", 3, 0, 10, false));
	take(rows("a", 3, 10, 10, true));
	refuse(rows("a", 3, 0, 10, false), closed_3);
	refuse(rows("b", 3, 0, 10, true), closed_3);
}

/* Parts at any distance: neighbours, on both sides of a bitmap's edge, and the last there can be. */
static void
every_closed_part_is_remembered_and_no_other(void **state)
{
	(void)state;
	static const uint64_t strides[] = {1, 2, 511, 512, 513, 4096, 4294967};
	enum { COUNT = 1000 };
	for (size_t k = 0; k < sizeof strides / sizeof *strides; k++) {
		struct part_set set = {0};
		struct nest_error error;
		for (uint64_t i = 0; i < COUNT; i++) {
			uint64_t part = FRAME_PART_LIMIT - 1 - i * strides[k];
			assert_false(part_set_has(&set, part));
			assert_true(part_set_add(&set, part, &error));
			assert_true(part_set_has(&set, part));
		}
		for (uint64_t i = 0; i < COUNT; i++) {
			uint64_t part = FRAME_PART_LIMIT - 1 - i * strides[k];
			assert_true(part_set_has(&set, part));
			assert_true(strides[k] == 1 || !part_set_has(&set, part - 1));
		}
		assert_false(part_set_has(&set, 0));
		part_set_free(&set);
		assert_false(part_set_has(&set, FRAME_PART_LIMIT - 1));
	}
}

/* A receiver among several gets every fourth part: a bit for each of the others, too, and no more. */
static void
a_million_parts_take_little_memory(void **state)
{
	(void)state;
	begin(1);
	for (uint64_t i = 0; i < 1000000; i++)
		take(rows("a", 4 * i + 3, 0, 10, true));
	assert_true(ledger.closed.capacity <= 1 << 14);
	for (uint64_t i = 0; i < 1000000; i += 999) {
		assert_true(part_set_has(&ledger.closed, 4 * i + 3));
		assert_false(part_set_has(&ledger.closed, 4 * i));
	}
	refuse(rows("a", 3, 10, 10, true), closed_3);
}

/* ---- rows numbered by part ---- */

static struct frame
numbered(struct frame frame)
{
	frame.is_part_numbered = true;
	return frame;
}

static void
rows_of_every_part_may_begin_at_0(void **state)
{
	(void)state;
	begin(1);
	take(numbered(rows("a", 0, 0, 10, false)));
	take(numbered(rows("a", 1, 0, 10, true)));
	take(numbered(rows("a", 0, 10, 5, true)));
	struct frame all = end_of("a", (struct frame_extent){.parts = 2, .is_part_numbered = true});
	all.frames = 3;
	all.rows = 25;
	take(all);
	assert_true(ledger.extent.is_part_numbered);
}

static void
a_part_with_rows_of_its_own_begins_at_0(void **state)
{
	(void)state;
	begin(1);
	static const char message[] = "part 1 begins at row 10, but its rows are numbered by part, from 0";
	refuse(numbered(rows("a", 1, 10, 10, true)), message);
	struct frame part = {
	    .kind = FRAME_PART, .sender = view_of_text("a"), .part = 1, .first_row = 10, .rows = 3};
	refuse(numbered(part), message);
	take(part);
}

static void
a_part_is_numbered_in_one_way(void **state)
{
	(void)state;
	begin(1);
	static const char message[] =
	    "rows of part 0 are numbered by part in one frame and by dataset in another";
	take(rows("a", 0, 0, 10, false));
	refuse(numbered(rows("a", 0, 10, 10, true)), message);
	take(rows("a", 0, 10, 10, true));
}

static struct frame
of_run(struct frame frame, uint8_t first_byte)
{
	frame.run.bytes[0] = first_byte;
	return frame;
}

#define TWO_RUNS(came, before)                                                                   \
	"two runs meet: this frame is of " came ", those before it are of " before               \
	"; run all senders with the same options and input, and each run with receivers of its " \
	"own"

static void
two_runs_do_not_meet(void **state)
{
	(void)state;
	begin(2);
	take(of_run(rows("a", 0, 0, 10, true), 1));
	refuse(of_run(rows("b", 1, 10, 10, true), 2), TWO_RUNS("run 02000000", "run 01000000"));
	refuse(of_run(rows("a", 2, 20, 10, true), 2), TWO_RUNS("run 02000000", "run 01000000"));
	refuse(rows("b", 1, 10, 10, true), TWO_RUNS("a run without a name", "run 01000000"));
	take(of_run(rows("b", 1, 10, 10, true), 1));
	take(end("a", 1, 10));
	take(end("b", 1, 10));
}

static void
a_run_without_a_name_is_one_too(void **state)
{
	(void)state;
	begin(1);
	take((struct frame){.kind = FRAME_PROGRESS, .sender = view_of_text("a")});
	assert_false(ledger.has_run);
	struct frame part = {.kind = FRAME_PART, .sender = view_of_text("a"), .part = 1, .rows = 3};
	take(part);
	refuse(of_run(part, 0xfe), TWO_RUNS("run fe000000", "a run without a name"));
	take(part);
}

static void
a_lost_connection_names_its_sender(void **state)
{
	(void)state;
	begin(2);
	take_from(rows("a", 0, 0, 1, true), 7);
	take_from(rows("b", 1, 1, 1, true), 8);
	assert_null(ledger_disconnect(&ledger, 9));
	assert_string_equal(ledger_disconnect(&ledger, 8)->name, "b");
	take_from(end("a", 1, 1), 7);
	assert_null(ledger_disconnect(&ledger, 7));
}

static void
a_sender_belongs_to_the_connection_of_its_first_frame(void **state)
{
	(void)state;
	begin(2);
	struct frame first = {.kind = FRAME_PROGRESS, .sender = view_of_text("a")};
	struct frame forged = end("a", 0, 0), other = rows("b", 1, 1, 1, true);
	assert_false(ledger_knows(&ledger, 7));
	assert_false(ledger_is_foreign(&ledger, &forged, 8));
	take_from(first, 7);
	assert_true(ledger_knows(&ledger, 7));
	assert_false(ledger_knows(&ledger, 8));
	assert_true(ledger_is_foreign(&ledger, &forged, 8));
	assert_false(ledger_is_foreign(&ledger, &forged, 7));
	assert_false(ledger_is_foreign(&ledger, &other, 8));
	take_from(end("a", 0, 0), 7);
	/* It stays its own when it has ended, and has left. */
	assert_null(ledger_disconnect(&ledger, 7));
	assert_true(ledger_is_foreign(&ledger, &forged, 8));
	assert_true(ledger_is_foreign(&ledger, &first, 8));
}

/* As on a pipe, or behind one who passes on what others say. */
static void
senders_may_share_a_connection(void **state)
{
	(void)state;
	begin(2);
	take_from(end("a", 0, 0), 7);
	take_from(rows("b", 0, 0, 1, false), 7);
	assert_string_equal(ledger_disconnect(&ledger, 7)->name, "b");
}

static struct frame
hello_of(const char *sender, struct frame_extent extent)
{
	return (struct frame){
	    .kind = FRAME_PROGRESS, .sender = view_of_text(sender), .has_extent = true, .extent = extent};
}

static void
no_end_makes_less_of_what_a_hello_said(void **state)
{
	(void)state;
	static const char message[] =
	    "its sender makes a dataset of 500 rows from row 0 in 2 parts, another one of "
	    "1000 rows from row 0 in 4 parts; run all senders with the same options";
	begin(2);
	take(hello_of("a", (struct frame_extent){0, 1000, 4, false}));
	assert_int_equal(ledger.extent.parts, 4);
	refuse(end_of("a", (struct frame_extent){0, 500, 2, false}), message);
	refuse(hello_of("b", (struct frame_extent){0, 500, 2, false}), message);
	/* An end that does not say it takes nothing back. */
	take(end("a", 0, 0));
	take(end_of("b", (struct frame_extent){0, 1000, 4, false}));
	assert_int_equal(ledger.extent.rows, 1000);
}

static void
row_counts_at_their_limit_do_not_overflow(void **state)
{
	(void)state;
	begin(1);
	take(rows("a", 0, FRAME_ROW_LIMIT, FRAME_ROW_LIMIT, false));
	refuse(rows("a", 0, 0, 0, true), "part 0 goes on at row 0 where row 9223372036854775808 is due");
}

/* ---- faults that are told ---- */

static unsigned told;
static char last_fault[256];

static void
note_fault(void *context, const struct nest_error *fault)
{
	(void)context;
	told++;
	snprintf(last_fault, sizeof last_fault, "%.255s", fault->text);
}

/* Enters FRAME, of which so many faults are told, the last of them with these words. */
static void
enter(struct frame frame, unsigned faults, const char *words)
{
	struct nest_error error;
	told = 0;
	assert_true(ledger_enter(&ledger, &frame, 0, &error));
	assert_int_equal(told, faults);
	assert_true(faults == 0 || strstr(last_fault, words) != NULL);
}

static void
a_ledger_goes_on_behind_what_it_tells(void **state)
{
	(void)state;
	struct nest_error error;
	struct faults faults = {note_fault, NULL};
	assert_true(ledger_init_lenient(&ledger, 1, 3, &faults, &error));
	enter(rows("a", 0, 0, 2, false), 0, "");
	enter(rows("a", 0, 5, 1, false), 1, "row 5 where row 2 is due");
	enter(rows("a", 0, 6, 1, true), 0, "");
	enter(rows("a", 0, 7, 1, true), 1, "cannot go on or begin again");
	enter(rows("b", 1, 8, 1, false), 1, "more senders have come than the 1 expected");
	enter(rows("a", 1, 9, 1, false), 1, "from two senders, this one and b");
	enter(end("a", 9, 9), 1, "the end says 9 frames and 9 rows, and 5 frames and 6 rows came");
	assert_true(ledger_complete(&ledger));
	enter(end("a", 5, 6), 1, "it comes after its sender's end");
	assert_true(ledger_complete(&ledger));
	enter(end("b", 1, 1), 1, "the end comes while part 1 is not finished");
	assert_null(ledger_unfinished(&ledger));
}

static void
a_ledger_without_room_has_told_of_it(void **state)
{
	(void)state;
	struct nest_error error;
	struct faults faults = {note_fault, NULL};
	struct frame third = end("c", 0, 0);
	assert_true(ledger_init_lenient(&ledger, 1, 2, &faults, &error));
	enter(end("a", 0, 0), 0, "");
	enter(end("b", 0, 0), 1, "more senders have come");
	told = 0;
	assert_false(ledger_enter(&ledger, &third, 0, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_int_equal(told, 1);
	assert_null(ledger_find(&ledger, third.sender));
}

int
main(void)
{
#define LEDGER_TEST(test) cmocka_unit_test_teardown(test, stop)
	const struct CMUnitTest tests[] = {
	    LEDGER_TEST(it_is_complete_when_all_senders_have_ended),
	    LEDGER_TEST(a_sender_may_end_with_nothing),
	    LEDGER_TEST(progress_makes_a_sender_known_and_counts_nothing),
	    LEDGER_TEST(part_frames_count_but_are_not_put_in_order),
	    LEDGER_TEST(many_parts_may_be_open_at_a_time),
	    LEDGER_TEST(a_gap_within_a_part_is_refused),
	    LEDGER_TEST(an_overlap_within_a_part_is_refused),
	    LEDGER_TEST(a_part_from_two_senders_is_refused),
	    LEDGER_TEST(totals_that_disagree_are_refused),
	    LEDGER_TEST(an_end_within_a_part_is_refused),
	    LEDGER_TEST(an_end_minds_its_own_parts_only),
	    LEDGER_TEST(nothing_comes_after_the_end),
	    LEDGER_TEST(one_sender_too_many_is_refused),
	    LEDGER_TEST(a_name_with_a_zero_byte_is_refused),
	    LEDGER_TEST(senders_must_agree_on_the_dataset),
	    LEDGER_TEST(a_part_does_not_go_on_behind_its_last_frame),
	    LEDGER_TEST(a_part_does_not_begin_again),
	    LEDGER_TEST(every_closed_part_is_remembered_and_no_other),
	    LEDGER_TEST(a_million_parts_take_little_memory),
	    LEDGER_TEST(rows_of_every_part_may_begin_at_0),
	    LEDGER_TEST(a_part_with_rows_of_its_own_begins_at_0),
	    LEDGER_TEST(a_part_is_numbered_in_one_way),
	    LEDGER_TEST(two_runs_do_not_meet),
	    LEDGER_TEST(a_run_without_a_name_is_one_too),
	    LEDGER_TEST(a_lost_connection_names_its_sender),
	    LEDGER_TEST(a_sender_belongs_to_the_connection_of_its_first_frame),
	    LEDGER_TEST(senders_may_share_a_connection),
	    LEDGER_TEST(no_end_makes_less_of_what_a_hello_said),
	    LEDGER_TEST(row_counts_at_their_limit_do_not_overflow),
	    LEDGER_TEST(a_ledger_goes_on_behind_what_it_tells),
	    LEDGER_TEST(a_ledger_without_room_has_told_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
