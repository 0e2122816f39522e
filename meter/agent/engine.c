#include "meter/agent/agent.h"
#include "meter/agent/function.h"

#include <unistd.h>

/* Keeps this engine's snapshots apart from those of the program's own probes. */
#define SNAPSHOT_SUFFIX ".agent"

/* ---- the cost of a call ---- */

/*
 * What a metered call costs is measured on a function that does nothing, and in the way that this program's
 * functions are called: through a stub, or through the hooks.
 */
static struct agent_function sample = {.live = 1};

static void
call_hooks(uint32_t name)
{
	sample.name = name;
	__cyg_profile_func_enter(&sample, NULL);
	__cyg_profile_func_exit(&sample, NULL);
}

#ifdef __x86_64__

void cost_function(void);

/* A no-operation, which becomes a jump. */
AGENT_ASSEMBLY(cost_function, "	.byte 0x0f, 0x1f, 0x44, 0, 0\n	ret\n");

static void
call_patched(uint32_t name)
{
	sample.name = name;
	cost_function();
}

#endif

static meter_call *
cost_call(bool patched)
{
	if (!patched) {
		sample.address = (uintptr_t)&sample;
		return function_add(&sample) ? call_hooks : NULL;
	}
#ifdef __x86_64__
	unsigned char *code = (unsigned char *)(uintptr_t)cost_function;
	struct agent_sled sled = {
	    .at = code, .body = code + AGENT_SLED_BYTES, .function = &sample, .whole = true};
	agent_patch(&sled, 1, "the agent, by which the cost is measured,");
	return call_patched;
#else
	return NULL;
#endif
}

/* ---- starting and ending ---- */

static pid_t process;

bool
agent_engine_start(bool patched)
{
	static bool tried;
	if (!tried) {
		tried = true;
		process = getpid();
		meter_start_from_environment(SNAPSHOT_SUFFIX, cost_call(patched));
		meter_on_disabled(function_disable);
		agent_thread_get();
		/* The measurement gave this thread's context back: makes a new one. */
		meter_thread_ready();
	}
	return meter_running();
}

void
agent_snapshot(void)
{
	struct nest_error error;
	if (process == getpid() && meter_running() && !meter_write_last_snapshot(&error))
		agent_say("%s", error.text);
}

void
agent_engine_forked(void)
{
	process = getpid();
	if (agent_this_thread != NULL)
		agent_this_thread->cold = true;
}
