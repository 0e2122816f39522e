/*
 * speedscope's file format (speedscope.app/file-format-schema.json): a sampled
 * profile for each group, in which each node of the call tree is a sample, weighted
 * with its inherent cost.
 */
#include "lib/base/version.h"
#include "meter/report.h"
#include "meter/text.h"
#include "meter/tree.h"

static void
print_samples(FILE *file, const struct tree *tree, uint32_t group, size_t meter)
{
	uint32_t path[TREE_DEPTH];
	bool first = true;
	for (size_t i = 0; i < tree->count; i++) {
		if (tree->nodes[i].group != group || tree->nodes[i].sums[meter].inherent == 0)
			continue;
		size_t length = tree_path(tree, i, path);
		fputs(first ? "\n[" : ",\n[", file);
		first = false;
		for (size_t p = 0; p < length; p++)
			fprintf(file, "%s%u", p > 0 ? "," : "", (unsigned)tree->nodes[path[p]].name);
		fputc(']', file);
	}
}

static uint64_t
print_weights(FILE *file, const struct tree *tree, uint32_t group, size_t meter)
{
	uint64_t sum = 0;
	bool first = true;
	for (size_t i = 0; i < tree->count; i++) {
		uint64_t weight = tree->nodes[i].sums[meter].inherent;
		if (tree->nodes[i].group != group || weight == 0)
			continue;
		fprintf(file, "%s%llu", first ? "" : ",", (unsigned long long)weight);
		first = false;
		sum += weight;
	}
	return sum;
}

static void
print_profile(const struct report *report, const struct tree *tree, uint32_t group)
{
	FILE *file = report->file;
	const struct snapshot_meter *meter = &report->model->meters[report->meter];
	const char *title = tree->groups[group].title;
	fputs(group > 0 ? ",\n{" : "\n{", file);
	fputs("\"type\":\"sampled\",\"name\":", file);
	text_json(file, *title != '\0' ? title : meter->name);
	fprintf(file, ",\"unit\":\"%s\",\"startValue\":0,\"samples\":[",
	    report_is_time(meter) ? "nanoseconds" : "none");
	print_samples(file, tree, group, report->meter);
	fputs("],\n\"weights\":[", file);
	uint64_t sum = print_weights(file, tree, group, report->meter);
	fprintf(file, "],\"endValue\":%llu}", (unsigned long long)sum);
}

bool
report_speedscope(const struct report *report, struct nest_error *error)
{
	static const enum tree_by by[] = {[MODEL_BY_NAME] = TREE_BY_NAME,
	    [MODEL_BY_STAGE] = TREE_BY_STAGE,
	    [MODEL_BY_PROCESS] = TREE_BY_PROCESS};
	FILE *file = report->file;
	struct tree tree;
	if (!tree_make(&tree, report->gathering, report->model, by[report->by], error)) {
		tree_free(&tree);
		return false;
	}
	fputs("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
	      "\"exporter\":\"nest-meter " NEST_VERSION "\",\"activeProfileIndex\":0,\n"
	      "\"shared\":{\"frames\":[",
	    file);
	for (size_t i = 0; i < tree.name_count; i++) {
		fputs(i > 0 ? ",\n{\"name\":" : "\n{\"name\":", file);
		text_json(file, tree.names[i]);
		fputc('}', file);
	}
	fputs("]},\n\"profiles\":[", file);
	for (uint32_t i = 0; i < tree.group_count; i++)
		print_profile(report, &tree, i);
	fputs("]}\n", file);
	tree_free(&tree);
	return true;
}
