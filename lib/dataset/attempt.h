/*
 * attempt - a part that is being written; it appears under its name only when it is complete.
 *
 * Any number of attempts at one part may be made, at once or one after another:
 * each has a file of its own, and none ever replaces a complete part.  The file
 * has no name until it is complete, so that nobody else can reach it; on a file
 * system without such files (NFS) it has a hidden name and is locked while the
 * attempt is alive.  An attempt ends with attempt_complete() or
 * attempt_abandon(), and can then be opened again; attempt_free() gives its
 * memory back.  A zeroed struct attempt is one that has ended.
 *
 * Errors: NEST_FAILED, "unable to write PATH: ...".
 */
#ifndef NEST_DATASET_ATTEMPT_H
#define NEST_DATASET_ATTEMPT_H

#include "lib/dataset/place.h"

#include <stddef.h>
#include <sys/uio.h>

struct attempt {
	const struct place *place; /* NULL: it has ended */
	uint64_t part;
	int fd;
	uint64_t size_bytes; /* written so far */
	struct digest *digest;
	bool has_name; /* in the place; otherwise .name is only for messages */
	char name[PLACE_NAME_BYTES];
};

/* A complete part. */
struct attempt_result {
	char file[PLACE_NAME_BYTES]; /* its name in the place, which contains the digest of its bytes */
	uint64_t size_bytes;
	struct digest_value stamp; /* see struct part_reader */
};

/* Begins part PART in PLACE, whose run was joined. */
bool attempt_open(
    struct attempt *attempt, const struct place *place, uint64_t part, struct nest_error *error);

/* Writes all of PIECES. */
bool attempt_write(
    struct attempt *attempt, const struct iovec *pieces, size_t count, struct nest_error *error);

/*
 * Syncs the file and gives it its name; abandons it on failure.  If the same bytes
 * are already complete, this file is removed and RESULT describes the other.
 * NEST_INVALID if other bytes are complete as this part of the same run.
 */
bool attempt_complete(struct attempt *attempt, struct attempt_result *result, struct nest_error *error);

/* Removes what was written. */
void attempt_abandon(struct attempt *attempt);

void attempt_free(struct attempt *attempt);

#endif
