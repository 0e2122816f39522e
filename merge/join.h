/* join - Parquet files, whoever wrote them, made one file. */
#ifndef NEST_MERGE_JOIN_H
#define NEST_MERGE_JOIN_H

#include "merge/sources.h"

/*
 * Writes OUT, which appears only when it is complete, and replaces what was there; *SIZE_BYTES is what
 * it has.  VERIFIERS processes check it before, or nobody does where that is 0.
 */
bool join_files(const char *out, const struct sources *sources, uint64_t verifiers, uint64_t *size_bytes,
    struct nest_error *error);

#endif
