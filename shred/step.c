#include "shred/step.h"

#include <stdlib.h>

enum { SHORT_TEXTS = 32 };

static struct step
compile_field(const struct schema *schema, uint32_t index, const struct step *steps, struct stripe *stripes)
{
	const struct schema_node *node = &schema->nodes[index];
	struct step step = {
	    .form = (uint8_t)node->form,
	    .is_repeated = node->repetition == REPETITION_REPEATED,
	    .is_optional = node->repetition == REPETITION_OPTIONAL,
	    .max_rep = node->max_rep,
	    .max_def = node->max_def,
	    .child_count = node->child_count,
	    .leaf_count = node->leaf_count,
	    .node = index,
	    .leaf = node,
	    .stripes = stripes + node->first_leaf,
	    .end = steps + node->end,
	};
	if (node->logical.kind == LOGICAL_STRING && !step.is_repeated)
		step.text_heads = (uint8_t)(SHORT_TEXTS + step.is_optional);
	if (node->form == FORM_LIST || node->form == FORM_MAP) {
		step.repeated = steps + index + 1;
		step.element = steps + node->element;
	} else if (step.is_repeated) {
		step.repeated = step.element = steps + index;
	}
	return step;
}

struct step *
steps_compile(const struct schema *schema, struct stripe *stripes, struct nest_error *error)
{
	struct step *steps = calloc(schema->node_count, sizeof *steps);
	if (steps == NULL) {
		nest_error_memory(error, schema->node_count * sizeof *steps, "the schema's steps");
		return NULL;
	}
	for (uint32_t i = 0; i < schema->node_count; i++)
		steps[i] = compile_field(schema, i, steps, stripes);
	return steps;
}
