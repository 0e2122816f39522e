#include "meter/agent/agent.h"
#include "meter/agent/function.h"
#include "meter/agent/intercept.h"

#include <pthread.h>
#include <stdlib.h>

static void
in_child(void)
{
	agent_engine_forked();
	object_unlock();
}

static void __attribute__((constructor)) start(void)
{
	if (getenv("NEST_METER_SNAPSHOT") == NULL)
		return;
	intercept_start();
	pthread_atfork(object_lock, object_unlock, in_child);
	agent_objects_scan();
}
