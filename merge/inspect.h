/*
 * inspect - whether a part's file is what its frame declares.
 *
 * The file is opened in the staging directory, its footer is read, and size,
 * schema, row count and the key-values nest.part, nest.part_rows and, unless
 * rows are numbered by part, nest.first_row are held against the frame.  All parts must have the schema
 * of the first one; that of a struct inspection is owned by it, and
 * inspect_free() gives it back.
 */
#ifndef NEST_MERGE_INSPECT_H
#define NEST_MERGE_INSPECT_H

#include "lib/schema/schema.h"
#include "merge/dataset.h"

struct inspection {
	int fd;               /* the staging directory */
	const char *path;     /* its path, for messages */
	struct schema schema; /* of the first part */
	bool has_schema;
	uint64_t first_part; /* the one that it is from */
};

void inspect_init(struct inspection *inspection, int fd, const char *path);
void inspect_free(struct inspection *inspection);

/* SCHEMA is the frame's.  NEST_INVALID names the part and the file, a missing file included. */
bool inspect_part(struct inspection *inspection, const struct dataset_part *part, struct view schema,
    struct nest_error *error);

#endif
