#include "meter/agent/agent.h"
#include "meter/agent/cost.h"
#include "meter/agent/function.h"

#include <unistd.h>

/* Keeps this engine's snapshots apart from those of the program's own probes. */
#define SNAPSHOT_SUFFIX ".agent"

static pid_t process;

bool
agent_engine_start(bool patched)
{
	static bool tried;
	if (!tried) {
		tried = true;
		process = getpid();
		meter_start_from_environment(SNAPSHOT_SUFFIX, cost_call(patched));
		function_start();
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
	agent_thread_forked();
}
