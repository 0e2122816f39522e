/*
 * overhead - what a metered pair and a disabled one cost, measured at the start.
 *
 * This is done with the engine as configured, on a name of its own; the names and
 * contexts that it took are given back before the program's first probe.
 */
#include "lib/meter/internal.h"

#include <math.h>
#include <stdlib.h>

enum { BATCHES = 12, PAIRS = 100, DISABLED_PAIRS = 2000 };

/* Makes the name one that is metered whatever is switched on: not disabled yet, and in a tier. */
static void
make_fresh(struct meter_entry *entry)
{
	entry->labels = 0;
	entry->flags = 0;
	entry->tier = 1;
	meter_entry_open_card(entry);
	entry->flags &= (uint8_t)~METER_OFF;
}

static void
call_plainly(uint32_t name)
{
	meter_leave(meter_enter(name));
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

__attribute__((noinline)) static void
call_bare(uint32_t name)
{
	__asm__ volatile("" ::"r"(name));
}

/* A call that is metered, inside an open frame of its own name, or passed over; or one of a bare function. */
enum way { METERED, INSIDE, PASSED, BARE };

/*
 * The cost of a call of NAME, as the lower quartile of the averages of some batches;
 * *SPREAD_NS, unless it is NULL, is how far the shortest is from their median.
 */
static double
measure_call(uint32_t name, enum way way, double *spread_ns)
{
	meter_call *call = way == BARE ? call_bare : meter_engine.call;
	uint64_t took[BATCHES];
	for (int batch = 0; batch < BATCHES; batch++) {
		make_fresh(&meter_names.entries[name]);
		nest_frame around = way == INSIDE ? meter_enter(name) : 0;
		if (way == PASSED)
			meter_left[METER_SLOT(name)] = PAIRS + 1;
		uint64_t start = meter_now();
		for (int i = 0; i < PAIRS; i++)
			call(name);
		took[batch] = meter_now() - start;
		meter_leave(around);
	}
	qsort(took, BATCHES, sizeof *took, compare);
	if (spread_ns != NULL)
		*spread_ns = (double)(took[BATCHES / 2] - took[0]) / PAIRS;
	return (double)took[BATCHES / 4] / PAIRS;
}

/* How long a sampled call that does nothing seems to take: longer than one of many in a row. */
static uint64_t
measure_inside(uint32_t name)
{
	enum { RATE = 5, CALLS = 20000 };
	meter_call *call = meter_engine.call;
	struct meter_entry *entry = &meter_names.entries[name];
	make_fresh(entry);
	entry->flags |= METER_SETTLED;
	struct meter_row_view before = meter_row_all(name);
	entry->rate = RATE;
	for (int i = 0; i < CALLS; i++)
		call(name);
	struct meter_row_view after = meter_row_all(name);
	entry->rate = 0;
	return (after.time.total - before.time.total) / (after.count - before.count + 1);
}

/* The average time of half a pair, in all contexts; 0 without a sample. */
static double
average_half(void)
{
	uint64_t ns = 0, count = 0;
	const struct meter_context *context = __atomic_load_n(&meter_contexts, __ATOMIC_ACQUIRE);
	for (; context != NULL; context = context->next) {
		ns += meter_get(&context->half_ns);
		count += meter_get(&context->halves);
	}
	return count > 0 ? (double)ns / (double)count : 0;
}

double
meter_cost_in_place(double *error_ns)
{
	const struct meter_cost *cost = &meter_engine.cost;
	double half_ns = average_half();
	bool known = half_ns > 0 && cost->half_ns > 0;
	double pair_ns = known ? cost->pair_ns * half_ns / cost->half_ns : cost->pair_ns;
	*error_ns = cost->spread_ns + fabs(pair_ns - cost->pair_ns);
	return pair_ns;
}

/* Measures nest_probe_begin() and nest_probe_end(), with a loop around them: an upper bound. */
static double
measure_disabled(void)
{
	static struct nest_probe probe = {"nest_meter.cost", 0, METER_NO_NAME, ""};
	__asm__ volatile("" : "+m"(probe.live)); /* so that the compiler does not know it */
	uint64_t shortest = UINT64_MAX;
	for (int batch = 0; batch < BATCHES; batch++) {
		uint64_t start = meter_now();
		for (int i = 0; i < DISABLED_PAIRS; i++) {
			bool live = __atomic_load_n(&probe.live, __ATOMIC_RELAXED) != 0;
			nest_frame frame = METER_UNLIKELY(live) ? meter_enter(probe.index) : 0;
			__asm__ volatile("" : "+r"(frame)::"memory");
			if (METER_UNLIKELY(frame != 0))
				meter_leave(frame);
		}
		uint64_t took = meter_now() - start;
		shortest = took < shortest ? took : shortest;
	}
	return (double)shortest / DISABLED_PAIRS;
}

void
meter_measure_cost(void)
{
	static const char text[] = "nest_meter.cost";
	struct nest_error error;
	struct meter_cost cost = {.disabled_ns = measure_disabled()};
	uint32_t name = meter_name_enter(text, sizeof text - 1, NULL);
	if (meter_engine.call == NULL)
		meter_engine.call = call_plainly;
	if (name != METER_NO_NAME) {
		cost.pair_ns = measure_call(name, METERED, &cost.spread_ns);
		cost.half_ns = average_half();
		if (meter_engine.config.budget > 0 || meter_engine.has_set)
			cost.inside_ns = measure_inside(name);
		cost.skipped_ns = meter_hot.refuses ? measure_call(name, INSIDE, NULL) : 0;
		/* So short that the call by which it is measured would be most of it. */
		double bare_ns = measure_call(name, BARE, NULL), passed_ns = measure_call(name, PASSED, NULL);
		cost.passed_ns = passed_ns > bare_ns ? passed_ns - bare_ns : 0;
	}
	meter_contexts_close();
	meter_names_close();
	/* They were open a moment ago, so memory is there. */
	if (!meter_names_open(&error) || !meter_contexts_open(&error))
		meter_hot.running = false;
	meter_engine.cost = cost;
}
