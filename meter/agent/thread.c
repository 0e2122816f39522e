#include "meter/agent/agent.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

__thread struct agent_thread *agent_this_thread;

/* For a thread that cannot have its own; its stack has no size, so that no position is on it. */
static struct agent_entry nobody = {.position = UINTPTR_MAX};
static struct agent_thread no_thread = {.top = &nobody, .limit = &nobody + 1, .entries = &nobody};

/*
 * Threads that have ended, for the next ones.  The whole list is taken at once, so that no
 * thread meets an element that was put back.
 */
static struct agent_thread *spare;
static pthread_key_t at_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool have_key;

static void
give_back(void *thread)
{
	struct agent_thread *all = thread, *last = thread;
	agent_this_thread = NULL;
	while (last->next != NULL)
		last = last->next;
	last->next = __atomic_load_n(&spare, __ATOMIC_RELAXED);
	while (
	    !__atomic_compare_exchange_n(&spare, &last->next, all, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		continue;
}

static void
make_key(void)
{
	have_key = pthread_key_create(&at_end, give_back) == 0;
}

static struct agent_thread *
take_spare(void)
{
	struct agent_thread *taken = __atomic_exchange_n(&spare, NULL, __ATOMIC_ACQUIRE);
	if (taken != NULL && taken->next != NULL) {
		struct agent_thread *others = taken->next;
		taken->next = NULL;
		struct agent_thread *kept = agent_this_thread;
		give_back(others);
		agent_this_thread = kept;
	}
	return taken;
}

static struct agent_thread *
make_thread(void)
{
	struct agent_thread *thread = take_spare();
	struct agent_entry *entries = thread != NULL ? thread->entries : NULL;
	if (thread == NULL) {
		size_t head = (sizeof *thread + 63) / 64 * 64;
		unsigned char *memory = meter_pages(head + (AGENT_ENTRIES + 1) * sizeof *entries);
		if (memory == NULL)
			return NULL;
		thread = (struct agent_thread *)(void *)memory;
		entries = (struct agent_entry *)(void *)(memory + head);
	}
	*thread = (struct agent_thread){.entries = entries, .top = entries, .limit = entries + AGENT_ENTRIES};
	entries[0] = nobody;
	return thread;
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

/* Calls WHAT, preserving all vector registers: a caller of a patched function may count on more than the stub
 * saves. */
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
	struct agent_thread *thread = make_thread();
	if (thread == NULL)
		return NULL;
	if (!find_stack(thread) || !have_key || pthread_setspecific(at_end, thread) != 0) {
		give_back(thread);
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

void
agent_show_returns(void)
{
	struct agent_thread *thread = agent_this_thread;
	if (thread == NULL || thread->top == thread->entries)
		return;
	for (struct agent_entry *entry = thread->top; entry > thread->entries; entry--) {
		uintptr_t *slot = (uintptr_t *)entry->position;
		if (entry->key == 0 && *slot == entry->leave)
			*slot = entry->target;
	}
	thread->shown = true;
}

void
agent_hide_returns(uintptr_t position)
{
	struct agent_thread *thread = agent_this_thread;
	if (thread == NULL || !thread->shown || position - thread->low >= thread->size_bytes)
		return;
	agent_abandon(thread, position, false);
	for (struct agent_entry *entry = thread->top; entry > thread->entries; entry--) {
		uintptr_t *slot = (uintptr_t *)entry->position;
		if (entry->key == 0 && *slot == entry->target)
			*slot = entry->leave;
	}
	thread->shown = false;
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
