/* check - whether a Parquet file is what it says of itself. */
#ifndef NEST_MERGE_CHECK_H
#define NEST_MERGE_CHECK_H

#include "lib/base/error.h"

/*
 * Reads all of the file PATH and holds it against its footer.  NEST_INVALID tells the first fault, with
 * file, row group, column and page.
 */
bool check_file(const char *path, struct nest_error *error);

#endif
