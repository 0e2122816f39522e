/* jobs - checks files by several processes side by side. */
#ifndef NEST_MERGE_JOBS_H
#define NEST_MERGE_JOBS_H

#include "merge/file_list.h"

enum { JOBS_MOST = 256 };

/*
 * Checks FILES by JOBS processes, or by this one if JOBS is 1.  The fault reported is that of the first
 * file that has one, in their order, however many processes there are; files after it may not have been
 * checked.  NEST_FAILED if a process was lost.
 */
bool jobs_check(const struct file_list *files, uint64_t jobs, struct nest_error *error);

#endif
