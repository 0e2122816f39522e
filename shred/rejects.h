/*
 * rejects - a file of skipped records: a line that says what is wrong, which
 * begins with '#', and the record as it was.
 */
#ifndef NEST_SHRED_REJECTS_H
#define NEST_SHRED_REJECTS_H

#include "lib/base/buffer.h"

#include <stdio.h>

struct rejects {
	const char *path;
	FILE *file; /* NULL if they are not wanted */
};

/* Makes the file PATH, or empties it; with PATH NULL, rejects_add() does nothing. */
bool rejects_open(struct rejects *rejects, const char *path, struct nest_error *error);
bool rejects_add(struct rejects *rejects, const char *reason, struct view record, struct nest_error *error);

/* Closes the file, even after a failure: it has all that was added.  If FINE is false, ERROR is kept. */
bool rejects_close(struct rejects *rejects, bool fine, struct nest_error *error);

#endif
