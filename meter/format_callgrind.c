/*
 * The callgrind profile format: each name, in its object and source file, with its
 * inherent cost, and its calls to others with theirs; every meter is an event.
 */
#include "lib/base/version.h"
#include "meter/report.h"
#include "meter/tree.h"

#include <stdlib.h>

/* The calls of one name to another in one node, or (callee 0) a name's own cost there. */
struct edge {
	uint32_t caller, callee; /* index + 1 into the tree's names */
	const struct tree_node *node;
};

static int
compare_edges(const void *a, const void *b)
{
	const struct edge *left = a, *right = b;
	if (left->caller != right->caller)
		return left->caller < right->caller ? -1 : 1;
	return left->callee == right->callee ? 0 : left->callee < right->callee ? -1 : 1;
}

/* Fills EDGES, which has room for two of each node, sorted; returns their number. */
static size_t
make_edges(const struct tree *tree, struct edge *edges)
{
	size_t count = 0;
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_node *node = &tree->nodes[i];
		edges[count++] = (struct edge){node->name + 1, 0, node};
		if (node->parent != TREE_ROOT)
			edges[count++] =
			    (struct edge){tree->nodes[node->parent].name + 1, node->name + 1, node};
	}
	qsort(edges, count, sizeof *edges, compare_edges);
	return count;
}

/* A name is written out where it first appears, and is NUMBER from then on. */
static void
print_function(FILE *file, const struct tree *tree, bool is_called, uint32_t number, bool *known)
{
	const struct snapshot_name *name = tree->names[number - 1];
	struct meter_place place = {"", ""};
	if (name->places.count > 0)
		place = name->places.places[0];
	fprintf(file, "%s=%s\n", is_called ? "cob" : "ob", place.object);
	fprintf(file, "%s=%s\n", is_called ? "cfi" : "fl", *place.file != '\0' ? place.file : "probes");
	fprintf(file, "%s=(%u)", is_called ? "cfn" : "fn", (unsigned)number);
	if (!known[number - 1])
		fprintf(file, " %s", name->name);
	known[number - 1] = true;
	fputc('\n', file);
}

/* Events are words of letters and digits. */
static void
print_event(FILE *file, const char *before, const char *name)
{
	fputs(before, file);
	for (; *name != '\0'; name++)
		fputc(*name == '.' || *name == ' ' ? '_' : *name, file);
}

static void
print_head(const struct report *report, const struct tree *tree)
{
	FILE *file = report->file;
	const struct model *model = report->model;
	fputs("# callgrind format\nversion: 1\ncreator: nest-meter " NEST_VERSION "\n", file);
	fprintf(file, "cmd: %s\npositions: line\n", report->gathering->snapshots[0].command);
	for (size_t m = 0; m < model->meter_count; m++) {
		print_event(file, "event: ", model->meters[m].name);
		fprintf(file, " : %s (%s)\n", model->meters[m].name, model->meters[m].unit);
	}
	fputs("events:", file);
	for (size_t m = 0; m < model->meter_count; m++)
		print_event(file, " ", model->meters[m].name);
	fputs("\nsummary:", file);
	for (size_t m = 0; m < model->meter_count; m++) {
		uint64_t sum = 0;
		for (size_t i = 0; i < tree->count; i++)
			sum += tree->nodes[i].inherent[m];
		fprintf(file, " %llu", (unsigned long long)sum);
	}
	fputs("\n\n", file);
}

static void
print_edges(
    const struct report *report, const struct tree *tree, const struct edge *edges, size_t count, bool *known)
{
	FILE *file = report->file;
	uint64_t calls = 0, cost[SNAPSHOT_METER_LIMIT] = {0};
	for (const struct edge *edge = edges; edge < edges + count; edge++) {
		if (edge == edges || edge[-1].caller != edge->caller)
			print_function(file, tree, false, edge->caller, known);
		calls += edge->node->count;
		for (size_t m = 0; m < report->model->meter_count; m++)
			cost[m] += edge->callee > 0 ? edge->node->inclusive[m] : edge->node->inherent[m];
		if (edge + 1 < edges + count && compare_edges(edge, edge + 1) == 0)
			continue;
		if (edge->callee > 0) {
			print_function(file, tree, true, edge->callee, known);
			fprintf(file, "calls=%llu 0\n", (unsigned long long)calls);
		}
		fputc('0', file);
		for (size_t m = 0; m < report->model->meter_count; m++)
			fprintf(file, " %llu", (unsigned long long)cost[m]);
		fputc('\n', file);
		calls = 0;
		memset(cost, 0, sizeof cost);
	}
}

bool
report_callgrind(const struct report *report, struct nest_error *error)
{
	struct tree tree;
	bool fine = tree_make(&tree, report->gathering, report->model, MODEL_BY_NAME, error) &&
	            tree_is_there(&tree, error);
	struct edge *edges = malloc((2 * tree.count + 1) * sizeof *edges);
	bool *known = calloc(tree.name_count + 1, sizeof *known);
	if (fine && (edges == NULL || known == NULL))
		fine = nest_error_memory(error, 2 * tree.count * sizeof *edges, "the call tree");
	if (fine) {
		size_t count = make_edges(&tree, edges);
		print_head(report, &tree);
		print_edges(report, &tree, edges, count, known);
	}
	free(known);
	free(edges);
	tree_free(&tree);
	return fine;
}
