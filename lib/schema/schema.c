/* schema.c - what a finished schema can tell, and how it is freed. */
#include "lib/schema/internal.h"

#include <stdlib.h>

void
schema_free(struct schema *schema)
{
	for (uint32_t i = 0; i < schema->node_count; i++) {
		free(schema->nodes[i].name);
		free(schema->nodes[i].crs);
	}
	free(schema->nodes);
	free(schema->leaves);
	free(schema->text);
	*schema = (struct schema){0};
}

size_t
schema_value_bytes(const struct schema_node *node)
{
	switch (node->physical) {
	case PHYSICAL_BOOLEAN:
		return 1;
	case PHYSICAL_INT32:
	case PHYSICAL_FLOAT:
		return 4;
	case PHYSICAL_INT64:
	case PHYSICAL_DOUBLE:
		return 8;
	case PHYSICAL_INT96:
		return 12;
	case PHYSICAL_FIXED_LEN_BYTE_ARRAY:
		return node->type_length;
	default:
		return 0;
	}
}

void
schema_integer_range(const struct schema_node *leaf, int64_t *low, uint64_t *high)
{
	static const uint64_t day[] = {
	    [UNIT_MILLIS] = 86400000, [UNIT_MICROS] = 86400000000, [UNIT_NANOS] = 86400000000000};
	int bits = leaf->physical == PHYSICAL_INT32 ? 32 : 64;
	bool is_signed = true;
	if (leaf->logical.kind == LOGICAL_INTEGER) {
		bits = leaf->logical.bit_width;
		is_signed = leaf->logical.is_signed;
	}
	*high = UINT64_MAX >> (64 - bits + is_signed);
	*low = is_signed ? -(int64_t)*high - 1 : 0;
	if (leaf->logical.kind == LOGICAL_TIME) {
		*high = day[leaf->logical.unit] - 1;
		*low = 0;
	}
}

const char *
schema_path(const struct schema *schema, uint32_t node, char *text, size_t capacity)
{
	uint32_t path[SCHEMA_DEPTH_LIMIT];
	size_t count = 0;
	if (capacity == 0)
		return text;
	for (; node != 0; node = schema->nodes[node].parent)
		path[count++] = node;
	struct path_text out = {text, capacity - 1};
	while (count > 0) {
		path_put_name(&out, view_of_text(schema->nodes[path[--count]].name));
		if (count > 0)
			path_put_dot(&out);
	}
	*out.end = '\0';
	return text;
}
