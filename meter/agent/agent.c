#include "meter/agent/agent.h"
#include "meter/agent/function.h"
#include "meter/agent/intercept.h"

#include <pthread.h>
#include <stdlib.h>

static void
before_fork(void)
{
	object_lock(true);
}

static void
after_fork(void)
{
	object_lock(false);
}

static void
in_child(void)
{
	agent_engine_forked();
	object_lock(false);
}

static void __attribute__((constructor)) start(void)
{
	if (getenv("NEST_METER_SNAPSHOT") == NULL)
		return;
	intercept_start();
	pthread_atfork(before_fork, after_fork, in_child);
	agent_objects_scan();
}
