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

/* No deeper than TREE_DEPTH. */
static void
print_path(FILE *file, const struct tree *tree, const struct tree_node *node)
{
	const char *title = tree->groups[node->group];
	if (node->parent != TREE_ROOT)
		print_path(file, tree, &tree->nodes[node->parent]);
	else
		print_name(file, title);
	if (node->parent != TREE_ROOT || *title != '\0')
		fputc(';', file);
	print_name(file, tree->names[node->name]->name);
}

bool
report_folded(const struct report *report, struct nest_error *error)
{
	struct tree tree;
	bool made = tree_make(&tree, report->gathering, report->model, report->by, error) &&
	            tree_is_there(&tree, error);
	for (size_t i = 0; i < tree.count && made; i++) {
		uint64_t inherent = tree.nodes[i].inherent[report->meter];
		if (inherent == 0)
			continue;
		print_path(report->file, &tree, &tree.nodes[i]);
		fprintf(report->file, " %llu\n", (unsigned long long)inherent);
	}
	tree_free(&tree);
	return made;
}
