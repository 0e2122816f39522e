/*
 * target - whether the agent can be loaded into a command's program.
 *
 * The loader silently ignores a preloaded library if the program is linked
 * statically or runs with rights of its own; a program for another machine or
 * word size cannot load it.
 */
#ifndef METER_TARGET_H
#define METER_TARGET_H

#include "lib/base/error.h"

/*
 * NEST_USAGE, with the reason, if the program that COMMAND names (a path, or a name to be found in PATH)
 * cannot load the agent.  Scripts, and programs that are not found, pass: running them will tell.
 */
bool target_takes_agent(const char *command, struct nest_error *error);

#endif
