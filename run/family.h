/*
 * family - the children of this process, also those that it inherited when their own
 * parents ended: for that it must be a subreaper.
 *
 * Children that this process had before it became nest-run, as a shell has that executes it,
 * are no part of it.  A zeroed struct family has none of these; it owns its memory, and
 * family_free() gives it back.
 */
#ifndef NEST_RUN_FAMILY_H
#define NEST_RUN_FAMILY_H

#include "lib/base/buffer.h"

struct family {
	struct buffer elders;   /* pid_t: the children from before */
	struct buffer children; /* pid_t: all of them at the last look */
};

/* From here on orphans among this process's descendants become its children; those that it has are elders. */
bool family_adopt(struct family *family, struct nest_error *error);

/*
 * Ends all children and their children but elders, and waits for them: with TERM for PATIENCE_NS,
 * then with KILL for some seconds.  False where some are left, as those are that hang in the kernel.
 */
bool family_end(struct family *family, uint64_t patience_ns);

void family_free(struct family *family);

#endif
