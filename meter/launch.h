/*
 * launch - runs a command, metered or not, to its end.
 *
 * The environment says what to meter, so that every process of a pipeline
 * learns it.  An interrupt of this process is passed on to the command, which
 * is still waited for.
 */
#ifndef METER_LAUNCH_H
#define METER_LAUNCH_H

#include "lib/base/error.h"

#include <stdint.h>

struct launch {
	char *const *command; /* its last is NULL */
	const char *folder;   /* for the snapshots; NULL: nothing is metered */
	const char *config;   /* a properties file; NULL: the defaults */
	const char *set;      /* a set file; NULL: every probe is instrumented */
	const char *agent;    /* the library to preload; NULL: none */
	bool detached;        /* standard input is empty, and standard output is discarded */
};

struct launch_result {
	int status;    /* the command's, or 128 + its signal */
	int interrupt; /* the signal that was passed on to it, or 0 */
	uint64_t wall_ns, cpu_ns;
};

/*
 * False if the command was not started: NEST_USAGE if there is no such command, or one that cannot load the
 * agent, or NEST_FAILED.
 */
bool launch_run(const struct launch *launch, struct launch_result *result, struct nest_error *error);

#endif
