/*
 * settings - the configuration that a command line asks for.
 *
 * It is a properties file, or the bare name of a profile that comes with nest
 * (default, native, pipeline).  Warnings about its lines are given once, here;
 * the processes receive only what was understood.
 */
#ifndef METER_SETTINGS_H
#define METER_SETTINGS_H

#include "lib/meter/config.h"

/* Fills CONFIG, to be freed by meter_config_free; with NAME NULL, with the defaults. */
bool settings_read(struct meter_config *config, const char *name, struct nest_error *error);

#endif
