/*
 * fuzz_schema - any bytes as a message type.
 *
 * What is taken prints as a text that is taken again and prints the same.
 */
#include "lib/schema/schema.h"

#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_tree(const struct schema *schema)
{
	must(schema->leaf_count >= 1 && schema->nodes[0].end == schema->node_count);
	for (uint32_t i = 0; i < schema->node_count; i++) {
		const struct schema_node *node = &schema->nodes[i];
		must(node->end > i && node->end <= schema->nodes[node->parent].end);
		must(node->max_rep <= node->max_def && node->max_def < SCHEMA_DEPTH_LIMIT);
		must(node->first_leaf + node->leaf_count <= schema->leaf_count && node->leaf_count > 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct schema schema, again;
	struct nest_error error;
	if (!schema_parse(&schema, (struct view){data, size}, &error)) {
		must(error.status == NEST_INVALID && error.text[0] != '\0');
		return 0;
	}
	check_tree(&schema);
	/* The printed text is longer than one without blanks, and so may be over the limit. */
	if (schema_parse(&again, view_of_text(schema.text), &error)) {
		must(strcmp(again.text, schema.text) == 0 && again.node_count == schema.node_count);
		schema_free(&again);
	} else {
		must(schema.text_size > SCHEMA_TEXT_LIMIT);
	}
	schema_free(&schema);
	return 0;
}
