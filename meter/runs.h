/*
 * runs - metered runs one after another, such as those of nest-meter bench.
 *
 * A zeroed struct has none; runs_free() gives its memory back.
 */
#ifndef METER_RUNS_H
#define METER_RUNS_H

#include "meter/model.h"

#include <limits.h>

/* One run: its snapshots, and what they come to. */
struct run {
	char path[PATH_MAX];
	struct gathering gathering;
	struct model model; /* sorted by name, with processes merged */
};

struct runs {
	struct run *runs;
	size_t count;
};

/*
 * Appends the run in PATH, a snapshot or a folder of them, or all that nest-meter bench has left
 * in that folder; one of these may have met no probe.
 */
bool runs_add(struct runs *runs, const char *path, struct nest_error *error);
void runs_free(struct runs *runs);

/* Whether a run leaves the probe of ROW in the set, as far as tiers do not matter. */
bool runs_stays(const struct model *model, const struct model_row *row);

enum { RUNS_OUTCOME_BYTES = 512 };

/* What became of the probe of ROW in a run, in words in TEXT. */
const char *runs_outcome(
    char text[RUNS_OUTCOME_BYTES], const struct model *model, const struct model_row *row);

#endif
