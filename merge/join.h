/* join - Parquet files of one schema made one file, their chunks copied as they are. */
#ifndef NEST_MERGE_JOIN_H
#define NEST_MERGE_JOIN_H

#include "lib/base/error.h"

/*
 * Writes OUT, which appears only when it is complete, and replaces what was there.  PATHS end with
 * NULL; there is one at least.  NEST_INVALID names the file that is not sound, or has another schema.
 */
bool join_files(const char *out, char **paths, struct nest_error *error);

#endif
