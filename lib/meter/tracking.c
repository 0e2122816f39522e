/*
 * tracking - the call tree of each thread, bounded.
 *
 * A node is a name below the nodes of the frames around it.  When there is no room
 * left, a frame that needs a new node is only counted, and its time stays in the
 * inherent time of its nearest tracked ancestor.
 */
#include "lib/meter/internal.h"

/* Marks a frame without its own node: the rest of its number is its nearest tracked ancestor. */
#define BORROWED (UINT32_C(1) << 31)

static struct meter_node *
node_at(const struct meter_tree *tree, uint32_t number)
{
	return (struct meter_node *)(void *)(tree->nodes + (size_t)(number - 1) * meter_hot.node_bytes);
}

bool
meter_tracking_open(struct meter_context *context)
{
	struct meter_tree *tree = &context->tree;
	uint32_t heads = 1024;
	while (heads < meter_engine.config.tracking_limit)
		heads *= 2;
	tree->mask = heads - 1;
	tree->heads = meter_arena_take(&context->arena, heads * sizeof *tree->heads);
	tree->nodes =
	    meter_arena_take(&context->arena, meter_engine.config.tracking_limit * meter_hot.node_bytes);
	return tree->heads != NULL && tree->nodes != NULL;
}

static uint32_t
find_node(struct meter_context *context, uint32_t parent, uint32_t name)
{
	struct meter_tree *tree = &context->tree;
	uint32_t hash = (parent * 2654435761u) ^ (name * 2246822519u);
	uint32_t *head = &tree->heads[(hash ^ hash >> 15) & tree->mask];
	for (uint32_t number = *head; number != 0; number = node_at(tree, number)->chain) {
		const struct meter_node *node = node_at(tree, number);
		if (node->parent == parent && node->name == name)
			return number;
	}
	if (tree->count == meter_engine.config.tracking_limit)
		return 0;
	uint32_t number = tree->count + 1;
	struct meter_node *node = node_at(tree, number);
	node->parent = parent;
	node->name = name;
	node->chain = *head;
	*head = number;
	__atomic_store_n(&tree->count, number, __ATOMIC_RELEASE);
	return number;
}

void
meter_tracking_opened(struct meter_context *context, struct meter_frame *frame)
{
	struct meter_tree *tree = &context->tree;
	uint32_t parent = frame[-1].node & ~BORROWED;
	struct meter_node *around = parent != 0 ? node_at(tree, parent) : NULL;
	if (around != NULL && around->last != 0 && node_at(tree, around->last)->name == frame->name) {
		frame->node = around->last;
		return;
	}
	uint32_t found = find_node(context, parent, frame->name);
	if (found != 0 && around != NULL)
		around->last = found;
	frame->node = found != 0 ? found : (parent | BORROWED);
}

void
meter_tracking_closed(struct meter_context *context, const struct meter_frame *frame, const uint64_t *total,
    const uint64_t *inherent)
{
	bool borrowed = frame->node & BORROWED;
	uint32_t number = frame->node & ~BORROWED;
	if (METER_UNLIKELY(borrowed))
		meter_add(&context->troubles.nodes_refused, 1);
	if (METER_UNLIKELY(number == 0))
		return;
	struct meter_node *node = node_at(&context->tree, number);
	meter_add(&node->count, borrowed ? 0 : frame->weight);
	for (uint32_t i = 0; i < meter_hot.meters; i++) {
		/* The time of a borrower is part of the total already. */
		meter_add(&node->cells[i].total, borrowed ? 0 : frame->weight * total[i]);
		meter_add(&node->cells[i].inherent, frame->weight * inherent[i]);
	}
}
