/* check - whether Parquet files are what they say of themselves. */
#ifndef NEST_MERGE_CHECK_H
#define NEST_MERGE_CHECK_H

#include "lib/base/error.h"

/*
 * Reads all of the file PATH, or of those below the directory PATH whose names end in ".parquet",
 * and holds it against its footer.  NEST_INVALID tells the first fault, with file, row group,
 * column and page; a directory without such a file is one.
 */
bool check_path(const char *path, struct nest_error *error);

#endif
