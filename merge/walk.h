/*
 * walk - the Parquet files that are named, and those below directories that are.
 *
 * A struct walk owns the paths until walk_free().
 */
#ifndef NEST_MERGE_WALK_H
#define NEST_MERGE_WALK_H

#include "lib/base/buffer.h"

struct walk {
	struct buffer paths; /* char * */
	size_t count;
};

/*
 * Appends PATH, or where it is a directory the files below it whose names end in ".parquet", by their
 * names at each depth, but for what readers pass over.  NEST_INVALID for a directory without such a file.
 */
bool walk_add(struct walk *walk, const char *path, struct nest_error *error);
/* Appends the file NAME in FOLDER. */
bool walk_add_in(struct walk *walk, const char *folder, const char *name, struct nest_error *error);
const char *walk_path(const struct walk *walk, size_t index);
void walk_free(struct walk *walk);

#endif
