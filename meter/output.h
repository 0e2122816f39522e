/*
 * output - a file that appears whole or not at all.
 *
 * It is written beside its path and renamed there by output_close().  The path `-` is
 * standard output; it and files that are not regular are written directly.
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

/* Returns whether the file is there.  Unless FINE, nothing of it remains, and ERROR says why already. */
bool output_close(struct output *output, bool fine, struct nest_error *error);

/* Writes a file of BYTES. */
bool output_save(const char *path, struct view bytes, struct nest_error *error);

#endif
