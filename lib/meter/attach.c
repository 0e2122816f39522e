/*
 * attach - the probes of a program, and the start of metering with the program.
 *
 * The agent has no probes of its own and leaves this file out.
 */
#include "lib/meter/internal.h"

#include <stdlib.h>
#include <string.h>

enum { PROBE_DEAD, PROBE_LIVE, PROBE_NEW };

static void
call_probe(uint32_t name)
{
	struct nest_probe probe = {"", PROBE_LIVE, name, ""};
	nest_probe_end(nest_probe_begin(&probe));
}

/*
 * Before main, so that the snapshot knows when the program began; probes of earlier
 * constructors come first.
 */
static __attribute__((constructor)) void
attach(void)
{
	meter_start_from_environment(NULL, call_probe);
}

/* Asks the engine about a probe for the first time. */
static __attribute__((noinline, cold)) bool
settle(struct nest_probe *probe)
{
	/* In a signal handler that interrupted the engine: asks another time. */
	if (meter_self.busy != 0)
		return false;
	meter_start_from_environment(NULL, call_probe);
	const struct meter_place place = {meter_program_path(), probe->file != NULL ? probe->file : ""};
	uint32_t index = meter_name_at(probe->name, strlen(probe->name), &place);
	bool live = index != METER_NO_NAME && meter_name_wanted(index);
	__atomic_store_n(&probe->index, index, __ATOMIC_RELAXED);
	__atomic_store_n(&probe->live, live ? PROBE_LIVE : PROBE_DEAD, __ATOMIC_RELEASE);
	return live;
}

/* A frame was refused: for good, if the name is disabled. */
static __attribute__((noinline)) void
check(struct nest_probe *probe, uint32_t index)
{
	if (!meter_name_wanted(index))
		__atomic_store_n(&probe->live, PROBE_DEAD, __ATOMIC_RELAXED);
}

nest_frame
nest_probe_enter(struct nest_probe *probe)
{
	uint32_t live = __atomic_load_n(&probe->live, __ATOMIC_ACQUIRE);
	if (METER_UNLIKELY(live != PROBE_LIVE) && (live == PROBE_DEAD || !settle(probe)))
		return 0;
	uint32_t index = __atomic_load_n(&probe->index, __ATOMIC_RELAXED);
	nest_frame frame = meter_enter(index);
	if (METER_UNLIKELY(frame == 0))
		check(probe, index);
	return frame;
}

void
nest_probe_leave(nest_frame frame)
{
	meter_leave(frame);
}

void
nest_probe_process(const char *name)
{
	char *copy = meter_hot.running ? strdup(name) : NULL;
	if (copy == NULL)
		return;
	pthread_mutex_lock(&meter_names.lock);
	char *before = meter_engine.process;
	meter_engine.process = copy;
	pthread_mutex_unlock(&meter_names.lock);
	free(before);
}
