/*
 * bundle - a part that is several files, one for each directory of the dataset that it has rows for.
 *
 * Staged, it is one file as any part is: the files stand in it one after another from its first byte
 * on, and behind them what its writer says of the part.  To that belongs an index, which tells of
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
	BUNDLE_DEPTH_MOST = 8,  /* directories, one within the other */
	BUNDLE_NAME_MOST = 255, /* bytes of a directory's name, of which no file system has more */
	BUNDLE_PATH_MOST = BUNDLE_DEPTH_MOST * (BUNDLE_NAME_MOST + 1),
};

struct bundle_file {
	uint64_t offset, size_bytes; /* of its bytes in the part */
	uint64_t rows;
	struct view folder; /* NAME=VALUE/NAME=VALUE..., borrowed */
};

/* Appends FILE, whose place follows from those before it. */
bool bundle_put(struct buffer *index, const struct bundle_file *file, struct nest_error *error);

/* Moves FILE, zeroed before the first, to the next one, and INDEX, which was checked, behind it; false at the
 * end. */
bool bundle_next(struct view *index, struct bundle_file *file);

/* Whether INDEX is one of a part of SIZE_BYTES bytes and ROWS rows. */
bool bundle_check(struct view index, uint64_t size_bytes, uint64_t rows, struct nest_error *error);

#endif
