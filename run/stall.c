#include "run/stall.h"

#include "lib/base/program.h"
#include "run/proc.h"

#include <stdlib.h>

enum { LOOKS = 10 };

struct stall_look {
	uint64_t progress, before; /* ticks and switches of all in the group: now, and at the last check */
	unsigned same;             /* how many successive checks saw no progress */
};

static void
plan_next(struct stall *stall)
{
	stall->next_ns = program_clock_ns() + stall->seconds * (1000000000u / LOOKS);
}

bool
stall_open(struct stall *stall, uint64_t seconds, size_t processes, struct nest_error *error)
{
	*stall = (struct stall){.seconds = seconds, .next_ns = UINT64_MAX, .processes = processes};
	if (seconds == 0)
		return true;
	stall->looks = calloc(processes, sizeof *stall->looks);
	if (stall->looks == NULL)
		return nest_error_memory(error, processes * sizeof *stall->looks, "looks at processes");
	plan_next(stall);
	return true;
}

void
stall_restart(struct stall *stall)
{
	if (stall->looks == NULL)
		return;
	for (size_t i = 0; i < stall->processes; i++)
		stall->looks[i].same = 0;
	plan_next(stall);
}

void
stall_free(struct stall *stall)
{
	free(stall->looks);
	*stall = (struct stall){.next_ns = UINT64_MAX};
}

/* What is known about a process group. */
struct group {
	bool progresses, waits; /* a process in it does */
	const char *halt;       /* why a process does neither */
};

static void
add_member(struct group *group, pid_t pid, const struct proc *proc)
{
	enum proc_wait waits;
	switch (proc->state) {
	case 'T':
		group->halt = "it is stopped by a signal";
		break;
	case 'D':
		group->halt = "it hangs in the kernel, as on a disk that does not answer";
		break;
	case 'S':
		waits = proc_waits_for(pid);
		if (waits == PROC_WAITS_NEIGHBOUR)
			group->waits = true;
		else if (waits == PROC_WAITS_NOBODY && group->halt == NULL)
			group->halt = "it sleeps, and does not wait for its neighbours";
		break;
	case 'Z':
	case 'X':
		break;
	default:
		group->progresses = true;
	}
}

/* A stopped process halts its group whatever the others wait for: they wait for it. */
static bool
is_final(char state)
{
	return state == 'T' || state == 'D';
}

struct close_look {
	pid_t leader;
	struct group group;
	bool stopped;
};

static void
look_at(void *to, pid_t pid)
{
	struct close_look *look = to;
	struct proc proc;
	if (!proc_read(pid, &proc) || proc.group != look->leader)
		return;
	add_member(&look->group, pid, &proc);
	look->stopped = look->stopped || is_final(proc.state);
}

/* Examines the members of a process group; .group.halt is NULL if it is not halted. */
static struct close_look
look_closely(pid_t leader)
{
	struct close_look look = {.leader = leader};
	proc_each(look_at, &look);
	if (look.group.progresses || (look.group.waits && !look.stopped))
		look.group.halt = NULL;
	return look;
}

struct survey {
	struct stall *stall;
	const struct process *processes;
	size_t count;
};

static void
add_progress(void *to, pid_t pid)
{
	struct survey *survey = to;
	struct proc proc;
	if (!proc_read(pid, &proc))
		return;
	for (size_t i = 0; i < survey->count; i++)
		if (survey->processes[i].state == PROCESS_RUNS && survey->processes[i].pid == proc.group) {
			survey->stall->looks[i].progress += proc.ticks + proc_switches(pid);
			return;
		}
}

/* Sets .same of every process that runs. */
static void
survey_all(struct stall *stall, const struct process *processes, size_t count)
{
	struct survey survey = {stall, processes, count};
	for (size_t i = 0; i < count; i++) {
		stall->looks[i].before = stall->looks[i].progress;
		stall->looks[i].progress = 0;
	}
	proc_each(add_progress, &survey);
	for (size_t i = 0; i < count; i++) {
		struct stall_look *look = &stall->looks[i];
		bool still = processes[i].state == PROCESS_RUNS && look->progress == look->before;
		look->same = still ? look->same + 1 : 0;
	}
}

static bool
some_are_due(const struct stall *stall)
{
	for (size_t i = 0; i < stall->processes; i++)
		if (stall->looks[i].same >= LOOKS)
			return true;
	return false;
}

/* The process that is halted, and why; .index is PLAN_NONE if none is. */
struct finding {
	size_t index;
	const char *halt;
};

/*
 * A stopped process comes before a waiting one, which may be waiting for it.  So no waiting process is
 * named while another is stopped, even if not yet for long enough.
 */
static struct finding
find(const struct stall *stall, const struct process *processes)
{
	struct finding waiting = {.index = PLAN_NONE};
	bool another_is_stopped = false;
	for (size_t i = 0; some_are_due(stall) && i < stall->processes; i++) {
		unsigned same = stall->looks[i].same;
		if (same == 0)
			continue;
		struct close_look look = look_closely(processes[i].pid);
		if (look.group.halt == NULL)
			continue;
		if (look.stopped && same >= LOOKS)
			return (struct finding){i, look.group.halt};
		if (look.stopped)
			another_is_stopped = true;
		else if (same >= LOOKS && waiting.index == PLAN_NONE)
			waiting = (struct finding){i, look.group.halt};
	}
	return another_is_stopped ? (struct finding){.index = PLAN_NONE} : waiting;
}

size_t
stall_look(struct stall *stall, const struct run_plan *plan, const struct process *processes,
    struct nest_error *error)
{
	if (program_clock_ns() > stall->next_ns + stall->seconds * 1000000000u)
		stall_restart(stall);
	plan_next(stall);
	survey_all(stall, processes, plan->count);
	struct finding finding = find(stall, processes);
	if (finding.index == PLAN_NONE)
		return PLAN_NONE;
	nest_error_set(error, NEST_FAILED, "%s was halted: no progress for %llu s, and %s",
	    plan->processes[finding.index].name, (unsigned long long)stall->seconds, finding.halt);
	return finding.index;
}
