/*
 * guardian - the process that the user sees: it lets a supervisor run the plan, passes
 * signals on to it, and cleans up if the supervisor is killed.
 *
 * The supervisor is in a process group of its own, and so is every process of the plan:
 * a signal to the group of nest-run, as from Control-C, reaches only the guardian.
 * If the guardian is killed, the supervisor gets TERM, ends the run and cleans up.
 */
#ifndef NEST_RUN_GUARDIAN_H
#define NEST_RUN_GUARDIAN_H

#include "run/supervisor.h"

/*
 * Runs the plan, and returns its exit status; a signal that ended the run ends this
 * process, too.
 */
int guardian_run(const struct run *run, struct nest_error *error);

#endif
