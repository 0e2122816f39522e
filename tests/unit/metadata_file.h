/* metadata_file - a file on disk or in memory whose footer or pages are read. */
#ifndef NEST_TESTS_METADATA_FILE_H
#define NEST_TESTS_METADATA_FILE_H

#include "lib/base/buffer.h"
#include "lib/parquet/metadata.h"

/* Stays where it was opened until metadata_file_close(). */
struct metadata_file {
	int fd;
	struct metadata_source source; /* called as PATH is, which it borrows */
};

bool metadata_file_open(struct metadata_file *file, const char *path);
void metadata_file_close(struct metadata_file *file);

/* What BYTES, which are borrowed, would be as a file. */
struct metadata_source metadata_memory(const struct buffer *bytes);

#endif
