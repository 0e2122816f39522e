/* spread - makes a dataset directory from Parquet files, whoever wrote them, and publishes it in one step. */
#ifndef NEST_MERGE_SPREAD_H
#define NEST_MERGE_SPREAD_H

#include "merge/compose.h"

struct spread {
	const char *directory, *base; /* the beginning of the files' names */
	bool force;                   /* replaces the dataset that is there */
	bool metadata;                /* write _metadata and _common_metadata, too */
	uint64_t verifiers; /* processes that check the new files before they are published; 0: no check */
	struct compose_options options;
};

/*
 * Whether such a dataset could be published, as commit_check() says; to be asked before the files are
 * read.  Nothing is changed.
 */
bool spread_check(const struct spread *spread, struct nest_error *error);

/*
 * Makes each of SOURCES a file of the dataset, in their order; *SIZE_BYTES is the size of all.  Until
 * the last step the directory is unchanged.
 */
bool spread_files(const struct spread *spread, const struct sources *sources, uint64_t *size_bytes,
    struct nest_error *error);

#endif
