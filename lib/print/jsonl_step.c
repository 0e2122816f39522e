#include "lib/print/jsonl_step.h"

#include "lib/print/escape.h"

#include <stdlib.h>

enum { SHORT_ARRAYS = 16 };

static enum jsonl_leaf
integer_kind(const struct schema_node *leaf)
{
	switch (leaf->logical.kind) {
	case LOGICAL_DATE:
		return LEAF_DATE;
	case LOGICAL_TIME:
		return LEAF_TIME;
	case LOGICAL_TIMESTAMP:
		return LEAF_TIMESTAMP;
	case LOGICAL_DECIMAL:
		return LEAF_SMALL_DECIMAL;
	default:
		return LEAF_INTEGER;
	}
}

static enum jsonl_leaf
bytes_kind(const struct schema_node *leaf)
{
	switch (leaf->logical.kind) {
	case LOGICAL_STRING:
	case LOGICAL_ENUM:
		return LEAF_TEXT;
	case LOGICAL_JSON:
		return LEAF_JSON;
	case LOGICAL_DECIMAL:
		return LEAF_DECIMAL;
	case LOGICAL_FLOAT16:
		return LEAF_HALF;
	case LOGICAL_UUID:
		return LEAF_UUID;
	default:
		return LEAF_BYTES;
	}
}

static enum jsonl_leaf
leaf_kind(const struct schema_node *leaf)
{
	switch (leaf->physical) {
	case PHYSICAL_BOOLEAN:
		return LEAF_BOOLEAN;
	case PHYSICAL_INT32:
	case PHYSICAL_INT64:
		return integer_kind(leaf);
	case PHYSICAL_FLOAT:
		return LEAF_FLOAT;
	case PHYSICAL_DOUBLE:
		return LEAF_DOUBLE;
	default:
		return bytes_kind(leaf);
	}
}

/* Sets the integers that the physical type and the annotation allow. */
static void
set_range(struct jsonl_step *step, const struct schema_node *leaf)
{
	unsigned bits = leaf->physical == PHYSICAL_INT32 ? 32 : 64;
	bool is_signed = true;
	if (leaf->logical.kind == LOGICAL_INTEGER) {
		bits = (unsigned)leaf->logical.bit_width;
		is_signed = leaf->logical.is_signed;
	}
	step->highest = UINT64_MAX >> (64 + (unsigned)is_signed - bits);
	step->lowest = is_signed ? step->highest + 1 : 0;
	if (step->leaf != LEAF_SMALL_DECIMAL)
		return;
	step->highest = 1;
	for (int i = 0; i < leaf->logical.precision; i++)
		step->highest *= 10;
	step->lowest = --step->highest;
}

static bool
is_text_key(const struct schema_node *key)
{
	return key->form == FORM_LEAF && key->repetition == REPETITION_REQUIRED;
}

static struct jsonl_step
compile_field(const struct schema *schema, uint32_t index, const struct jsonl_step *steps)
{
	const struct schema_node *node = &schema->nodes[index];
	struct jsonl_step step = {
	    .form = (uint8_t)node->form,
	    .leaf = (uint8_t)leaf_kind(node),
	    .is_repeated = node->repetition == REPETITION_REPEATED,
	    .is_optional = node->repetition == REPETITION_OPTIONAL,
	    .struct_head = NO_HEAD,
	    .child_count = node->child_count,
	    .node = node,
	    .end = steps + node->end,
	    .size = (uint32_t)schema_value_bytes(node),
	};
	set_range(&step, node);
	if (node->form == FORM_LEAF && step.leaf == LEAF_TEXT)
		step.text_heads = (uint8_t)(SHORT_TEXTS + step.is_optional);
	if (node->form == FORM_STRUCT && node->child_count < SHORT_ARRAYS)
		step.struct_head = (uint16_t)(0x90 + node->child_count);
	if (node->form == FORM_LIST || node->form == FORM_MAP)
		step.element = steps + node->element;
	else if (step.is_repeated)
		step.element = steps + index;
	if (node->form == FORM_MAP)
		step.has_text_keys = is_text_key(&schema->nodes[node->element + 1]);
	return step;
}

/* A JSON text that is a key is a string. */
static void
quote_keys(struct jsonl_step *steps, const struct schema *schema)
{
	for (uint32_t i = 0; i < schema->node_count; i++) {
		struct jsonl_step *key = &steps[schema->nodes[i].element + 1];
		if (steps[i].has_text_keys && key->leaf == LEAF_JSON)
			key->leaf = LEAF_TEXT;
	}
}

/* The keys of all fields, one after the other; key_size says where. */
static bool
put_keys(struct buffer *keys, struct jsonl_step *steps, const struct schema *schema, struct nest_error *error)
{
	static const uint8_t slack[KEY_SLOT];
	for (uint32_t i = 1; i < schema->node_count; i++) {
		const struct schema_node *node = &schema->nodes[i];
		size_t begin = keys->size;
		if (!buffer_append(keys, i == node->parent + 1 ? "{" : ",", 1, error) ||
		    !escape_append(keys, view_of_text(node->name), error) ||
		    !buffer_append(keys, ":", 1, error))
			return false;
		steps[i].key_size = (uint32_t)(keys->size - begin);
	}
	return buffer_append(keys, slack, sizeof slack, error);
}

struct jsonl_step *
jsonl_compile(const struct schema *schema, struct buffer *keys, struct nest_error *error)
{
	struct jsonl_step *steps = calloc(schema->node_count, sizeof *steps);
	if (steps == NULL) {
		nest_error_memory(error, schema->node_count * sizeof *steps, "the schema's steps");
		return NULL;
	}
	for (uint32_t i = 0; i < schema->node_count; i++)
		steps[i] = compile_field(schema, i, steps);
	quote_keys(steps, schema);
	if (!put_keys(keys, steps, schema, error)) {
		free(steps);
		return NULL;
	}
	const uint8_t *key = keys->data;
	for (uint32_t i = 1; i < schema->node_count; key += steps[i++].key_size)
		steps[i].key = key;
	return steps;
}
