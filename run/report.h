/*
 * report - the end of a run that succeeded: shows what its processes said, keeps the files
 * to be kept, adds up what the processes did, and prints it.
 */
#ifndef NEST_RUN_REPORT_H
#define NEST_RUN_REPORT_H

#include "run/crew.h"

/* Shows warnings and keeps files, then reads the accounts and prints the summary. */
bool report_run(struct crew *crew, uint64_t wall_us, struct nest_error *error);

/* Makes the file that the plan keeps from those that exist; nothing if it keeps none. */
bool report_keep(struct crew *crew, struct nest_error *error);

#endif
