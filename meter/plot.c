#include "meter/plot.h"

#include "meter/output.h"
#include "meter/text.h"

#include <math.h>
#include <stdio.h>

enum {
	WIDTH = 720,
	LEFT = 76,
	RIGHT = 130, /* for the names of the series */
	TOP = 44,
	PANEL = 120,
	GAP = 46,
	BOTTOM = 40,
	TICKS = 4,
	MOST_LABELS = 20,
};

/* Distinguishable without telling red from green, and in grey. */
static const char *const colours[PLOT_SERIES] = {"#1f5fa8", "#d9822b"};
static const char *const dashes[PLOT_SERIES] = {"", " stroke-dasharray=\"5 3\""};

struct range {
	double low, step;
	unsigned steps;
};

/* 1, 2 or 5 times a power of ten, at least LEAST. */
static double
round_step(double least)
{
	double power = pow(10, floor(log10(least)));
	static const double factors[] = {1, 2, 5, 10};
	for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
		if (factors[i] * power >= least * (1 - 1e-9))
			return factors[i] * power;
	return 10 * power;
}

static struct range
find_range(const struct plot_panel *panel, size_t points)
{
	double low = 0, high = 0;
	for (size_t s = 0; s < panel->count; s++)
		for (size_t i = 0; i < points; i++) {
			double value = panel->series[s].values[i];
			if (!isfinite(value))
				continue;
			low = fmin(low, value);
			high = fmax(high, value);
		}
	struct range range = {.step = high > low ? round_step((high - low) / TICKS) : 1};
	range.low = floor(low / range.step) * range.step;
	range.steps = (unsigned)ceil((high - range.low) / range.step - 1e-9);
	if (range.steps == 0)
		range.steps = 1;
	return range;
}

static double
at_x(const struct plot *plot, size_t point)
{
	double width = WIDTH - LEFT - RIGHT;
	return LEFT + (plot->points < 2 ? width / 2 : width * (double)point / (double)(plot->points - 1));
}

static double
at_y(const struct range *range, double top, double value)
{
	return top + PANEL - PANEL * (value - range->low) / (range->step * range->steps);
}

static void
print_tick(FILE *file, double value)
{
	if (fabs(value) >= 1e9)
		fprintf(file, "%.6gG", value * 1e-9);
	else if (fabs(value) >= 1e6)
		fprintf(file, "%.6gM", value * 1e-6);
	else if (fabs(value) >= 1e4)
		fprintf(file, "%.6gk", value * 1e-3);
	else
		fprintf(file, "%.6g", value);
}

static void
draw_grid(FILE *file, const struct range *range, double top)
{
	for (unsigned i = 0; i <= range->steps; i++) {
		double value = range->low + range->step * i, y = at_y(range, top, value);
		if (fabs(value) < range->step * 1e-9)
			value = 0;
		fprintf(file, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", LEFT,
		    y, WIDTH - RIGHT, y);
		fprintf(file, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 8, y + 4);
		print_tick(file, value);
		fputs("</text>\n", file);
	}
}

static void
draw_series(FILE *file, const struct plot *plot, const struct plot_panel *panel, size_t s,
    const struct range *range, double top)
{
	const double *values = panel->series[s].values;
	bool open = false;
	double label = top + 12 + 16 * (double)s;
	fprintf(file, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s d=\"", colours[s], dashes[s]);
	for (size_t i = 0; i < plot->points; i++) {
		bool there = isfinite(values[i]);
		if (there)
			fprintf(file, "%s%.1f %.1f", open ? " L" : " M", at_x(plot, i),
			    at_y(range, top, values[i]));
		open = there;
	}
	fputs("\"/>\n", file);
	for (size_t i = 0; i < plot->points; i++)
		if (isfinite(values[i]))
			fprintf(file, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>\n",
			    at_x(plot, i), at_y(range, top, values[i]), colours[s]);
	fprintf(file,
	    "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"2\"%s/>\n",
	    WIDTH - RIGHT + 10, label - 4, WIDTH - RIGHT + 30, label - 4, colours[s], dashes[s]);
	fprintf(file, "<text x=\"%d\" y=\"%.1f\">", WIDTH - RIGHT + 35, label);
	text_xml(file, panel->series[s].name);
	fputs("</text>\n", file);
}

static void
draw_panel(FILE *file, const struct plot *plot, const struct plot_panel *panel, double top)
{
	struct range range = find_range(panel, plot->points);
	fprintf(file, "<text x=\"%d\" y=\"%.1f\" font-weight=\"bold\">", LEFT, top - 8);
	text_xml(file, panel->title);
	fputs("</text>\n", file);
	draw_grid(file, &range, top);
	for (size_t s = 0; s < panel->count; s++)
		draw_series(file, plot, panel, s, &range, top);
}

static void
draw_axis(FILE *file, const struct plot *plot, double y)
{
	size_t every = plot->points / MOST_LABELS + 1;
	for (size_t i = 0; i < plot->points; i += every)
		fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%zu</text>\n",
		    at_x(plot, i), y, i + 1);
	fprintf(file, "<text x=\"%d\" y=\"%.1f\">", WIDTH - RIGHT + 10, y);
	text_xml(file, plot->axis);
	fputs("</text>\n", file);
}

bool
plot_write(const struct plot *plot, const char *path, struct nest_error *error)
{
	struct output output;
	if (!output_open(&output, path, error))
		return false;
	FILE *file = output.file;
	int height = TOP + (int)plot->panel_count * (PANEL + GAP) + BOTTOM - GAP + 10;
	fprintf(file,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
	    " font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n"
	    "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n<title>",
	    WIDTH, height, WIDTH, height, WIDTH, height);
	text_xml(file, plot->title);
	fputs("</title>\n", file);
	for (size_t i = 0; i < plot->panel_count; i++)
		draw_panel(file, plot, &plot->panels[i], TOP + (double)i * (PANEL + GAP));
	draw_axis(file, plot, TOP + (double)plot->panel_count * (PANEL + GAP) - GAP + 20);
	fputs("</svg>\n", file);
	return output_close(&output, error);
}
