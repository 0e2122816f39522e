/*
 * command - the subcommands of nest-meter, one in each file.
 *
 * Each receives the arguments from its own name on, and returns the exit
 * status, or COMMAND_FAILED with ERROR set.
 */
#ifndef METER_COMMAND_H
#define METER_COMMAND_H

#include "lib/base/error.h"

enum { COMMAND_FAILED = -1 };

typedef int command(int argc, char **argv, struct nest_error *error);

command command_run, command_report, command_refine, command_bench, command_diff, command_explain,
    command_sources;

#endif
