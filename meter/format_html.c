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
#include "meter/page.h"
#include "meter/report.h"
#include "meter/text.h"
#include "meter/tree.h"

#include <stdlib.h>

static void
print_tree(FILE *file, const struct tree *tree, size_t meters)
{
	fputs("\"names\":[", file);
	for (size_t i = 0; i < tree->name_count; i++) {
		fputs(i > 0 ? "," : "", file);
		text_json(file, tree->names[i]->name);
	}
	fputs("],\"groups\":[", file);
	for (size_t i = 0; i < tree->group_count; i++) {
		fputs(i > 0 ? "," : "", file);
		text_json(file, tree->groups[i]);
	}
	fputs("],\"nodes\":[", file);
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_node *node = &tree->nodes[i];
		fprintf(file, "%s[%u,%lld,%u,%llu", i > 0 ? ",\n" : "\n", (unsigned)node->group,
		    node->parent == TREE_ROOT ? -1 : (long long)node->parent, (unsigned)node->name,
		    (unsigned long long)node->count);
		for (size_t m = 0; m < meters; m++)
			fprintf(file, ",%llu", (unsigned long long)node->inherent[m]);
		fputc(']', file);
	}
	fputs("]}", file);
}

static bool
add_tree(const struct report *report, struct nest_error *error)
{
	struct tree tree;
	fputs(",\n\"tree\":", report->file);
	if (!tree_is_there(report->gathering)) {
		fputs("null", report->file);
		return true;
	}
	bool made = tree_make(&tree, report->gathering, report->model, MODEL_BY_STAGE, error);
	if (made) {
		fputc('{', report->file);
		print_tree(report->file, &tree, report->model->meter_count);
	}
	tree_free(&tree);
	return made;
}

static void
print_thread(FILE *file, const struct snapshot_context *context, size_t number)
{
	fprintf(file, "[%zu,%llu,[", number, (unsigned long long)context->calls_made);
	for (size_t i = 0; i < context->call_count; i++) {
		const struct snapshot_call *call = &context->calls[i];
		fprintf(file, "%s[%u,%llu,%llu]", i > 0 ? "," : "", (unsigned)call->name,
		    (unsigned long long)call->start_ns, (unsigned long long)call->took_ns);
	}
	fputs("]]", file);
}

static void
print_timelines(const struct report *report)
{
	FILE *file = report->file;
	const struct gathering *gathering = report->gathering;
	fputs(",\n\"timelines\":[", file);
	for (size_t s = 0; s < gathering->count; s++) {
		const struct snapshot *snapshot = &gathering->snapshots[s];
		const char *between = "";
		fputs(s > 0 ? ",\n{\"process\":" : "\n{\"process\":", file);
		text_json(file, snapshot->process);
		fputs(",\"names\":[", file);
		for (size_t i = 0; i < snapshot->name_count; i++) {
			fputs(i > 0 ? "," : "", file);
			text_json(file, snapshot->names[i].name);
		}
		fprintf(file, "],\"after_ns\":%.0f,\"threads\":[", gather_offset_ns(gathering, s));
		for (size_t c = 0; c < snapshot->context_count; c++)
			if (snapshot->contexts[c].call_count > 0) {
				fputs(between, file);
				print_thread(file, &snapshot->contexts[c], c + 1);
				between = ",\n";
			}
		fputs("]}", file);
	}
	fputs("]", file);
}

static void
print_row(FILE *file, const struct model *model, const struct model_row *row)
{
	const struct snapshot_sum *sum = &row->sums[0];
	char outcome[RUNS_OUTCOME_BYTES];
	fputc('[', file);
	text_json(file, row->group);
	fputc(',', file);
	text_json(file, row->name);
	fprintf(file, ",%s,", runs_stays(model, row) ? "true" : "false");
	text_json(file, runs_outcome(outcome, model, row));
	fprintf(file, ",%llu,%llu,%llu,%llu,%llu,%llu,%llu]", (unsigned long long)row->disabled_call,
	    (unsigned long long)row->disabled_ns, (unsigned long long)row->count,
	    (unsigned long long)row->credit, (unsigned long long)row->debit, (unsigned long long)sum->total,
	    (unsigned long long)sum->inherent_total);
}

static void
print_iteration(FILE *file, const struct iteration *iteration)
{
	fprintf(file,
	    "\"wall_ns\":%llu,\"cpu_ns\":%llu,\"unmetered_wall_ns\":%llu,\"unmetered_cpu_ns\":%llu,",
	    (unsigned long long)iteration->wall_ns, (unsigned long long)iteration->cpu_ns,
	    (unsigned long long)iteration->unmetered_wall_ns,
	    (unsigned long long)iteration->unmetered_cpu_ns);
}

static void
print_run(FILE *file, const char *path, const struct model *model, const struct iteration *iteration)
{
	const struct model_overhead *overhead = &model->overhead;
	fputs("{\"path\":", file);
	text_json(file, path);
	fputc(',', file);
	if (iteration != NULL)
		print_iteration(file, iteration);
	fprintf(file,
	    "\"adapting\":%s,\"calls\":%llu,\"cost_ns\":%.0f,\"elapsed_ns\":%llu,\"explained\":%.6f,"
	    "\"probes\":[",
	    model->adapting ? "true" : "false", (unsigned long long)overhead->calls, overhead->cost_ns,
	    (unsigned long long)overhead->elapsed_ns, model_explained_share(model));
	for (size_t i = 0; i < model->count; i++) {
		fputs(i > 0 ? ",\n" : "\n", file);
		print_row(file, model, &model->rows[i]);
	}
	fputs("]}", file);
}

static void
print_runs(const struct report *report)
{
	fputs(",\n\"runs\":[", report->file);
	if (report->runs->count == 0)
		print_run(report->file, "", report->model, NULL);
	for (size_t i = 0; i < report->runs->count; i++) {
		fputs(i > 0 ? ",\n" : "\n", report->file);
		const struct run *run = &report->runs->runs[i];
		print_run(report->file, run->path, &run->model,
		    report->iterations != NULL ? &report->iterations->rows[i] : NULL);
	}
	fputs("]", report->file);
}

static bool
print_data(const struct report *report, struct nest_error *error)
{
	fputs("{\"report\":", report->file);
	if (!report_json(report, error))
		return false;
	fputs(",\"meter\":", report->file);
	/* The last run of a loop may have met no probe, and then has no meter. */
	text_json(
	    report->file, report->model->meter_count > 0 ? report->model->meters[report->meter].name : "");
	if (!add_tree(report, error))
		return false;
	if (gather_has_timeline(report->gathering))
		print_timelines(report);
	print_runs(report);
	fputs("}\n", report->file);
	return true;
}

static void
print_page(FILE *file, struct view data)
{
	const char *at = strstr(page_text, PAGE_DATA);
	fwrite(page_text, 1, (size_t)(at - page_text), file);
	for (size_t i = 0; i < data.size; i++)
		if (data.data[i] == '<')
			fputs("\\u003c", file);
		else
			fputc(data.data[i], file);
	fputs(at + strlen(PAGE_DATA), file);
}

bool
report_html(const struct report *report, struct nest_error *error)
{
	char *text = NULL;
	size_t size = 0;
	struct report inner = *report;
	inner.file = open_memstream(&text, &size);
	if (inner.file == NULL)
		return nest_error_memory(error, 4096, "the page");
	bool fine = print_data(&inner, error);
	if (fclose(inner.file) != 0 && fine)
		fine = nest_error_memory(error, size, "the page");
	if (fine)
		print_page(report->file, (struct view){(const uint8_t *)text, size});
	free(text);
	return fine;
}
