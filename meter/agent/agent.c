#include "meter/agent/function.h"
#include "meter/agent/intercept.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The snapshots of this engine beside those of one that the program may have for its own probes. */
#define SNAPSHOT_SUFFIX ".agent"

static pid_t process;

/* The agent has no probes of its own; the engine tries one that is disabled, to see what that costs. */
nest_frame
nest_probe_enter(struct nest_probe *probe)
{
	(void)probe;
	return 0;
}

void
nest_probe_leave(nest_frame frame)
{
	(void)frame;
}

void *
agent_pages(size_t size_bytes)
{
	void *memory = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

void *
agent_piece(size_t size_bytes)
{
	enum { CHUNK_BYTES = 1 << 18 };
	static char *next;
	static size_t left;
	size_t size = (size_bytes + 15) / 16 * 16;
	if (size > left) {
		char *chunk = agent_pages(CHUNK_BYTES);
		if (chunk == NULL || size > CHUNK_BYTES)
			return NULL;
		next = chunk;
		left = CHUNK_BYTES;
	}
	char *piece = next;
	next += size;
	left -= size;
	return piece;
}

void
agent_say(const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	dprintf(STDERR_FILENO, "nest-meter: agent: %s\n", text);
}

bool
agent_engine_start(void)
{
	static bool tried;
	if (!tried) {
		tried = true;
		process = getpid();
		meter_start_from_environment(SNAPSHOT_SUFFIX);
		function_start();
		agent_thread_get();
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
	process = getpid();
	agent_thread_forked();
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
