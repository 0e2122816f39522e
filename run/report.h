/*
 * report - the end of a run that went well: what its processes said is shown, what is to
 * be kept is kept, and what they did is added up and told.
 */
#ifndef NEST_RUN_REPORT_H
#define NEST_RUN_REPORT_H

#include "run/crew.h"

/* Shows warnings and keeps files, then reads the accounts and tells the summary. */
bool report_run(struct crew *crew, uint64_t wall_us, struct nest_error *error);

/* Makes the file that the plan keeps of those that are there; nothing where it keeps none. */
bool report_keep(struct crew *crew, struct nest_error *error);

#endif
