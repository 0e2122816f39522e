/* check - whether a Parquet file is what its footer says. */
#ifndef NEST_MERGE_CHECK_H
#define NEST_MERGE_CHECK_H

#include "lib/base/error.h"

/*
 * Reads all of the file PATH and checks it against its footer.  NEST_INVALID names the first fault, with
 * file, row group, column and page.
 */
bool check_file(const char *path, struct nest_error *error);

#endif
