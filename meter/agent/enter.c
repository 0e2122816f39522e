/*
 * What happens when a metered function begins and when it ends.
 *
 * A signal handler may interrupt any of this, and its own functions come here,
 * too: while a thread is busy they are not metered.  A handler that never returns
 * (siglongjmp) leaves the mark set; it is void once the stack is above the place
 * where it was set.
 */
#include "meter/agent/function.h"

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define compiler_barrier() __asm__ volatile("" ::: "memory")

/* Whether POSITION cannot be metered on THREAD now; all such cases are rare. */
static bool __attribute__((noinline)) is_odd(struct agent_thread *thread, uintptr_t position)
{
	if (position - thread->low >= thread->size_bytes)
		return true;
	if (thread->busy != 0 && position < thread->busy)
		return true;
	if (thread->busy != 0)
		meter_thread_recover();
	thread->busy = position;
	if (thread->cold)
		agent_thread_warm(thread);
	if (thread->shown)
		agent_hide_returns(position);
	thread->busy = 0;
	return false;
}

static inline bool
may_begin(struct agent_thread *thread, uintptr_t position)
{
	if (likely(position - thread->low < thread->size_bytes && thread->busy == 0 && !thread->shown &&
		   !thread->cold))
		return true;
	return !is_odd(thread, position);
}

static inline struct agent_thread *
this_thread(void)
{
	struct agent_thread *thread = agent_this_thread;
	return likely(thread != NULL) ? thread : agent_thread_get();
}

static inline struct agent_entry *
push(struct agent_thread *thread, uintptr_t position, nest_frame frame)
{
	struct agent_entry *entry = thread->top + 1;
	entry->position = position;
	entry->frame = frame;
	entry->skipped = 0;
	thread->top = entry;
	return entry;
}

/* ---- patched functions ---- */

/*
 * Functions at or below the place of a new return address are over: left by a
 * longjmp or an exception or, if that address is the stub's, by a tail call to
 * this function, which takes their place.  A function that calls hooks was at
 * that place when it called this one.
 */
static uintptr_t __attribute__((noinline))
make_way(struct agent_thread *thread, uintptr_t position, uintptr_t target)
{
	agent_abandon(thread, position, false);
	struct agent_entry *top = thread->top;
	while (top->position == position && top->key == 0) {
		if (target == top->leave) {
			target = top->target;
			*(uintptr_t *)position = target;
			thread->top = top - 1;
			meter_leave(top->frame);
		} else
			agent_abandon(thread, position, true);
		top = thread->top;
	}
	return target;
}

/* 1 if the function is metered now: the stub then calls its body and comes to agent_leave. */
uintptr_t
agent_enter(struct agent_function *function, uintptr_t *slot)
{
	struct agent_thread *thread = this_thread();
	uintptr_t position = (uintptr_t)slot, target = *slot;
	if (unlikely(!may_begin(thread, position)))
		return 0;
	thread->busy = position;
	compiler_barrier();
	if (unlikely(thread->top->position <= position))
		target = make_way(thread, position, target);
	nest_frame frame = 0;
	if (likely(thread->top + 1 < thread->limit))
		frame = meter_enter(function->name);
	if (frame != 0) {
		struct agent_entry *entry = push(thread, position, frame);
		entry->key = 0;
		entry->target = target;
		entry->leave = function->leave;
	}
	compiler_barrier();
	thread->busy = 0;
	return frame != 0;
}

static void __attribute__((noinline)) find_leaving(struct agent_thread *thread, uintptr_t position)
{
	agent_abandon(thread, position, false);
	if (thread->top->position == position && thread->top->key != 0)
		agent_abandon(thread, position, true);
	if (thread->top->position == position)
		return;
	agent_say(
	    "a function returned that was not open on its stack; the program uses its stack in a way that "
	    "the agent does not know");
	__builtin_trap();
}

/* Where the function that has returned, and whose return address was at SLOT, must continue. */
uintptr_t
agent_leave(uintptr_t *slot)
{
	struct agent_thread *thread = agent_this_thread;
	uintptr_t position = (uintptr_t)slot;
	if (unlikely(thread->busy != 0))
		meter_thread_recover();
	thread->busy = position;
	compiler_barrier();
	if (unlikely(thread->top->position != position || thread->top->key != 0))
		find_leaving(thread, position);
	struct agent_entry *entry = thread->top;
	uintptr_t target = entry->target;
	thread->top = entry - 1;
	meter_leave(entry->frame);
	compiler_barrier();
	thread->busy = 0;
	return target;
}

/* ---- functions that call the hooks ---- */

/* Where the return address of the calling function is, which is a hook. */
#define HOOK_POSITION ((uintptr_t)__builtin_frame_address(0) + sizeof(void *))

/*
 * Functions below are over.  One at the same place is the function that this one
 * is inlined in; but one that was begun there by the very same call of the hook
 * was left by a longjmp, and so were those after it.
 */
static void __attribute__((noinline))
make_way_for_hook(struct agent_thread *thread, uintptr_t position, uintptr_t site)
{
	agent_abandon(thread, position, false);
	for (struct agent_entry *entry = thread->top; entry->position == position; entry--)
		if (entry->key != 0 && entry->leave == site) {
			while (thread->top >= entry)
				agent_abandon_top(thread);
			return;
		}
}

/* A function of its own, so that the hooks need no frame in their most frequent case. */
static void __attribute__((noinline))
enter_metered(struct agent_function *function, uintptr_t address, uintptr_t position, uintptr_t site)
{
	struct agent_thread *thread = this_thread();
	if (unlikely(!may_begin(thread, position)))
		return;
	thread->busy = position;
	compiler_barrier();
	if (unlikely(thread->top->position <= position))
		make_way_for_hook(thread, position, site);
	if (unlikely(function == NULL && function_meet != NULL))
		function = function_meet(address);
	nest_frame frame = 0;
	if (function != NULL && function->live != 0 && thread->top + 1 < thread->limit)
		frame = meter_enter(function->name);
	if (frame != 0) {
		struct agent_entry *entry = push(thread, position, frame);
		entry->key = address;
		entry->leave = site;
	} else if (thread->top->key == address)
		thread->top->skipped++;
	compiler_barrier();
	thread->busy = 0;
}

/* A disabled function costs a look-up in a table; but within itself it must be counted. */
__attribute__((visibility("default"))) void
__cyg_profile_func_enter(void *function_address, void *site)
{
	uintptr_t address = (uintptr_t)function_address;
	struct agent_function *function = function_at(address);
	struct agent_thread *thread = agent_this_thread;
	(void)site;
	if (likely(function != NULL && thread != NULL) &&
	    __atomic_load_n(&function->live, __ATOMIC_RELAXED) == 0 && thread->top->key != address)
		return;
	enter_metered(function, address, HOOK_POSITION, (uintptr_t)__builtin_return_address(0));
}

/*
 * Closes the innermost entry if it is this function's.  If it is another's above,
 * this function was not metered; if that is below, it was left.
 */
static void __attribute__((noinline))
exit_metered(struct agent_thread *thread, uintptr_t address, uintptr_t position)
{
	if (position - thread->low >= thread->size_bytes)
		return;
	if (unlikely(thread->busy != 0)) {
		if (position < thread->busy)
			return;
		thread->busy = 0;
		meter_thread_recover();
	}
	if (thread->top->key != address && likely(thread->top->position >= position))
		return;
	thread->busy = position;
	compiler_barrier();
	while (thread->top->key != address && thread->top->position < position)
		agent_abandon_top(thread);
	struct agent_entry *entry = thread->top;
	if (entry->key == address) {
		if (entry->skipped > 0)
			entry->skipped--;
		else {
			thread->top = entry - 1;
			meter_leave(entry->frame);
		}
	}
	compiler_barrier();
	thread->busy = 0;
}

__attribute__((visibility("default"))) void
__cyg_profile_func_exit(void *function_address, void *site)
{
	uintptr_t address = (uintptr_t)function_address, position = HOOK_POSITION;
	struct agent_thread *thread = agent_this_thread;
	(void)site;
	if (thread == NULL)
		return;
	/* By far the most frequent: the function was not metered, and all that is open is above. */
	if (likely(thread->busy == 0 && thread->top->key != address && thread->top->position >= position))
		return;
	exit_metered(thread, address, position);
}
