/*
 * select - which probes the next run instruments.
 *
 * What carries a label other than `disabled` stays: it has earned `hotspot`,
 * or was given a label from the start.  So does what has the share of the time
 * that hotspot.worth asks for.  Anything else has failed in this run.  It goes
 * when it has failed hotspot.failures times in a row, and what is disabled in
 * its first run, or was not called in it, goes at once.  A name is a hotspot
 * where it is one in any of the processes.
 *
 * Where hotspot.budget is set, what stays is metered for that share of the time: of
 * a probe that costs more than its part, which is the same for all, calls are sampled.
 */
#ifndef METER_SELECT_H
#define METER_SELECT_H

#include "lib/meter/config.h"
#include "lib/meter/set.h"
#include "meter/model.h"

struct select_options {
	bool keep_undecided;
	const struct meter_set *set;      /* NULL, or what the run had: names that were not met fail too */
	const struct meter_config *tiers; /* NULL, or: keep what crosses into one of these tiers alone */
};

/* A set file's lines, sorted, without comments. */
struct selection {
	struct buffer text;
	struct buffer names; /* the text without what is carried: sets are equal when these are */
	size_t count;
	size_t hotspots;  /* of these: earned the label */
	size_t labelled;  /* had a label from the start */
	size_t undecided; /* are neither hotspot nor disabled */
	size_t failing;   /* have failed in this run */
};

/* How often in a row ROW has failed after this run; 0: it did not. */
uint64_t select_failures(
    const struct model *model, const struct model_row *row, const struct select_options *options);

/* Whether ROW is in the next set, as far as tiers do not matter. */
bool select_stays(
    const struct model *model, const struct model_row *row, const struct select_options *options);

/* Appends a line. */
bool select_add(struct selection *selection, const struct meter_set_entry *entry, struct nest_error *error);

/*
 * Fills SELECTION, zeroed or used before, from MODEL, merged and sorted by name.
 * Crossings into tiers are found in the call trees of GATHERING; if it has none,
 * all names of a tier count as crossing.
 */
bool select_names(struct selection *selection, const struct model *model, const struct gathering *gathering,
    const struct select_options *options, struct nest_error *error);
void select_free(struct selection *selection);

#endif
