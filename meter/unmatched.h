/*
 * unmatched - warnings of what was asked for and met no probe.
 *
 * A name group, or a probe of a set, that fits nothing changes nothing, and is
 * most often a name that was spelled in another way.
 */
#ifndef METER_UNMATCHED_H
#define METER_UNMATCHED_H

#include "lib/meter/config.h"
#include "lib/meter/set.h"
#include "meter/model.h"

/* Of each group of labels, and of tiers where they are on or TIERS asks for them. */
void unmatched_groups(const struct gathering *gathering, const struct meter_config *config, bool tiers);

/* Of the probes of SET, in one warning; MODEL is sorted by name, with processes merged. */
void unmatched_set(const struct model *model, const struct meter_set *set);

#endif
