/*
 * process - one process of a run: started in a process group of its own, told to end,
 * reaped when it has ended.
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
	int status; /* as of wait(2), once it has ended */
	struct rusage used;
	int log; /* a file in memory with its standard error; -1: none */
};

/* What a process is started as. */
struct process_command {
	char *const *words;  /* the last one is NULL */
	const char *output;  /* the file that gets its standard output */
	int error;           /* the descriptor of its standard error */
	bool reads_input;    /* it gets our standard input; others have nothing to read */
	bool ignores_pipe;   /* SIGPIPE is ignored, as it was when this program started */
	struct rlimit files; /* how many descriptors it may have */
};

bool process_start(struct process *process, const struct process_command *command, struct nest_error *error);

/*
 * Reaps the process once it has ended, and kills what it leaves behind in its
 * group.  False while it runs.
 */
bool process_collect(struct process *process);

/* Sends a signal to its group; a stopped process gets it, too. */
void process_signal(const struct process *process, int number);

/* Suspends it, or lets it continue. */
void process_pause(const struct process *process, bool pauses);

static inline bool
process_failed(const struct process *process)
{
	return process->state == PROCESS_ENDED && process->status != 0;
}

void process_free(struct process *process);

#endif
