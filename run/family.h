/*
 * family - the children of this process, including those that it inherited when their
 * parents ended, for which it must be a subreaper.
 *
 * Children from before this process became nest-run, as when a shell executes it,
 * are not part of the family.  A zeroed struct family has no such elders; it owns its memory, and
 * family_free() gives it back.
 */
#ifndef NEST_RUN_FAMILY_H
#define NEST_RUN_FAMILY_H

#include "lib/base/buffer.h"

struct family {
	struct buffer elders;   /* pid_t: the children from before */
	struct buffer children; /* pid_t: all of them at the last look */
};

/* From now on, orphaned descendants become children of this process; the present children are elders. */
bool family_adopt(struct family *family, struct nest_error *error);

/*
 * Ends all children except elders, and the children's children, and waits for them: with TERM for
 * PATIENCE_NS, then with KILL for some seconds.  False if some are left, such as those that hang in
 * the kernel.
 */
bool family_end(struct family *family, uint64_t patience_ns);

void family_free(struct family *family);

#endif
