/*
 * overhead - what a metered pair and a disabled one cost, measured at the start.
 *
 * With the engine as it is configured, on a name of its own; the names and
 * contexts that this took are given back before the program's first probe.
 */
#include "lib/meter/internal.h"

enum { BATCHES = 6, PAIRS = 100, DISABLED_PAIRS = 2000 };

/* The name must be metered whatever the extensions say of it: not disabled yet, and in a tier. */
static void
make_fresh(struct meter_entry *entry)
{
	entry->labels = 0;
	entry->flags = 0;
	entry->tier = 1;
	meter_entry_open_card(entry);
	entry->flags &= (uint8_t)~METER_OFF;
}

static double
measure_pair(void)
{
	static const char name[] = "nest_meter.cost";
	uint32_t index = meter_name_enter(name, sizeof name - 1);
	uint64_t shortest = UINT64_MAX;
	if (index == METER_NO_NAME)
		return 0;
	for (int batch = 0; batch < BATCHES; batch++) {
		make_fresh(&meter_names.entries[index]);
		uint64_t start = meter_now();
		for (int i = 0; i < PAIRS; i++)
			meter_leave(meter_enter(index));
		uint64_t took = meter_now() - start;
		shortest = took < shortest ? took : shortest;
	}
	return (double)shortest / PAIRS;
}

/* As nest_probe_begin() and nest_probe_end() are; with the loop around them, no less than the truth. */
static double
measure_disabled(void)
{
	static struct nest_probe probe = {"nest_meter.cost", 0, METER_NO_NAME};
	__asm__ volatile("" : "+m"(probe.live)); /* which is known to no compiler */
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
	struct nest_error error;
	struct meter_cost cost = {.pair_ns = measure_pair(), .disabled_ns = measure_disabled()};
	meter_contexts_close();
	meter_names_close();
	/* It was open a moment ago: the memory is there. */
	if (!meter_names_open(&error) || !meter_contexts_open(&error))
		meter_hot.running = false;
	meter_engine.cost = cost;
}
