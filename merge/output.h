/*
 * output - a file that is being written, from bytes in memory and bytes of other files.
 *
 * A struct output borrows its descriptor and its name, and owns a buffer until
 * output_free().  Errors: NEST_FAILED, "unable to write NAME: ...".
 */
#ifndef NEST_MERGE_OUTPUT_H
#define NEST_MERGE_OUTPUT_H

#include "lib/parquet/metadata.h"
#include "merge/file.h"

struct output {
	int fd;
	const char *name;
	uint64_t written;
	struct buffer bytes; /* private */
};

bool output_write(struct output *out, const void *bytes, size_t size, struct nest_error *error);

/* Appends the bytes of FROM from AT up to END; the kernel copies them if it can. */
bool output_copy(
    struct output *out, const struct parquet_file *from, uint64_t at, uint64_t end, struct nest_error *error);

void output_free(struct output *out);

#endif
