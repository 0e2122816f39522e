/*
 * agent - the parts of libnest-meter-agent.so.
 *
 * The library is preloaded into a program that was compiled with -finstrument-functions or with
 * -fpatchable-function-entry, and meters its functions with its own copy of the engine of lib/meter.
 * The pieces: elf reads an object's file and its table of functions, name turns symbols into names, sources
 * asks which files functions are in, object finds the functions of all loaded objects, function keeps them,
 * patch writes jumps into them, stub holds the code that these lead to, thread keeps the open functions of a
 * thread, enter is what happens at each call, engine starts the engine and measures what a call costs, agent
 * wraps the few functions of the C and C++ libraries that need to know, base looks these up.
 *
 * Patched functions (x86-64).  The five bytes that the compiler left at a function's beginning become a jump
 * to the function's stub.  The stub counts down what a sampled function passes over, has the frame opened,
 * takes the return address off the stack and calls the body; after that call it has the frame closed and
 * returns to the return address.  Calls and returns thus stay paired, as the processor's return prediction
 * requires.  To disable a function, the first byte of the jump, e9, is replaced by 3d, which turns the same
 * five bytes into `cmp eax, imm32`: no operation, as no flag is live there.  Every processor sees a store of
 * one byte whole, so code need not be stopped or made writable while it runs: it is written through
 * /proc/self/mem, and no page is ever writable and executable at once.
 *
 * While a function is open, its place on the stack holds an address in its stub (agent_entry.position says
 * where).  Code that walks the stack by return addresses must see the true ones, hence agent_show_returns()
 * before an exception is thrown and agent_hide_returns() when it has been caught.  longjmp needs nothing:
 * entries that it left are recognised by their position, which is below that of the next function that begins
 * or ends.
 */
#ifndef METER_AGENT_H
#define METER_AGENT_H

#include "lib/meter/meter.h"

#include <stddef.h>
#include <stdint.h>

/* ---- functions ---- */

struct agent_function {
	uint32_t live; /* whether it is metered */
	uint32_t name; /* in the engine */
	uintptr_t address;
	unsigned char *sled;         /* where its code is patched; NULL: it calls the hooks by itself */
	uintptr_t leave;             /* of a patched one: the return address that it sees */
	struct agent_function *next; /* with the same name */
};

/* A new function called TEXT in PLACE, which is disabled with its name; NULL for lack of memory. */
struct agent_function *agent_function_new(
    const char *text, uintptr_t address, const struct meter_place *place);

/* Finds the functions of objects loaded since the last call.  Do not call it in a signal handler. */
void agent_objects_scan(void);

/* ---- the engine ---- */

/*
 * Starts the engine if it is not running yet; returns whether it runs.  PATCHED: functions are patched, and
 * call no hooks.
 */
bool agent_engine_start(bool patched);

/* Writes a snapshot unless this is a vfork's child. */
void agent_snapshot(void);

/* To be called in the child of a fork. */
void agent_engine_forked(void);

/* ---- other libraries, and messages ---- */

/*
 * The address of a function of the C and C++ libraries, but not the agent's own of that name; NULL if there
 * is none, as for libraries that only a plugin brought with it.
 */
void *agent_find(const char *name);

/* Writes "nest-meter: agent: ..." to standard error. */
void agent_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- patching ---- */

/* The no-operations at a function's beginning, which are to be patched. */
struct agent_sled {
	unsigned char *at;
	unsigned char *body; /* after it */
	struct agent_function *function;
	bool whole;     /* its first instruction is five bytes or longer */
	uintptr_t stub; /* what it is to jump to */
};

enum { AGENT_SLED_BYTES = 5 };

/*
 * Whether the code at AT, BYTES long, begins with no-operations that can be
 * patched; fills SLED with where they end.
 */
bool agent_sled_measure(struct agent_sled *sled, unsigned char *at, size_t bytes);

/* Whether the BYTES at AT are whole no-operations. */
bool agent_is_nops(const unsigned char *at, size_t bytes);

/*
 * Makes the COUNT sleds, all of one object and with functions, jump to stubs.  Those that
 * cannot be patched are reported and left as they are.
 */
void agent_patch(struct agent_sled *sleds, size_t count, const char *object);

/* Disables the jump at SLED.  Async-signal-safe. */
void agent_unpatch(unsigned char *sled);

/* Makes a stub for each of COUNT sleds, within reach of all; false if there is no memory in reach. */
bool agent_stubs_make(struct agent_sled *sleds, size_t count);

/* A function in assembly, with its lines of CODE. */
#define AGENT_ASSEMBLY(name, code)                                                   \
	__asm__(                                                                     \
	    "	.text\n	.p2align 6\n	.globl " #name "\n	.hidden " #name "\n" \
	    "	.type " #name ", @function\n" #name ":\n" code "	.size " #name ", . - " #name "\n")

/* ---- threads ---- */

/* A function that is open on a thread. */
struct agent_entry {
	uintptr_t position; /* where on the stack its return address is, or the hook's */
	uintptr_t key;      /* the function's address if it called the hook; 0 for a patched one */
	uintptr_t target;   /* of a patched one: where it returns to */
	uintptr_t leave; /* of a patched one: what the stack holds instead; else where the hook was called */
	nest_frame frame;
	uint64_t skipped; /* calls of the same function within this one that are not metered */
};

/* More than the engine's frames, so that the engine refuses the first that is too deep, and counts it. */
enum { AGENT_ENTRIES = METER_STACK_FRAMES + 2 };

struct agent_thread {
	struct agent_entry *top;   /* the innermost; entries[0] belongs to no function, and is above all */
	struct agent_entry *limit; /* the end of the entries */
	uintptr_t low, size_bytes; /* its stack; elsewhere nothing is metered */
	volatile uintptr_t busy;   /* the position that the agent works for; 0: none */
	volatile bool shown;       /* the stack holds the true return addresses */
	volatile bool cold;        /* the engine has something to set up first */
	struct agent_thread *next; /* that has ended, too */
	struct agent_entry entries[];
};

extern __thread struct agent_thread *agent_this_thread __attribute__((tls_model("initial-exec")));

/* This thread's, made if there is none; one without a stack if it cannot have one.  Never NULL. */
struct agent_thread *agent_thread_get(void);

/* Makes the engine set up what it needs for a cold thread. */
void agent_thread_warm(struct agent_thread *thread);

/* Closes the functions that are open below POSITION; with SAME, those at POSITION, too. */
void agent_abandon(struct agent_thread *thread, uintptr_t position, bool same);
/* Closes the innermost function. */
void agent_abandon_top(struct agent_thread *thread);

/* Put the true return addresses on the stack, and those of the stubs back. */
void agent_show_returns(void);
void agent_hide_returns(uintptr_t position);

/* Stops metering patched functions on this thread. */
void agent_thread_refuse(const char *reason);

/* Called by the stubs. */
uintptr_t agent_enter(struct agent_function *function, uintptr_t *slot);
uintptr_t agent_leave(uintptr_t *slot);

/* Called by code compiled with -finstrument-functions. */
void __cyg_profile_func_enter(void *function, void *site);
void __cyg_profile_func_exit(void *function, void *site);

#endif
