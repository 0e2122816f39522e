/*
 * Folded stacks, the input of flamegraph.pl: a line for each path, with ';' between
 * its names, and the inherent cost of its last name in the meter's unit.
 */
#include "meter/report.h"
#include "meter/tree.h"

static void
print_name(FILE *file, const char *name)
{
	for (; *name != '\0'; name++)
		fputc(*name == ';' ? ':' : *name, file);
}

static void
print_path(FILE *file, const struct tree *tree, size_t node, size_t meter, uint32_t *path)
{
	const char *title = tree->groups[tree->nodes[node].group].title;
	size_t length = tree_path(tree, node, path);
	if (*title != '\0') {
		print_name(file, title);
		fputc(';', file);
	}
	for (size_t i = 0; i < length; i++) {
		fputs(i > 0 ? ";" : "", file);
		print_name(file, tree->names[tree->nodes[path[i]].name]);
	}
	fprintf(file, " %llu\n", (unsigned long long)tree->nodes[node].sums[meter].inherent);
}

bool
report_folded(const struct report *report, struct nest_error *error)
{
	static const enum tree_by by[] = {[MODEL_BY_NAME] = TREE_BY_NAME,
	    [MODEL_BY_STAGE] = TREE_BY_STAGE,
	    [MODEL_BY_PROCESS] = TREE_BY_PROCESS};
	uint32_t path[TREE_DEPTH];
	struct tree tree;
	bool made = tree_make(&tree, report->gathering, report->model, by[report->by], error);
	for (size_t i = 0; i < tree.count && made; i++)
		if (tree.nodes[i].sums[report->meter].inherent > 0)
			print_path(report->file, &tree, i, report->meter, path);
	tree_free(&tree);
	return made;
}
