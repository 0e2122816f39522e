/*
 * tree - the call trees of many snapshots, merged into one for each group.
 *
 * Nodes of one name under one parent are added up.  A struct tree borrows its
 * texts from the gathering; a zeroed one is empty.
 */
#ifndef METER_TREE_H
#define METER_TREE_H

#include "meter/model.h"

/* What has a tree of its own. */
enum tree_by { TREE_BY_NAME, TREE_BY_STAGE, TREE_BY_PROCESS, TREE_BY_CONTEXT };

enum { TREE_DEPTH = 4096 }; /* of a path: a thread's stack is no deeper */

#define TREE_ROOT UINT32_MAX

struct tree_node {
	uint32_t group;  /* index into groups */
	uint32_t parent; /* index of a node before this one, or TREE_ROOT */
	uint32_t name;   /* index into names */
	uint32_t depth;  /* 0: a root */
	uint64_t count;
	struct snapshot_node_sum sums[SNAPSHOT_METER_LIMIT]; /* one for each meter of the model */
};

struct tree_group {
	const struct snapshot *snapshot; /* the first in it */
	const char *title;               /* "" if everything is merged */
	uint32_t context;
};

struct tree {
	struct tree_node *nodes; /* parents before children */
	size_t count;
	const char **names;
	size_t name_count;
	struct tree_group *groups;
	size_t group_count;
	const struct model *model; /* for its meters */
};

/* Whether any snapshot has a call tree. */
bool tree_is_there(const struct gathering *gathering);

/* NEST_USAGE if no snapshot has a call tree. */
bool tree_make(struct tree *tree, const struct gathering *gathering, const struct model *model,
    enum tree_by by, struct nest_error *error);
void tree_free(struct tree *tree);

/* Puts the nodes from the root to NODE into PATH, which has room for TREE_DEPTH; returns their number. */
size_t tree_path(const struct tree *tree, size_t node, uint32_t *path);

/*
 * What METER counted in each node and below it, computed as exactly the sum of the
 * node's inherent part and its children, since the formats draw them inside one
 * another.  An array of tree.count, to be freed by the caller; NULL for lack of memory.
 */
uint64_t *tree_inclusive(const struct tree *tree, size_t meter, struct nest_error *error);

#endif
