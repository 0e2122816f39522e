/*
 * rejects - the records that were skipped: a line of what is wrong, which
 * begins with '#', and the record as it was.
 */
#ifndef NEST_SHRED_REJECTS_H
#define NEST_SHRED_REJECTS_H

#include "lib/base/buffer.h"

#include <stdio.h>

struct rejects {
	const char *path;
	FILE *file; /* NULL where nobody wants them */
};

/* Makes the file PATH, or empties it; a NULL path takes nothing. */
bool rejects_open(struct rejects *rejects, const char *path, struct nest_error *error);
bool rejects_add(struct rejects *rejects, const char *reason, struct view record, struct nest_error *error);

/* Also after a failure: what was added is in the file.  ERROR stays where FINE is false. */
bool rejects_close(struct rejects *rejects, bool fine, struct nest_error *error);

#endif
