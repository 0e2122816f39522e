/* Snapshots: written, read back, cut, damaged, of another version. */
#include "lib/meter/meter.h"
#include "lib/meter/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t now_ns;

static uint64_t
test_clock(void)
{
	return now_ns;
}

static void
start_with(const char *properties, const char *path)
{
	struct meter_config config;
	struct nest_error error;
	meter_config_init(&config);
	assert_true(meter_config_parse(&config, view_of_text(properties), NULL, NULL, &error));
	struct meter_options options = {.config = &config,
	    .clock = test_clock,
	    .quiet = true,
	    .snapshot = path,
	    .config_path = "some.properties"};
	assert_true(meter_start(&options, &error));
}

static int
stop(void **state)
{
	(void)state;
	meter_stop();
	return 0;
}

/* main (100) calls work twice (10, 30), of which the second calls leaf (5). */
static void
run(void)
{
	uint32_t main_name = meter_name("app.main", 8), work = meter_name("app.work", 8);
	uint32_t leaf = meter_name("app.leaf", 8);
	nest_frame root = meter_enter(main_name);
	now_ns += 60;
	nest_frame frame = meter_enter(work);
	now_ns += 10;
	meter_leave(frame);
	frame = meter_enter(work);
	now_ns += 25;
	nest_frame inner = meter_enter(leaf);
	now_ns += 5;
	meter_leave(inner);
	meter_leave(frame);
	meter_leave(root);
}

static struct buffer
encode(void)
{
	struct buffer bytes = {0};
	struct nest_error error;
	assert_true(snapshot_encode(&bytes, &error));
	return bytes;
}

static void
what_is_written_is_read(void **state)
{
	(void)state;
	struct snapshot snapshot;
	struct nest_error error;
	start_with("tracking.enabled=true\nhotspot.enabled=true\nhotspot.initial=4\nmeters=clock.cpu", NULL);
	nest_probe_process("stage one\n");
	run();
	meter_leave(99);
	struct buffer bytes = encode();
	if (!snapshot_decode(&snapshot, (struct view){bytes.data, bytes.size}, "here", &error))
		fail_msg("%s", error.text);
	assert_string_equal(snapshot.process, "stage one?");
	assert_string_equal(snapshot.program, "test_meter_snapshot");
	assert_string_equal(snapshot.config_path, "some.properties");
	assert_non_null(strstr(snapshot.config, "j.s.p.hotspot.initial=4\n"));
	assert_non_null(strstr(snapshot.command, "test_meter_snapshot"));
	assert_int_equal(snapshot.pid, getpid());
	assert_true(snapshot.adapting);
	assert_int_equal(snapshot.elapsed_ns, 100);
	assert_int_equal(snapshot.meter_count, 2);
	assert_string_equal(snapshot.meters[0].name, "clock.time");
	assert_string_equal(snapshot.meters[1].name, "clock.cpu");
	assert_int_equal(snapshot.name_count, 3);
	const struct snapshot_name *work = &snapshot.names[1];
	assert_string_equal(work->name, "app.work");
	assert_int_equal(work->merged.count, 1);
	assert_int_equal(work->merged.sums[0].total, 10);
	assert_int_equal(work->disabled_call, 1);
	assert_int_equal(work->disabled_ns, 70);
	assert_int_equal(work->labels, SNAPSHOT_LABEL_DISABLED);
	assert_true(work->score == 0 && work->debit == 4 && work->credit == 0 && work->evaluations == 1);
	const struct snapshot_sum *root = &snapshot.names[0].merged.sums[0];
	assert_true(root->total == 100 && root->inherent_total == 85 && root->min == 100 && root->max == 100);
	assert_int_equal(snapshot.node_count, 3);
	assert_int_equal(snapshot.nodes[2].parent, 1);
	assert_int_equal(snapshot.nodes[2].sums[0].inherent, 5);
	for (size_t i = 0; i < snapshot.trouble_count; i++)
		assert_int_equal(
		    snapshot.troubles[i].count, strcmp(snapshot.troubles[i].what, "unmatched") == 0);
	snapshot_free(&snapshot);
	buffer_free(&bytes);
}

/* Of many functions with one name, each is where it is; a place that is known already is not kept twice. */
static void
places_are_kept_with_their_names(void **state)
{
	(void)state;
	enum { PLACES = 5 };
	struct snapshot snapshot;
	struct nest_error error;
	char files[PLACES][16];
	start_with(
	    "tierpoint.enabled=true\ntierpoint.tiers=a\ntierpoint.tier.a.name.groups=file:3.c\n", NULL);
	uint32_t name = METER_NO_NAME;
	for (int i = 0; i < 2 * PLACES; i++) {
		snprintf(files[i % PLACES], sizeof *files, "/src/%d.c", i % PLACES);
		const struct meter_place place = {i % PLACES == 1 ? "/lib/b\n" : "/lib/b", files[i % PLACES]};
		name = meter_name_at("f", 1, &place);
		assert_int_equal(meter_name_wanted(name), i >= 3);
	}
	assert_int_equal(meter_name("f", 1), name);
	assert_false(meter_name_wanted(meter_name("g", 1)));
	struct buffer bytes = encode();
	assert_true(snapshot_decode(&snapshot, (struct view){bytes.data, bytes.size}, "here", &error));
	assert_int_equal(snapshot.name_count, 2);
	const struct meter_places *places = &snapshot.names[0].places;
	assert_int_equal(places->count, PLACES);
	for (int i = 0; i < PLACES; i++) {
		assert_string_equal(places->places[i].object, i == 1 ? "/lib/b?" : "/lib/b");
		assert_string_equal(places->places[i].file, files[i]);
	}
	assert_int_equal(snapshot.names[1].places.count, 0);
	snapshot_free(&snapshot);
	buffer_free(&bytes);
}

static void
a_full_tree_keeps_the_sum(void **state)
{
	(void)state;
	struct snapshot snapshot;
	struct nest_error error;
	start_with("tracking.enabled=true\ntracking.limit=2", NULL);
	run();
	run();
	struct buffer bytes = encode();
	assert_true(snapshot_decode(&snapshot, (struct view){bytes.data, bytes.size}, "here", &error));
	assert_int_equal(snapshot.node_count, 2);
	assert_int_equal(snapshot.nodes[0].sums[0].total, 200);
	assert_int_equal(snapshot.nodes[0].sums[0].inherent, 120);
	assert_int_equal(snapshot.nodes[1].sums[0].total, 80);
	assert_int_equal(snapshot.nodes[1].sums[0].inherent, 80);
	assert_int_equal(meter_troubles().nodes_refused, 2);
	assert_non_null(strstr(snapshot.notes, "tracking.limit"));
	snapshot_free(&snapshot);
	buffer_free(&bytes);
}

static void
the_last_calls_are_kept(void **state)
{
	(void)state;
	struct snapshot snapshot;
	struct nest_error error;
	static const struct {
		const char *properties, *note;
		size_t kept;
	} cases[] = {
	    {"", "", 0},
	    {"timeline.enabled=true", "", 4},
	    {"timeline.enabled=true\ntimeline.limit=4", "", 4},
	    {"timeline.enabled=true\ntimeline.limit=3", "the oldest 1 calls are not in it", 3},
	    {"timeline.enabled=true\ntimeline.limit=1", "the oldest 3 calls are not in it", 1},
	};
	static const struct snapshot_call calls[] = {{0, 0, 100}, {1, 70, 30}, {2, 95, 5}, {1, 60, 10}};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		now_ns = 0;
		start_with(cases[c].properties, NULL);
		run();
		struct buffer bytes = encode();
		assert_true(
		    snapshot_decode(&snapshot, (struct view){bytes.data, bytes.size}, "here", &error));
		const struct snapshot_context *context = &snapshot.contexts[0];
		assert_int_equal(context->call_count, cases[c].kept);
		assert_int_equal(context->calls_made, cases[c].kept > 0 ? 4 : 0);
		for (size_t i = 0; i < context->call_count; i++)
			assert_true(context->calls[i].name == calls[i].name &&
				    context->calls[i].start_ns == calls[i].start_ns &&
				    context->calls[i].took_ns == calls[i].took_ns);
		assert_non_null(strstr(snapshot.notes, cases[c].note));
		assert_int_equal(*snapshot.notes == '\0', *cases[c].note == '\0');
		snapshot_free(&snapshot);
		buffer_free(&bytes);
		meter_stop();
	}
}

static void
names_are_fit_to_be_shown(void **state)
{
	(void)state;
	start_with("", NULL);
	assert_string_equal(meter_name_text(meter_name("a\x1b[2Jb", 6)), "a?[2Jb");
	assert_string_equal(meter_name_text(meter_name("\xff.x", 3)), "?.x");
	assert_string_equal(meter_name_text(meter_name("\xc3\xa9.x", 4)), "\xc3\xa9.x");
	char *text = malloc(10000);
	assert_non_null(text);
	memset(text, 'x', 10000);
	assert_int_equal(strlen(meter_name_text(meter_name(text, 10000))), METER_NAME_BYTES);
	free(text);
}

static void
every_cut_is_refused(void **state)
{
	(void)state;
	struct snapshot snapshot;
	struct nest_error error;
	start_with("tracking.enabled=true", NULL);
	run();
	struct buffer bytes = encode();
	for (size_t size = 0; size < bytes.size; size++) {
		assert_false(snapshot_decode(&snapshot, (struct view){bytes.data, size}, "here", &error));
		assert_int_equal(error.status, NEST_INVALID);
		assert_null(snapshot.memory);
		assert_non_null(strstr(error.text, size == 0 ? "empty" : "cut short"));
	}
	buffer_free(&bytes);
}

static void
every_changed_byte_is_refused(void **state)
{
	(void)state;
	struct snapshot snapshot;
	struct nest_error error;
	start_with("", NULL);
	run();
	struct buffer bytes = encode();
	for (size_t i = 0; i < bytes.size; i++) {
		bytes.data[i] ^= 0x20;
		assert_false(
		    snapshot_decode(&snapshot, (struct view){bytes.data, bytes.size}, "here", &error));
		bytes.data[i] ^= 0x20;
	}
	buffer_free(&bytes);
}

/* Puts SIZE and checksum right, so that damage gets past them. */
static void
seal(struct buffer *bytes)
{
	struct view body = {bytes->data + SNAPSHOT_HEAD_BYTES, bytes->size - SNAPSHOT_HEAD_BYTES};
	uint32_t checksum = snapshot_checksum(body);
	for (int i = 0; i < 4; i++)
		bytes->data[27 + i] = (uint8_t)(checksum >> (24 - 8 * i));
}

static void
damage_behind_the_checksum_never_crashes(void **state)
{
	(void)state;
	struct snapshot snapshot;
	struct nest_error error;
	start_with("tracking.enabled=true\ntimeline.enabled=true", NULL);
	run();
	struct buffer bytes = encode();
	for (size_t i = SNAPSHOT_HEAD_BYTES; i < bytes.size; i++)
		for (int bit = 0; bit < 8; bit++) {
			bytes.data[i] ^= (uint8_t)(1 << bit);
			seal(&bytes);
			if (snapshot_decode(&snapshot, (struct view){bytes.data, bytes.size}, "here", &error))
				snapshot_free(&snapshot);
			else
				assert_non_null(strstr(error.text, "damaged"));
			bytes.data[i] ^= (uint8_t)(1 << bit);
		}
	buffer_free(&bytes);
}

static void
another_version_is_refused(void **state)
{
	(void)state;
	struct snapshot snapshot;
	struct nest_error error;
	start_with("", NULL);
	run();
	struct buffer bytes = encode();
	bytes.data[16]++;
	assert_false(snapshot_decode(&snapshot, (struct view){bytes.data, bytes.size}, "here", &error));
	assert_string_equal(error.text, "here: a snapshot of version 2; this nest-meter reads version 1");
	buffer_free(&bytes);
	assert_false(snapshot_decode(&snapshot, view_of_text("#!/bin/sh\n"), "here", &error));
	assert_string_equal(error.text, "here: not a snapshot of nest-meter");
	assert_false(snapshot_read(&snapshot, "/nonexistent", &error));
	assert_int_equal(error.status, NEST_FAILED);
}

static void
files_come_into_being_whole(void **state)
{
	(void)state;
	char folder[] = "/tmp/test_meter_snapshot.XXXXXX", pattern[128], path[160];
	struct snapshot snapshot;
	struct nest_error error;
	assert_non_null(mkdtemp(folder));
	snprintf(pattern, sizeof pattern, "%s/%%n.%%p.%%%%.snapshot", folder);
	snprintf(path, sizeof path, "%s/test_meter_snapshot.%ld.%%.snapshot", folder, (long)getpid());
	start_with("", pattern);
	assert_true(meter_write_snapshot(&error));
	assert_int_equal(access(path, F_OK), -1); /* nothing to tell yet */
	run();
	for (uint64_t i = 1; i < 3; i++) {
		assert_true(meter_write_snapshot(&error));
		assert_true(snapshot_read(&snapshot, path, &error));
		assert_int_equal(snapshot.names[0].merged.count, i);
		snapshot_free(&snapshot);
		run();
	}
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
	assert_false(meter_write_snapshot(&error));
	assert_int_equal(error.status, NEST_FAILED);
}

static void
the_checksum_is_everybodys(void **state)
{
	(void)state;
	assert_int_equal(snapshot_checksum(view_of_text("123456789")), 0xcbf43926u);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_teardown(name, stop)
	const struct CMUnitTest tests[] = {
	    CASE(what_is_written_is_read),
	    CASE(places_are_kept_with_their_names),
	    CASE(a_full_tree_keeps_the_sum),
	    CASE(the_last_calls_are_kept),
	    CASE(names_are_fit_to_be_shown),
	    CASE(every_cut_is_refused),
	    CASE(every_changed_byte_is_refused),
	    CASE(damage_behind_the_checksum_never_crashes),
	    CASE(another_version_is_refused),
	    CASE(files_come_into_being_whole),
	    cmocka_unit_test(the_checksum_is_everybodys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
