/* Everything in the snapshots except call trees, as one JSON object; times are in nanoseconds. */
#include "meter/json.h"
#include "meter/report.h"

static void
print_overhead(struct json *json, const struct model_overhead *overhead)
{
	json_print(json, "\"overhead\":{\"calls\":%llu,\"skipped\":%llu,\"passed\":%llu",
	    (unsigned long long)overhead->calls, (unsigned long long)overhead->skipped,
	    (unsigned long long)overhead->passed);
	json_print(json, "\"cost_ns\":%.0f,\"error_ns\":%.0f,\"elapsed_ns\":%llu,\"share\":%.6f}",
	    overhead->cost_ns, overhead->error_ns, (unsigned long long)overhead->elapsed_ns,
	    report_share(overhead->cost_ns, (double)overhead->elapsed_ns));
}

static void
print_process(struct json *json, const struct snapshot *snapshot, const char *path)
{
	struct model_overhead overhead = {0};
	model_add_overhead(&overhead, snapshot);
	json_print(json, "\n{");
	json_text(json, "process", snapshot->process);
	json_text(json, "stage", snapshot->program);
	json_text(json, "host", snapshot->host);
	json_text(json, "command", snapshot->command);
	json_text(json, "file", path);
	json_text(json, "config", snapshot->config);
	json_text(json, "config_path", snapshot->config_path);
	json_text(json, "set_path", snapshot->set_path);
	json_text(json, "notes", snapshot->notes);
	json_text(json, "clock", snapshot->clock);
	json_print(json,
	    "\"pid\":%llu,\"started_ns\":%llu,\"written_ns\":%llu,\"pair_ns\":%.3f,\"pair_error_ns\":%.3f,"
	    "\"skipped_ns\":%.3f,\"passed_ns\":%.3f,\"disabled_ns\":%.3f,"
	    "\"adapting\":%s,\"threads\":%zu,\"probes\":%zu,\"left_out\":%llu",
	    (unsigned long long)snapshot->pid, (unsigned long long)snapshot->started_ns,
	    (unsigned long long)snapshot->written_ns, snapshot->pair_ns, snapshot->pair_error_ns,
	    snapshot->skipped_ns, snapshot->passed_ns, snapshot->disabled_ns,
	    snapshot->adapting ? "true" : "false", snapshot->context_count, snapshot->name_count,
	    (unsigned long long)snapshot->left_out);
	print_overhead(json, &overhead);
	json_print(json, "\"troubles\":{");
	for (size_t i = 0; i < snapshot->trouble_count; i++) {
		json_text(json, NULL, snapshot->troubles[i].what);
		json_print(json, ":%llu", (unsigned long long)snapshot->troubles[i].count);
	}
	json_print(json, "}}");
}

static void
print_meters(struct json *json, const struct model *model)
{
	json_print(json, "\n\"meters\":[");
	for (size_t i = 0; i < model->meter_count; i++) {
		json_print(json, "{");
		json_text(json, "name", model->meters[i].name);
		json_text(json, "unit", model->meters[i].unit);
		json_text(json, "not_available", model->meters[i].reason);
		json_print(json, "}");
	}
	json_print(json, "]");
}

static void
print_sum(struct json *json, const char *meter, const struct snapshot_sum *sum, double count)
{
	json_text(json, NULL, meter);
	json_print(json, ":{\"total\":%llu,\"average\":%.3f,\"max\":%llu,\"min\":%llu",
	    (unsigned long long)sum->total, report_share((double)sum->total, count),
	    (unsigned long long)sum->max, (unsigned long long)sum->min);
	json_print(json, "\"inherent\":{\"total\":%llu,\"average\":%.3f,\"max\":%llu,\"min\":%llu}}",
	    (unsigned long long)sum->inherent_total, report_share((double)sum->inherent_total, count),
	    (unsigned long long)sum->inherent_max, (unsigned long long)sum->inherent_min);
}

static void
print_row(struct json *json, const struct report *report, const struct model_row *row)
{
	const struct model *model = report->model;
	json_print(json, "\n{");
	if (report->by != MODEL_BY_NAME)
		json_text(json, report->by == MODEL_BY_STAGE ? "stage" : "process", row->group);
	json_text(json, "probe", row->name);
	json_text(json, "object", row->places.count > 0 ? row->places.places[0].object : "");
	json_text(json, "file", row->places.count > 0 ? row->places.places[0].file : "");
	json_print(json, "\"labels\":[");
	for (size_t i = 0; i < model->label_count; i++)
		if ((row->labels >> i & 1u) != 0)
			json_text(json, NULL, model->labels[i]);
	json_print(json,
	    "],\"processes\":%u,\"count\":%llu,\"passed\":%llu,\"sampled\":%llu,\"skipped\":%llu,"
	    "\"evaluations\":%llu,\"score\":%lld,\"credit\":%llu,\"debit\":%llu,"
	    "\"disabled\":{\"call\":%llu,\"ns\":%llu},\"meters\":{",
	    (unsigned)row->processes, (unsigned long long)row->count, (unsigned long long)row->passed,
	    (unsigned long long)(row->passed > 0 ? row->sampled : 1), (unsigned long long)row->skipped,
	    (unsigned long long)row->evaluations, (long long)row->score, (unsigned long long)row->credit,
	    (unsigned long long)row->debit, (unsigned long long)row->disabled_call,
	    (unsigned long long)row->disabled_ns);
	for (size_t i = 0; i < model->meter_count; i++)
		print_sum(json, model->meters[i].name, &row->sums[i], (double)row->count);
	json_print(json, "}}");
}

void
report_put_json(const struct report *report, struct json *json)
{
	const struct model *model = report->model;
	json_print(json, "{");
	print_overhead(json, &model->overhead);
	json_print(json, "\n\"explained\":{\"ns\":%.0f,\"whole_ns\":%.0f,\"threads\":%zu,\"share\":%.6f}",
	    model->explained.ns, model->explained.whole_ns, model->explained.threads,
	    model_explained_share(model));
	print_meters(json, model);
	json_print(json, "\n\"processes\":[");
	for (size_t i = 0; i < report->gathering->count; i++)
		print_process(json, &report->gathering->snapshots[i], report->gathering->paths[i]);
	json_print(json, "],\n\"probes\":[");
	for (size_t i = 0; i < report->row_count; i++)
		print_row(json, report, report->rows[i]);
	json_print(json, "]}\n");
}

bool
report_json(const struct report *report, struct nest_error *error)
{
	struct json json = {.file = report->file};
	(void)error;
	report_put_json(report, &json);
	return true;
}
