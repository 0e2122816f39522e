/* join - Parquet files, whoever wrote them, made one file. */
#ifndef NEST_MERGE_JOIN_H
#define NEST_MERGE_JOIN_H

#include "merge/compose.h"

struct join {
	const char *out; /* "-" is standard output */
	bool verify;     /* the new file is checked before it appears; not of standard output */
	struct compose_options options;
};

/*
 * Makes one file of SOURCES, which appears only when it is complete, and replaces what was there;
 * *SIZE_BYTES is what it has.
 */
bool join_files(
    const struct join *join, const struct sources *sources, uint64_t *size_bytes, struct nest_error *error);

#endif
