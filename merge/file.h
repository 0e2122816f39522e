/* file - a Parquet file that somebody names: opened, and its footer read. */
#ifndef NEST_MERGE_FILE_H
#define NEST_MERGE_FILE_H

#include "lib/parquet/metadata.h"

/* Stays where it was opened, since its source points to it; all is its own but the path. */
struct parquet_file {
	int fd;
	struct metadata_source source;
	struct file_metadata metadata;
};

/* NEST_INVALID names PATH where that is no sound Parquet file, NEST_FAILED where it cannot be read. */
bool parquet_file_open(struct parquet_file *file, const char *path, struct nest_error *error);
void parquet_file_close(struct parquet_file *file);

#endif
