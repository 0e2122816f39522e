#include "shred/fields.h"

#include "lib/base/hash.h"

#include <stdlib.h>

uint32_t
fields_find(const struct fields *fields, uint32_t parent, struct view name)
{
	uint32_t slot = (uint32_t)hash_bytes(name, parent) & fields->slot_mask;
	for (; fields->slots[slot] != 0; slot = (slot + 1) & fields->slot_mask) {
		const struct schema_node *node = &fields->schema->nodes[fields->slots[slot]];
		if (node->parent == parent && view_equal(view_of_text(node->name), name))
			return fields->slots[slot];
	}
	return 0;
}

static void
insert_name(struct fields *fields, uint32_t node)
{
	const struct schema_node *entry = &fields->schema->nodes[node];
	uint32_t slot = (uint32_t)hash_bytes(view_of_text(entry->name), entry->parent) & fields->slot_mask;
	while (fields->slots[slot] != 0)
		slot = (slot + 1) & fields->slot_mask;
	fields->slots[slot] = node;
}

static bool
needs_escape(const char *name)
{
	for (; *name != '\0'; name++)
		if ((uint8_t)*name < 0x20 || *name == '"' || *name == '\\')
			return true;
	return false;
}

/* Writes the key of NAME to TEXT and returns the place after it. */
static char *
make_key(struct field_key *key, const char *name, char *text)
{
	size_t size = strlen(name);
	key->text = text;
	key->size = (uint32_t)size + 3;
	*text++ = '"';
	memcpy(text, name, size);
	memcpy(text + size, "\":", 3);
	if (needs_escape(name)) {
		/* JSON has no zero bytes, and after its end a key without a size does not match. */
		key->masks[0] = UINT64_MAX;
		key->size = 0;
		return text + size + 3;
	}
	size_t head = key->size < sizeof key->words ? key->size : sizeof key->words;
	memcpy(key->words, key->text, head);
	memset(key->masks, 0xff, head);
	return text + size + 3;
}

/* At first, fields are expected in the order of the schema. */
static void
expect_in_order(struct fields *fields)
{
	const struct schema_node *nodes = fields->schema->nodes;
	for (uint32_t i = 0; i < fields->schema->node_count; i++) {
		uint32_t parent = nodes[i].parent, sibling = nodes[i].end;
		fields->first[i] = nodes[i].child_count > 0 ? i + 1 : 0;
		fields->next[i] = i > 0 && sibling < nodes[parent].end ? sibling : 0;
	}
}

static void
number_children(struct fields *fields)
{
	const struct schema_node *nodes = fields->schema->nodes;
	for (uint32_t i = 0; i < fields->schema->node_count; i++) {
		uint32_t ordinal = 0;
		for (uint32_t child = i + 1; child < nodes[i].end; child = nodes[child].end)
			fields->keys[child].ordinal = ordinal++;
	}
}

static bool
allocate(struct fields *fields, const struct schema *schema, struct nest_error *error)
{
	size_t count = schema->node_count, slots = 16, text_bytes = 0;
	while (slots < 2 * count)
		slots *= 2;
	for (size_t i = 0; i < count; i++)
		text_bytes += strlen(schema->nodes[i].name) + 4;
	fields->schema = schema;
	fields->slot_mask = (uint32_t)slots - 1;
	fields->keys = calloc(count, sizeof *fields->keys);
	fields->first = calloc(count, sizeof *fields->first);
	fields->next = calloc(count, sizeof *fields->next);
	fields->slots = calloc(slots, sizeof *fields->slots);
	fields->texts = malloc(text_bytes);
	return (fields->keys != NULL && fields->first != NULL && fields->next != NULL &&
		   fields->slots != NULL && fields->texts != NULL) ||
	       nest_error_memory(error, count * sizeof *fields->keys, "the fields' names");
}

bool
fields_init(struct fields *fields, const struct schema *schema, uint32_t hidden, struct nest_error *error)
{
	*fields = (struct fields){0};
	if (!allocate(fields, schema, error)) {
		fields_free(fields);
		return false;
	}
	char *text = fields->texts;
	for (uint32_t i = 1; i < schema->node_count; i++) {
		text = make_key(&fields->keys[i], schema->nodes[i].name, text);
		if (i != hidden)
			insert_name(fields, i);
	}
	/* The key of the root matches nothing: it is expected where nothing is. */
	fields->keys[0].masks[0] = UINT64_MAX;
	if (hidden != 0)
		fields->keys[hidden] = fields->keys[0];
	number_children(fields);
	expect_in_order(fields);
	return true;
}

void
fields_free(struct fields *fields)
{
	free(fields->keys);
	free(fields->texts);
	free(fields->first);
	free(fields->next);
	free(fields->slots);
	*fields = (struct fields){0};
}
