/*
 * bundle - a part that is several files, one for each directory of the dataset that it has rows for.
 *
 * Staged, it is one file like any part: the files follow one another in it from its first byte
 * on, and after them comes what its writer says of the part.  That includes an index, which has for
 * each file the bytes, the rows and the directory, in the order of the directories' paths:
 *
 *   8231 1000 country=DE/year=2024
 *
 * What is read is untrusted.  Errors: NEST_INVALID, "its index of partitions ...".
 */
#ifndef NEST_DATASET_BUNDLE_H
#define NEST_DATASET_BUNDLE_H

#include "lib/base/buffer.h"

enum {
	BUNDLE_FILES_MOST = 4096,
	BUNDLE_DEPTH_MOST = 8,  /* nested directories */
	BUNDLE_NAME_MOST = 255, /* bytes of a directory's name; no file system allows more */
	BUNDLE_PATH_MOST = BUNDLE_DEPTH_MOST * (BUNDLE_NAME_MOST + 1),
};

struct bundle_file {
	uint64_t offset, size_bytes; /* of its bytes in the part */
	uint64_t rows;
	struct view folder; /* NAME=VALUE/NAME=VALUE..., borrowed */
};

/* Appends FILE, whose offset follows from those before it. */
bool bundle_put(struct buffer *index, const struct bundle_file *file, struct nest_error *error);

/* Moves FILE, zeroed before the first, to the next file, and INDEX, which was checked, past it; false at the
 * end. */
bool bundle_next(struct view *index, struct bundle_file *file);

/* Whether INDEX is that of a part of SIZE_BYTES bytes and ROWS rows. */
bool bundle_check(struct view index, uint64_t size_bytes, uint64_t rows, struct nest_error *error);

#endif
