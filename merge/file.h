/* file - a Parquet file that a user named: opens it, and reads its footer. */
#ifndef NEST_MERGE_FILE_H
#define NEST_MERGE_FILE_H

#include "lib/parquet/metadata.h"

/* Must not be moved while open, since its source points to it; owns everything except the path. */
struct parquet_file {
	int fd;
	struct metadata_source source;
	struct file_metadata metadata;
};

/* NEST_INVALID, with PATH, if it is not a sound Parquet file; NEST_FAILED if it cannot be read. */
bool parquet_file_open(struct parquet_file *file, const char *path, struct nest_error *error);
void parquet_file_close(struct parquet_file *file);

#endif
