/*
 * stall - finds a halted process: one that makes no progress and does not wait for a neighbour.
 *
 * All process groups are looked at ten times in the time that a halt may last.  A group in which
 * ten looks saw no CPU time and no wake-up is looked at closely: it is halted if a member
 * is stopped by a signal or hangs in the kernel, or if no member waits for other
 * processes and one waits for a lock, a disk, or for time to pass.  A stopped process
 * is named rather than a waiting one, which may wait for it.  Looks count, and
 * not the time, so that no process is accused when this one was halted itself; after that,
 * counting begins anew, since the others may continue a little later than this one.
 *
 * A struct stall owns its memory; stall_free() gives it back.
 */
#ifndef NEST_RUN_STALL_H
#define NEST_RUN_STALL_H

#include "run/plan.h"
#include "run/process.h"

struct stall_look;

struct stall {
	uint64_t seconds; /* how long a halt may last; 0: forever */
	uint64_t
	    next_ns; /* when the next look is due, on the clock of program_clock_ns(); UINT64_MAX: never */
	size_t processes;
	struct stall_look *looks;
};

bool stall_open(struct stall *stall, uint64_t seconds, size_t processes, struct nest_error *error);

/* Forgets what was seen: the run was suspended on purpose, and continues now. */
void stall_restart(struct stall *stall);

/*
 * Looks at the processes of PLAN; returns the index of a halted one, with the reason in ERROR, or
 * PLAN_NONE.  If a look is late by as long as a halt may last, counting restarts: the machine slept,
 * or all processes were frozen.
 */
size_t stall_look(struct stall *stall, const struct run_plan *plan, const struct process *processes,
    struct nest_error *error);

void stall_free(struct stall *stall);

#endif
