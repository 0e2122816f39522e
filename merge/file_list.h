/*
 * file_list - Parquet files that were named, and those below directories that were named.
 *
 * A struct file_list owns the paths until file_list_free().
 */
#ifndef NEST_MERGE_FILE_LIST_H
#define NEST_MERGE_FILE_LIST_H

#include "lib/base/buffer.h"

struct file_list {
	struct buffer paths; /* char * */
	size_t count;
};

/*
 * Appends PATH or, if it is a directory, the files below it whose names end in ".parquet", sorted by name
 * at each depth, except those that readers ignore.  NEST_INVALID for a directory without such a file.
 */
bool file_list_add(struct file_list *files, const char *path, struct nest_error *error);
/* Appends the file NAME in FOLDER. */
bool file_list_add_in(
    struct file_list *files, const char *folder, const char *name, struct nest_error *error);
const char *file_list_path(const struct file_list *files, size_t index);
void file_list_free(struct file_list *files);

#endif
