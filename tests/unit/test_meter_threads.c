/* The engine with the machine's clock: threads, forks, signals, probes. */
#include "lib/meter/meter.h"
#include "lib/meter/snapshot.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { THREADS = 4, CALLS = 20000 };

static uint32_t outer_name, inner_name;

static void
start_with_clock(const char *properties, meter_clock *clock)
{
	struct meter_config config;
	struct nest_error error;
	meter_config_init(&config);
	assert_true(meter_config_parse(&config, view_of_text(properties), NULL, NULL, &error));
	struct meter_options options = {.config = &config, .clock = clock, .quiet = true};
	assert_true(meter_start(&options, &error));
	outer_name = meter_name("outer", 5);
	inner_name = meter_name("inner", 5);
}

static void
start_with(const char *properties)
{
	start_with_clock(properties, NULL);
}

static int
stop(void **state)
{
	(void)state;
	meter_stop();
	return 0;
}

struct result {
	uint64_t outer_total, outer_inherent, inner_total, inner_inherent;
};

static void *
work(void *to)
{
	struct result *result = to;
	for (int i = 0; i < CALLS; i++) {
		nest_frame outer = meter_enter(outer_name);
		meter_leave(meter_enter(inner_name));
		nest_frame deep = meter_enter(inner_name);
		meter_leave(meter_enter(inner_name));
		meter_leave(deep);
		meter_leave(outer);
	}
	struct meter_row_view outer = meter_row_here(outer_name), inner = meter_row_here(inner_name);
	*result = (struct result){
	    outer.time.total, outer.time.inherent_total, inner.time.total, inner.time.inherent_total};
	return NULL;
}

static void
run_threads(struct result *results)
{
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &results[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void
sums_hold_in_every_thread(void **state)
{
	(void)state;
	struct result results[THREADS];
	start_with("tracking.enabled=true");
	run_threads(results);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    results[i].outer_inherent + results[i].inner_inherent, results[i].outer_total);
	struct meter_row_view outer = meter_row_all(outer_name), inner = meter_row_all(inner_name);
	assert_int_equal(outer.count, THREADS * CALLS);
	assert_int_equal(inner.count, 3 * THREADS * CALLS);
	assert_int_equal(outer.time.total, outer.time.inherent_total + inner.time.inherent_total);
}

static void
one_scorecard_for_all_threads(void **state)
{
	(void)state;
	struct result results[THREADS];
	start_with(
	    "hotspot.enabled=true\nhotspot.initial=1000000\nhotspot.lower=2000000\nhotspot.upper=3000000\n"
	    "hotspot.threshold=1000000\nhotspot.threshold.inherent=1000000\n");
	run_threads(results);
	struct meter_row_view outer = meter_row_all(outer_name), inner = meter_row_all(inner_name);
	assert_int_equal(outer.score, 1000000 - 4 * THREADS * CALLS);
	assert_int_equal(outer.debit, 4 * THREADS * CALLS);
	assert_int_equal(outer.credit, 0);
	assert_int_equal(inner.score, 1000000 - (int64_t)inner.debit);
}

static uint32_t times_disabled;

static void
note_disabled(uint32_t name)
{
	(void)name;
	__atomic_fetch_add(&times_disabled, 1, __ATOMIC_RELAXED);
}

static void
threads_race_to_disable(void **state)
{
	(void)state;
	struct result results[THREADS];
	start_with("hotspot.enabled=true\nhotspot.threshold=1000000\nhotspot.threshold.inherent=1000000\n");
	times_disabled = 0;
	meter_on_disabled(note_disabled);
	run_threads(results);
	assert_int_equal(times_disabled, 2);
	assert_false(meter_name_wanted(outer_name) || meter_name_wanted(inner_name));
	/* 250 calls, and what was open in the other threads then. */
	assert_in_range(meter_row_all(outer_name).count, 250, 250 + THREADS - 1);
	assert_in_range(meter_row_all(inner_name).count, 250, 250 + 2 * THREADS);
}

static void *
leave_open(void *unused)
{
	(void)unused;
	meter_enter(outer_name);
	return NULL;
}

static void
contexts_serve_one_thread_after_another(void **state)
{
	(void)state;
	pthread_t thread;
	struct nest_error error;
	struct buffer bytes = {0};
	struct snapshot snapshot;
	start_with("");
	for (int i = 0; i < 50; i++) {
		assert_int_equal(pthread_create(&thread, NULL, leave_open, NULL), 0);
		pthread_join(thread, NULL);
	}
	assert_int_equal(meter_troubles().left_open, 50);
	assert_int_equal(meter_row_all(outer_name).count, 50);
	assert_true(snapshot_encode(&bytes, &error));
	assert_true(snapshot_decode(&snapshot, (struct view){bytes.data, bytes.size}, "here", &error));
	assert_int_equal(snapshot.context_count, 1);
	assert_int_equal(snapshot.contexts[0].threads, 50);
	snapshot_free(&snapshot);
	buffer_free(&bytes);
}

static nest_frame shared_frame;

static void *
end_elsewhere(void *unused)
{
	(void)unused;
	nest_frame own = meter_enter(inner_name);
	meter_leave(shared_frame);
	assert_int_equal(meter_innermost(), own);
	meter_leave(own);
	return NULL;
}

static void
an_end_in_another_thread_does_nothing(void **state)
{
	(void)state;
	pthread_t thread;
	start_with("");
	shared_frame = meter_enter(outer_name);
	assert_int_equal(pthread_create(&thread, NULL, end_elsewhere, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(meter_troubles().unmatched, 1);
	assert_int_equal(meter_innermost(), shared_frame);
	meter_leave(shared_frame);
	assert_int_equal(meter_row_all(outer_name).count, 1);
}

static volatile bool going;

static void *
snap_on(void *unused)
{
	(void)unused;
	meter_ignore_thread();
	while (__atomic_load_n(&going, __ATOMIC_RELAXED)) {
		struct nest_error error;
		struct buffer bytes = {0};
		struct snapshot snapshot;
		assert_true(snapshot_encode(&bytes, &error));
		if (!snapshot_decode(&snapshot, (struct view){bytes.data, bytes.size}, "here", &error))
			fail_msg("%s", error.text);
		snapshot_free(&snapshot);
		buffer_free(&bytes);
	}
	return NULL;
}

static void
snapshots_while_threads_run(void **state)
{
	(void)state;
	pthread_t snapper;
	struct result results[THREADS];
	start_with("tracking.enabled=true\nhotspot.enabled=true\nmeters=clock.time,clock.cpu");
	going = true;
	assert_int_equal(pthread_create(&snapper, NULL, snap_on, NULL), 0);
	run_threads(results);
	__atomic_store_n(&going, false, __ATOMIC_RELAXED);
	pthread_join(snapper, NULL);
}

static uint64_t made_up_ns;

static uint64_t
made_up_clock(void)
{
	return __atomic_load_n(&made_up_ns, __ATOMIC_RELAXED);
}

/* How long a call takes that begins then. */
static uint64_t
due(uint64_t start_ns)
{
	return 1 + start_ns % 97;
}

static void *
call_on(void *unused)
{
	(void)unused;
	while (__atomic_load_n(&going, __ATOMIC_RELAXED)) {
		uint64_t start_ns = made_up_clock();
		nest_frame frame = meter_enter(due(start_ns) % 2 == 0 ? outer_name : inner_name);
		__atomic_store_n(&made_up_ns, start_ns + due(start_ns), __ATOMIC_RELAXED);
		meter_leave(frame);
	}
	return NULL;
}

/* Each is of one piece, and right behind the one before it, while the oldest are overwritten. */
static void
calls_of_a_timeline_are_whole(void **state)
{
	(void)state;
	pthread_t caller;
	size_t seen = 0;
	made_up_ns = 0;
	start_with_clock("timeline.enabled=true\ntimeline.limit=50", made_up_clock);
	going = true;
	assert_int_equal(pthread_create(&caller, NULL, call_on, NULL), 0);
	for (int i = 0; i < 2000 || seen < 20000; i++) {
		struct nest_error error;
		struct buffer bytes = {0};
		struct snapshot snapshot;
		assert_true(snapshot_encode(&bytes, &error));
		assert_true(
		    snapshot_decode(&snapshot, (struct view){bytes.data, bytes.size}, "here", &error));
		const struct snapshot_context *context = snapshot.contexts;
		for (size_t c = 0; snapshot.context_count > 0 && c < context->call_count; c++, seen++) {
			const struct snapshot_call *call = &context->calls[c];
			assert_int_equal(call->took_ns, due(call->start_ns));
			assert_int_equal(call->name, call->took_ns % 2 == 0 ? outer_name : inner_name);
			assert_true(c == 0 || call->start_ns + call->took_ns == call[-1].start_ns);
		}
		snapshot_free(&snapshot);
		buffer_free(&bytes);
	}
	__atomic_store_n(&going, false, __ATOMIC_RELAXED);
	pthread_join(caller, NULL);
}

static volatile sig_atomic_t handled;

static void
handle(int signal_number)
{
	(void)signal_number;
	handled++;
	meter_leave(meter_enter(inner_name));
}

/* Meters outer_name until HANDLED_AT_LEAST alarms have come, the first of them within FIRST_NS. */
static void
work_under_alarms(long first_ns, sig_atomic_t handled_at_least)
{
	struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART}, before;
	sigaction(SIGALRM, &action, &before);
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	struct itimerspec period = {{0, 50000}, {0, first_ns}};
	uint64_t calls = 0;
	handled = 0;
	timer_settime(timer, 0, &period, NULL);
	while (handled < handled_at_least) {
		meter_leave(meter_enter(outer_name));
		calls++;
	}
	timer_delete(timer);
	sigaction(SIGALRM, &before, NULL);
	struct meter_troubles troubles = meter_troubles();
	assert_int_equal(meter_row_all(outer_name).count, calls);
	/* One that came while the engine was at work was refused, once for its begin. */
	assert_int_equal(meter_row_all(inner_name).count + troubles.interrupting, (uint64_t)handled);
	assert_int_equal(troubles.unmatched + troubles.abandoned, 0);
	assert_int_equal(meter_innermost(), 0);
}

static void
a_signal_handler_may_be_metered(void **state)
{
	(void)state;
	start_with("");
	work_under_alarms(50000, 200);
}

/* The first call makes the thread's context, which takes long enough to be hit. */
static void
a_signal_handler_may_come_before_its_thread_has_a_context(void **state)
{
	(void)state;
	for (long first_ns = 1000; first_ns < 200000; first_ns += 1000) {
		start_with("");
		work_under_alarms(first_ns, 1);
		meter_stop();
	}
}

enum { HALF_BYTES = 1 << 18 };

static bool interrupts;

/* The engine is at work where it asks for the time. */
static uint64_t
interrupting_clock(void)
{
	static uint64_t now;
	if (interrupts) {
		interrupts = false;
		raise(SIGUSR2);
		interrupts = true;
	}
	return ++now;
}

/* With signals on a stack that lies above the thread's own. */
static void *
work_interrupted(void *stacks)
{
	stack_t upper = {.ss_sp = (char *)stacks + HALF_BYTES, .ss_size = HALF_BYTES};
	sigaltstack(&upper, NULL);
	interrupts = true;
	nest_frame outer = meter_enter(outer_name);
	interrupts = false;
	meter_leave(meter_enter(inner_name));
	meter_leave(outer);
	/* Outside of the engine it is metered there too. */
	raise(SIGUSR2);
	upper.ss_flags = SS_DISABLE;
	sigaltstack(&upper, NULL);
	return NULL;
}

static void
a_handler_on_a_stack_above_does_not_enter_the_engine_twice(void **state)
{
	(void)state;
	start_with_clock("", interrupting_clock);
	struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK}, before;
	sigaction(SIGUSR2, &action, &before);
	void *stacks = mmap(NULL, 2 * HALF_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	assert_int_equal(pthread_attr_setstack(&attributes, stacks, HALF_BYTES), 0);
	assert_int_equal(pthread_create(&thread, &attributes, work_interrupted, stacks), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	munmap(stacks, 2 * HALF_BYTES);
	sigaction(SIGUSR2, &before, NULL);
	struct meter_row_view outer = meter_row_all(outer_name), inner = meter_row_all(inner_name);
	struct meter_troubles troubles = meter_troubles();
	assert_int_equal(troubles.interrupting, 1);
	assert_int_equal(troubles.unmatched + troubles.abandoned, 0);
	assert_int_equal(outer.count, 1);
	assert_int_equal(inner.count, 2);
}

/* How many calls the first thread's timeline has had; UINT64_MAX for no snapshot. */
static uint64_t
calls_made(void)
{
	struct nest_error error;
	struct buffer bytes = {0};
	struct snapshot snapshot;
	if (!snapshot_encode(&bytes, &error) ||
	    !snapshot_decode(&snapshot, (struct view){bytes.data, bytes.size}, "here", &error))
		return UINT64_MAX;
	uint64_t made = snapshot.contexts[0].calls_made;
	snapshot_free(&snapshot);
	buffer_free(&bytes);
	return made;
}

static int
check_child(nest_frame open)
{
	struct meter_row_view inner = meter_row_all(inner_name), outer = meter_row_all(outer_name);
	if (inner.count != 0 || outer.count != 0 || meter_innermost() != open)
		return 1;
	meter_leave(meter_enter(inner_name));
	meter_leave(open);
	inner = meter_row_all(inner_name);
	outer = meter_row_all(outer_name);
	if (inner.count != 1 || outer.count != 1)
		return 2;
	if (outer.time.total != outer.time.inherent_total + inner.time.inherent_total)
		return 3;
	if (calls_made() != 2)
		return 5;
	return meter_troubles().unmatched == 0 && outer.time.total < 1000000000u ? 0 : 4;
}

static void
a_forked_child_starts_afresh(void **state)
{
	(void)state;
	start_with("tracking.enabled=true\ntimeline.enabled=true");
	meter_leave(meter_enter(inner_name));
	nest_frame open = meter_enter(outer_name);
	struct timespec nap = {1, 100000000};
	nanosleep(&nap, NULL);
	pid_t child = fork();
	if (child == 0) {
		meter_forked();
		_exit(check_child(open));
	}
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	meter_leave(open);
	assert_int_equal(meter_row_all(inner_name).count, 1);
}

NEST_PROBE(global_probe, "probe.global");

static void
in_scope(void)
{
	NEST_SCOPE("probe.scope");
}

static void
probes_find_their_names(void **state)
{
	(void)state;
	start_with("hotspot.enabled=true\nhotspot.initial=4\nhotspot.threshold=1000000\n"
		   "hotspot.threshold.inherent=1000000");
	assert_int_equal(global_probe.live, 2);
	nest_frame frame = nest_probe_begin(&global_probe);
	assert_int_not_equal(frame, 0);
	in_scope();
	nest_probe_end(frame);
	assert_int_equal(global_probe.live, 1);
	assert_int_equal(nest_probe_begin(&global_probe), 0);
	assert_int_equal(global_probe.live, 0);
	uint32_t scope = meter_name("probe.scope", 11);
	assert_int_equal(meter_row_all(scope).count, 1);
	assert_int_equal(meter_row_all(meter_name("probe.global", 12)).count, 1);
}

static void
probes_are_dead_where_nothing_runs(void **state)
{
	(void)state;
	NEST_PROBE(probe, "never");
	assert_false(meter_running());
	assert_int_equal(nest_probe_begin(&probe), 0);
	assert_int_equal(probe.live, 0);
	nest_probe_end(0);
}

static void
the_clock_is_the_time(void **state)
{
	(void)state;
	start_with("");
	struct timespec before, after, nap = {0, 20000000};
	nest_frame frame = meter_enter(outer_name);
	clock_gettime(CLOCK_MONOTONIC, &before);
	nanosleep(&nap, NULL);
	clock_gettime(CLOCK_MONOTONIC, &after);
	meter_leave(frame);
	double ns = (double)(after.tv_sec - before.tv_sec) * 1e9 + (double)(after.tv_nsec - before.tv_nsec);
	double metered = (double)meter_row_all(outer_name).time.total;
	assert_true(metered > ns * 0.999 && metered < ns * 1.01 + 200000);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_teardown(name, stop)
	const struct CMUnitTest tests[] = {
	    CASE(sums_hold_in_every_thread),
	    CASE(one_scorecard_for_all_threads),
	    CASE(threads_race_to_disable),
	    CASE(contexts_serve_one_thread_after_another),
	    CASE(an_end_in_another_thread_does_nothing),
	    CASE(snapshots_while_threads_run),
	    CASE(calls_of_a_timeline_are_whole),
	    CASE(a_signal_handler_may_be_metered),
	    CASE(a_signal_handler_may_come_before_its_thread_has_a_context),
	    CASE(a_handler_on_a_stack_above_does_not_enter_the_engine_twice),
	    CASE(a_forked_child_starts_afresh),
	    CASE(probes_find_their_names),
	    CASE(the_clock_is_the_time),
	    cmocka_unit_test(probes_are_dead_where_nothing_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
