/*
 * settings - the configuration that a command line asks for.
 *
 * It is a properties file, or the bare name of a profile that is shipped
 * (default, native, pipeline).  What is wrong with a line is warned about once, here:
 * the processes are given what was understood.
 */
#ifndef METER_SETTINGS_H
#define METER_SETTINGS_H

#include "lib/meter/config.h"

/* Fills CONFIG, to be freed by meter_config_free; NAME NULL is the defaults. */
bool settings_read(struct meter_config *config, const char *name, struct nest_error *error);

/* Writes CONFIG to the file PATH, whole or not at all. */
bool settings_write(const struct meter_config *config, const char *path, struct nest_error *error);

#endif
