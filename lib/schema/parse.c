/* parse.c - turns the text of a message type into a tree of nodes. */
#include "lib/schema/internal.h"

#include <stdlib.h>

static bool
reserve_node(struct parser *parser)
{
	struct schema *schema = parser->schema;
	if (schema->node_count == SCHEMA_NODE_LIMIT)
		return parser_refuse(parser, parser->at,
		    "there are more than %d fields and groups, the message included", SCHEMA_NODE_LIMIT);
	if (schema->node_count < parser->capacity)
		return true;
	uint32_t capacity = parser->capacity == 0 ? 16 : parser->capacity * 2;
	struct schema_node *nodes = realloc(schema->nodes, capacity * sizeof *nodes);
	if (nodes == NULL)
		return nest_error_memory(parser->error, capacity * sizeof *nodes, "a message type");
	schema->nodes = nodes;
	uint32_t *positions = realloc(parser->positions, capacity * sizeof *positions);
	if (positions == NULL)
		return nest_error_memory(parser->error, capacity * sizeof *positions, "a message type");
	parser->positions = positions;
	parser->capacity = capacity;
	return true;
}

static char *
copy_text(struct view text)
{
	char *copy = malloc(text.size + 1);
	if (copy == NULL)
		return NULL;
	if (text.size > 0)
		memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	return copy;
}

bool
parser_add_node(struct parser *parser, const struct schema_node *node, struct view name, struct view crs)
{
	struct schema *schema = parser->schema;
	if (!reserve_node(parser))
		return false;
	uint32_t index = schema->node_count;
	struct schema_node *added = &schema->nodes[index];
	*added = *node;
	added->end = index + 1;
	added->name = copy_text(name);
	added->crs = crs.data != NULL ? copy_text(crs) : NULL;
	schema->node_count++;
	parser->positions[index] = (uint32_t)parser->at;
	if (added->name == NULL || (crs.data != NULL && added->crs == NULL))
		return nest_error_memory(parser->error, name.size + crs.size + 2, "a field name");
	return true;
}

/* Moves past a name and appends NODE under it. */
static bool
add_node(struct parser *parser, const struct schema_node *node, const char *what)
{
	if (parser->kind != TOKEN_WORD && parser->kind != TOKEN_NAME)
		return parser_expected(parser, what);
	return parser_add_node(parser, node, parser->word, (struct view){NULL, 0}) && parser_advance(parser);
}

static bool
parse_repetition(struct parser *parser, enum repetition *repetition)
{
	for (int i = REPETITION_REQUIRED; i <= REPETITION_REPEATED; i++)
		if (parser_at_word(parser, repetition_name((enum repetition)i))) {
			*repetition = (enum repetition)i;
			return parser_advance(parser);
		}
	return parser_expected(parser, "required, optional, repeated or \"}\"");
}

static bool
parse_type(struct parser *parser, struct schema_node *node)
{
	for (int i = PHYSICAL_BOOLEAN; i <= PHYSICAL_GROUP; i++) {
		if (!parser_at_word(parser, schema_physical_name((enum physical_type)i)))
			continue;
		node->physical = (enum physical_type)i;
		if (!parser_advance(parser))
			return false;
		if (node->physical != PHYSICAL_FIXED_LEN_BYTE_ARRAY)
			return true;
		int32_t length = 0;
		if (!parser_take(parser, '(') || !parser_number(parser, "a length", 1, INT32_MAX, &length))
			return false;
		node->type_length = (uint32_t)length;
		return parser_take(parser, ')');
	}
	return parser_expected(parser, "group, boolean, int32, int64, int96, float, double, binary or "
				       "fixed_len_byte_array");
}

/* What may stand after a name: an annotation and a field id. */
static bool
parse_attributes(struct parser *parser, uint32_t index)
{
	struct schema_node *node = &parser->schema->nodes[index];
	if (parser->kind == '(' && !annotation_parse(parser, node))
		return false;
	if (parser->kind != '=')
		return true;
	return parser_advance(parser) && parser_number(parser, "a field id", 0, INT32_MAX, &node->field_id);
}

static bool parse_fields(struct parser *parser, uint32_t group, unsigned depth);

/* DEPTH is that of the field; the root's is 1. */
static bool
parse_field(struct parser *parser, uint32_t parent, unsigned depth)
{
	if (depth > SCHEMA_DEPTH_LIMIT)
		return parser_refuse(parser, parser->at,
		    "fields are nested more than %d deep, the message included", SCHEMA_DEPTH_LIMIT);
	struct schema_node field = {.parent = parent, .field_id = -1};
	uint32_t index = parser->schema->node_count;
	if (!parse_repetition(parser, &field.repetition) || !parse_type(parser, &field) ||
	    !add_node(parser, &field, "the name of a field") || !parse_attributes(parser, index))
		return false;
	parser->schema->nodes[parent].child_count++;
	if (field.physical != PHYSICAL_GROUP)
		return parser_take(parser, ';');
	if (!parse_fields(parser, index, depth))
		return false;
	/* The format's own examples close a group with `};` here and there. */
	return parser->kind != ';' || parser_advance(parser);
}

/* `{ field ... }`; DEPTH is the group's.  The recursion ends at SCHEMA_DEPTH_LIMIT. */
static bool
parse_fields(struct parser *parser, uint32_t group, unsigned depth)
{
	if (!parser_take(parser, '{'))
		return false;
	while (parser->kind != '}')
		if (!parse_field(parser, group, depth + 1))
			return false;
	struct schema_node *node = &parser->schema->nodes[group];
	if (node->child_count == 0)
		return parser_refuse(parser, parser->positions[group],
		    "%s has no fields, and a group must have at least one", schema_quoted_name(node).text);
	node->end = parser->schema->node_count;
	return parser_advance(parser);
}

static bool
parse_message(struct parser *parser)
{
	const struct schema_node root = {
	    .repetition = REPETITION_REQUIRED, .physical = PHYSICAL_GROUP, .field_id = -1};
	if (!parser_advance(parser))
		return false;
	if (!parser_at_word(parser, "message"))
		return parser_expected(parser, "message");
	if (!parser_advance(parser) || !add_node(parser, &root, "the name of the message") ||
	    !parse_fields(parser, 0, 1))
		return false;
	if (parser->kind != TOKEN_END)
		return parser_expected(parser, "nothing after the message");
	return true;
}

bool
schema_parse(struct schema *schema, struct view text, struct nest_error *error)
{
	return schema_parse_at(schema, text, NULL, error);
}

bool
schema_parse_at(struct schema *schema, struct view text, size_t *fault, struct nest_error *error)
{
	*schema = (struct schema){0};
	if (text.size > SCHEMA_TEXT_LIMIT)
		return nest_error_set(error, NEST_INVALID,
		    "invalid message type: its text has %zu bytes, more than the limit of %d", text.size,
		    SCHEMA_TEXT_LIMIT);
	struct parser parser = {.text = text, .error = error, .fault = fault, .schema = schema};
	bool fine = parse_message(&parser) && schema_derive(&parser) && schema_print(schema, error);
	free(parser.positions);
	buffer_free(&parser.name);
	if (!fine)
		schema_free(schema);
	return fine;
}
