/*
 * output - a file that appears whole or not at all.
 *
 * It is written beside its path and renamed there by output_close(); an error
 * in between removes it.  The path `-` is standard output; it and files that are
 * not regular are written directly.
 */
#ifndef METER_OUTPUT_H
#define METER_OUTPUT_H

#include "lib/base/buffer.h"

#include <limits.h>
#include <stdio.h>

struct output {
	FILE *file;
	const char *path;       /* borrowed until the close */
	char written[PATH_MAX]; /* where it is until then; empty if it is written directly */
};

bool output_open(struct output *output, const char *path, struct nest_error *error);
/* Writes BYTES; output_close() reports whether that failed. */
void output_write(struct output *output, struct view bytes);
bool output_close(struct output *output, struct nest_error *error);

/* Gives up: nothing of the file remains. */
void output_abandon(struct output *output);

#endif
