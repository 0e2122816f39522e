#include "meter/tree.h"

#include <stdlib.h>

/* Names and nodes are found by hashing; a slot is an index + 1, and 0 if free. */
struct slots {
	uint32_t *slots;
	size_t mask;
};

struct maker {
	struct tree *tree;
	const struct gathering *gathering;
	enum tree_by by;
	struct slots names, nodes;
	uint32_t *name_of; /* a snapshot's name index -> ours */
	uint32_t *node_of; /* a snapshot's node index -> ours */
};

static bool
slots_init(struct slots *slots, size_t entries, struct nest_error *error)
{
	size_t size = 16;
	while (size < 2 * entries)
		size *= 2;
	slots->slots = calloc(size, sizeof *slots->slots);
	slots->mask = size - 1;
	return slots->slots != NULL || nest_error_memory(error, size * sizeof *slots->slots, "the call tree");
}

static size_t
hash_text(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return (size_t)(hash ^ hash >> 29);
}

static size_t
hash_numbers(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t hash = (a * 0x9e3779b97f4a7c15u) ^ (b + 0x7f4a7c15u) * 0xbf58476d1ce4e5b9u ^ c << 48;
	hash = (hash ^ hash >> 30) * 0x94d049bb133111ebu;
	return (size_t)(hash ^ hash >> 31);
}

static uint32_t
intern(struct maker *maker, const char *name)
{
	struct tree *tree = maker->tree;
	struct slots *slots = &maker->names;
	size_t at = hash_text(name) & slots->mask;
	for (; slots->slots[at] != 0; at = (at + 1) & slots->mask)
		if (strcmp(tree->names[slots->slots[at] - 1], name) == 0)
			return slots->slots[at] - 1;
	tree->names[tree->name_count] = name;
	slots->slots[at] = (uint32_t)++tree->name_count;
	return (uint32_t)tree->name_count - 1;
}

/* The node of NAME below PARENT in GROUP, made if there is none. */
static struct tree_node *
child(struct maker *maker, uint32_t group, uint32_t parent, uint32_t name)
{
	struct tree *tree = maker->tree;
	struct slots *slots = &maker->nodes;
	size_t at = hash_numbers(parent, name, group) & slots->mask;
	for (; slots->slots[at] != 0; at = (at + 1) & slots->mask) {
		struct tree_node *node = &tree->nodes[slots->slots[at] - 1];
		if (node->parent == parent && node->name == name && node->group == group)
			return node;
	}
	struct tree_node *node = &tree->nodes[tree->count];
	*node = (struct tree_node){.group = group, .parent = parent, .name = name};
	node->depth = parent == TREE_ROOT ? 0 : tree->nodes[parent].depth + 1;
	slots->slots[at] = (uint32_t)++tree->count;
	return node;
}

static const char *
title_of(const struct snapshot *snapshot, enum tree_by by)
{
	if (by == TREE_BY_NAME)
		return "";
	return by == TREE_BY_STAGE ? snapshot->program : snapshot->process;
}

/* The group of a context; those of one snapshot follow one another. */
static uint32_t
group_of(struct maker *maker, const struct snapshot *snapshot, uint32_t context)
{
	struct tree *tree = maker->tree;
	const char *title = title_of(snapshot, maker->by);
	for (size_t i = tree->group_count; i-- > 0;) {
		const struct tree_group *group = &tree->groups[i];
		bool same = maker->by == TREE_BY_CONTEXT
		                ? group->snapshot == snapshot && group->context == context
		                : strcmp(group->title, title) == 0;
		if (same)
			return (uint32_t)i;
	}
	tree->groups[tree->group_count] = (struct tree_group){snapshot, title, context};
	return (uint32_t)tree->group_count++;
}

static void
add_sums(const struct model *model, struct tree_node *node, const struct snapshot *snapshot,
    const struct snapshot_node *more)
{
	for (size_t i = 0; i < snapshot->meter_count; i++)
		for (size_t m = 0; m < model->meter_count; m++)
			if (strcmp(model->meters[m].name, snapshot->meters[i].name) == 0) {
				node->sums[m].total += more->sums[i].total;
				node->sums[m].inherent += more->sums[i].inherent;
			}
	node->count += more->count;
}

static bool
add_snapshot(struct maker *maker, size_t index, struct nest_error *error)
{
	const struct snapshot *snapshot = &maker->gathering->snapshots[index];
	for (size_t i = 0; i < snapshot->name_count; i++)
		maker->name_of[i] = intern(maker, snapshot->names[i].name);
	uint32_t group = 0, last = UINT32_MAX;
	for (size_t i = 0; i < snapshot->node_count; i++) {
		const struct snapshot_node *from = &snapshot->nodes[i];
		if (from->context != last)
			group = group_of(maker, snapshot, last = from->context);
		uint32_t parent = from->parent == 0 ? TREE_ROOT : maker->node_of[from->parent - 1];
		if (parent != TREE_ROOT && maker->tree->nodes[parent].group != group)
			return nest_error_set(error, NEST_INVALID,
			    "%s: its call tree goes from one thread to another",
			    maker->gathering->paths[index]);
		struct tree_node *node = child(maker, group, parent, maker->name_of[from->name]);
		if (node->depth >= TREE_DEPTH)
			return nest_error_set(error, NEST_INVALID, "%s: its call tree is deeper than %d",
			    maker->gathering->paths[index], TREE_DEPTH);
		add_sums(maker->tree->model, node, snapshot, from);
		maker->node_of[i] = (uint32_t)(node - maker->tree->nodes);
	}
	return true;
}

static bool
make_room(struct maker *maker, struct nest_error *error)
{
	size_t nodes = 0, names = 0, groups = 0, most_nodes = 1, most_names = 1;
	for (size_t i = 0; i < maker->gathering->count; i++) {
		const struct snapshot *snapshot = &maker->gathering->snapshots[i];
		nodes += snapshot->node_count;
		names += snapshot->name_count;
		groups += snapshot->context_count + 1;
		most_nodes = snapshot->node_count > most_nodes ? snapshot->node_count : most_nodes;
		most_names = snapshot->name_count > most_names ? snapshot->name_count : most_names;
	}
	if (nodes == 0)
		return nest_error_set(error, NEST_USAGE,
		    "no snapshot has a call tree; meter with tracking.enabled=true in the configuration");
	if (nodes >= TREE_ROOT)
		return nest_error_set(error, NEST_USAGE, "the call trees are too large together");
	struct tree *tree = maker->tree;
	tree->nodes = malloc(nodes * sizeof *tree->nodes);
	tree->names = malloc((names + 1) * sizeof *tree->names);
	tree->groups = malloc(groups * sizeof *tree->groups);
	maker->name_of = malloc(most_names * sizeof *maker->name_of);
	maker->node_of = malloc(most_nodes * sizeof *maker->node_of);
	if (tree->nodes == NULL || tree->names == NULL || tree->groups == NULL || maker->name_of == NULL ||
	    maker->node_of == NULL)
		return nest_error_memory(error, nodes * sizeof *tree->nodes, "the call tree");
	return slots_init(&maker->names, names, error) && slots_init(&maker->nodes, nodes, error);
}

bool
tree_is_there(const struct gathering *gathering)
{
	for (size_t i = 0; i < gathering->count; i++)
		if (gathering->snapshots[i].node_count > 0)
			return true;
	return false;
}

bool
tree_make(struct tree *tree, const struct gathering *gathering, const struct model *model, enum tree_by by,
    struct nest_error *error)
{
	struct maker maker = {.tree = tree, .gathering = gathering, .by = by};
	*tree = (struct tree){.model = model};
	bool made = make_room(&maker, error);
	for (size_t i = 0; i < gathering->count && made; i++)
		made = add_snapshot(&maker, i, error);
	free(maker.names.slots);
	free(maker.nodes.slots);
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

size_t
tree_path(const struct tree *tree, size_t node, uint32_t *path)
{
	size_t length = tree->nodes[node].depth + 1u;
	uint32_t at = (uint32_t)node;
	for (size_t i = length; i-- > 0; at = tree->nodes[at].parent)
		path[i] = at;
	return length;
}

uint64_t *
tree_inclusive(const struct tree *tree, size_t meter, struct nest_error *error)
{
	uint64_t *inclusive = malloc(tree->count * sizeof *inclusive);
	if (inclusive == NULL) {
		nest_error_memory(error, tree->count * sizeof *inclusive, "the call tree");
		return NULL;
	}
	for (size_t i = 0; i < tree->count; i++)
		inclusive[i] = tree->nodes[i].sums[meter].inherent;
	for (size_t i = tree->count; i-- > 0;)
		if (tree->nodes[i].parent != TREE_ROOT)
			inclusive[tree->nodes[i].parent] += inclusive[i];
	return inclusive;
}
