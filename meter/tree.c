#include "meter/tree.h"

#include <search.h>
#include <stdlib.h>

struct maker {
	struct tree *tree;
	const struct model *model;
	enum model_by by;
	void *names, *nodes; /* of tsearch(), to find those that are made */
	uint32_t *name_of;   /* a snapshot's name index -> ours */
	uint32_t *node_of;   /* a snapshot's node index -> ours */
};

static int
compare_names(const void *a, const void *b)
{
	const struct snapshot_name *const *left = a, *const *right = b;
	return strcmp((*left)->name, (*right)->name);
}

/* By group, parent and name; any order will do. */
static int
compare_nodes(const void *a, const void *b)
{
	return memcmp(a, b, offsetof(struct tree_node, depth));
}

/* The equal of LAST, or LAST itself, now behind COUNT elements and one of them; NULL for lack of memory. */
static void *
intern(void **root, void *last, size_t *count, __compar_fn_t compare, struct nest_error *error)
{
	void **found = tsearch(last, root, compare);
	if (found == NULL) {
		nest_error_memory(error, 3 * sizeof *found, "the call tree");
		return NULL;
	}
	*count += *found == last;
	return *found;
}

static uint32_t
group_of(struct maker *maker, const struct snapshot *snapshot)
{
	struct tree *tree = maker->tree;
	const char *title = model_group(snapshot, maker->by);
	uint32_t i = 0;
	while (i < tree->group_count && strcmp(tree->groups[i], title) != 0)
		i++;
	if (i == tree->group_count)
		tree->groups[tree->group_count++] = title;
	return i;
}

static bool
add_names(struct maker *maker, const struct snapshot *snapshot, struct nest_error *error)
{
	struct tree *tree = maker->tree;
	for (size_t i = 0; i < snapshot->name_count; i++) {
		const struct snapshot_name **name = &tree->names[tree->name_count];
		*name = &snapshot->names[i];
		if ((name = intern(&maker->names, name, &tree->name_count, compare_names, error)) == NULL)
			return false;
		maker->name_of[i] = (uint32_t)(name - tree->names);
	}
	return true;
}

static bool
add_nodes(struct maker *maker, const struct snapshot *snapshot, const char *path, struct nest_error *error)
{
	struct tree *tree = maker->tree;
	uint32_t group = snapshot->node_count > 0 ? group_of(maker, snapshot) : 0;
	size_t meters[SNAPSHOT_METER_LIMIT];
	for (size_t m = 0; m < snapshot->meter_count; m++)
		meters[m] = model_meter(maker->model, snapshot->meters[m].name);
	for (size_t i = 0; i < snapshot->node_count; i++) {
		const struct snapshot_node *from = &snapshot->nodes[i];
		struct tree_node *node = &tree->nodes[tree->count];
		*node = (struct tree_node){
		    .group = group, .parent = TREE_ROOT, .name = maker->name_of[from->name]};
		if (from->parent > 0) {
			node->parent = maker->node_of[from->parent - 1];
			node->depth = tree->nodes[node->parent].depth + 1;
		}
		if (node->depth >= TREE_DEPTH)
			return nest_error_set(
			    error, NEST_INVALID, "%s: its call tree is deeper than %d", path, TREE_DEPTH);
		if ((node = intern(&maker->nodes, node, &tree->count, compare_nodes, error)) == NULL)
			return false;
		node->count += from->count;
		for (size_t m = 0; m < snapshot->meter_count; m++)
			node->inherent[meters[m]] += from->sums[m].inherent;
		maker->node_of[i] = (uint32_t)(node - tree->nodes);
	}
	return true;
}

static bool
make_room(struct maker *maker, const struct gathering *gathering, struct nest_error *error)
{
	struct tree *tree = maker->tree;
	size_t nodes = 0, names = 0;
	for (size_t i = 0; i < gathering->count; i++) {
		nodes += gathering->snapshots[i].node_count;
		names += gathering->snapshots[i].name_count;
	}
	if (nodes >= TREE_ROOT)
		return nest_error_set(error, NEST_USAGE, "the call trees are too large together");
	/* None of these may be of no bytes. */
	tree->nodes = malloc((nodes + 1) * sizeof *tree->nodes);
	tree->names = malloc((names + 1) * sizeof *tree->names);
	tree->groups = malloc((gathering->count + 1) * sizeof *tree->groups);
	maker->name_of = malloc((names + 1) * sizeof *maker->name_of);
	maker->node_of = malloc((nodes + 1) * sizeof *maker->node_of);
	return (tree->nodes != NULL && tree->names != NULL && tree->groups != NULL &&
		   maker->name_of != NULL && maker->node_of != NULL) ||
	       nest_error_memory(error, nodes * sizeof *tree->nodes, "the call tree");
}

/* From the leaves to the roots. */
static void
add_up(struct tree *tree, size_t meters)
{
	for (size_t i = tree->count; i-- > 0;) {
		struct tree_node *node = &tree->nodes[i];
		for (size_t m = 0; m < meters; m++) {
			node->inclusive[m] += node->inherent[m];
			if (node->parent != TREE_ROOT)
				tree->nodes[node->parent].inclusive[m] += node->inclusive[m];
		}
	}
}

bool
tree_is_there(const struct tree *tree, struct nest_error *error)
{
	return tree->count > 0 ||
	       nest_error_set(error, NEST_USAGE,
		   "no snapshot has a call tree; meter with tracking.enabled=true in the configuration");
}

/* What tsearch() found stays where it is. */
static void
keep(void *found)
{
	(void)found;
}

bool
tree_make(struct tree *tree, const struct gathering *gathering, const struct model *model, enum model_by by,
    struct nest_error *error)
{
	struct maker maker = {.tree = tree, .model = model, .by = by};
	*tree = (struct tree){0};
	bool made = make_room(&maker, gathering, error);
	for (size_t i = 0; i < gathering->count && made; i++)
		made = add_names(&maker, &gathering->snapshots[i], error) &&
		       add_nodes(&maker, &gathering->snapshots[i], gathering->paths[i], error);
	add_up(tree, model->meter_count);
	tdestroy(maker.names, keep);
	tdestroy(maker.nodes, keep);
	free(maker.name_of);
	free(maker.node_of);
	return made;
}

void
tree_free(struct tree *tree)
{
	free(tree->nodes);
	free(tree->names);
	free(tree->groups);
	*tree = (struct tree){0};
}
