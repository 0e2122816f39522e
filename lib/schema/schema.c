/* schema.c - what a finished schema answers, and its end. */
#include "lib/schema/schema.h"
#include "lib/base/utf8.h"

#include <stdlib.h>

void
schema_free(struct schema *schema)
{
	for (uint32_t i = 0; i < schema->node_count; i++)
		free(schema->nodes[i].name);
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

const char *
schema_path(const struct schema *schema, uint32_t node, char *text, size_t capacity)
{
	uint32_t path[SCHEMA_DEPTH_LIMIT];
	size_t count = 0, size = 0;
	for (; node != 0; node = schema->nodes[node].parent)
		path[count++] = node;
	for (; count > 0 && size + 1 < capacity; count--) {
		const char *name = schema->nodes[path[count - 1]].name;
		size_t taken = strnlen(name, capacity - 1 - size);
		memcpy(text + size, name, taken);
		size += taken;
		if (count > 1 && size + 1 < capacity)
			text[size++] = '.';
	}
	/* A character that was cut in two goes whole. */
	while (!utf8_valid((const uint8_t *)text, size))
		size--;
	if (capacity > 0)
		text[size] = '\0';
	return text;
}
