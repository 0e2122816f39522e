/*
 * place - where parts stand until the dataset is whole.
 *
 * For a dataset directory PARENT/NAME it is PARENT/.NAME.staging: its sibling,
 * so that one rename publishes it, and hidden, so that no reader looks inside.
 * It belongs to one run at a time, which its first process writes down there;
 * processes of another run are refused and touch nothing.  Who writes parts
 * (attempt.h), lists them (listing.h) and publishes them (commit.h) each opens
 * the place for itself, joins the run, and leaves in the end.  The last one to
 * leave takes away what is of no use to anybody.
 *
 * A struct place is the caller's, from place_open() to place_close().
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
 * they lead to.  NEST_USAGE where DIR cannot name a dataset.  PROGRAM is who
 * opens it, for others to read, and stays the caller's.
 */
bool place_open(struct place **place, const char *dir, const char *program, struct nest_error *error);

/* The dataset directory, and the place itself: for messages. */
const char *place_target(const struct place *place);
const char *place_path(const struct place *place);

/*
 * Creates the place and whatever is missing above it, or opens the one that is
 * there.  One that is another user's is refused, and one that others may write to.
 */
bool place_create(struct place *place, struct nest_error *error);

/* Opens the place where there is one; *FOUND says whether. */
bool place_find(struct place *place, bool *found, struct nest_error *error);

/*
 * Claims the place, which is open, for one that publishes or removes; another one is refused
 * until place_leave().  What a run left that is gone and had completed nothing is removed.
 */
bool place_claim(struct place *place, struct nest_error *error);

/*
 * Joins RUN there, or begins it where the place is nobody's.  While somebody has joined, the
 * place is not taken from under them.  Joining the same run again does nothing.
 */
bool place_join(struct place *place, struct digest_value run, struct nest_error *error);

/* Joins the run that is there, if there is one: *FOUND says. */
bool place_join_found(struct place *place, bool *found, struct nest_error *error);

/* The run that was joined; zero before. */
struct digest_value place_run(const struct place *place);

/* What the whole dataset is, where somebody knows it. */
struct place_extent {
	uint64_t first_row, rows, parts;
	bool is_part_numbered; /* then the first two are 0 */
};

/* Writes EXTENT down for whoever goes on with the run; NEST_INVALID where another one is there. */
bool place_put_extent(const struct place *place, const struct place_extent *extent, struct nest_error *error);

/* Reads it; *FOUND says whether it is there. */
bool place_get_extent(
    const struct place *place, struct place_extent *extent, bool *found, struct nest_error *error);

/* A file for the caller alone that never gets a name, in the place, which is open; -1 and errno on an error.
 */
int place_scratch(const struct place *place);

/* Removes FILE, which has the name of a part and is none; that it is not there is fine. */
bool place_remove_part(const struct place *place, const char *file, struct nest_error *error);

/*
 * Removes FILE where a stage of one's own gave it its name, so that nobody could go on with it; a
 * failure is not told.
 */
void place_remove_foreign(const struct place *place, const char *file);

/*
 * Adds to the sentence in ERROR how many parts of the run that was joined are complete, and how to
 * go on; nothing where there are none, nobody could go on with it, or the sentence says it already.
 */
void place_tell_left(const struct place *place, struct nest_error *error);

/*
 * Leaves, and where nobody else is there, removes attempts that nobody works on any more; and
 * the place as a whole where nothing in it is complete or KEEP_PARTS is false and its run is the
 * one that was joined.  False, with a sentence to warn with, where that fails.
 */
bool place_leave(struct place *place, bool keep_parts, struct nest_error *error);

/*
 * Removes the place, which is claimed, and all that a run left in it.  NEST_FAILED where somebody
 * is at work there, or where it holds what is not of these programs.
 */
bool place_sweep(struct place *place, struct nest_error *error);

/* PLACE may be NULL.  Without place_leave() before it, everything stays as it is. */
void place_close(struct place *place);

#endif
