#include "shred/columns.h"

#include "lib/meter/probe.h"

#include <stdlib.h>

void
columns_free(struct columns *columns)
{
	free(columns->leaves);
	*columns = (struct columns){0};
}

static bool
reserve_leaves(struct columns *columns, size_t count, struct nest_error *error)
{
	if (count <= columns->leaf_capacity)
		return true;
	struct frame_leaf *leaves = realloc(columns->leaves, count * sizeof *leaves);
	if (leaves == NULL)
		return nest_error_memory(error, count * sizeof *leaves, "the leaves");
	columns->leaves = leaves;
	columns->leaf_capacity = count;
	return true;
}

/* Writes the stripes as the body of a frame: for each leaf its levels, if it has any, and its values. */
static bool
fill_body(
    struct columns *columns, const struct shredder *shredder, struct buffer *body, struct nest_error *error)
{
	NEST_SCOPE("nest_shred.fill");
	const struct schema *schema = &shredder->schema;
	if (!buffer_reserve(body, shredder_body_bytes(shredder), error))
		return false;
	for (uint32_t i = 0; i < schema->leaf_count; i++) {
		const struct schema_node *leaf = &schema->nodes[schema->leaves[i]];
		const struct stripe *stripe = &shredder->stripes[i];
		if ((leaf->max_rep > 0 && !stripe_copy_rep(stripe, body, error)) ||
		    (leaf->max_def > 0 && !stripe_copy_def(stripe, body, error)) ||
		    !buffer_append(body, stripe->values, stripe_value_bytes(stripe), error))
			return false;
		columns->leaves[i] =
		    (struct frame_leaf){stripe_entry_count(stripe), stripe_value_bytes(stripe)};
	}
	return true;
}

bool
columns_send(
    struct columns *columns, const struct shredder *shredder, struct frame *frame, struct nest_error *error)
{
	struct buffer *body = wire_out_body(columns->out, error);
	if (body == NULL || !reserve_leaves(columns, shredder->schema.leaf_count, error) ||
	    !fill_body(columns, shredder, body, error))
		return false;
	frame->kind = FRAME_COLUMNS;
	frame->leaves = columns->leaves;
	frame->leaf_count = shredder->schema.leaf_count;
	return wire_out_send(columns->out, frame, error);
}
