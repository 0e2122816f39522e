/*
 * folder - where a metered run puts its snapshots, its configuration and its set.
 *
 * FOLDER/PROGRAM.PID.snapshot, FOLDER/config.properties, FOLDER/set.
 */
#ifndef METER_FOLDER_H
#define METER_FOLDER_H

#include "lib/meter/config.h"

#include <limits.h>

struct folder {
	char path[PATH_MAX];
	char config[PATH_MAX + 32];
	char set[PATH_MAX + 32];
	char aside[PATH_MAX + 32];
};

/*
 * Makes the folder PATH, or puts aside what an earlier run left in it, and
 * writes CONFIG there.  NEST_USAGE if it holds anything else.
 */
bool folder_make(
    struct folder *folder, const char *path, const struct meter_config *config, struct nest_error *error);

/* Removes what was put aside, or puts it back in place of what this run wrote. */
bool folder_settle(const struct folder *folder, bool put_back, struct nest_error *error);

/* The folder of run NUMBER of a loop in the folder PATH. */
void folder_run(char run[PATH_MAX], const char *path, uint64_t number);

/* How many runs a loop has left in the folder PATH. */
uint64_t folder_count_runs(const char *path);

/*
 * Removes what an earlier bench left in the folder PATH: the runs 001, 002 and so on up to MOST.
 * NEST_USAGE if one of them holds anything else.
 */
bool folder_clear_runs(const char *path, uint64_t most, struct nest_error *error);

#endif
