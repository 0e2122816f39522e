/*
 * output - a file that is there whole or not at all.
 *
 * It is written beside its place and renamed there by output_close(); an error
 * in between removes it.  The path `-` is standard output; it and what is no
 * regular file are written as they stand.
 */
#ifndef METER_OUTPUT_H
#define METER_OUTPUT_H

#include "lib/base/buffer.h"

#include <limits.h>
#include <stdio.h>

struct output {
	FILE *file;
	const char *path;       /* borrowed until the close */
	char written[PATH_MAX]; /* where it stands until then; empty for what is no regular file */
};

bool output_open(struct output *output, const char *path, struct nest_error *error);
/* Whether BYTES were taken is seen by output_close(). */
void output_write(struct output *output, struct view bytes);
bool output_close(struct output *output, struct nest_error *error);

/* Gives up: nothing of the file stays. */
void output_abandon(struct output *output);

#endif
