/*
 * select - which probes the next run instruments.
 *
 * What carries a label other than `disabled` stays: it has earned `hotspot`,
 * or was given a label from the start.  What is disabled goes, and what is
 * undecided too, unless it is to be kept or has the share of the time that
 * hotspot.worth asks for.  A name is a hotspot where it is one in any of the
 * processes.
 */
#ifndef METER_SELECT_H
#define METER_SELECT_H

#include "lib/meter/config.h"
#include "meter/model.h"

struct select_options {
	bool keep_undecided;
	const struct meter_config *tiers; /* NULL, or: keep what crosses into one of these tiers alone */
};

/* A set file's lines, sorted, without comments: sets are equal when their texts are. */
struct selection {
	struct buffer text;
	size_t count;
	size_t hotspots;  /* of them: earned it */
	size_t labelled;  /* were given a label */
	size_t undecided; /* are neither hotspot nor disabled */
};

/*
 * Fills SELECTION, a zeroed one or one to be reused, from MODEL, merged by
 * name and sorted by it.  Tiers are seen in the call trees of GATHERING; where
 * it has none, all names of a tier count as crossing.
 */
bool select_names(struct selection *selection, const struct model *model, const struct gathering *gathering,
    const struct select_options *options, struct nest_error *error);
void select_free(struct selection *selection);

#endif
