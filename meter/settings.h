/*
 * settings - the configuration and the agent that a command line asks for.
 *
 * What comes with nest is found as built or as installed, from where this program is.
 */
#ifndef METER_SETTINGS_H
#define METER_SETTINGS_H

#include "lib/meter/config.h"

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

#endif
