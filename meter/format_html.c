/*
 * The page: meter/page.html with its data, one JSON object, in which no `<` is left to end the
 * element that holds it.
 *
 *	report	as --format json
 *	meter	which one to show first
 *	tree	null, or names, groups and nodes: [group, parent or -1, name, count, inherent of
 *		each meter]; parents come before children
 *	timelines	of each process that has one: process, names, after_ns (the first process began)
 *		and threads: [thread, calls made, calls: [name, start, ns], the last to end first]
 *	runs	those of a loop, or the only one: what it comes to, by bench with the times of
 *		the command, and probes: [group, name,
 *		stays in the set, what became of it, call and ns at which it was disabled, count,
 *		credit, debit, total, inherent]
 */
#include "meter/json.h"
#include "meter/report.h"
#include "meter/tree.h"

static void
print_tree(struct json *json, const struct tree *tree, size_t meters)
{
	json_print(json, "\n\"tree\":{\"names\":[");
	for (size_t i = 0; i < tree->name_count; i++)
		json_text(json, NULL, tree->names[i]->name);
	json_print(json, "],\"groups\":[");
	for (size_t i = 0; i < tree->group_count; i++)
		json_text(json, NULL, tree->groups[i]);
	json_print(json, "],\"nodes\":[");
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_node *node = &tree->nodes[i];
		json_print(json, "\n[%u,%lld,%u,%llu", (unsigned)node->group,
		    node->parent == TREE_ROOT ? -1 : (long long)node->parent, (unsigned)node->name,
		    (unsigned long long)node->count);
		for (size_t m = 0; m < meters; m++)
			json_print(json, "%llu", (unsigned long long)node->inherent[m]);
		json_print(json, "]");
	}
	json_print(json, "]}");
}

static void
print_timelines(struct json *json, const struct gathering *gathering)
{
	json_print(json, "\n\"timelines\":[");
	for (size_t s = 0; s < gathering->count; s++) {
		const struct snapshot *snapshot = &gathering->snapshots[s];
		json_print(json, "\n{");
		json_text(json, "process", snapshot->process);
		json_print(json, "\"names\":[");
		for (size_t i = 0; i < snapshot->name_count; i++)
			json_text(json, NULL, snapshot->names[i].name);
		json_print(json, "],\"after_ns\":%.0f,\"threads\":[", gather_offset_ns(gathering, s));
		for (size_t c = 0; c < snapshot->context_count; c++) {
			const struct snapshot_context *thread = &snapshot->contexts[c];
			if (thread->call_count == 0)
				continue;
			json_print(json, "\n[%zu,%llu,[", c + 1, (unsigned long long)thread->calls_made);
			for (size_t i = 0; i < thread->call_count; i++)
				json_print(json, "[%u,%llu,%llu]", (unsigned)thread->calls[i].name,
				    (unsigned long long)thread->calls[i].start_ns,
				    (unsigned long long)thread->calls[i].took_ns);
			json_print(json, "]]");
		}
		json_print(json, "]}");
	}
	json_print(json, "]");
}

static void
print_row(struct json *json, const struct model *model, const struct model_row *row)
{
	const struct snapshot_sum *sum = &row->sums[0];
	char outcome[RUNS_OUTCOME_BYTES];
	json_print(json, "\n[");
	json_text(json, NULL, row->group);
	json_text(json, NULL, row->name);
	json_print(json, runs_stays(model, row) ? "true" : "false");
	json_text(json, NULL, runs_outcome(outcome, model, row));
	json_print(json, "%llu,%llu,%llu,%llu,%llu,%llu,%llu]", (unsigned long long)row->disabled_call,
	    (unsigned long long)row->disabled_ns, (unsigned long long)row->count,
	    (unsigned long long)row->credit, (unsigned long long)row->debit, (unsigned long long)sum->total,
	    (unsigned long long)sum->inherent_total);
}

static void
print_run(struct json *json, const char *path, const struct model *model, const struct iteration *iteration)
{
	const struct model_overhead *overhead = &model->overhead;
	json_print(json, "\n{");
	json_text(json, "path", path);
	if (iteration != NULL)
		json_print(json,
		    "\"wall_ns\":%llu,\"cpu_ns\":%llu,\"unmetered_wall_ns\":%llu,\"unmetered_cpu_"
		    "ns\":%llu",
		    (unsigned long long)iteration->wall_ns, (unsigned long long)iteration->cpu_ns,
		    (unsigned long long)iteration->unmetered_wall_ns,
		    (unsigned long long)iteration->unmetered_cpu_ns);
	json_print(json,
	    "\"adapting\":%s,\"calls\":%llu,\"cost_ns\":%.0f,\"elapsed_ns\":%llu,\"explained\":%.6f,"
	    "\"probes\":[",
	    model->adapting ? "true" : "false", (unsigned long long)overhead->calls, overhead->cost_ns,
	    (unsigned long long)overhead->elapsed_ns, model_explained_share(model));
	for (size_t i = 0; i < model->count; i++)
		print_row(json, model, &model->rows[i]);
	json_print(json, "]}");
}

static void
print_data(struct json *json, const struct report *report, const struct tree *tree)
{
	const struct model *model = report->model;
	json_print(json, "{\"report\":");
	report_put_json(report, json);
	/* The last run of a loop may have met no probe, and then has no meter. */
	json_text(json, "meter", model->meter_count > 0 ? model->meters[report->meter].name : "");
	if (tree->count > 0)
		print_tree(json, tree, model->meter_count);
	else
		json_print(json, "\n\"tree\":null");
	if (gather_has_timeline(report->gathering))
		print_timelines(json, report->gathering);
	json_print(json, "\n\"runs\":[");
	if (report->runs->count == 0)
		print_run(json, "", model, NULL);
	for (size_t i = 0; i < report->runs->count; i++)
		print_run(json, report->runs->runs[i].path, &report->runs->runs[i].model,
		    report->iterations != NULL ? &report->iterations->rows[i] : NULL);
	json_print(json, "]}\n");
}

bool
report_html(const struct report *report, struct nest_error *error)
{
	const char *at = strstr(page_text, PAGE_DATA);
	struct json json = {.file = report->file, .is_in_page = true};
	struct tree tree;
	bool fine = tree_make(&tree, report->gathering, report->model, MODEL_BY_STAGE, error);
	if (fine) {
		fwrite(page_text, 1, (size_t)(at - page_text), report->file);
		print_data(&json, report, &tree);
		fputs(at + strlen(PAGE_DATA), report->file);
	}
	tree_free(&tree);
	return fine;
}
