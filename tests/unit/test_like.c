/* What --like counts in bounded memory, and what it makes of the counts. */
#include "gen/like/buckets.h"
#include "gen/like/choice.h"
#include "gen/like/often.h"
#include "gen/like/profile.h"
#include "gen/like/sieve.h"
#include "gen/like/stand_in.h"
#include "gen/like/tally.h"
#include "gen/like/times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;

static void
tally_text(struct tally *tally, const char *text, uint32_t most)
{
	assert_true(tally_add(tally, view_of_text(text), most, &error));
}

static void
frequent_values_are_exact(void **state)
{
	(void)state;
	struct tally tally = {0};
	char text[32];
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(text, sizeof text, "rare %u", i);
		tally_text(&tally, i % 3 == 0 ? "often" : i % 5 == 0 ? "less" : text, 32);
		assert_true(tally.count <= 32);
	}
	tally_sort(&tally);
	assert_true(tally.is_partial);
	assert_memory_equal(tally.values[0].bytes, "often", 5);
	assert_int_equal(tally.values[0].count, 3334);
	assert_memory_equal(tally.values[1].bytes, "less", 4);
	assert_int_equal(tally.values[1].count, 1333);
	tally_free(&tally);
}

static void
few_values_are_all_there(void **state)
{
	(void)state;
	struct tally tally = {0};
	static const char *const texts[] = {"b", "a", "ab", "c", "c", ""};
	for (size_t i = 0; i < 6; i++)
		tally_text(&tally, texts[i], 5);
	tally_sort(&tally);
	assert_false(tally.is_partial);
	assert_int_equal(tally.count, 5);
	static const char *const order[] = {"c", "", "a", "ab", "b"};
	for (size_t i = 0; i < 5; i++)
		assert_true(view_equal(
		    (struct view){tally.values[i].bytes, tally.values[i].size}, view_of_text(order[i])));
	tally_text(&tally, "d", 5);
	assert_true(tally.is_partial);
	tally_free(&tally);
}

static void
expect_tally(const struct tally *tally, const char *text, uint64_t count, uint64_t shrunk)
{
	for (uint32_t i = 0; i < tally->count; i++) {
		const struct tally_value *value = &tally->values[i];
		if (!view_equal((struct view){value->bytes, value->size}, view_of_text(text)))
			continue;
		assert_int_equal(value->count, count);
		assert_int_equal(value->shrunk, shrunk);
		return;
	}
	fail_msg("%s is not there", text);
}

/* All lives shrink by that of the one in the middle. */
static void
those_without_a_life_go(void **state)
{
	(void)state;
	struct tally tally = {0};
	static const char *const texts[] = {"a", "b", "c", "a", "d", "b", "a"};
	for (size_t i = 0; i < 7; i++)
		tally_text(&tally, texts[i], 4);
	assert_int_equal(tally.count, 4);
	tally_text(&tally, "e", 4);
	assert_int_equal(tally.shrunk, 2);
	assert_int_equal(tally.count, 2);
	assert_int_equal(tally.bytes, 2);
	expect_tally(&tally, "a", 3, 0);
	expect_tally(&tally, "e", 1, 2);
	tally_text(&tally, "f", 4);
	tally_text(&tally, "f", 4);
	tally_text(&tally, "gg", 4);
	/* Lives of 1, 1, 1 and 2. */
	tally_text(&tally, "h", 4);
	assert_int_equal(tally.shrunk, 3);
	assert_int_equal(tally.count, 2);
	expect_tally(&tally, "f", 2, 2);
	expect_tally(&tally, "h", 1, 3);
	/* What comes again begins anew. */
	tally_text(&tally, "a", 4);
	expect_tally(&tally, "a", 1, 3);
	tally_free(&tally);
}

/* The bytes of all are 128 for each that there is room for, or less. */
static void
values_of_128_bytes_have_room(void **state)
{
	(void)state;
	struct tally tally = {0};
	uint8_t bytes[130] = {0};
	for (uint8_t i = 0; i < 4; i++) {
		bytes[0] = i;
		assert_true(tally_add(&tally, (struct view){bytes, i < 3 ? 128 : 127}, 4, &error));
	}
	assert_int_equal(tally.count, 4);
	assert_int_equal(tally.bytes, 511);
	assert_false(tally.is_partial);
	tally_free(&tally);
	for (uint8_t i = 0; i < 2; i++) {
		bytes[0] = i;
		assert_true(tally_add(&tally, (struct view){bytes, i == 0 ? 128 : 129}, 2, &error));
	}
	assert_true(tally.is_partial);
	assert_int_equal(tally.bytes, 129);
	tally_free(&tally);
}

static void
large_values_leave_no_room_for_others(void **state)
{
	(void)state;
	struct tally tally = {0};
	static uint8_t bytes[TALLY_VALUE_MOST];
	for (unsigned i = 0; i < 200; i++) {
		bytes[0] = (uint8_t)i;
		assert_true(tally_add(&tally, (struct view){bytes, sizeof bytes}, 128, &error));
		assert_true(tally.bytes <= 128 * TALLY_BYTES_EACH);
		uint64_t held = 0;
		for (uint32_t k = 0; k < tally.count; k++)
			held += tally.values[k].size;
		assert_int_equal(tally.bytes, held);
	}
	tally_free(&tally);
}

static void
some_of_all_values_are_kept(void **state)
{
	(void)state;
	struct sieve distinct = {0};
	for (uint64_t i = 0; i < 100000; i++) {
		assert_true(sieve_add(&distinct, (struct view){(const uint8_t *)&i, sizeof i}, &error));
		/* All of them first; then half of those, and so on. */
		assert_true(i >= 1024 || distinct.count == i + 1);
		assert_true(distinct.count <= 1024 && (i < 1024 || distinct.count >= 400));
	}
	assert_false(distinct.has_repeats);
	assert_int_equal(distinct.zeros, 7);
	uint32_t count = distinct.count;
	for (uint64_t i = 0; i < 100000; i++)
		assert_true(sieve_add(&distinct, (struct view){(const uint8_t *)&i, sizeof i}, &error));
	assert_true(distinct.has_repeats);
	assert_int_equal(distinct.count, count);
	sieve_free(&distinct);
}

static void
numbers_are_kept_evenly(void **state)
{
	(void)state;
	struct spread spread = {0};
	struct point *points;
	size_t count;
	for (int64_t i = 0; i < 100000; i++)
		assert_true(spread_add(&spread, i - 50000, 1000, &error));
	assert_int_equal(spread.count, 1000);
	assert_int_equal(spread.low, -50000);
	assert_int_equal(spread.high, 49999);
	assert_true(spread_points(&spread, &points, &count, &error));
	assert_int_equal(count, 1000);
	assert_true(points[500].value > -6000 && points[500].value < 6000);
	free(points);
	spread_free(&spread);
	assert_true(spread_points(&spread, &points, &count, &error));
	assert_null(points);
}

/* A recipe is the same wherever it is made. */
static void
the_same_numbers_are_kept(void **state)
{
	(void)state;
	struct spread spread = {0};
	int64_t sum = 0;
	for (int64_t i = 0; i < 10000; i++)
		assert_true(spread_add(&spread, i, 100, &error));
	for (uint32_t i = 0; i < spread.count; i++)
		sum += spread.kept[i] * (i + 1);
	assert_int_equal(spread.count, 100);
	assert_int_equal(sum, 26142153);
	spread_free(&spread);
}

static void
equal_numbers_are_one_point(void **state)
{
	(void)state;
	struct spread spread = {0};
	struct point *points;
	size_t count;
	static const int64_t numbers[] = {5, -3, 5, 7, -3, 5};
	for (size_t i = 0; i < 6; i++)
		assert_true(spread_add(&spread, numbers[i], 6, &error));
	assert_true(spread_points(&spread, &points, &count, &error));
	assert_int_equal(count, 3);
	assert_int_equal(points[0].value, -3);
	assert_int_equal(points[0].count, 2);
	assert_int_equal(points[1].count, 3);
	assert_int_equal(points[2].count, 1);
	free(points);
	spread_free(&spread);
}

static void
doubles_keep_their_order(void **state)
{
	(void)state;
	static const double reals[] = {-1e300, -2.5, -1e-300, 0, 1e-300, 2.5, 1e300};
	for (size_t i = 0; i < 7; i++) {
		assert_true(spread_to_double(spread_of_double(reals[i])) == reals[i]);
		if (i > 0)
			assert_true(spread_of_double(reals[i - 1]) < spread_of_double(reals[i]));
	}
	assert_int_equal(spread_of_double(-0.0), spread_of_double(0.0));
}

static void
even_numbers_are_one_bucket(void **state)
{
	(void)state;
	struct point points[100];
	struct bucket buckets[BUCKETS_MOST];
	for (int i = 0; i < 100; i++)
		points[i] = (struct point){i, 10};
	struct bucket_rules rules = {.low = 0, .high = 99, .most = 16, .nearness = 0.01};
	assert_int_equal(buckets_fit(points, 100, &rules, buckets), 1);
	assert_true(buckets[0].low == 0 && buckets[0].high == 99 && buckets[0].weight == 1000);
}

static void
buckets_follow_the_numbers(void **state)
{
	(void)state;
	struct point points[] = {{0, 50}, {1, 30}, {2, 10}, {50, 10}};
	struct bucket buckets[BUCKETS_MOST];
	struct bucket_rules rules = {.low = 0, .high = 50, .most = 16, .nearness = 0.001, .is_exact = true};
	assert_int_equal(buckets_fit(points, 4, &rules, buckets), 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(buckets[i].low, points[i].value);
		assert_int_equal(buckets[i].high, points[i].value);
		assert_true(buckets[i].weight == (double)points[i].count);
	}
	rules.most = 2;
	assert_int_equal(buckets_fit(points, 4, &rules, buckets), 2);
	assert_true(buckets[0].low == 0 && buckets[0].high == 2 && buckets[0].weight == 90);
}

static void
steps_are_round(void **state)
{
	(void)state;
	static const int64_t due[][2] = {
	    {0, 1}, {1, 1}, {2, 2}, {4, 2}, {5, 5}, {9, 5}, {10, 10}, {499, 200}};
	for (size_t i = 0; i < sizeof due / sizeof *due; i++)
		assert_int_equal(buckets_step((double)due[i][0]), due[i][1]);
	assert_int_equal(buckets_floor(17, 5), 15);
	assert_int_equal(buckets_floor(-17, 5), -20);
	assert_int_equal(buckets_floor(-20, 5), -20);
	assert_int_equal(buckets_floor(INT64_MIN, 10), INT64_MIN);
	assert_int_equal(buckets_floor(INT64_MIN + 7, 10), INT64_MIN);
	assert_int_equal(buckets_floor(INT64_MIN + 8, 10), INT64_MIN + 8);
	assert_int_equal(buckets_floor(INT64_MAX, 10), INT64_MAX - 7);
	assert_int_equal(buckets_floor(0, 10), 0);
	assert_int_equal(buckets_floor(-1, 10), -10);
	assert_int_equal(buckets_step(1e18), INT64_C(500000000000000000));
	assert_int_equal(buckets_step(-5), 1);
	assert_int_equal(buckets_step(99999), 50000);
	assert_int_equal(buckets_step(100000), 100000);
}

static void
what_stands_out_is_told(void **state)
{
	(void)state;
	struct point points[] = {{1, 20}, {2, 20}, {3, 20}, {4, 120}, {5, 20}};
	struct often often;
	often_open(&often, points, 5);
	assert_false(often_tell(&often, 2, 0.1));
	assert_true(often_tell(&often, 4, 0.6));
	assert_int_equal(often.count, 4);
	assert_int_equal(often.told_count, 1);
	/* It counts no more among those around others. */
	assert_false(often_tell(&often, 5, 0.008));
	assert_true(often_tell(&often, 5, 0.1));
}

static void
write_choice(struct choice *choice, const char *due)
{
	struct paper paper = {.error = &error};
	choice_write(choice, &paper, 1);
	assert_false(paper.has_failed);
	assert_true(view_equal((struct view){paper.out.data, paper.out.size}, view_of_text(due)));
	paper_free(&paper);
}

static void
add_to(struct choice *choice, double weight, const char *text)
{
	choice_next(choice, weight);
	paper_put(&choice->paper, "%s", text);
}

static void
shares_add_up(void **state)
{
	(void)state;
	struct choice choice = {.paper.error = &error};
	write_choice(&choice, "null");
	add_to(&choice, 5, "a");
	write_choice(&choice, "a");
	add_to(&choice, 5, "a");
	add_to(&choice, 0, "b");
	add_to(&choice, 5, "c");
	write_choice(&choice, "a | c");
	add_to(&choice, 2, "a");
	add_to(&choice, 1, "b");
	write_choice(&choice, "a 66.667% | b");
	add_to(&choice, 1, "a");
	add_to(&choice, 1e9, "b");
	add_to(&choice, 1, "c");
	write_choice(&choice, "a 0.001% | b 99.998% | c");
	for (unsigned i = 0; i < 5; i++)
		add_to(&choice, i < 2 ? 1 : 2, "x");
	write_choice(&choice, "x 12.5%\n\t| x 12.5%\n\t| x 25%\n\t| x 25%\n\t| x");
	choice_free(&choice);
}

static void
expect_kind(struct seen *seen, const char *text, bool is_json, const char *kinds)
{
	struct buffer made = {0};
	seen_add(seen, view_of_text(text));
	assert_true(stand_in(seen, view_of_text(text), is_json, &made, &error));
	assert_int_equal(made.size, strlen(kinds));
	assert_false(view_equal((struct view){made.data, made.size}, view_of_text(text)));
	for (size_t i = 0; i < made.size; i++) {
		uint8_t byte = made.data[i], kind = (uint8_t)kinds[i];
		bool fits = kind == 'l'   ? byte >= 'a' && byte <= 'z'
		            : kind == 'U' ? byte >= 'A' && byte <= 'Z'
		            : kind == 'd' ? byte >= '0' && byte <= '9'
		            : kind == 'x' ? (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f')
		                          : byte == kind;
		assert_true(fits);
	}
	buffer_free(&made);
}

static void
stand_ins_are_of_the_same_kind(void **state)
{
	(void)state;
	struct seen seen;
	assert_true(seen_open(&seen, &error));
	expect_kind(&seen, "Ab-12 c", false, "Ul-dd l");
	expect_kind(&seen, "deadbeef-01", false, "xxxxxxxx-xx");
	expect_kind(
	    &seen, "{\"ab\": [12, true, \"\\u00e9\\n\"]}", true, "{\"ll\": [dd, true, \"\\u00e9\\n\"]}");
	/* None of the 10 digits is left for the eleventh. */
	for (char digit = '1'; digit <= '9'; digit++)
		seen_add(&seen, (struct view){(const uint8_t *)&digit, 1});
	expect_kind(&seen, "5", false, "dl");
	seen_close(&seen);
}

static void
stand_ins_are_none_of_the_sample(void **state)
{
	(void)state;
	struct seen seen;
	struct buffer made = {0};
	char text[3] = "";
	assert_true(seen_open(&seen, &error));
	for (char a = 'a'; a <= 'z'; a++)
		for (char b = 'a'; b <= 'y'; b++) {
			snprintf(text, sizeof text, "%c%c", a, b);
			seen_add(&seen, view_of_text(text));
		}
	assert_true(stand_in(&seen, view_of_text("ab"), false, &made, &error));
	assert_true(made.data[1] == 'z' || made.size > 2);
	assert_true(seen_has(&seen, (struct view){made.data, made.size}));
	assert_false(seen_has(&seen, view_of_text("no text of it")));
	seen_forget_taken(&seen);
	assert_false(seen_has(&seen, (struct view){made.data, made.size}));
	assert_true(seen_has(&seen, view_of_text("ab")));
	seen_add(&seen, view_of_text("xyz"));
	assert_true(seen_within(&seen, view_of_text("==xyz==")));
	buffer_free(&made);
	seen_close(&seen);
}

/* Pieces of 3 to 48 bytes of a text of up to 256. */
static void
what_is_within_a_text_is_seen(void **state)
{
	(void)state;
	struct seen seen;
	uint8_t text[300];
	assert_true(seen_open(&seen, &error));
	memset(text, 'x', sizeof text);
	seen_add(&seen, view_of_text("ab"));
	seen_add(&seen, view_of_text("abc"));
	assert_true(seen_within(&seen, view_of_text("ab")));
	assert_false(seen_within(&seen, view_of_text("ab-")));
	assert_false(seen_within(&seen, view_of_text("-ab")));
	assert_true(seen_within(&seen, view_of_text("abc---")));
	assert_true(seen_within(&seen, view_of_text("-abc--")));
	assert_true(seen_within(&seen, view_of_text("---abc")));
	assert_false(seen_within(&seen, view_of_text("--ab-c")));
	memcpy(text + 253, "abc", 3);
	assert_false(seen_within(&seen, (struct view){text, 255}));
	assert_true(seen_within(&seen, (struct view){text, 256}));
	assert_false(seen_within(&seen, (struct view){text, 257}));
	memset(text, 'y', sizeof text);
	seen_add(&seen, (struct view){text, 49});
	text[0] = 'z';
	assert_true(seen_within(&seen, (struct view){text + 1, 49}));
	assert_false(seen_within(&seen, (struct view){text, 50}));
	seen_add(&seen, (struct view){text + 1, 48});
	assert_false(seen_within(&seen, (struct view){text, 48}));
	assert_true(seen_within(&seen, (struct view){text, 49}));
	assert_true(seen_within(&seen, (struct view){text, 50}));
	seen_close(&seen);
}

static void
times_have_one_form(void **state)
{
	(void)state;
	static const struct {
		const char *first, *second;
		bool are_times;
	} cases[] = {
	    {"2024-01-01", "2024-02-29", true},
	    {"2024-01-01", "2024-02-30", false},
	    {"2024-01-01", "2024-01-01T00:00:00", false},
	    {"2024-01-01T00:00:00Z", "2024-01-01T23:59:59.123Z", true},
	    {"2024-01-01T00:00:00Z", "2024-01-01T00:00:00", false},
	    {"2024-01-01T00:00:00", "2024-01-01 00:00:00", false},
	    {"2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00Z", true},
	    {"2024-01-01T00:00", "2024-01-01T00:00", false},
	    {"0001-01-01", "9999-12-31", true},
	    {"0000-12-31", "0001-01-01", false},
	    {"2024-01-01T00:00:00.123456789Z", "2024-01-01T00:00:00Z", true},
	    {"2024-01-01T00:00:00.1234567890Z", "2024-01-01T00:00:00Z", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct times times = {0};
		assert_false(times_are(&times));
		assert_true(times_add(&times, view_of_text(cases[i].first), 10, &error));
		assert_true(times_add(&times, view_of_text(cases[i].second), 10, &error));
		assert_int_equal(times_are(&times), cases[i].are_times);
		times_free(&times);
	}
}

/* Of all fields together. */
static void
fields_share_what_is_counted(void **state)
{
	(void)state;
	static const struct {
		uint32_t fields, tally_most, kept_most;
	} known[] = {{1, 1024, 8192}, {512, 1024, 8192}, {513, 1024, 8176}, {1024, 1024, 4096},
	    {1025, 1023, 4092}, {16384, 64, 256}, {20000, 64, 256}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct guess guess = {.count = known[i].fields};
		struct profile profile;
		guess.nodes = calloc(guess.count, sizeof *guess.nodes);
		assert_non_null(guess.nodes);
		assert_true(profile_open(&profile, &guess, &error));
		assert_int_equal(profile.tally_most, known[i].tally_most);
		assert_int_equal(profile.kept_most, known[i].kept_most);
		profile_close(&profile);
		free(guess.nodes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frequent_values_are_exact),
	    cmocka_unit_test(few_values_are_all_there),
	    cmocka_unit_test(those_without_a_life_go),
	    cmocka_unit_test(values_of_128_bytes_have_room),
	    cmocka_unit_test(large_values_leave_no_room_for_others),
	    cmocka_unit_test(some_of_all_values_are_kept),
	    cmocka_unit_test(numbers_are_kept_evenly),
	    cmocka_unit_test(the_same_numbers_are_kept),
	    cmocka_unit_test(equal_numbers_are_one_point),
	    cmocka_unit_test(doubles_keep_their_order),
	    cmocka_unit_test(even_numbers_are_one_bucket),
	    cmocka_unit_test(buckets_follow_the_numbers),
	    cmocka_unit_test(steps_are_round),
	    cmocka_unit_test(what_stands_out_is_told),
	    cmocka_unit_test(shares_add_up),
	    cmocka_unit_test(stand_ins_are_of_the_same_kind),
	    cmocka_unit_test(stand_ins_are_none_of_the_sample),
	    cmocka_unit_test(what_is_within_a_text_is_seen),
	    cmocka_unit_test(times_have_one_form),
	    cmocka_unit_test(fields_share_what_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
