#include "meter/agent/intercept.h"
#include "meter/agent/agent.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#ifdef __x86_64__

/*
 * What the agent does before a function: WORDS are its first six arguments, POSITION is where
 * its return address is.
 */
typedef void before(const uintptr_t *words, uintptr_t position);

static void
nothing_before(const uintptr_t *words, uintptr_t position)
{
	(void)words, (void)position;
}

static void
scan_before(const uintptr_t *words, uintptr_t position)
{
	(void)words, (void)position;
	if (agent_this_thread != NULL || getenv("NEST_METER_SNAPSHOT") != NULL)
		agent_objects_scan();
}

static void
show_before(const uintptr_t *words, uintptr_t position)
{
	(void)words, (void)position;
	agent_show_returns();
}

static void
hide_before(const uintptr_t *words, uintptr_t position)
{
	(void)words;
	agent_hide_returns(position);
}

static void
snapshot_before(const uintptr_t *words, uintptr_t position)
{
	(void)words, (void)position;
	agent_snapshot();
}

static void
check_stack(const stack_t *stack, const char *reason)
{
	struct agent_thread *thread = agent_this_thread;
	uintptr_t low = (uintptr_t)stack->ss_sp;
	if (thread != NULL && low - thread->low < thread->size_bytes)
		agent_thread_refuse(reason);
}

static void
context_before(const uintptr_t *words, uintptr_t position)
{
	const ucontext_t *context = (const ucontext_t *)words[0];
	(void)position;
	check_stack(&context->uc_stack, "it makes a context whose stack lies within its own");
}

static void
stack_before(const uintptr_t *words, uintptr_t position)
{
	const stack_t *stack = (const stack_t *)words[0];
	(void)position;
	if (stack != NULL && (stack->ss_flags & SS_DISABLE) == 0)
		check_stack(stack, "it takes signals on a stack that lies within its own");
}

/* clang-format off */
#define INTERCEPTED(each) \
	each(dlopen, nothing_before) \
	each(dlsym, scan_before) \
	each(_Unwind_RaiseException, show_before) \
	each(_Unwind_Resume, show_before) \
	each(_Unwind_Resume_or_Rethrow, show_before) \
	each(_Unwind_ForcedUnwind, show_before) \
	each(pthread_exit, show_before) \
	each(__cxa_begin_catch, hide_before) \
	each(execve, snapshot_before) \
	each(execv, snapshot_before) \
	each(execvp, snapshot_before) \
	each(execvpe, snapshot_before) \
	each(execl, snapshot_before) \
	each(execlp, snapshot_before) \
	each(execle, snapshot_before) \
	each(fexecve, snapshot_before) \
	each(_exit, snapshot_before) \
	each(_Exit, snapshot_before) \
	each(makecontext, context_before) \
	each(sigaltstack, stack_before)
/* clang-format on */

struct intercepted {
	const char *name;
	before *does;
	void *behind;
};

#define ENTRY(name, does) {#name, does, NULL},
static struct intercepted intercepted[] = {INTERCEPTED(ENTRY)};

#define NUMBER(name, does) NUMBER_##name,
enum { INTERCEPTED(NUMBER) COUNT };

void *intercept_pass(unsigned number, const uintptr_t *words, uintptr_t position);

/* Does the agent's part before function NUMBER; returns its address. */
void *
intercept_pass(unsigned number, const uintptr_t *words, uintptr_t position)
{
	struct intercepted *function = &intercepted[number];
	void *behind = __atomic_load_n(&function->behind, __ATOMIC_RELAXED);
	if (behind == NULL) {
		behind = agent_find(function->name);
		__atomic_store_n(&function->behind, behind, __ATOMIC_RELAXED);
	}
	if (behind == NULL) {
		agent_say("%s is called, and is in no library that is loaded", function->name);
		abort();
	}
	function->does(words, position);
	return behind;
}

/* r11 is free at a call; the registers of arguments and the stack are restored. */
#define STRINGS(text) #text
#define STRING(text) STRINGS(text)
#define PASS(name, does)                                                     \
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

/* Some cannot be looked up when they are needed: in a signal handler, or in the child of a fork. */
void
intercept_start(void)
{
	for (unsigned i = 0; i < COUNT; i++)
		if (intercepted[i].behind == NULL)
			intercepted[i].behind = agent_find(intercepted[i].name);
}

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

#else

void
intercept_start(void)
{
}

#endif
