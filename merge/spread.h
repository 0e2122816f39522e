/* spread - Parquet files, whoever wrote them, made a dataset directory, which is published in one step. */
#ifndef NEST_MERGE_SPREAD_H
#define NEST_MERGE_SPREAD_H

#include "merge/compose.h"

struct spread {
	const char *directory, *base; /* the beginning of the files' names */
	bool force;                   /* replaces the dataset that is there */
	bool metadata;                /* _metadata and _common_metadata, too */
	uint64_t verifiers; /* processes that check the new files before they are published; 0: nobody does */
	struct compose_options options;
};

/*
 * Whether a dataset could be published so, as commit_check() says it; for before the files are read.
 * Nothing is touched.
 */
bool spread_check(const struct spread *spread, struct nest_error *error);

/*
 * Makes each of SOURCES a file of the dataset, in their order; *SIZE_BYTES is what they have.  Until
 * the last step the directory is as it was.
 */
bool spread_files(const struct spread *spread, const struct sources *sources, uint64_t *size_bytes,
    struct nest_error *error);

#endif
