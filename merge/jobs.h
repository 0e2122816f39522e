/* jobs - files checked by several processes side by side. */
#ifndef NEST_MERGE_JOBS_H
#define NEST_MERGE_JOBS_H

#include "merge/file_list.h"

enum { JOBS_MOST = 256 };

/*
 * Checks the files of WALK with JOBS processes, or by itself where that is 1.  The fault that is told is
 * that of the first file in their order that has one, however many processes there are; files behind it
 * may not have been looked at.  NEST_FAILED where a process was lost.
 */
bool jobs_check(const struct file_list *files, uint64_t jobs, struct nest_error *error);

#endif
