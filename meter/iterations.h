/*
 * iterations - the results of each run of nest-meter bench: a line of a table,
 * printed as the run ends, a row of CSV, and a point in the plots of a page.
 */
#ifndef METER_ITERATIONS_H
#define METER_ITERATIONS_H

#include "lib/base/error.h"

#include <stdint.h>

enum { ITERATIONS_LIMIT = 1000 };

struct iteration {
	uint64_t instrumented, metered, hotspots, disabled; /* probes */
	uint64_t calls;                                     /* metered */
	double cost_ns;                                     /* of these, by the measured cost of one */
	double explained;                                   /* share of the time, 0 to 1 */
	uint64_t wall_ns, cpu_ns;
	uint64_t unmetered_wall_ns, unmetered_cpu_ns; /* of an unmetered run right before */
};

struct iterations {
	struct iteration rows[ITERATIONS_LIMIT];
	uint64_t count;
};

/* Print the table to standard output; each line is flushed, so that it is seen at once. */
void iterations_print_head(void);
void iterations_print_last(const struct iterations *iterations);
/* FIXED is the iteration that found its own set again; 0 for none. */
void iterations_print_end(const struct iterations *iterations, uint64_t fixed);

bool iterations_csv(const struct iterations *iterations, const char *path, struct nest_error *error);
/* Writes the page of the runs in FOLDER to PATH. */
bool iterations_page(
    const struct iterations *iterations, const char *folder, const char *path, struct nest_error *error);

#endif
