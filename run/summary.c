#include "run/summary.h"

#include "lib/base/quantity.h"
#include "run/dataset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t
per_second(uint64_t count, uint64_t wall_us)
{
	return (uint64_t)((long double)count * 1000000 / (long double)wall_us);
}

/* ---- adding up ---- */

static void
add(struct summary_stage *stage, const struct account *account)
{
	stage->processes++;
	stage->sum.rows += account->rows;
	stage->sum.bytes_in += account->bytes_in;
	stage->sum.bytes_out += account->bytes_out;
	stage->sum.cpu_us += account->cpu_us;
	if (account->peak_bytes > stage->sum.peak_bytes)
		stage->sum.peak_bytes = account->peak_bytes;
}

/* The stage of a process; processes of one stage are usually next to each other. */
static struct summary_stage *
find_stage(struct summary *summary, struct view name)
{
	for (size_t i = summary->count; i > 0; i--)
		if (view_equal(summary->stages[i - 1].name, name))
			return &summary->stages[i - 1];
	struct summary_stage *stage = &summary->stages[summary->count++];
	*stage = (struct summary_stage){.name = name};
	return stage;
}

bool
summary_make(struct summary *summary, const struct run_plan *plan, const struct account *accounts,
    uint64_t wall_us, struct nest_error *error)
{
	*summary = (struct summary){.plan = plan, .wall_us = wall_us > 0 ? wall_us : 1};
	summary->stages = calloc(plan->count, sizeof *summary->stages);
	if (summary->stages == NULL)
		return nest_error_memory(error, plan->count * sizeof *summary->stages, "the summary");
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_process *process = &plan->processes[i];
		struct view name = {(const uint8_t *)process->name, process->stage_bytes};
		add(find_stage(summary, name), &accounts[i]);
		summary->skipped += accounts[i].skipped;
	}
	if (plan->publisher == PLAN_NONE)
		return true;
	summary->rows = accounts[plan->publisher].rows;
	summary->bytes = accounts[plan->publisher].bytes_out;
	return dataset_count_files(plan->dataset, &summary->files, error);
}

void
summary_free(struct summary *summary)
{
	free(summary->stages);
	*summary = (struct summary){0};
}

/* The count whose rate the plan asks for. */
static uint64_t
rated(const struct summary *summary)
{
	const struct plan_rate *rate = &summary->plan->rate;
	for (size_t i = 0; i < summary->count; i++) {
		const struct account *sum = &summary->stages[i].sum;
		if (view_equal(summary->stages[i].name, view_of_text(rate->stage)))
			return rate->figure == PLAN_ROWS       ? sum->rows
			       : rate->figure == PLAN_BYTES_IN ? sum->bytes_in
			                                       : sum->bytes_out;
	}
	return 0;
}

/* ---- for people ---- */

static bool
print_count(struct buffer *text, const char *name, uint64_t count, struct nest_error *error)
{
	return buffer_print(text, error, "%-16s %14" PRIu64 "\n", name, count);
}

static bool
print_dataset(const struct summary *summary, struct buffer *text, struct nest_error *error)
{
	return print_count(text, "rows", summary->rows, error) &&
	       (summary->skipped == 0 || print_count(text, "skipped", summary->skipped, error)) &&
	       print_count(text, "files", summary->files, error) &&
	       print_count(text, "bytes", summary->bytes, error);
}

static bool
print_figures(const struct summary *summary, struct buffer *text, struct nest_error *error)
{
	const struct run_plan *plan = summary->plan;
	bool has_dataset = plan->publisher != PLAN_NONE;
	uint64_t wall_us = summary->wall_us;
	return (!has_dataset || print_dataset(summary, text, error)) &&
	       buffer_print(text, error, "%-16s %10" PRIu64 ".%03" PRIu64 "\n", "seconds", wall_us / 1000000,
		   wall_us % 1000000 / 1000) &&
	       (!has_dataset || print_count(text, "rows/s", per_second(summary->rows, wall_us), error)) &&
	       (plan->rate.title == NULL ||
		   print_count(text, plan->rate.title, per_second(rated(summary), wall_us), error));
}

static bool
print_stages(const struct summary *summary, struct buffer *text, struct nest_error *error)
{
	uint64_t processes = 0, cpu_us = 0;
	bool done =
	    buffer_print(text, error, "\n%-16s %9s %10s %9s\n", "stage", "processes", "CPU s", "peak MB");
	for (size_t i = summary->count; done && i > 0; i--) {
		const struct summary_stage *stage = &summary->stages[i - 1];
		processes += stage->processes;
		cpu_us += stage->sum.cpu_us;
		done = buffer_print(text, error,
		    "%-16.*s %9" PRIu64 " %6" PRIu64 ".%03" PRIu64 " %7" PRIu64 ".%" PRIu64 "\n",
		    (int)stage->name.size, (const char *)stage->name.data, stage->processes,
		    stage->sum.cpu_us / 1000000, stage->sum.cpu_us % 1000000 / 1000,
		    stage->sum.peak_bytes / 1000000, stage->sum.peak_bytes % 1000000 / 100000);
	}
	return done && buffer_print(text, error, "%-16s %9" PRIu64 " %6" PRIu64 ".%03" PRIu64 "\n", "total",
			   processes, cpu_us / 1000000, cpu_us % 1000000 / 1000);
}

/* The average CPU time of a stage's processes, which is longest in the slowest stage. */
static double
busy_us(const struct summary_stage *stage)
{
	return (double)stage->sum.cpu_us / (double)stage->processes;
}

static bool
print_slowest(const struct summary *summary, struct buffer *text, struct nest_error *error)
{
	const struct summary_stage *slowest = summary->stages;
	for (size_t i = 1; i < summary->count; i++)
		if (busy_us(&summary->stages[i]) > busy_us(slowest))
			slowest = &summary->stages[i];
	return buffer_print(text, error, "The slowest stage was %.*s, at work %.0f %% of the time.\n",
	    (int)slowest->name.size, (const char *)slowest->name.data,
	    100 * busy_us(slowest) / (double)summary->wall_us);
}

static bool
print_place(const struct summary *summary, struct buffer *text, struct nest_error *error)
{
	char rows[QUANTITY_BYTES], bytes[QUANTITY_BYTES];
	return buffer_print(text, error, "The dataset is in %s: %s rows, %sB.\n", summary->plan->dataset,
	    quantity_print((double)summary->rows, rows), quantity_print((double)summary->bytes, bytes));
}

bool
summary_print(const struct summary *summary, struct buffer *text, struct nest_error *error)
{
	const struct run_plan *plan = summary->plan;
	return print_figures(summary, text, error) && print_stages(summary, text, error) &&
	       buffer_print(text, error, "\n") && print_slowest(summary, text, error) &&
	       (plan->publisher == PLAN_NONE || print_place(summary, text, error)) &&
	       (plan->note == NULL || buffer_print(text, error, "%s\n", plan->note));
}

/* ---- for programs ---- */

/* TEXT in quotes; bytes that JSON does not take as they are, and those of no ASCII, as escapes of themselves.
 */
static bool
json_string(struct buffer *text, const char *string, struct nest_error *error)
{
	bool done = buffer_print(text, error, "\"");
	for (const char *p = string; done && *p != '\0'; p++)
		if ((unsigned char)*p < ' ')
			done = buffer_print(text, error, "\\u%04x", (unsigned)(unsigned char)*p);
		else
			done = buffer_print(text, error, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
	return done && buffer_print(text, error, "\"");
}

static bool
json_dataset(const struct summary *summary, struct buffer *text, struct nest_error *error)
{
	return buffer_print(text, error, "\"dataset\":") &&
	       json_string(text, summary->plan->dataset, error) &&
	       buffer_print(text, error,
		   ",\"rows\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"files\":%" PRIu64 ",\"bytes\":%" PRIu64
		   ",",
		   summary->rows, summary->skipped, summary->files, summary->bytes);
}

static bool
json_stage(const struct summary_stage *stage, struct buffer *text, struct nest_error *error)
{
	const struct account *sum = &stage->sum;
	return buffer_print(text, error,
	    "{\"stage\":\"%.*s\",\"processes\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"bytes_in\":%" PRIu64
	    ",\"bytes_out\":%" PRIu64 ",\"cpu_s\":%" PRIu64 ".%06" PRIu64 ",\"peak_bytes\":%" PRIu64 "}",
	    (int)stage->name.size, (const char *)stage->name.data, stage->processes, sum->rows, sum->bytes_in,
	    sum->bytes_out, sum->cpu_us / 1000000, sum->cpu_us % 1000000, sum->peak_bytes);
}

bool
summary_print_json(const struct summary *summary, struct buffer *text, struct nest_error *error)
{
	bool done = buffer_print(text, error, "{\"run\":\"%s\",", summary->plan->name) &&
	            (summary->plan->publisher == PLAN_NONE || json_dataset(summary, text, error)) &&
	            buffer_print(text, error, "\"seconds\":%" PRIu64 ".%06" PRIu64 ",\"stages\":[",
			summary->wall_us / 1000000, summary->wall_us % 1000000);
	for (size_t i = summary->count; done && i > 0; i--)
		done = json_stage(&summary->stages[i - 1], text, error) &&
		       buffer_print(text, error, i > 1 ? "," : "]}\n");
	return done;
}
