/*
 * meter - the engine behind probes: names, contexts, frames, meterings.
 *
 * There is one engine in a process.  A name is interned once and is an index from then on.  Each thread has a
 * context, with its own stack of open frames and its own meterings, so that the hot path takes no lock, makes
 * no system call and allocates nothing; memory comes straight from mmap, since the engine may run inside the
 * program's malloc.  Threads share only the scorecards of names, as relaxed atomics.  A context outlives its
 * thread and serves a later one.
 *
 * Programs use lib/meter/probe.h; this is for the agent, the tests and the start of a program.  Unless marked
 * otherwise, functions may be called from any thread at any time, even when the engine is off.
 */
#ifndef NEST_METER_METER_H
#define NEST_METER_METER_H

#include "lib/base/error.h"
#include "lib/meter/config.h"
#include "lib/meter/probe.h"
#include "lib/meter/set.h"
#include "lib/meter/snapshot.h"

#include <stdint.h>

enum {
	METER_NAME_BYTES = 4095,     /* the longest name; a longer one is cut */
	METER_NAME_LIMIT = 1 << 20,  /* names in a process */
	METER_SLOTS = 1 << 16,       /* names that can be sampled; the last slot is of all others */
	METER_TEXT_LIMIT = 96 << 20, /* bytes of names in a process */
	METER_STACK_FRAMES = 4096,   /* open frames of a thread; deeper ones are counted, and not metered */
	METER_CONTEXT_LIMIT = 4096,  /* threads at one time; later ones are counted, and not metered */
};

/* Appended to the path of a snapshot that could not be written: an empty file that says so. */
#define METER_FAILED ".failed"

/* No name: the table is full, or the engine is off.  Entering it returns 0. */
#define METER_NO_NAME UINT32_MAX

/* A clock in nanoseconds that never goes back within a thread. */
typedef uint64_t meter_clock(void);

/* Begins and ends a call of a probe called NAME, in the way that this program's probes are called. */
typedef void meter_call(uint32_t name);

/* How to start.  A zeroed struct meters everything, adapts nothing and writes no snapshot. */
struct meter_options {
	const struct meter_config *config; /* NULL: the defaults */
	const struct meter_set *set;       /* NULL: every name */
	const char *snapshot;    /* NULL, or where to write: %p pid, %n program, %h host, %% percent */
	const char *suffix;      /* NULL, or appended to that path, since a process may have two engines */
	const char *config_path; /* NULL, or the file that config came from, for the snapshot */
	const char *set_path;    /* likewise */
	meter_clock *clock;      /* NULL: the machine's */
	meter_call *call; /* by which the cost of a call is measured; NULL: meter_enter and meter_leave */
	bool quiet;       /* for tests: no overhead measurement, no thread, no SIGUSR1, no atexit */
};

/*
 * Starts the engine: calibrates the clock, measures the cost of a probe, and opens
 * the meters.  SIGUSR1, SIGTERM and SIGINT, unless the program handles them, have a
 * thread of the engine write a snapshot; one is also written at exit.  After a
 * fork the child starts afresh: its meterings are empty, its open frames begin at
 * the fork, and its snapshot is its own.  No snapshot is written before a name is
 * known.  What CONFIG and SET own is the engine's from then on, unless the start fails:
 * NEST_USAGE if the engine runs already, NEST_FAILED for lack of memory.
 */
bool meter_start(const struct meter_options *options, struct nest_error *error);

/*
 * The same, as the environment says: NEST_METER_SNAPSHOT (a path as above; without it the engine stays off),
 * NEST_METER_CONFIG (a properties file), NEST_METER_SET (a set file), NEST_METER_NAME (the name of this
 * process).  Only the first call does anything.  If anything is wrong, there is a warning on standard error
 * and no metering.  Probes call this by themselves.
 */
void meter_start_from_environment(const char *suffix, meter_call *call);

/* True from the start to the stop. */
bool meter_running(void);

/*
 * Ends metering and gives everything back, all open frames included; writes no
 * snapshot.  For tests: no other thread may be in the engine.
 */
void meter_stop(void);

/*
 * Writes the snapshot now; returns true and does nothing if there is none to write.  Do not call
 * it in a signal handler.
 */
bool meter_write_snapshot(struct nest_error *error);

/*
 * The same for a process that ends here or becomes another program, perhaps in
 * a signal handler that interrupted malloc: the engine's own thread writes, and
 * the call waits for it for at most five seconds.  Without that thread the call
 * writes by itself.
 */
bool meter_write_last_snapshot(struct nest_error *error);

/* For the child of a fork that was not made by fork(3); fork(3) calls it by itself. */
void meter_forked(void);

/* ---- names ---- */

/*
 * The index of a name, which is entered if it is new.  The text is copied; control
 * characters and bytes that are not UTF-8 become '?', and so do an empty text and
 * a '#' in front, which a set could not hold.  METER_NO_NAME if the engine is off
 * or full.  Takes a lock; do not call it in a signal handler.
 */
uint32_t meter_name(const char *text, size_t size_bytes);
/* The same for a function that is in PLACE, for the groups of the configuration. */
uint32_t meter_name_at(const char *text, size_t size_bytes, const struct meter_place *place);
/* The path of this program, "" if it is not known. */
const char *meter_program_path(void);
/* Whether the configuration asks for source files. */
bool meter_asks_files(void);
const char *meter_name_text(uint32_t name);
uint32_t meter_name_count(void);

/* Whether a frame of NAME would be metered: it is in the set, and not disabled. */
bool meter_name_wanted(uint32_t name);
bool meter_name_has_label(uint32_t name, const char *label);

/*
 * HOOK is called once for each name that becomes disabled while running, but not for one that is disabled
 * when it is entered, or is not in the set (ask meter_name_wanted).  It is called on the thread that ended
 * the deciding frame, inside that end: it must not wait, allocate or enter a probe.  NULL removes the hook.
 */
void meter_on_disabled(void (*hook)(uint32_t name));

/* ---- frames ---- */

/* Opens a frame; 0 if NAME is not metered here and now. */
nest_frame meter_enter(uint32_t name);

/*
 * A call of a sampled probe may be passed over without meter_enter: at METER_SLOT(name), count
 * down; the call is only to be entered if the result is below 0.  This thread's own, or that of
 * all threads without one, in which nothing is above 0.
 */
extern _Thread_local int32_t *meter_left __attribute__((tls_model("initial-exec")));
#define METER_SLOT(name) ((name) < METER_SLOTS ? (name) : METER_SLOTS - 1)

/* Closes FRAME; frames opened after it are closed as abandoned first.  0 does nothing. */
void meter_leave(nest_frame frame);

/*
 * Closes, as abandoned, every frame of this thread that was opened after FRAME,
 * which stays open; all frames if FRAME is 0.  For frames that a longjmp or an
 * exception has left.
 */
void meter_abandon_above(nest_frame frame);

/* The innermost open frame of this thread; 0 if none is open. */
nest_frame meter_innermost(void);

/*
 * Makes this thread's context if it has none yet, when the caller must choose the
 * moment; otherwise the first frame makes it.  Returns whether the thread is
 * metered.
 */
bool meter_thread_ready(void);

/*
 * Says that the engine is not running on this thread, even if it seems to be: for
 * a caller that knows that a signal handler left the engine by a longjmp.
 */
void meter_thread_recover(void);

/* Stops metering this thread from now on: a helper of the engine or of the agent. */
void meter_ignore_thread(void);

/*
 * What a pair costs where the program calls it: as measured at the start, scaled by how long the engine's
 * part of it takes, by samples, compared with the start.  *ERROR_NS is how far off the result may be.
 */
double meter_cost_in_place(double *error_ns);

/* ---- memory ---- */

/* Zeroed pages, for what may run inside the program's malloc; NULL for lack of memory. */
void *meter_pages(size_t size_bytes);
/* Gives them back; NULL does nothing. */
void meter_pages_free(void *pages, size_t size_bytes);

/* ---- looking in, for tests ---- */

/* One name's row for the first meter: of all contexts together, or of the calling thread alone. */
struct meter_row_view {
	uint64_t count;
	uint64_t passed;  /* of these: not metered, but only counted, as the probe is sampled */
	uint64_t skipped; /* calls that an extension did not admit */
	uint64_t credit, debit;
	int64_t score;
	struct snapshot_sum time; /* nanoseconds; the minima are 0 when count is 0 */
};
struct meter_row_view meter_row_all(uint32_t name);
struct meter_row_view meter_row_here(uint32_t name);

/* What went wrong, in all contexts together. */
struct meter_troubles {
	uint64_t abandoned;     /* frames closed by an outer frame's end */
	uint64_t unmatched;     /* ends whose frame was not open */
	uint64_t too_deep;      /* begins on a full stack */
	uint64_t interrupting;  /* begins and ends of a signal handler that interrupted the engine */
	uint64_t left_open;     /* frames open when a thread ended */
	uint64_t names_refused; /* the table was full */
	uint64_t threads_refused;
	uint64_t nodes_refused; /* tracking: calls counted at their nearest tracked ancestor */
};
struct meter_troubles meter_troubles(void);

#endif
