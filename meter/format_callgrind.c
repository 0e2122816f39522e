/*
 * The callgrind profile format: each name, in its object and source file, with its
 * inherent cost, and its calls to others with theirs; every meter is an event.
 */
#include "lib/base/version.h"
#include "meter/report.h"
#include "meter/tree.h"

#include <stdlib.h>

/* All calls of one name to another, or (callee TREE_ROOT) a name's own cost. */
struct edge {
	uint32_t caller, callee;
	uint64_t count;
	uint64_t cost[SNAPSHOT_METER_LIMIT];
};

static int
compare_edges(const void *a, const void *b)
{
	const struct edge *left = a, *right = b;
	if (left->caller != right->caller)
		return left->caller < right->caller ? -1 : 1;
	/* Its own cost first: TREE_ROOT is the largest number, and one more is 0. */
	uint32_t x = left->callee + 1u, y = right->callee + 1u;
	return x == y ? 0 : x < y ? -1 : 1;
}

static bool
make_edges(const struct tree *tree, struct edge *edges, size_t *count, struct nest_error *error)
{
	size_t meters = tree->model->meter_count, made = 0;
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_node *node = &tree->nodes[i];
		edges[2 * i] = (struct edge){.caller = node->name, .callee = TREE_ROOT};
		edges[2 * i + 1] =
		    (struct edge){.caller = TREE_ROOT, .callee = node->name, .count = node->count};
		if (node->parent != TREE_ROOT)
			edges[2 * i + 1].caller = tree->nodes[node->parent].name;
	}
	for (size_t m = 0; m < meters; m++) {
		uint64_t *inclusive = tree_inclusive(tree, m, error);
		if (inclusive == NULL)
			return false;
		for (size_t i = 0; i < tree->count; i++) {
			edges[2 * i].cost[m] = tree->nodes[i].sums[m].inherent;
			edges[2 * i + 1].cost[m] = inclusive[i];
		}
		free(inclusive);
	}
	qsort(edges, 2 * tree->count, sizeof *edges, compare_edges);
	for (size_t i = 0; i < 2 * tree->count; i++) {
		if (made == 0 || compare_edges(&edges[made - 1], &edges[i]) != 0) {
			edges[made++] = edges[i];
			continue;
		}
		edges[made - 1].count += edges[i].count;
		for (size_t m = 0; m < meters; m++)
			edges[made - 1].cost[m] += edges[i].cost[m];
	}
	*count = made;
	return true;
}

/* Where NAME, a text of the snapshots, is. */
static struct meter_place
place_of(const struct gathering *gathering, const char *name)
{
	struct meter_place place = {"", ""};
	for (size_t s = 0; s < gathering->count; s++)
		for (size_t i = 0; i < gathering->snapshots[s].name_count; i++) {
			const struct snapshot_name *found = &gathering->snapshots[s].names[i];
			if (found->name == name && found->places.count > 0)
				place = found->places.places[0];
		}
	return place;
}

/*
 * A name is written out where it first appears, and is a number from then on.  KEY is `fn`, or `cfn` for a
 * function that is called.
 */
static void
print_function(
    const struct report *report, const char *key, const struct tree *tree, uint32_t name, bool *known)
{
	FILE *file = report->file;
	bool called = strcmp(key, "cfn") == 0;
	struct meter_place place = place_of(report->gathering, tree->names[name]);
	fprintf(file, "%s=%s\n", called ? "cob" : "ob", place.object);
	fprintf(file, "%s=%s\n", called ? "cfi" : "fl", *place.file != '\0' ? place.file : "probes");
	fprintf(file, "%s=(%u)", key, (unsigned)name + 1);
	if (!known[name])
		fprintf(file, " %s", tree->names[name]);
	known[name] = true;
	fputc('\n', file);
}

static void
print_cost(FILE *file, const struct tree *tree, const struct edge *edge)
{
	fputc('0', file);
	for (size_t m = 0; m < tree->model->meter_count; m++)
		fprintf(file, " %llu", (unsigned long long)edge->cost[m]);
	fputc('\n', file);
}

/* Events are words of letters and digits. */
static void
print_event(FILE *file, const char *name)
{
	for (; *name != '\0'; name++)
		fputc(*name == '.' || *name == ' ' ? '_' : *name, file);
}

static void
print_head(const struct report *report, const struct tree *tree)
{
	FILE *file = report->file;
	const struct model *model = tree->model;
	fputs("# callgrind format\nversion: 1\ncreator: nest-meter " NEST_VERSION "\n", file);
	fprintf(file, "cmd: %s\npositions: line\n", report->gathering->snapshots[0].command);
	for (size_t m = 0; m < model->meter_count; m++) {
		fputs("event: ", file);
		print_event(file, model->meters[m].name);
		fprintf(file, " : %s (%s)\n", model->meters[m].name, model->meters[m].unit);
	}
	fputs("events:", file);
	for (size_t m = 0; m < model->meter_count; m++) {
		fputc(' ', file);
		print_event(file, model->meters[m].name);
	}
	fputs("\nsummary:", file);
	for (size_t m = 0; m < model->meter_count; m++) {
		uint64_t sum = 0;
		for (size_t i = 0; i < tree->count; i++)
			sum += tree->nodes[i].sums[m].inherent;
		fprintf(file, " %llu", (unsigned long long)sum);
	}
	fputs("\n\n", file);
}

static void
print_edges(
    const struct report *report, const struct tree *tree, const struct edge *edges, size_t count, bool *known)
{
	FILE *file = report->file;
	for (size_t i = 0; i < count; i++) {
		const struct edge *edge = &edges[i];
		if (edge->caller == TREE_ROOT)
			continue;
		if (i == 0 || edges[i - 1].caller != edge->caller)
			print_function(report, "fn", tree, edge->caller, known);
		if (edge->callee != TREE_ROOT) {
			print_function(report, "cfn", tree, edge->callee, known);
			fprintf(file, "calls=%llu 0\n", (unsigned long long)edge->count);
		}
		print_cost(file, tree, edge);
	}
}

bool
report_callgrind(const struct report *report, struct nest_error *error)
{
	struct tree tree;
	size_t count = 0;
	bool fine = tree_make(&tree, report->gathering, report->model, TREE_BY_NAME, error);
	struct edge *edges = calloc(2 * tree.count + 1, sizeof *edges);
	bool *known = calloc(tree.name_count + 1, sizeof *known);
	if (fine && (edges == NULL || known == NULL))
		fine = nest_error_memory(error, 2 * tree.count * sizeof *edges, "the call tree");
	fine = fine && make_edges(&tree, edges, &count, error);
	if (fine) {
		print_head(report, &tree);
		print_edges(report, &tree, edges, count, known);
	}
	free(known);
	free(edges);
	tree_free(&tree);
	return fine;
}
