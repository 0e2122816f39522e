/* The engine's arithmetic, exactly, with a clock that the test drives. */
#include "lib/meter/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static _Thread_local uint64_t now_ns;

static uint64_t
test_clock(void)
{
	return now_ns;
}

static void
start_with(const char *properties)
{
	struct meter_config config;
	struct nest_error error;
	meter_config_init(&config);
	assert_true(meter_config_parse(&config, view_of_text(properties), NULL, NULL, &error));
	struct meter_options options = {.config = &config, .clock = test_clock, .quiet = true};
	now_ns = 1000000;
	assert_true(meter_start(&options, &error));
}

static int
stop(void **state)
{
	(void)state;
	meter_on_disabled(NULL);
	meter_stop();
	return 0;
}

static uint32_t
name(const char *text)
{
	return meter_name(text, strlen(text));
}

/* One call of NAME, of which INNER nanoseconds in a frame nested in it. */
static void
call(uint32_t called, uint32_t nested, uint64_t total_ns, uint64_t inner_ns)
{
	nest_frame frame = meter_enter(called);
	now_ns += total_ns - inner_ns;
	if (inner_ns > 0) {
		nest_frame inner = meter_enter(nested);
		assert_int_not_equal(inner, 0);
		now_ns += inner_ns;
		meter_leave(inner);
	}
	meter_leave(frame);
}

/* ---- the scorecard ---- */

static void
over_both_is_a_hotspot_after_500(void **state)
{
	(void)state;
	start_with("hotspot.enabled=true");
	uint32_t a = name("a");
	for (int i = 1; i <= 500; i++) {
		assert_false(meter_name_has_label(a, "hotspot"));
		call(a, 0, 10000, 0);
		assert_int_equal(meter_row_all(a).score, 1000 + 2 * i);
	}
	assert_true(meter_name_has_label(a, "hotspot"));
	assert_int_equal(meter_row_all(a).credit, 1000);
	assert_int_equal(meter_row_all(a).debit, 0);
}

static void
over_one_is_disabled_after_1000(void **state)
{
	(void)state;
	start_with(
	    "j.s.p.hotspot.enabled=true\n"
	    "autolabel.enabled=true\nautolabel.labels=hotspot\nautolabel.label.hotspot.name.groups=kept\n");
	uint32_t inclusive = name("a"), inherent = name("b"), kept = name("kept");
	for (int i = 1; i <= 1000; i++) {
		assert_true(meter_name_wanted(inclusive) && meter_name_wanted(inherent));
		call(inclusive, kept, 10000, 8001); /* 1999 inherent */
		call(inherent, 0, 9999, 0);
		assert_int_equal(meter_row_all(inclusive).score, 1000 - i);
		assert_int_equal(meter_row_all(inherent).score, 1000 - i);
	}
	assert_false(meter_name_wanted(inclusive) || meter_name_wanted(inherent));
	assert_true(meter_name_has_label(inclusive, "disabled"));
	assert_int_equal(meter_enter(inclusive), 0);
	assert_int_equal(meter_row_all(inclusive).count, 1000);
	assert_int_equal(meter_row_all(inclusive).credit, 1000);
	assert_int_equal(meter_row_all(inclusive).debit, 2000);
	assert_int_equal(meter_row_all(inherent).credit, 1000);
}

static uint32_t disabled_name, disabled_times;

static void
note_disabled(uint32_t which)
{
	disabled_name = which;
	disabled_times++;
}

static void
under_both_is_disabled_after_250(void **state)
{
	(void)state;
	start_with("jxinsight.server.probes.hotspot.enabled=true");
	disabled_times = 0;
	meter_on_disabled(note_disabled);
	name("before");
	uint32_t a = name("a");
	for (int i = 1; i <= 250; i++) {
		assert_int_equal(disabled_times, 0);
		call(a, 0, 1999, 0);
		assert_int_equal(meter_row_all(a).score, 1000 - 4 * i);
	}
	assert_false(meter_name_wanted(a));
	assert_int_equal(disabled_times, 1);
	assert_int_equal(disabled_name, a);
	call(a, 0, 1999, 0);
	assert_int_equal(meter_row_all(a).count, 250);
}

static void
starting_as_a_hotspot_is_lost(void **state)
{
	(void)state;
	start_with("hotspot.enabled=true\nhotspot.initial=5000\nhotspot.lower=5000");
	uint32_t a = name("a"), b = name("b");
	assert_true(meter_name_has_label(a, "hotspot"));
	call(a, 0, 1, 0);
	assert_false(meter_name_has_label(a, "hotspot"));
	call(a, 0, 10000, 0);
	assert_false(meter_name_has_label(a, "hotspot"));
	call(a, 0, 10000, 0);
	assert_true(meter_name_has_label(a, "hotspot"));
	call(b, 0, 10000, 0);
	assert_true(meter_name_has_label(b, "hotspot"));
	uint32_t c = name("c");
	for (int i = 1; i <= 1250; i++)
		call(c, 0, 1, 0);
	assert_false(meter_name_wanted(c));
	assert_int_equal(meter_row_all(c).count, 1250);
}

static void
the_upper_score_ends_evaluation(void **state)
{
	(void)state;
	start_with("hotspot.enabled=true");
	uint32_t a = name("a");
	for (int i = 0; i < 49500; i++)
		call(a, 0, 10000, 0);
	assert_int_equal(meter_row_all(a).score, 100000);
	for (int i = 0; i < 100000; i++)
		call(a, 0, 1, 0);
	assert_int_equal(meter_row_all(a).score, 100000);
	assert_true(meter_name_has_label(a, "hotspot"));
	assert_int_equal(meter_row_all(a).count, 149500);
}

static void
other_points_and_thresholds(void **state)
{
	(void)state;
	start_with("hotspot.enabled=true\nhotspot.initial=10\nhotspot.lower=20\nhotspot.upper=30\n"
		   "hotspot.threshold=0.5\nhotspot.threshold.credit=7\nhotspot.threshold.debit=0\n"
		   "hotspot.threshold.inherent=0.125\nhotspot.threshold.inherent.credit=0\n"
		   "hotspot.threshold.inherent.debit=5");
	uint32_t a = name("a"), b = name("b");
	call(a, 0, 500, 0);
	assert_int_equal(meter_row_all(a).score, 17);
	call(a, 0, 124, 0);
	assert_int_equal(meter_row_all(a).score, 12);
	call(b, 0, 1, 0);
	call(b, 0, 1, 0);
	assert_int_equal(meter_row_all(b).score, 0);
	assert_false(meter_name_wanted(b));
}

static void
a_frame_open_while_disabled_completes(void **state)
{
	(void)state;
	start_with("hotspot.enabled=true\nhotspot.initial=4");
	uint32_t a = name("a"), b = name("b");
	nest_frame outer = meter_enter(a);
	now_ns += 100;
	nest_frame inner = meter_enter(a);
	now_ns += 10;
	meter_leave(inner);
	assert_false(meter_name_wanted(a));
	assert_int_equal(meter_enter(a), 0);
	call(b, 0, 20, 0);
	meter_leave(outer);
	assert_int_equal(meter_row_all(a).count, 2);
	assert_int_equal(meter_row_all(a).time.total, 130);
	assert_int_equal(meter_row_all(a).time.inherent_total, 110);
	assert_int_equal(meter_innermost(), 0);
	assert_int_equal(meter_troubles().abandoned + meter_troubles().unmatched, 0);
}

/* ---- rows ---- */

static void
a_row_has_count_total_max_min(void **state)
{
	(void)state;
	start_with("");
	uint32_t a = name("a"), b = name("b");
	call(a, b, 100, 30);
	call(a, b, 50, 49);
	call(a, b, 200, 100);
	struct meter_row_view row = meter_row_all(a);
	assert_int_equal(row.count, 3);
	assert_int_equal(row.time.total, 350);
	assert_int_equal(row.time.max, 200);
	assert_int_equal(row.time.min, 50);
	assert_int_equal(row.time.inherent_total, 171);
	assert_int_equal(row.time.inherent_max, 100);
	assert_int_equal(row.time.inherent_min, 1);
	row = meter_row_all(b);
	assert_int_equal(row.time.total, 179);
	assert_int_equal(row.time.inherent_total, 179);
	assert_int_equal(meter_row_all(name("never")).time.min, 0);
}

static uint64_t
recurse(uint32_t which, int depth)
{
	nest_frame frame = meter_enter(which);
	uint64_t metered = frame != 0;
	now_ns += 10;
	if (depth > 1)
		metered += recurse(which, depth - 1);
	meter_leave(frame);
	return metered;
}

static void
recursion_adds_its_total_once(void **state)
{
	(void)state;
	start_with("");
	uint32_t a = name("a");
	assert_int_equal(recurse(a, 5), 5);
	struct meter_row_view row = meter_row_all(a);
	assert_int_equal(row.count, 5);
	assert_int_equal(row.time.total, 50);
	assert_int_equal(row.time.max, 50);
	assert_int_equal(row.time.min, 10);
	assert_int_equal(row.time.inherent_total, 50);
	assert_int_equal(row.time.inherent_max, 10);
}

/* a calls b calls a: 10 ns each. */
static void
call_mutually(uint32_t a, uint32_t b)
{
	nest_frame one = meter_enter(a);
	now_ns += 10;
	nest_frame two = meter_enter(b);
	now_ns += 10;
	nest_frame three = meter_enter(a);
	now_ns += 10;
	nest_frame four = meter_enter(a);
	now_ns += 10;
	meter_leave(four);
	meter_leave(three);
	meter_leave(two);
	meter_leave(one);
}

static void
mutual_recursion(void **state)
{
	(void)state;
	start_with("");
	uint32_t a = name("a"), b = name("b");
	call_mutually(a, b);
	assert_int_equal(meter_row_all(a).count, 3);
	assert_int_equal(meter_row_all(a).time.total, 40);
	assert_int_equal(meter_row_all(a).time.inherent_total, 30);
	assert_int_equal(meter_row_all(b).time.total, 30);
	assert_int_equal(meter_row_all(b).time.inherent_total, 10);
}

static void
nonrecursive_counts_fall_and_cost_stays(void **state)
{
	(void)state;
	start_with("nonrecursive.enabled=true");
	uint32_t a = name("a"), b = name("b");
	assert_int_equal(recurse(a, 5), 1);
	assert_int_equal(meter_row_all(a).time.total, 50);
	assert_int_equal(meter_row_all(a).time.inherent_total, 50);
	uint32_t c = name("c");
	call_mutually(c, b);
	assert_int_equal(meter_row_all(c).count, 2);
	assert_int_equal(meter_row_all(c).time.total, 40);
	assert_int_equal(meter_row_all(c).time.inherent_total, 30);
}

static void
nonreentrant_is_metered_once_on_a_stack(void **state)
{
	(void)state;
	start_with("nonreentrant.enabled=true");
	uint32_t a = name("a"), b = name("b");
	call_mutually(a, b);
	assert_int_equal(meter_row_all(a).count, 1);
	assert_int_equal(meter_row_all(a).time.total, 40);
	assert_int_equal(meter_row_all(a).time.inherent_total, 10);
	assert_int_equal(meter_row_all(b).time.inherent_total, 30);
	call_mutually(a, b);
	assert_int_equal(meter_row_all(a).count, 2);
}

/* ---- tiers ---- */

static const char tiers[] = "tierpoint.enabled=true\ntierpoint.tiers=A,B\n"
			    "tierpoint.tier.A.name.groups=a\ntierpoint.tier.B.name.groups=b, a.deep.b\n";

static void
only_crossings_into_a_tier_count(void **state)
{
	(void)state;
	start_with(tiers);
	uint32_t one = name("a.one"), two = name("a.two"), b = name("b.one"), none = name("none");
	uint32_t similar = name("ab"), deep = name("a.deep.b.x");

	/* A to A: one row hit. */
	call(one, 0, 10, 0);
	nest_frame frame = meter_enter(one);
	now_ns += 10;
	assert_int_equal(meter_enter(two), 0);
	now_ns += 10;
	/* A to B to A: two more. */
	nest_frame into_b = meter_enter(b);
	assert_int_not_equal(into_b, 0);
	now_ns += 10;
	nest_frame back = meter_enter(two);
	assert_int_not_equal(back, 0);
	now_ns += 10;
	meter_leave(back);
	assert_int_equal(meter_enter(deep), 0); /* in B already */
	meter_leave(into_b);
	assert_int_equal(meter_enter(none), 0);
	assert_int_equal(meter_enter(similar), 0);
	meter_leave(frame);

	assert_int_equal(meter_row_all(one).count, 2);
	assert_int_equal(meter_row_all(two).count, 1);
	assert_int_equal(meter_row_all(b).count, 1);
	/* The root's elapsed time is the sum of inherents. */
	assert_int_equal(meter_row_all(one).time.total, 10 + 40);
	assert_int_equal(meter_row_all(one).time.inherent_total + meter_row_all(two).time.inherent_total +
			     meter_row_all(b).time.inherent_total,
	    50);
	assert_int_equal(meter_enter(none), 0);
}

static uint32_t told;

static void
note_useless(uint32_t name_told)
{
	told = name_told;
}

static void
skipped_calls_are_counted_and_useless_names_are_given_up(void **state)
{
	(void)state;
	start_with(tiers);
	told = METER_NO_NAME;
	meter_on_disabled(note_useless);
	uint32_t around = name("a"), inside = name("a.inside"), seldom = name("a.seldom"),
		 none = name("none");
	/* In no tier: not to be met at all, but nothing has disabled it. */
	assert_false(meter_name_wanted(none));
	assert_false(meter_name_has_label(none, "disabled"));

	call(seldom, 0, 10, 0);
	nest_frame frame = meter_enter(around);
	for (int i = 0; i < 4095; i++) {
		assert_int_equal(meter_enter(inside), 0);
		assert_int_equal(meter_enter(seldom), 0);
	}
	assert_int_equal(meter_row_all(inside).skipped, 4095);
	assert_int_equal(meter_row_all(inside).count, 0);
	assert_true(meter_name_wanted(inside));
	assert_int_equal(meter_enter(seldom), 0);
	assert_true(meter_name_wanted(seldom)); /* has crossed once, and may again */
	assert_int_equal(told, METER_NO_NAME);
	assert_int_equal(meter_enter(inside), 0);
	assert_false(meter_name_wanted(inside));
	assert_int_equal(told, inside);
	meter_leave(frame);
	meter_on_disabled(NULL);
}

/* ---- labels, sets ---- */

static void
autolabel_keeps_and_disables(void **state)
{
	(void)state;
	start_with("hotspot.enabled=true\nautolabel.enabled=true\nautolabel.labels=hotspot disabled odd\n"
		   "autolabel.label.hotspot.name.groups=app.main,app.wrap.keep\n"
		   "autolabel.label.disabled.name.groups=app.wrap,both\nautolabel.label.odd.name.groups=*\n");
	uint32_t main_name = name("app.main"), wrap = name("app.wrap.x"), keep = name("app.wrap.keep.y");
	assert_true(meter_name_has_label(main_name, "hotspot"));
	assert_false(meter_name_wanted(wrap));
	assert_true(meter_name_has_label(wrap, "disabled"));
	assert_true(meter_name_has_label(wrap, "odd"));
	assert_false(meter_name_has_label(wrap, "even"));
	assert_true(meter_name_wanted(keep));
	assert_true(meter_name_has_label(keep, "hotspot"));
	for (int i = 0; i < 3000; i++)
		call(main_name, 0, 1, 0);
	assert_true(meter_name_has_label(main_name, "hotspot"));
	assert_int_equal(meter_row_all(main_name).count, 3000);
	assert_int_equal(meter_row_all(main_name).score, 1000);
}

static void
a_set_leaves_others_out(void **state)
{
	(void)state;
	struct meter_set set;
	struct nest_error error;
	assert_true(meter_set_parse(&set, view_of_text("# two\nb\thotspot fine\n\na\nb\n"), &error));
	assert_int_equal(set.count, 2);
	struct meter_options options = {.set = &set, .clock = test_clock, .quiet = true};
	assert_true(meter_start(&options, &error));
	assert_int_equal(name("c"), METER_NO_NAME);
	assert_int_equal(meter_enter(name("c")), 0);
	uint32_t a = name("a"), b = name("b");
	assert_int_not_equal(a, METER_NO_NAME);
	assert_false(meter_name_has_label(a, "hotspot"));
	assert_true(meter_name_has_label(b, "hotspot") && meter_name_has_label(b, "fine"));
	assert_int_equal(meter_name_count(), 2);
}

/* ---- what does not match ---- */

static void
a_missing_end_is_closed_by_the_outer(void **state)
{
	(void)state;
	start_with("");
	uint32_t a = name("a"), b = name("b"), c = name("c");
	nest_frame outer = meter_enter(a);
	now_ns += 10;
	meter_enter(b);
	now_ns += 10;
	nest_frame lost = meter_enter(c);
	now_ns += 10;
	meter_leave(outer);
	assert_int_equal(meter_troubles().abandoned, 2);
	assert_int_equal(meter_row_all(b).time.inherent_total, 10);
	assert_int_equal(meter_row_all(c).time.total, 10);
	assert_int_equal(meter_row_all(a).time.inherent_total, 10);
	/* An end without its frame does nothing, also when the place on the stack is another's by now. */
	meter_leave(lost);
	nest_frame next = meter_enter(b);
	meter_leave(outer);
	meter_leave(lost);
	assert_int_equal(meter_troubles().unmatched, 3);
	assert_int_equal(meter_innermost(), next);
	meter_leave(next);
	meter_leave(0);
	meter_leave(12345);
	assert_int_equal(meter_row_all(b).count, 2);
	assert_int_equal(meter_innermost(), 0);
}

static void
abandoning_above(void **state)
{
	(void)state;
	start_with("");
	uint32_t a = name("a"), b = name("b");
	nest_frame outer = meter_enter(a);
	meter_enter(b);
	meter_enter(b);
	meter_abandon_above(outer);
	assert_int_equal(meter_innermost(), outer);
	assert_int_equal(meter_row_all(b).count, 2);
	meter_abandon_above(0);
	assert_int_equal(meter_innermost(), 0);
	assert_int_equal(meter_troubles().abandoned, 3);
	meter_abandon_above(99);
	assert_int_equal(meter_troubles().unmatched, 1);
}

static void
a_full_stack_is_counted(void **state)
{
	(void)state;
	start_with("");
	uint32_t a = name("a");
	assert_int_equal(recurse(a, METER_STACK_FRAMES + 7), METER_STACK_FRAMES);
	assert_int_equal(meter_troubles().too_deep, 7);
	assert_int_equal(meter_row_all(a).count, METER_STACK_FRAMES);
	assert_int_equal(meter_row_all(a).time.total, 10 * (METER_STACK_FRAMES + 7));
	assert_int_equal(meter_innermost(), 0);
}

/* ---- random programs: sums of inherents equal root totals, whatever is switched on ---- */

static unsigned
draw(unsigned below)
{
	static uint64_t seed = 1;
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

/*
 * Nests calls at random, and forgets some ends; returns the time that frames
 * without a metered frame around them took.  Those always end.
 */
static uint64_t
wander(const uint32_t names[6], int depth)
{
	uint64_t roots = 0;
	for (unsigned calls = 1 + draw(3); calls > 0; calls--) {
		bool inside = meter_innermost() != 0;
		nest_frame frame = meter_enter(names[draw(6)]);
		uint64_t start = now_ns;
		now_ns += draw(4000);
		uint64_t nested = depth > 1 ? wander(names, depth - 1) : 0;
		now_ns += draw(100);
		if (!inside || draw(4) != 0)
			meter_leave(frame);
		if (!inside)
			roots += frame != 0 ? now_ns - start : nested;
	}
	return roots;
}

static void
check_sums(const char *properties)
{
	static const char *const texts[] = {"a.x", "a.y", "b.x", "b.y", "c", "a.x.deep"};
	uint32_t names[6];
	uint64_t roots = 0, inherent = 0;
	start_with(properties);
	for (int i = 0; i < 6; i++)
		names[i] = name(texts[i]);
	for (int i = 0; i < 30; i++) {
		roots += wander(names, 5);
		assert_int_equal(meter_innermost(), 0);
	}
	for (int i = 0; i < 6; i++)
		inherent += meter_row_here(names[i]).time.inherent_total;
	assert_int_equal(inherent, roots);
	assert_int_equal(meter_troubles().unmatched, 0);
	meter_stop();
}

static void
inherents_sum_to_roots(void **state)
{
	(void)state;
	static const char *const switches[] = {"hotspot.enabled=true\nhotspot.initial=200\n",
	    "nonrecursive.enabled=true\n", "nonreentrant.enabled=true\n", tiers,
	    "autolabel.enabled=true\nautolabel.labels=disabled\nautolabel.label.disabled.name.groups=a.y\n",
	    "tracking.enabled=true\ntracking.limit=7\n"};
	for (unsigned which = 0; which < 64; which++) {
		char properties[1024] = "";
		for (unsigned i = 0; i < 6; i++)
			if (which & 1u << i)
				strncat(properties, switches[i], sizeof properties - strlen(properties) - 1);
		check_sums(properties);
	}
}

/* ---- sampling ---- */

static void
start_with_set(const char *text)
{
	struct meter_set set;
	struct nest_error error;
	assert_true(meter_set_parse(&set, view_of_text(text), &error));
	struct meter_options options = {.set = &set, .clock = test_clock, .quiet = true};
	now_ns = 1000000;
	assert_true(meter_start(&options, &error));
}

/* The sums of calls that are all alike are known, whichever of them are metered. */
static void
samples_stand_for_what_is_passed_over(void **state)
{
	(void)state;
	enum { CALLERS = 1000, CALLS = 7, OWN_NS = 300, LEAF_NS = 200, CALLER_NS = 500 };
	start_with_set("caller\nf\tsampled=8\nleaf\tsampled=4\n");
	uint32_t caller = name("caller"), f = name("f"), leaf = name("leaf");
	for (int i = 0; i < CALLERS; i++) {
		nest_frame around = meter_enter(caller);
		now_ns += CALLER_NS;
		for (int j = 0; j < CALLS; j++) {
			nest_frame frame = meter_enter(f), inner;
			now_ns += OWN_NS;
			inner = meter_enter(leaf);
			now_ns += LEAF_NS;
			meter_leave(inner);
			meter_leave(frame);
		}
		meter_leave(around);
	}
	const uint64_t calls = CALLERS * CALLS;
	struct meter_row_view row = meter_row_all(f), leaves = meter_row_all(leaf),
			      callers = meter_row_all(caller);
	assert_int_equal(row.count, calls);
	assert_in_range(row.passed, calls * 3 / 4, calls - 1);
	assert_in_range(row.time.total, calls * (OWN_NS + LEAF_NS) - 1, calls * (OWN_NS + LEAF_NS));
	assert_in_range(row.time.inherent_total, calls * OWN_NS - 1, calls * OWN_NS);
	assert_int_equal(row.time.max, OWN_NS + LEAF_NS);
	assert_int_equal(leaves.count, calls);
	assert_in_range(leaves.passed, calls * 2 / 3, calls - 1);
	assert_in_range(leaves.time.total, calls * LEAF_NS - 1, calls * LEAF_NS);
	assert_int_equal(callers.count, CALLERS);
	assert_int_equal(callers.passed, 0);
	assert_int_equal(callers.time.inherent_total, CALLERS * CALLER_NS);
	assert_int_equal(callers.time.total, now_ns - 1000000);
}

/* Sampling every eighth call alone would take all calls for alike. */
static void
samples_do_not_keep_step(void **state)
{
	(void)state;
	enum { CALLS = 200000, SHORT_NS = 100, LONG_NS = 900 };
	start_with_set("f\tsampled=8\n");
	uint32_t f = name("f");
	for (int i = 0; i < CALLS; i++)
		call(f, 0, i % 8 == 0 ? LONG_NS : SHORT_NS, 0);
	struct meter_row_view row = meter_row_all(f);
	uint64_t total = now_ns - 1000000;
	assert_int_equal(row.count, CALLS);
	assert_in_range(row.time.total, total * 97 / 100, total * 103 / 100);
}

/* A call a millisecond stands for itself, whatever is passed over: rare long calls are not multiplied. */
static void
long_calls_are_seen(void **state)
{
	(void)state;
	enum { ROUNDS = 200, CALLS = 100, SHORT_NS = 100, LONG_NS = 5000000 };
	start_with_set("around\nf\tsampled=64\n");
	uint32_t around = name("around"), f = name("f");
	for (int i = 0; i < ROUNDS; i++) {
		nest_frame frame = meter_enter(around);
		for (int j = 0; j < CALLS; j++)
			call(f, 0, j == 0 ? LONG_NS : SHORT_NS, 0);
		meter_leave(frame);
	}
	struct meter_row_view row = meter_row_all(f);
	uint64_t total = now_ns - 1000000;
	assert_int_equal(row.count, ROUNDS * CALLS);
	assert_in_range(row.time.total, total * 97 / 100, total * 103 / 100);
	assert_in_range(meter_row_all(around).time.inherent_total, 0, total * 3 / 100);
}

/* Also where gaps are longer than the millisecond after which a call is metered out of turn. */
static void
the_average_moves_with_the_program(void **state)
{
	(void)state;
	enum { CALLS = 1000000, BEFORE_NS = 1000, AFTER_NS = 3000 };
	start_with_set("around\nf\tsampled=1024\n");
	uint32_t around = name("around"), f = name("f");
	nest_frame frame = meter_enter(around);
	for (int i = 0; i < CALLS; i++)
		call(f, 0, i < CALLS / 2 ? BEFORE_NS : AFTER_NS, 0);
	meter_leave(frame);
	uint64_t total = now_ns - 1000000;
	assert_in_range(meter_row_all(f).time.total, total * 98 / 100, total * 102 / 100);
	assert_in_range(meter_row_all(around).time.inherent_total, 0, total * 5 / 100);
}

/* One call that takes very long may be a chance of the machine's; many are the program's doing. */
static void
calls_become_much_longer(void **state)
{
	(void)state;
	enum { CALLS = 200000, BEFORE_NS = 100, AFTER_NS = 20000 };
	start_with_set("f\tsampled=64\n");
	uint32_t f = name("f");
	for (int i = 0; i < CALLS; i++)
		call(f, 0, i < CALLS / 2 ? BEFORE_NS : AFTER_NS, 0);
	uint64_t total = now_ns - 1000000;
	assert_in_range(meter_row_all(f).time.total, total * 97 / 100, total * 103 / 100);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_teardown(name, stop)
	const struct CMUnitTest tests[] = {
	    CASE(over_both_is_a_hotspot_after_500),
	    CASE(over_one_is_disabled_after_1000),
	    CASE(under_both_is_disabled_after_250),
	    CASE(starting_as_a_hotspot_is_lost),
	    CASE(the_upper_score_ends_evaluation),
	    CASE(other_points_and_thresholds),
	    CASE(a_frame_open_while_disabled_completes),
	    CASE(a_row_has_count_total_max_min),
	    CASE(recursion_adds_its_total_once),
	    CASE(mutual_recursion),
	    CASE(nonrecursive_counts_fall_and_cost_stays),
	    CASE(nonreentrant_is_metered_once_on_a_stack),
	    CASE(only_crossings_into_a_tier_count),
	    CASE(skipped_calls_are_counted_and_useless_names_are_given_up),
	    CASE(autolabel_keeps_and_disables),
	    CASE(a_set_leaves_others_out),
	    CASE(a_missing_end_is_closed_by_the_outer),
	    CASE(abandoning_above),
	    CASE(a_full_stack_is_counted),
	    CASE(inherents_sum_to_roots),
	    CASE(samples_stand_for_what_is_passed_over),
	    CASE(samples_do_not_keep_step),
	    CASE(long_calls_are_seen),
	    CASE(the_average_moves_with_the_program),
	    CASE(calls_become_much_longer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
