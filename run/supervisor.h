/*
 * supervisor - the process that runs a plan: it starts all processes of it, waits, names
 * the first that failed, stops the others, and adds up what they did.
 */
#ifndef NEST_RUN_SUPERVISOR_H
#define NEST_RUN_SUPERVISOR_H

#include "run/dataset.h"
#include "run/folder.h"
#include "run/plan.h"

#include <sys/resource.h>

struct run_options {
	bool quiet;
	uint64_t stall_seconds;
	const char *summary; /* a file for the summary as JSON, or NULL */
};

/* What all processes of nest-run share. */
struct run {
	const struct run_plan *plan;
	const struct run_options *options;
	struct folder folder;
	struct dataset_mark before; /* what was in the dataset's place */
	/* As they were when nest-run started, and will be for its processes. */
	struct rlimit files; /* descriptors */
	bool ignores_pipe;   /* SIGPIPE */
};

enum {
	RUN_SIGNALLED = 128, /* plus a signal's number: the status of a run that this signal ended */
};

/*
 * Runs the plan from beginning to end, and returns its exit status.  Signals must be
 * blocked.  It leaves nothing behind: no process, no folder.
 */
int supervisor_run(const struct run *run);

#endif
