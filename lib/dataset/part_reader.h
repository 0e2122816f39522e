/*
 * part_reader - a part file that is read in its place.
 *
 * A struct part_reader is open from part_reader_open() to part_reader_close(),
 * and belongs to the caller.  Messages call the file "it" or "the file".
 */
#ifndef NEST_DATASET_PART_READER_H
#define NEST_DATASET_PART_READER_H

#include "lib/dataset/place.h"

#include <stddef.h>

struct part_reader {
	const struct place *place;
	const char *file; /* the caller's */
	int fd;
	uint64_t size_bytes;
	/*
	 * Changes with every change of the file, and whenever another file takes its name.  Its bits
	 * have no other meaning; it is never zero.
	 */
	struct digest_value stamp;
};

/*
 * Opens FILE, part PART, in PLACE, whose run was joined.  NEST_FAILED if it
 * does not exist, NEST_INVALID if it is not a regular file or has the name of
 * another part or run.
 */
bool part_reader_open(struct part_reader *reader, const struct place *place, const char *file, uint64_t part,
    struct nest_error *error);
void part_reader_close(struct part_reader *reader);

/*
 * Fills DATA with SIZE bytes from OFFSET on.  NEST_INVALID if the file ends before that.
 * CONTEXT is a struct part_reader, so that this function is a metadata_read_at of lib/parquet.
 */
bool part_reader_read_at(void *context, void *data, size_t size, uint64_t offset, struct nest_error *error);

/*
 * Reads all of it and checks it against the digest in its name; a name that a foreign stage
 * gave has none.  NEST_INVALID if they differ.
 */
bool part_reader_verify(struct part_reader *reader, struct nest_error *error);

/* Whether an attempt named the file (attempt.h), so that its name contains its digest. */
bool part_reader_has_digest(const struct part_reader *reader);

#endif
