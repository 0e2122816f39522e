/*
 * crew - the processes of a run: which run, which have ended, which was the first to fail.
 *
 * One function waits for all that can happen, crew_wait().  A struct crew owns its memory and
 * descriptors; crew_free() gives them back, once no process runs.
 */
#ifndef NEST_RUN_CREW_H
#define NEST_RUN_CREW_H

#include "run/command.h"
#include "run/process.h"
#include "run/relay.h"
#include "run/stall.h"
#include "run/supervisor.h"
#include "run/watch.h"

struct crew {
	const struct run *run;
	struct process *processes; /* one for each of the plan */
	char **bound;              /* the endpoint of each, if it was asked for */
	size_t running;
	size_t first_failed; /* PLAN_NONE: none has failed */
	size_t halted;       /* PLAN_NONE: none is */
	struct nest_error halt;
	struct watch watch;
	struct relay relay;
	struct stall stall;
	struct command command;
};

bool crew_open(struct crew *crew, const struct run *run, struct nest_error *error);

/* Whether the run can no longer succeed: a process failed or is halted, or an interrupt came. */
bool crew_is_troubled(const struct crew *crew);

/* Starts all processes in order; returns early if the crew is troubled. */
bool crew_start(struct crew *crew, struct nest_error *error);

/* Waits until something has happened, but at most until DEADLINE_NS (UINT64_MAX: forever). */
bool crew_wait(struct crew *crew, uint64_t deadline_ns, struct nest_error *error);

/*
 * Ends all processes: leaves them alone until TERM_NS, tells them to end until KILL_NS, then
 * kills them.  Some that hang in the kernel may be left.
 */
void crew_stop(struct crew *crew, uint64_t term_ns, uint64_t kill_ns);

void crew_free(struct crew *crew);

#endif
