/*
 * settings - the configuration and the agent that a command line asks for, and warnings of what was asked
 * for and met no probe.
 *
 * What comes with nest is found as built or as installed, from where this program is.  A name group, or a
 * probe of a set, that fits nothing changes nothing, and is most often a name that was spelled in another
 * way.
 */
#ifndef METER_SETTINGS_H
#define METER_SETTINGS_H

#include "lib/meter/config.h"
#include "lib/meter/set.h"
#include "meter/model.h"

/*
 * Fills CONFIG, to be freed by meter_config_free: from the properties file NAME, or from the profile of
 * that name (satoris, native, pipeline); with NAME NULL, with the defaults.  Warnings about its lines are
 * given once, here; the processes receive only what was understood.
 */
bool settings_read(struct meter_config *config, const char *name, struct nest_error *error);

/*
 * Replaces *AGENT, the path that was given or NULL, by that of the agent to preload; it lives until the
 * program ends.  NULL if NONE is wanted, or, with a warning, if none was given and there is none.
 */
bool settings_find_agent(const char **agent, bool none, struct nest_error *error);

/* Warns of each group of labels, and of tiers where they are on or TIERS asks for them. */
void settings_check_groups(const struct gathering *gathering, const struct meter_config *config, bool tiers);

/* Warns once of all probes of SET; MODEL is sorted by name, with processes merged. */
void settings_check_set(const struct model *model, const struct meter_set *set);

#endif
