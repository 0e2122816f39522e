#include "meter/agent/agent.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

__thread struct agent_thread *agent_this_thread;

/* For a thread that cannot have its own; its stack has no size, so that no position is on it. */
static struct agent_thread no_thread = {
    .top = no_thread.entries, .limit = no_thread.entries + 1, .entries = {{.position = UINTPTR_MAX}}};

enum { THREAD_BYTES = sizeof(struct agent_thread) + (AGENT_ENTRIES + 1) * sizeof(struct agent_entry) };

static pthread_key_t at_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool have_key;

/* Threads that have ended, for the next ones.  Nobody waits for the lock, as a signal handler may come here.
 */
static struct agent_thread *spare;
static pthread_mutex_t spare_lock = PTHREAD_MUTEX_INITIALIZER;

static void
give_back(void *ended)
{
	struct agent_thread *thread = ended;
	agent_this_thread = NULL;
	if (pthread_mutex_trylock(&spare_lock) != 0) {
		meter_pages_free(thread, THREAD_BYTES);
		return;
	}
	thread->next = spare;
	spare = thread;
	pthread_mutex_unlock(&spare_lock);
}

static struct agent_thread *
take_thread(void)
{
	struct agent_thread *thread = NULL;
	if (pthread_mutex_trylock(&spare_lock) == 0) {
		thread = spare;
		spare = thread != NULL ? thread->next : NULL;
		pthread_mutex_unlock(&spare_lock);
	}
	return thread != NULL ? thread : meter_pages(THREAD_BYTES);
}

static void
make_key(void)
{
	have_key = pthread_key_create(&at_end, give_back) == 0;
}

static bool
find_stack(struct agent_thread *thread)
{
	pthread_attr_t attributes;
	void *low;
	size_t size;
	if (pthread_getattr_np(pthread_self(), &attributes) != 0)
		return false;
	bool fine = pthread_attr_getstack(&attributes, &low, &size) == 0;
	pthread_attr_destroy(&attributes);
	thread->low = (uintptr_t)low;
	thread->size_bytes = size;
	return fine;
}

/* Calls WHAT, preserving all vector registers, of which the stub of a patched function saves less. */
static __attribute__((noinline)) void *
with_vectors(void *(*what)(void))
{
#ifdef __x86_64__
	enum { PARTS = 0xe7 }; /* x87, sse, avx, avx-512 */
	_Alignas(64) unsigned char area[2816];
	void *header = area + 512; /* must be zero; set without the registers that are to be saved */
	size_t words = 8;
	__asm__ volatile("rep stosq" : "+D"(header), "+c"(words) : "a"(0) : "memory");
	__asm__ volatile("xsave (%0)" : : "r"(area), "a"(PARTS), "d"(0) : "memory");
	void *result = what();
	__asm__ volatile("xrstor (%0)" : : "r"(area), "a"(PARTS), "d"(0) : "memory");
	return result;
#else
	return what();
#endif
}

/* The engine makes its context, with all that calls, now and not in a patched function's first call. */
static void *
set_up(void)
{
	pthread_once(&once, make_key);
	struct agent_thread *thread = take_thread();
	if (thread == NULL)
		return NULL;
	*thread = (struct agent_thread){.top = thread->entries, .limit = thread->entries + AGENT_ENTRIES};
	thread->entries[0].position = UINTPTR_MAX;
	if (!find_stack(thread) || !have_key || pthread_setspecific(at_end, thread) != 0) {
		meter_pages_free(thread, THREAD_BYTES);
		return NULL;
	}
	meter_thread_ready();
	return thread;
}

static void *
warm(void)
{
	meter_thread_ready();
	return NULL;
}

void
agent_thread_warm(struct agent_thread *thread)
{
	thread->cold = false;
	with_vectors(warm);
}

struct agent_thread *
agent_thread_get(void)
{
	stack_t alternate;
	if (agent_this_thread != NULL)
		return agent_this_thread;
	/* A signal handler's own stack may be too small for what follows. */
	if (sigaltstack(NULL, &alternate) == 0 && (alternate.ss_flags & SS_ONSTACK) != 0)
		return &no_thread;
	agent_this_thread = &no_thread;
	struct agent_thread *thread = with_vectors(set_up);
	if (thread != NULL)
		agent_this_thread = thread;
	return agent_this_thread;
}

/* ---- the true return addresses ---- */

static void
set_returns(struct agent_thread *thread, bool shown)
{
	for (struct agent_entry *entry = thread->top; entry > thread->entries; entry--) {
		uintptr_t *slot = (uintptr_t *)entry->position;
		if (entry->key == 0 && *slot == (shown ? entry->leave : entry->target))
			*slot = shown ? entry->target : entry->leave;
	}
	thread->shown = shown;
}

void
agent_show_returns(void)
{
	struct agent_thread *thread = agent_this_thread;
	if (thread != NULL && thread->top > thread->entries)
		set_returns(thread, true);
}

void
agent_hide_returns(uintptr_t position)
{
	struct agent_thread *thread = agent_this_thread;
	if (thread == NULL || !thread->shown || position - thread->low >= thread->size_bytes)
		return;
	agent_abandon(thread, position, false);
	set_returns(thread, false);
}

/* Open functions end unmetered: they get their true return addresses, and are abandoned here. */
void
agent_thread_refuse(const char *reason)
{
	struct agent_thread *thread = agent_this_thread;
	if (thread == &no_thread)
		return;
	if (thread != NULL && thread->top > thread->entries) {
		agent_show_returns();
		agent_abandon(thread, UINTPTR_MAX - 1, true);
	}
	agent_this_thread = &no_thread;
	agent_say("a thread is no longer metered: %s", reason);
}

void
agent_abandon(struct agent_thread *thread, uintptr_t position, bool same)
{
	struct agent_entry *top = thread->top;
	while (top->position < position || (same && top->position == position))
		top--;
	if (top == thread->top)
		return;
	thread->top = top;
	meter_abandon_above(top->frame);
}

void
agent_abandon_top(struct agent_thread *thread)
{
	thread->top--;
	meter_abandon_above(thread->top->frame);
}
