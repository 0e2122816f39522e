/*
 * guardian - the process that the user sees: it has a supervisor run the plan, hands
 * signals on to it, and cleans up where the supervisor is killed.
 *
 * The supervisor is in a process group of its own, and so is every process of the plan:
 * what is sent to the group of nest-run, as by Control-C, reaches the guardian alone.
 * If the guardian is killed, the supervisor gets TERM, ends the run and cleans up.
 */
#ifndef NEST_RUN_GUARDIAN_H
#define NEST_RUN_GUARDIAN_H

#include "run/supervisor.h"

/*
 * Runs the plan, and returns its exit status; where a signal ended the run, it ends this
 * process, too.
 */
int guardian_run(const struct run *run, struct nest_error *error);

#endif
