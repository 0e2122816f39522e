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

/* What is the same for all processes of nest-run. */
struct run {
	const struct run_plan *plan;
	const struct run_options *options;
	struct folder folder;
	struct dataset_mark before; /* what stood where the dataset goes */
	/* As they were where nest-run was started, and are for its processes. */
	struct rlimit files; /* descriptors */
	bool ignores_pipe;   /* SIGPIPE */
};

enum {
	RUN_SIGNALLED = 128, /* and a signal's number: the status of a run that this signal ended */
};

/*
 * Runs the plan from beginning to end, and returns its exit status.  Signals must be
 * blocked.  Nothing is left behind: no process, no folder.
 */
int supervisor_run(const struct run *run);

#endif
