/*
 * part_reader - a part file that is read where it stands.
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
	 * Changes with every change of the file, and whenever another one takes its name.  Its bits
	 * mean nothing to others; it is never zero.
	 */
	struct digest_value stamp;
};

/*
 * Opens FILE, part PART, in PLACE, whose run was joined.  NEST_FAILED where it
 * is not there, NEST_INVALID where it is no regular file or its name is that of
 * another part or run.
 */
bool part_reader_open(struct part_reader *reader, const struct place *place, const char *file, uint64_t part,
    struct nest_error *error);
void part_reader_close(struct part_reader *reader);

/*
 * Fills DATA with SIZE bytes from OFFSET on.  NEST_INVALID where the file ends before them.
 * CONTEXT is a struct part_reader, so that this is what lib/parquet calls a metadata_read_at.
 */
bool part_reader_read_at(void *context, void *data, size_t size, uint64_t offset, struct nest_error *error);

/*
 * Reads all of it and holds it against the digest in its name; a name that a stage of one's own
 * gave says nothing.  NEST_INVALID where they differ.
 */
bool part_reader_verify(struct part_reader *reader, struct nest_error *error);

/* Whether the file was named by an attempt (attempt.h), so that its name holds its digest. */
bool part_reader_has_digest(const struct part_reader *reader);

#endif
