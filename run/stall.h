/*
 * stall - who is halted: makes no progress, and does not wait for a neighbour.
 *
 * All process groups are looked at ten times in the time that a halt may last.  One in which
 * ten looks saw no CPU time and nobody woken is looked at closely: it is halted where somebody
 * in it is stopped by a signal or hangs in the kernel, or where nobody in it waits for other
 * processes and somebody waits for a lock, a disk, or for time to pass.  One that is stopped
 * is named before one that waits, which may wait for it.  Looks count and
 * not the time, so that nobody is accused when this process itself was halted; and then they
 * begin anew, for the others may go on a little later than this one.
 *
 * A struct stall owns its memory; stall_free() gives it back.
 */
#ifndef NEST_RUN_STALL_H
#define NEST_RUN_STALL_H

#include "run/plan.h"
#include "run/process.h"

struct stall_look;

struct stall {
	uint64_t seconds; /* how long a halt may last; 0: for ever */
	uint64_t
	    next_ns; /* when the next look is due, on the clock of program_clock_ns(); UINT64_MAX: never */
	size_t processes;
	struct stall_look *looks;
};

bool stall_open(struct stall *stall, uint64_t seconds, size_t processes, struct nest_error *error);

/* Forgets what was seen: the run was halted on purpose, and goes on now. */
void stall_restart(struct stall *stall);

/*
 * Looks at the processes of PLAN; the index of one that is halted, and why in ERROR, or PLAN_NONE.
 * A look that is late by as long as a halt may last restarts: the machine slept, or all were frozen.
 */
size_t stall_look(struct stall *stall, const struct run_plan *plan, const struct process *processes,
    struct nest_error *error);

void stall_free(struct stall *stall);

#endif
