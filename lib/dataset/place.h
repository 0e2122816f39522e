/*
 * place - where parts are kept until the dataset is whole.
 *
 * For a dataset directory PARENT/NAME it is PARENT/.NAME.staging: its sibling,
 * so that one rename publishes it, and hidden, so that no reader looks inside.
 * It belongs to one run at a time, which its first process records there;
 * processes of another run are refused and touch nothing.  A process that writes
 * parts (attempt.h), lists them (listing.h) or publishes them (commit.h) opens
 * the place, joins the run, and leaves at the end.  The last process to
 * leave removes what is of no further use.
 *
 * A struct place belongs to the caller, from place_open() to place_close().
 * Failures of the environment, another run included, are NEST_FAILED.
 */
#ifndef NEST_DATASET_PLACE_H
#define NEST_DATASET_PLACE_H

#include "lib/base/digest.h"
#include "lib/base/error.h"

#include <stdint.h>

enum { PLACE_NAME_BYTES = 80 }; /* room for a file's name in it */

struct place;

/*
 * Names the place for the dataset directory DIR, which need not exist; nothing
 * is touched.  "." and ".." and a symbolic link stand for the directory that
 * they lead to.  NEST_USAGE if DIR cannot name a dataset.  PROGRAM, which is
 * borrowed, tells other processes who opened it.
 */
bool place_open(struct place **place, const char *dir, const char *program, struct nest_error *error);

/* The dataset directory, and the place itself: for messages. */
const char *place_target(const struct place *place);
const char *place_path(const struct place *place);

/*
 * Creates the place and any missing directories above it, or opens the existing
 * one.  A place that belongs to another user, or that others may write to, is refused.
 */
bool place_create(struct place *place, struct nest_error *error);

/* Opens the place if there is one; *FOUND says whether. */
bool place_find(struct place *place, bool *found, struct nest_error *error);

/*
 * Claims the place, which is open, for a process that publishes or removes; any other is refused
 * until place_leave().  Remains of a run that is gone and had completed nothing are removed.
 */
bool place_claim(struct place *place, struct nest_error *error);

/*
 * Joins RUN there, or begins it if the place has no run.  As long as a process has joined, the
 * place is not removed.  Joining the same run again does nothing.
 */
bool place_join(struct place *place, struct digest_value run, struct nest_error *error);

/* Joins the run that is there, if there is one; *FOUND says whether. */
bool place_join_found(struct place *place, bool *found, struct nest_error *error);

/* The run that was joined; zero before. */
struct digest_value place_run(const struct place *place);

/* The extent of the whole dataset, if it is known. */
struct place_extent {
	uint64_t first_row, rows, parts;
	bool is_part_numbered; /* then the first two are 0 */
};

/* Records EXTENT for processes that resume the run; NEST_INVALID if another extent is recorded. */
bool place_put_extent(const struct place *place, const struct place_extent *extent, struct nest_error *error);

/* Reads it; *FOUND says whether it is there. */
bool place_get_extent(
    const struct place *place, struct place_extent *extent, bool *found, struct nest_error *error);

/* A private file without a name in the place, which is open; -1 and errno on an error. */
int place_scratch(const struct place *place);

/* Removes FILE, which has the name of a part and is not one; it need not exist. */
bool place_remove_part(const struct place *place, const char *file, struct nest_error *error);

/*
 * Removes FILE if a foreign stage gave it its name, so that it could not be resumed; failures
 * are ignored.
 */
void place_remove_foreign(const struct place *place, const char *file);

/*
 * Adds to the sentence in ERROR how many parts of the joined run are complete, and how to
 * go on; nothing if there are none, if the run cannot be resumed, or if the sentence says it already.
 */
void place_tell_left(const struct place *place, struct nest_error *error);

/*
 * Leaves.  If no other process is there, removes abandoned attempts; and removes the whole
 * place if nothing in it is complete, or if KEEP_PARTS is false and its run is the
 * one that was joined.  False, with a sentence for a warning, if that fails.
 */
bool place_leave(struct place *place, bool keep_parts, struct nest_error *error);

/*
 * Removes the place, which is claimed, and everything that a run left in it.  NEST_FAILED if a
 * process is at work there, or if it contains files that are not of these programs.
 */
bool place_sweep(struct place *place, struct nest_error *error);

/* PLACE may be NULL.  Without place_leave() before it, everything stays as it is. */
void place_close(struct place *place);

#endif
