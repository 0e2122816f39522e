/* Everything in the snapshots except call trees, as one JSON object; times are in nanoseconds. */
#include "meter/report.h"
#include "meter/text.h"

static void
print_key(FILE *file, const char *key, const char *text)
{
	fprintf(file, "\"%s\":", key);
	text_json(file, text);
	fputc(',', file);
}

static void
print_overhead(FILE *file, const struct model_overhead *overhead)
{
	fprintf(file, "{\"calls\":%llu,\"skipped\":%llu,\"passed\":%llu,\"cost_ns\":%.0f,\"error_ns\":%.0f,",
	    (unsigned long long)overhead->calls, (unsigned long long)overhead->skipped,
	    (unsigned long long)overhead->passed, overhead->cost_ns, overhead->error_ns);
	fprintf(file, "\"elapsed_ns\":%llu,\"share\":%.6f}", (unsigned long long)overhead->elapsed_ns,
	    report_share(overhead->cost_ns, (double)overhead->elapsed_ns));
}

static void
print_process(FILE *file, const struct snapshot *snapshot, const char *path)
{
	struct model_overhead overhead = model_overhead_of(snapshot);
	fputc('{', file);
	print_key(file, "process", snapshot->process);
	print_key(file, "stage", snapshot->program);
	print_key(file, "host", snapshot->host);
	print_key(file, "command", snapshot->command);
	print_key(file, "file", path);
	print_key(file, "config", snapshot->config);
	print_key(file, "config_path", snapshot->config_path);
	print_key(file, "set_path", snapshot->set_path);
	print_key(file, "notes", snapshot->notes);
	print_key(file, "clock", snapshot->clock);
	fprintf(file,
	    "\"pid\":%llu,\"started_ns\":%llu,\"written_ns\":%llu,\"pair_ns\":%.3f,\"pair_error_ns\":%.3f,"
	    "\"skipped_ns\":%.3f,\"passed_ns\":%.3f,\"disabled_ns\":%.3f,"
	    "\"adapting\":%s,\"threads\":%zu,\"probes\":%zu,\"left_out\":%llu,\"overhead\":",
	    (unsigned long long)snapshot->pid, (unsigned long long)snapshot->started_ns,
	    (unsigned long long)snapshot->written_ns, snapshot->pair_ns, snapshot->pair_error_ns,
	    snapshot->skipped_ns, snapshot->passed_ns, snapshot->disabled_ns,
	    snapshot->adapting ? "true" : "false", snapshot->context_count, snapshot->name_count,
	    (unsigned long long)snapshot->left_out);
	print_overhead(file, &overhead);
	fputs(",\"troubles\":{", file);
	for (size_t i = 0; i < snapshot->trouble_count; i++) {
		fputs(i > 0 ? "," : "", file);
		text_json(file, snapshot->troubles[i].what);
		fprintf(file, ":%llu", (unsigned long long)snapshot->troubles[i].count);
	}
	fputs("}}", file);
}

static void
print_meters(const struct report *report)
{
	const struct model *model = report->model;
	for (size_t i = 0; i < model->meter_count; i++) {
		fputs(i > 0 ? ",{" : "{", report->file);
		print_key(report->file, "name", model->meters[i].name);
		print_key(report->file, "unit", model->meters[i].unit);
		fputs("\"not_available\":", report->file);
		text_json(report->file, model->meters[i].reason);
		fputc('}', report->file);
	}
}

static void
print_sum(FILE *file, const struct snapshot_sum *sum, double count)
{
	fprintf(file, "{\"total\":%llu,\"average\":%.3f,\"max\":%llu,\"min\":%llu,",
	    (unsigned long long)sum->total, report_share((double)sum->total, count),
	    (unsigned long long)sum->max, (unsigned long long)sum->min);
	fprintf(file, "\"inherent\":{\"total\":%llu,\"average\":%.3f,\"max\":%llu,\"min\":%llu}}",
	    (unsigned long long)sum->inherent_total, report_share((double)sum->inherent_total, count),
	    (unsigned long long)sum->inherent_max, (unsigned long long)sum->inherent_min);
}

static void
print_row(const struct report *report, const struct model_row *row)
{
	const struct model *model = report->model;
	FILE *file = report->file;
	const char *between = "";
	fputs("\n{", file);
	if (report->by != MODEL_BY_NAME)
		print_key(file, report->by == MODEL_BY_STAGE ? "stage" : "process", row->group);
	print_key(file, "probe", row->name);
	print_key(file, "object", row->places.count > 0 ? row->places.places[0].object : "");
	print_key(file, "file", row->places.count > 0 ? row->places.places[0].file : "");
	fputs("\"labels\":[", file);
	for (size_t i = 0; i < model->label_count; i++) {
		if ((row->labels >> i & 1u) == 0)
			continue;
		fputs(between, file);
		text_json(file, model->labels[i]);
		between = ",";
	}
	fprintf(file,
	    "],\"processes\":%u,\"count\":%llu,\"passed\":%llu,\"sampled\":%llu,\"skipped\":%llu,"
	    "\"evaluations\":%llu,\"score\":%lld,\"credit\":%llu,\"debit\":%llu,"
	    "\"disabled\":{\"call\":%llu,\"ns\":%llu},\"meters\":{",
	    (unsigned)row->processes, (unsigned long long)row->count, (unsigned long long)row->passed,
	    (unsigned long long)(row->passed > 0 ? row->sampled : 1), (unsigned long long)row->skipped,
	    (unsigned long long)row->evaluations, (long long)row->score, (unsigned long long)row->credit,
	    (unsigned long long)row->debit, (unsigned long long)row->disabled_call,
	    (unsigned long long)row->disabled_ns);
	for (size_t i = 0; i < model->meter_count; i++) {
		fputs(i > 0 ? "," : "", file);
		text_json(file, model->meters[i].name);
		fputc(':', file);
		print_sum(file, &row->sums[i], (double)row->count);
	}
	fputs("}}", file);
}

bool
report_json(const struct report *report, struct nest_error *error)
{
	uint64_t shown = 0;
	FILE *file = report->file;
	(void)error;
	fputs("{\"overhead\":", file);
	print_overhead(file, &report->model->overhead);
	fprintf(file, ",\n\"explained\":{\"ns\":%.0f,\"whole_ns\":%.0f,\"threads\":%zu,\"share\":%.6f}",
	    report->model->explained.ns, report->model->explained.whole_ns, report->model->explained.threads,
	    model_explained_share(report->model));
	fputs(",\n\"meters\":[", file);
	print_meters(report);
	fputs("],\n\"processes\":[", file);
	for (size_t i = 0; i < report->gathering->count; i++) {
		fputs(i > 0 ? ",\n" : "\n", file);
		print_process(file, &report->gathering->snapshots[i], report->gathering->paths[i]);
	}
	fputs("],\n\"probes\":[", file);
	for (size_t i = 0; i < report->model->count && shown < report->top; i++)
		if (report_shows(report, &report->model->rows[i])) {
			fputs(shown++ > 0 ? "," : "", file);
			print_row(report, &report->model->rows[i]);
		}
	fputs("]}\n", file);
	return true;
}
