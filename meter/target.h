/*
 * target - whether the agent can be loaded into a command's program.
 *
 * The loader ignores a preloaded library, without a word, where a program is
 * linked statically, and where it runs with rights of its own; a program for
 * another machine or word size cannot take it.
 */
#ifndef METER_TARGET_H
#define METER_TARGET_H

#include "lib/base/error.h"

/*
 * NEST_USAGE, with the reason, where the program that COMMAND names (a path, or to be looked for in PATH)
 * cannot take the agent.  A script and what is not found are fine here: they are for who runs them.
 */
bool target_takes_agent(const char *command, struct nest_error *error);

#endif
