/*
 * agent - what libnest-meter-agent.so is made of.
 *
 * The library is preloaded into a program that was compiled with -finstrument-functions or with
 * -fpatchable-function-entry, and meters its functions with the engine of lib/meter, of which it holds a copy
 * of its own.  The pieces: elf reads an object's file, unwind its table of functions, name makes names of
 * symbols, object finds the functions of what is loaded, code writes into them and patch knows what, stub
 * holds the code that is jumped to, thread keeps the open functions of a thread, enter is what happens at
 * each call, intercept stands before the few functions of the C and C++ libraries that would otherwise be
 * surprised, library looks these up.
 *
 * Patched functions (x86-64).  The five bytes that the compiler left at a function's beginning become a jump
 * to the function's stub.  The stub tests the function's flag, has the frame opened, takes the return address
 * off the stack and calls the body; behind that call it has the frame closed and returns to where the return
 * address says.  Calls and returns thus stay paired, as the processor's return prediction needs it.  To
 * disable a function the first byte of the jump, e9, is replaced by 3d, which makes of the same five bytes
 * `cmp eax, imm32`: no operation where no flag is alive.  A store of one byte is seen whole by every
 * processor, so that code is never stopped and never made writable while it runs: it is written through
 * /proc/self/mem, and no page is ever writable and executable at once.
 *
 * While a function is open, its place on the stack bears an address in its stub (agent_entry.position says
 * where).  Whoever walks the stack by return addresses must see the true ones, hence agent_show_returns()
 * before an exception is thrown and agent_hide_returns() when it has been caught.  longjmp needs nothing:
 * what it left behind is known by its position, which is below that of the next function that begins or ends.
 */
#ifndef METER_AGENT_H
#define METER_AGENT_H

#include "lib/meter/meter.h"

#include <stddef.h>
#include <stdint.h>

/* ---- functions ---- */

struct agent_function {
	uint32_t live; /* whether it is metered; the stub tests it, so it is the first */
	uint32_t name; /* in the engine */
	uintptr_t address;
	unsigned char *sled;         /* where its code is patched; NULL: it calls the hooks by itself */
	uintptr_t leave;             /* of a patched one: the return address that it sees */
	struct agent_function *next; /* of the same name */
};

/* A new function called TEXT, known to the disabling of names; NULL without memory. */
struct agent_function *agent_function_new(const char *text, uintptr_t address);

/* Takes up the objects that were loaded since the last call.  Not in a signal handler. */
void agent_objects_scan(void);

/* ---- the engine ---- */

/* Starts it when it doesn't run yet; whether it runs.  PATCHED: the functions are, and call no hooks. */
bool agent_engine_start(bool patched);

/* Writes a snapshot unless this is a vfork's child. */
void agent_snapshot(void);

/* In the child of a fork. */
void agent_engine_forked(void);

/* ---- memory and messages ---- */

/* Zeroed pages that are never given back, or given back with munmap; NULL where there are none. */
void *agent_pages(size_t size_bytes);
/* The same in small pieces, aligned to 16; under the lock of the scan. */
void *agent_piece(size_t size_bytes);

/* "nest-meter: agent: ..." to standard error. */
void agent_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- patching ---- */

/* One sled on its way to being patched. */
struct agent_sled {
	unsigned char *at;
	unsigned char *body; /* behind it */
	struct agent_function *function;
	bool whole; /* its first instruction is five bytes or longer */
};

enum { AGENT_SLED_BYTES = 5 };

/*
 * Looks at the code at AT, of which BYTES may be looked at: whether it begins
 * with no-operations that can be patched, and where they end.
 */
bool agent_sled_measure(struct agent_sled *sled, unsigned char *at, size_t bytes);

/* Whether the BYTES at AT are no-operations, and end with one. */
bool agent_is_nops(const unsigned char *at, size_t bytes);

/*
 * Makes the COUNT sleds, all of one object and with functions, jump to stubs.  Says and
 * leaves what it cannot.
 */
void agent_patch(struct agent_sled *sleds, size_t count, const char *object);

/* Writes BYTES of code; false where the kernel does not let us.  Async-signal-safe. */
bool agent_write_code(unsigned char *at, const void *bytes, size_t count);
/* The same for many: through a descriptor of the process's memory, -1 without one, to be closed. */
int agent_code_open(void);
bool agent_code_write(int memory, unsigned char *at, const void *bytes, size_t count);

/* Whether this process has other threads. */
bool agent_has_threads(void);
/* Waits until every other thread has left the instructions that it was at; false when it doesn't happen. */
bool agent_wait_for_threads(void);

/*
 * Makes stubs for sleds within reach of NEAR; NULL, or how many were made and their order is the sleds'.
 * Fills function->leave; STARTS gets the addresses to jump to.
 */
bool agent_stubs_make(const struct agent_sled *sleds, size_t count, uintptr_t *starts);

/* ---- threads ---- */

/* A function that is open on a thread. */
struct agent_entry {
	uintptr_t position; /* where on the stack: of its return address, or of the hook's */
	uintptr_t key;      /* the function's address when it called the hook; 0 for a patched one */
	uintptr_t target;   /* of a patched one: where it returns to */
	uintptr_t leave; /* of a patched one: what the stack bears instead; else where the hook was called */
	nest_frame frame;
	uint64_t skipped; /* begun in this one, being the same function, and not metered */
};

/* More than the engine has frames: that refuses the first that is too deep, and counts it. */
enum { AGENT_ENTRIES = METER_STACK_FRAMES + 2 };

struct agent_thread {
	struct agent_entry *top;   /* the innermost; entries[0] is nobody's and above everything */
	struct agent_entry *limit; /* no entry at or behind this one */
	uintptr_t low, size_bytes; /* its stack; elsewhere nothing is metered */
	volatile uintptr_t busy;   /* the position that the agent works for, 0: none */
	volatile bool shown;       /* the stack bears the true return addresses */
	volatile bool cold;        /* the engine has something to set up first */
	struct agent_entry *entries;
	struct agent_thread *next;
};

extern __thread struct agent_thread *agent_this_thread __attribute__((tls_model("initial-exec")));

/* The thread's, made when it has none; one without a stack where it can have none.  Never NULL. */
struct agent_thread *agent_thread_get(void);

/* The child of a fork has a thread whose engine begins afresh. */
void agent_thread_forked(void);
/* Has the engine set up what it needs for a thread that is cold. */
void agent_thread_warm(struct agent_thread *thread);

/* Closes what is open below POSITION; with SAME, what is at it too. */
void agent_abandon(struct agent_thread *thread, uintptr_t position, bool same);
/* Closes the innermost. */
void agent_abandon_top(struct agent_thread *thread);

/* Puts the true return addresses on the stack, and the stubs' back. */
void agent_show_returns(void);
void agent_hide_returns(uintptr_t position);

/* No patched function is metered on this thread any more. */
void agent_thread_refuse(const char *reason);

/* What the stubs call. */
uintptr_t agent_enter(struct agent_function *function, uintptr_t *slot);
uintptr_t agent_leave(uintptr_t *slot);

/* Calls WHAT with all vector registers kept. */
void *agent_with_vectors(void *(*what)(void *), void *with);

/* What the compiler calls for -finstrument-functions. */
void __cyg_profile_func_enter(void *function, void *site);
void __cyg_profile_func_exit(void *function, void *site);

#endif
