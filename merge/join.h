/* join - makes one file from Parquet files, whoever wrote them. */
#ifndef NEST_MERGE_JOIN_H
#define NEST_MERGE_JOIN_H

#include "merge/compose.h"

struct join {
	const char *out; /* "-" is standard output */
	bool verify;     /* check the new file before it appears; not for standard output */
	struct compose_options options;
};

/*
 * Makes one file from SOURCES, which appears only when it is complete, and replaces an earlier one;
 * *SIZE_BYTES is its size.
 */
bool join_files(
    const struct join *join, const struct sources *sources, uint64_t *size_bytes, struct nest_error *error);

#endif
