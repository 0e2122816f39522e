/*
 * launch - runs a command, metered or not, to its end.
 *
 * What is metered is told through the environment, so that every process of a
 * pipeline learns it.  An interrupt of this process is passed on to the
 * command, which is then waited for all the same.
 */
#ifndef METER_LAUNCH_H
#define METER_LAUNCH_H

#include "lib/base/error.h"

#include <stdint.h>

struct launch {
	char *const *command; /* closed by NULL */
	const char *folder;   /* of the snapshots; NULL: nothing is metered */
	const char *config;   /* a properties file; NULL: the defaults */
	const char *set;      /* a set file; NULL: every probe is instrumented */
	const char *agent;    /* the library to preload; NULL: none */
	bool detached;        /* no standard input, and standard output goes nowhere */
	bool shown;           /* and then it goes to standard error */
};

struct launch_result {
	int status; /* the command's, or 128 and its signal */
	bool interrupted;
	uint64_t wall_ns, cpu_ns;
};

/* False where the command was not started; NEST_FAILED, or NEST_USAGE where there is no such command. */
bool launch_run(const struct launch *launch, struct launch_result *result, struct nest_error *error);

/*
 * Finds the agent: GIVEN where it is not NULL, else beside this program, else
 * where it is installed.  *AGENT is NULL where there is none and none was
 * given; it lives until the program ends.
 */
bool launch_find_agent(const char *given, const char **agent, struct nest_error *error);

#endif
