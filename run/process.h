/*
 * process - one process of a run: started in a process group of its own, told to end,
 * taken from the table when it has ended.
 *
 * A struct process owns its log; process_free() closes it.
 */
#ifndef NEST_RUN_PROCESS_H
#define NEST_RUN_PROCESS_H

#include "lib/base/error.h"

#include <sys/resource.h>
#include <sys/types.h>

enum process_state { PROCESS_PLANNED, PROCESS_RUNS, PROCESS_ENDED };

struct process {
	enum process_state state;
	pid_t pid;
	int status; /* as wait(2) tells, of one that has ended */
	struct rusage used;
	int log; /* a file in memory with what it said; -1: none */
};

/* What a process is started as. */
struct process_command {
	char *const *words;  /* the last one is NULL */
	const char *output;  /* the file that gets its standard output */
	int error;           /* the descriptor of its standard error */
	bool reads_input;    /* it has the standard input of this one; others have nothing to read */
	bool ignores_pipe;   /* SIGPIPE is ignored, as it was where this program was started */
	struct rlimit files; /* how many descriptors it may have */
};

bool process_start(struct process *process, const struct process_command *command, struct nest_error *error);

/*
 * Takes the process from the table once it has ended, and kills what it leaves
 * behind in its group.  False while it runs.
 */
bool process_collect(struct process *process);

/* Sends a signal to its group; a process that is halted takes it, too. */
void process_signal(const struct process *process, int number);

/* Halts it, or lets it go on. */
void process_pause(const struct process *process, bool pauses);

static inline bool
process_failed(const struct process *process)
{
	return process->state == PROCESS_ENDED && process->status != 0;
}

void process_free(struct process *process);

#endif
