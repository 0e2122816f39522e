/*
 * family - the children of this process, also those that it inherited when their own
 * parents ended: for that it must be a subreaper.
 */
#ifndef NEST_RUN_FAMILY_H
#define NEST_RUN_FAMILY_H

#include <stdbool.h>
#include <stdint.h>

/* From here on orphans among this process's descendants become its children. */
void family_adopt(void);

/*
 * Ends all children and their children, and waits for them: with TERM for PATIENCE_NS, then
 * with KILL for some seconds.  False where some are left, as those are that hang in the kernel.
 */
bool family_end(uint64_t patience_ns);

#endif
