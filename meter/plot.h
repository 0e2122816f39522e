/*
 * plot - lines over the numbers 1 to N, in panels one above the other, as an SVG file.
 *
 * Everything is borrowed for the call.
 */
#ifndef METER_PLOT_H
#define METER_PLOT_H

#include "lib/base/error.h"

enum { PLOT_SERIES = 2 };

struct plot_series {
	const char *name;
	const double *values; /* one for each point of the plot; NAN if there is none */
};

/* A panel's axis begins at 0, or at its least value if that is below 0. */
struct plot_panel {
	const char *title;
	struct plot_series series[PLOT_SERIES];
	size_t count;
};

struct plot {
	const char *title, *axis;
	const struct plot_panel *panels;
	size_t panel_count;
	size_t points;
};

/* Writes PLOT to the file PATH, whole or not at all. */
bool plot_write(const struct plot *plot, const char *path, struct nest_error *error);

#endif
