#include "shred/step.h"

#include <stdlib.h>

enum { SHORT_TEXTS = 32, SHORT_ARRAYS = 16 };

/* Sets what is read without looking at the leaf. */
static void
set_number(struct step *step, const struct schema_node *leaf)
{
	uint64_t high;
	step->is_double = leaf->physical == PHYSICAL_DOUBLE;
	if (leaf->physical == PHYSICAL_INT32 || leaf->physical == PHYSICAL_INT64) {
		schema_integer_range(leaf, &step->low, &high);
		step->high = high <= INT64_MAX ? (int64_t)high : INT64_MAX;
		step->number_bytes = leaf->physical == PHYSICAL_INT32 ? 4 : 8;
	} else if (step->is_double) {
		step->number_bytes = 8;
	}
}

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
	    .struct_head = NO_HEAD,
	    .entry = stripe_entry(0, node->max_def),
	    .child_count = node->child_count,
	    .leaf_count = node->leaf_count,
	    .node = index,
	    .leaf = node,
	    .stripes = stripes + node->first_leaf,
	    .end = steps + node->end,
	};
	if (node->logical.kind == LOGICAL_STRING && !step.is_repeated)
		step.text_heads = (uint8_t)(SHORT_TEXTS + step.is_optional);
	if (node->form == FORM_LEAF)
		set_number(&step, node);
	if (node->form == FORM_STRUCT && node->child_count < SHORT_ARRAYS)
		step.struct_head = (uint16_t)(0x90 + node->child_count);
	if (node->form == FORM_LIST || node->form == FORM_MAP) {
		step.repeated = steps + index + 1;
		step.element = steps + node->element;
	} else if (step.is_repeated) {
		step.repeated = step.element = steps + index;
	}
	return step;
}

/* From the last step back, so that each run knows how it continues. */
static void
count_texts(struct step *steps, const struct schema *schema)
{
	for (uint32_t i = schema->node_count; i-- > 0;) {
		if (steps[i].text_heads == 0)
			continue;
		bool goes_on =
		    i + 1 < schema->node_count && schema->nodes[i + 1].parent == schema->nodes[i].parent;
		steps[i].text_count = 1 + (goes_on ? steps[i + 1].text_count : 0);
	}
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
	count_texts(steps, schema);
	return steps;
}
