/*
 * draft - one file that appears under its name only when it is complete, or standard output.
 *
 * The file has no name until it is published; where the file system knows no such files (NFS) it
 * has a hidden one beside the one it will have, and whoever is killed leaves it there.  Publishing
 * takes the place of a file of that name in one step.  A struct draft is the caller's, from
 * draft_open() to draft_close().
 *
 * Errors: NEST_USAGE for a path that cannot be a file's, NEST_FAILED, "unable to write PATH: ...".
 */
#ifndef NEST_DATASET_DRAFT_H
#define NEST_DATASET_DRAFT_H

#include "lib/base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct draft;

/* PATH "-" is standard output, which must not be a terminal; a symbolic link is the file that it leads to. */
bool draft_open(struct draft **draft, const char *path, struct nest_error *error);

/* Writes all of PIECES. */
bool draft_write(struct draft *draft, const struct iovec *pieces, size_t count, struct nest_error *error);

/* The file itself, for who writes to it in other ways; the draft's to close. */
int draft_descriptor(const struct draft *draft);

/* What was written by draft_write(). */
uint64_t draft_bytes(const struct draft *draft);

/*
 * A file for the caller alone that never gets a name, beside the draft, or in TMPDIR or /tmp where
 * that is standard output; -1 on an error.  The descriptor is the caller's.
 */
int draft_scratch(const struct draft *draft, struct nest_error *error);

/* Syncs it and gives it its name.  Standard output is the caller's to close. */
bool draft_publish(struct draft *draft, struct nest_error *error);

/* Without draft_publish() before it, nothing stays.  DRAFT may be NULL. */
void draft_close(struct draft *draft);

#endif
