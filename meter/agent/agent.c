/*
 * The start of the agent, and the functions of other libraries that it stands before.
 *
 * Each passes its call on: the agent does its part, then the true function runs with the caller's arguments
 * and, except for backtraces, with the caller's return address, since some of them (dlsym) look at it.
 */
#include "meter/agent/agent.h"
#include "meter/agent/function.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#ifdef __x86_64__

static void
scan(void)
{
	if (agent_this_thread != NULL || getenv("NEST_METER_SNAPSHOT") != NULL)
		agent_objects_scan();
}

static void
check_stack(const void *low, const char *reason)
{
	struct agent_thread *thread = agent_this_thread;
	if (thread != NULL && (uintptr_t)low - thread->low < thread->size_bytes)
		agent_thread_refuse(reason);
}

static void
check_context(const ucontext_t *context)
{
	check_stack(context->uc_stack.ss_sp, "it makes a context whose stack lies within its own");
}

static void
check_signal_stack(const stack_t *stack)
{
	if (stack != NULL && (stack->ss_flags & SS_DISABLE) == 0)
		check_stack(stack->ss_sp, "it takes signals on a stack that lies within its own");
}

/*
 * Each with the agent's part: objects loaded since are scanned before dlsym answers; the stack gets its true
 * return addresses before it is unwound, and the stubs' again when an exception has been caught; a snapshot
 * is written before the process ends or becomes another program; a stack within a thread's stack ends the
 * metering of that thread's patched functions.
 */
/* clang-format off */
#define INTERCEPTED(each) \
	each(dlsym, scan()) \
	each(_Unwind_RaiseException, agent_show_returns()) \
	each(_Unwind_Resume, agent_show_returns()) \
	each(_Unwind_Resume_or_Rethrow, agent_show_returns()) \
	each(_Unwind_ForcedUnwind, agent_show_returns()) \
	each(pthread_exit, agent_show_returns()) \
	each(__cxa_begin_catch, agent_hide_returns(position)) \
	each(execve, agent_snapshot()) \
	each(execv, agent_snapshot()) \
	each(execvp, agent_snapshot()) \
	each(execvpe, agent_snapshot()) \
	each(execl, agent_snapshot()) \
	each(execlp, agent_snapshot()) \
	each(execle, agent_snapshot()) \
	each(fexecve, agent_snapshot()) \
	each(_exit, agent_snapshot()) \
	each(_Exit, agent_snapshot()) \
	each(makecontext, check_context((const ucontext_t *)words[0])) \
	each(sigaltstack, check_signal_stack((const stack_t *)words[0]))
/* clang-format on */

#define NUMBER(name, part) NUMBER_##name,
enum { INTERCEPTED(NUMBER) COUNT };

#define NAME(name, part) #name,
static const char *const names[] = {INTERCEPTED(NAME)};
static void *true_functions[COUNT];

static void *
true_function(unsigned number)
{
	void *function = __atomic_load_n(&true_functions[number], __ATOMIC_RELAXED);
	if (function == NULL) {
		function = agent_find(names[number]);
		__atomic_store_n(&true_functions[number], function, __ATOMIC_RELAXED);
	}
	return function;
}

void *intercept_pass(unsigned number, const uintptr_t *words, uintptr_t position);

/*
 * Does the agent's part before function NUMBER, whose first six arguments are WORDS and whose return address
 * is at POSITION; returns the function's address.
 */
void *
intercept_pass(unsigned number, const uintptr_t *words, uintptr_t position)
{
	void *function = true_function(number);
	if (function == NULL) {
		agent_say("%s is called, and is in no library that is loaded", names[number]);
		abort();
	}
#define CASE(name, part)    \
	case NUMBER_##name: \
		part;       \
		break;
	switch (number) {
		INTERCEPTED(CASE)
	}
	return function;
}

/* r11 is free at a call; the registers of arguments and the stack are restored. */
#define PASS(name, part)                                                     \
	__asm__(".text\n.p2align 4\n"                                        \
		".globl " #name "\n.type " #name ", @function\n" #name ":\n" \
		"	push %rax\n	push %r9\n	push %r8\n	push %rcx\n"             \
		"	push %rdx\n	push %rsi\n	push %rdi\n"                       \
		"	mov %rsp, %rsi\n	lea 56(%rsp), %rdx\n"                     \
		"	mov number_of_" #name "(%rip), %edi\n"               \
		"	call intercept_pass\n"                                     \
		"	mov %rax, %r11\n"                                          \
		"	pop %rdi\n	pop %rsi\n	pop %rdx\n	pop %rcx\n"               \
		"	pop %r8\n	pop %r9\n	pop %rax\n"                            \
		"	jmp *%r11\n"                                               \
		".size " #name ", . - " #name "\n");                         \
	extern const unsigned number_of_##name;                              \
	const unsigned number_of_##name = NUMBER_##name;
INTERCEPTED(PASS)

/* ---- backtraces: these return here, and must not see the agent ---- */

typedef int tracer(void *context, void *argument);
typedef int backtracer(tracer *trace, void *argument);
int backtrace(void **places, int size);
int _Unwind_Backtrace(tracer *trace, void *argument);

struct tracing {
	tracer *trace;
	void *argument;
	bool begun;
};

/* The first frame seen is the function below. */
static int
trace_behind(void *context, void *argument)
{
	struct tracing *tracing = argument;
	if (!tracing->begun) {
		tracing->begun = true;
		return 0;
	}
	return tracing->trace(context, tracing->argument);
}

__attribute__((visibility("default"), noinline)) int
_Unwind_Backtrace(tracer *trace, void *argument)
{
	static backtracer *behind;
	struct tracing tracing = {trace, argument, false};
	if (behind == NULL)
		behind = (backtracer *)agent_find("_Unwind_Backtrace");
	if (behind == NULL)
		return 5; /* the end of the stack */
	agent_show_returns();
	int result = behind(trace_behind, &tracing);
	agent_hide_returns((uintptr_t)__builtin_frame_address(0));
	return result;
}

__attribute__((visibility("default"), noinline)) int
backtrace(void **places, int size)
{
	static int (*behind)(void **, int);
	if (behind == NULL)
		behind = (int (*)(void **, int))agent_find("backtrace");
	if (behind == NULL || size <= 0)
		return 0;
	agent_show_returns();
	int found = behind(places, size);
	agent_hide_returns((uintptr_t)__builtin_frame_address(0));
	if (found > 0)
		memmove(places, places + 1, (size_t)--found * sizeof *places);
	return found;
}

/* Some cannot be looked up when they are needed: in a signal handler, or in the child of a fork. */
static void
find_true_functions(void)
{
	for (unsigned i = 0; i < COUNT; i++)
		true_function(i);
}

#else

static void
find_true_functions(void)
{
}

#endif

/* ---- the start ---- */

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
	find_true_functions();
	pthread_atfork(object_lock, object_unlock, in_child);
	agent_objects_scan();
}
