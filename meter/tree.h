/*
 * tree - the call trees of many snapshots, merged into one for each group.
 *
 * Nodes of one name under one parent are added up.  A struct tree borrows its
 * texts from the gathering; a zeroed one is empty.
 */
#ifndef METER_TREE_H
#define METER_TREE_H

#include "meter/model.h"

enum { TREE_DEPTH = 4096 }; /* of a path: a thread's stack is no deeper */

#define TREE_ROOT UINT32_MAX

/* What a node counted is in the order of the model's meters. */
struct tree_node {
	uint32_t group;  /* index into groups */
	uint32_t parent; /* index of a node before this one, or TREE_ROOT */
	uint32_t name;   /* index into names */
	uint32_t depth;  /* 0: a root */
	uint64_t count;
	uint64_t inherent[SNAPSHOT_METER_LIMIT];
	/* With all below: exactly the sum, since the formats draw nodes inside one another. */
	uint64_t inclusive[SNAPSHOT_METER_LIMIT];
};

struct tree {
	struct tree_node *nodes; /* parents before children */
	size_t count;
	const struct snapshot_name **names; /* each as the first snapshot has it */
	size_t name_count;
	const char **groups; /* the processes or stages; one of "" if everything is merged */
	size_t group_count;
};

/* Makes a tree without nodes if no snapshot has a call tree. */
bool tree_make(struct tree *tree, const struct gathering *gathering, const struct model *model,
    enum model_by by, struct nest_error *error);
void tree_free(struct tree *tree);

/* NEST_USAGE if the tree has no nodes. */
bool tree_is_there(const struct tree *tree, struct nest_error *error);

#endif
