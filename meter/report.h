/*
 * report - the formats of nest-meter report, and what they receive.
 *
 * Each format is a function in a file of its own that writes a report to FILE;
 * closing FILE shows whether that failed.
 */
#ifndef METER_REPORT_H
#define METER_REPORT_H

#include "meter/iterations.h"
#include "meter/runs.h"

#include <stdio.h>
#include <string.h>

struct report {
	const struct gathering *gathering;
	const struct model *model;           /* sorted as asked for */
	const struct runs *runs;             /* for the page: those of a loop, or none */
	const struct iterations *iterations; /* NULL, or what bench knows about them */
	enum model_by by;
	size_t meter; /* index into the model's */
	uint64_t top; /* rows to show at most */
	bool all;     /* also names that were never metered */
	/* Made by report_write(): */
	FILE *file;
	const struct model_row **rows; /* that are shown */
	size_t row_count;
};

typedef bool report_format(const struct report *report, struct nest_error *error);

/* Writes the report to PATH, whole or not at all; `-` is standard output. */
bool report_write(struct report *report, report_format *format, const char *path, struct nest_error *error);

report_format report_table, report_json, report_csv;

/* A page for a browser: meter/page.html, which make turns into page_text, with its data for PAGE_DATA. */
report_format report_html;
#define PAGE_DATA "@data@"
extern const char page_text[];

/* Needs a timeline. */
report_format report_chrome;

/* These need the call tree. */
report_format report_folded, report_callgrind;

/* What report_json writes, as a piece of JSON. */
struct json;
void report_put_json(const struct report *report, struct json *json);

/* Whether METER counts nanoseconds. */
static inline bool
report_is_time(const struct snapshot_meter *meter)
{
	return strcmp(meter->unit, "ns") == 0;
}

/* A part's share of a whole; 0 if the whole is 0. */
static inline double
report_share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

#endif
