/*
 * gather - the snapshots that a command line names.
 *
 * An operand is a snapshot file, or a folder of them, as nest-meter run makes
 * it.  A struct gathering owns what it read; zeroed it is empty.
 */
#ifndef METER_GATHER_H
#define METER_GATHER_H

#include "lib/meter/snapshot.h"

struct gathering {
	struct snapshot *snapshots;
	char **paths; /* of each */
	size_t count;
};

/*
 * Reads PATH, or all snapshots in it in the order of their names, behind what
 * is there already.  NEST_USAGE where there is nothing to read, NEST_INVALID
 * for what is no snapshot of this version.  NONE_IS_FINE: a folder without one is none.
 */
bool gather_path(struct gathering *gathering, const char *path, bool none_is_fine, struct nest_error *error);
void gather_free(struct gathering *gathering);

#endif
