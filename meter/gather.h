/*
 * gather - the snapshots that a command line names.
 *
 * An operand is a snapshot file, or a folder of them, as nest-meter run makes
 * it.  A struct gathering owns what it read; a zeroed one is empty.
 */
#ifndef METER_GATHER_H
#define METER_GATHER_H

#include "lib/meter/snapshot.h"

struct gathering {
	struct snapshot *snapshots;
	char **paths; /* one for each */
	size_t count;
	size_t failed; /* snapshots that processes could not write */
};

/*
 * Appends the snapshot PATH, or all snapshots in the folder PATH in the order of
 * their names.  NEST_USAGE if there is nothing to read, unless NONE_IS_FINE and PATH
 * is a folder; NEST_INVALID for a file that is not a snapshot of this version.
 */
bool gather_path(struct gathering *gathering, const char *path, bool none_is_fine, struct nest_error *error);

/* Says that the folder PATH has no snapshot: NEST_USAGE, always false. */
bool gather_none(const char *path, struct nest_error *error);

/* NEST_FAILED if a snapshot could not be written. */
bool gather_whole(const struct gathering *gathering, struct nest_error *error);

/* Whether a snapshot has single calls. */
bool gather_has_timeline(const struct gathering *gathering);

/* How long after the first of the processes that of SNAPSHOT, an index, began. */
double gather_offset_ns(const struct gathering *gathering, size_t snapshot);

void gather_free(struct gathering *gathering);

#endif
