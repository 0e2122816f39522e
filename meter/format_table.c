/* The report for people: rows, then the cost of metering and anything else worth knowing. */
#include "lib/base/program.h"
#include "meter/report.h"
#include "meter/table.h"

static void
add_columns(struct table *table, const struct report *report)
{
	bool time = report_is_time(&report->model->meters[report->meter]);
	if (report->by != MODEL_BY_NAME)
		table_columns(table, TABLE_LEFT, report->by == MODEL_BY_STAGE ? "STAGE" : "PROCESS", NULL);
	table_columns(table, TABLE_LEFT, "PROBE", NULL);
	table_columns(table, TABLE_RIGHT, "COUNT", time ? "TOTAL us" : "TOTAL", "AVERAGE", "MAX",
	    time ? "INHERENT us" : "INHERENT", "AVERAGE", "SHARE", NULL);
	if (report->model->adapting)
		table_columns(table, TABLE_RIGHT, "SCORE", NULL);
	table_columns(table, TABLE_LEFT, "LABELS", NULL);
}

/* Times are microseconds, with nanoseconds where they matter. */
static void
add_number(struct table *table, const struct report *report, double number)
{
	if (report_is_time(&report->model->meters[report->meter]))
		table_cell(table, "%.3f", number * 1e-3);
	else
		table_cell(table, "%.*f", number < 100 && number != (double)(uint64_t)number ? 2 : 0, number);
}

static void
add_row(struct table *table, const struct report *report, const struct model_row *row, double whole)
{
	const struct snapshot_sum *sum = &row->sums[report->meter];
	char labels[256], name[TABLE_NAME_BYTES];
	double count = (double)row->count, total = (double)sum->total, inherent = (double)sum->inherent_total;
	model_labels(report->model, row->labels, labels, sizeof labels);
	if (row->passed > 0) {
		size_t used = strlen(labels);
		snprintf(labels + used, sizeof labels - used, "%ssampled 1 in %llu", used > 0 ? " " : "",
		    (unsigned long long)row->sampled);
	}
	if (report->by != MODEL_BY_NAME)
		table_cell(table, "%s", row->group);
	table_cell(table, "%s", table_name(name, row->name));
	table_cell(table, "%llu", (unsigned long long)row->count);
	add_number(table, report, total);
	add_number(table, report, report_share(total, count));
	add_number(table, report, (double)sum->max);
	add_number(table, report, inherent);
	add_number(table, report, report_share(inherent, count));
	table_cell(table, "%.1f %%", 100 * report_share(inherent, whole));
	if (report->model->adapting)
		table_cell(table, "%lld", (long long)row->score);
	table_cell(table, "%s", *labels != '\0' ? labels : "-");
}

static void
print_overhead(const struct report *report)
{
	const struct model_overhead *overhead = &report->model->overhead;
	size_t processes = report->gathering->count;
	fprintf(report->file, "\noverhead: %llu calls metered", (unsigned long long)overhead->calls);
	if (overhead->passed > 0)
		fprintf(report->file, ", %llu counted and passed over", (unsigned long long)overhead->passed);
	if (overhead->skipped > 0)
		fprintf(
		    report->file, " and %llu looked at and skipped", (unsigned long long)overhead->skipped);
	fprintf(report->file, ", at the measured cost of one about %.3f ms", overhead->cost_ns * 1e-6);
	if (overhead->error_ns > 0)
		fprintf(report->file, " (%.3f less or more)", overhead->error_ns * 1e-6);
	fprintf(report->file, ", %.2f %% of %.3f s in %zu %s; not subtracted\n",
	    100 * report_share(overhead->cost_ns, (double)overhead->elapsed_ns),
	    (double)overhead->elapsed_ns * 1e-9, processes, processes == 1 ? "process" : "processes");
}

static void
print_explained(const struct report *report)
{
	const struct model *model = report->model;
	size_t threads = model->explained.threads;
	uint64_t probes = 0;
	for (size_t i = 0; i < model->count; i++)
		probes += model->rows[i].count > 0;
	fprintf(report->file, "explained: %.1f %% of the time of %zu %s, by %llu %s with calls\n",
	    100 * model_explained_share(model), threads, threads == 1 ? "thread" : "threads",
	    (unsigned long long)probes, probes == 1 ? "row" : "rows");
	if (probes == 0)
		program_warn("nothing was metered: no probe is left, or none was met");
	else if (model_explained_share(model) < MODEL_EXPLAINED_LITTLE)
		program_warn("these probes explain %.1f %% of the run: most of its time is in none of them",
		    100 * model_explained_share(model));
}

/* Notes may have line feeds, which become blanks. */
static void
print_process(FILE *file, const struct snapshot *snapshot)
{
	if (*snapshot->notes != '\0') {
		fprintf(file, "%s: ", snapshot->process);
		for (const char *text = snapshot->notes; *text != '\0'; text++)
			fputc(*text == '\n' ? ' ' : *text, file);
		fputc('\n', file);
	}
	for (size_t i = 0; i < snapshot->trouble_count; i++)
		if (snapshot->troubles[i].count > 0)
			fprintf(file, "%s: %s: %llu\n", snapshot->process, snapshot->troubles[i].what,
			    (unsigned long long)snapshot->troubles[i].count);
}

static void
print_notes(const struct report *report)
{
	const struct model *model = report->model;
	uint64_t left_out = 0;
	for (size_t i = 0; i < model->meter_count; i++)
		if (*model->meters[i].reason != '\0')
			fprintf(report->file, "%s: not available: %s\n", model->meters[i].name,
			    model->meters[i].reason);
	for (size_t i = 0; i < report->gathering->count; i++) {
		left_out += report->gathering->snapshots[i].left_out;
		print_process(report->file, &report->gathering->snapshots[i]);
	}
	if (left_out > 0)
		fprintf(report->file, "not instrumented, the set left them out: %llu\n",
		    (unsigned long long)left_out);
}

bool
report_table(const struct report *report, struct nest_error *error)
{
	const struct model *model = report->model;
	struct table table = {0};
	double whole = 0;
	for (size_t i = 0; i < model->count; i++)
		whole += (double)model->rows[i].sums[report->meter].inherent_total;
	add_columns(&table, report);
	for (size_t i = 0; i < report->row_count; i++)
		add_row(&table, report, report->rows[i], whole);
	if (!table_print(&table, report->file, error))
		return false;
	print_overhead(report);
	print_explained(report);
	print_notes(report);
	return true;
}
