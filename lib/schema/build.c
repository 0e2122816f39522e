/* build.c - turns the fields of a footer into a tree of nodes. */
#include "lib/base/utf8.h"
#include "lib/schema/internal.h"

#include <stdlib.h>

static bool
check_text(const struct parser *parser, struct view text, const char *what)
{
	if (!utf8_valid(text.data, text.size))
		return parser_refuse(parser, 0, "%s is not well-formed UTF-8", what);
	return text.size == 0 || memchr(text.data, '\0', text.size) == NULL ||
	       parser_refuse(parser, 0, "%s has a zero byte in it", what);
}

/* PARENT is the group that the field stands in; the message stands in none. */
static bool
add_field(struct parser *parser, const struct schema_field *field, uint32_t parent)
{
	struct schema *schema = parser->schema;
	uint32_t index = schema->node_count;
	const struct schema_node node = {
	    .repetition = index == 0 ? REPETITION_REQUIRED : field->repetition,
	    .physical = field->physical,
	    .type_length = field->type_length,
	    .logical = field->logical,
	    .field_id = field->field_id,
	    .parent = parent,
	};
	if (!check_text(parser, field->name, "a name") ||
	    !check_text(parser, field->crs, "a coordinate reference system") ||
	    !parser_add_node(parser, &node, field->name, field->crs))
		return false;
	const struct schema_node *added = &schema->nodes[index];
	if (index > 0)
		schema->nodes[parent].child_count++;
	if (added->physical == PHYSICAL_FIXED_LEN_BYTE_ARRAY &&
	    (field->type_length == 0 || field->type_length > INT32_MAX))
		return parser_refuse(parser, 0, "%s is a fixed_len_byte_array of no length that can be",
		    schema_quoted_name(added).text);
	return added->logical.kind == LOGICAL_NONE ||
	       annotation_check(parser, 0, annotation_name(added->logical.kind), added);
}

/* A group whose fields come. */
struct open_group {
	uint32_t node, left; /* fields still to come */
};

static bool
add_fields(struct parser *parser, const struct schema_field *fields, size_t count)
{
	struct open_group open[SCHEMA_DEPTH_LIMIT];
	struct schema *schema = parser->schema;
	size_t depth = 0;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && depth == 0)
			return parser_refuse(parser, 0, "there are fields outside the message");
		if (!add_field(parser, &fields[i], depth > 0 ? open[depth - 1].node : 0))
			return false;
		if (depth > 0)
			open[depth - 1].left--;
		if (fields[i].physical == PHYSICAL_GROUP && depth == SCHEMA_DEPTH_LIMIT)
			return parser_refuse(parser, 0,
			    "fields are nested more than %d deep, the message included", SCHEMA_DEPTH_LIMIT);
		if (fields[i].physical == PHYSICAL_GROUP)
			open[depth++] = (struct open_group){(uint32_t)i, fields[i].child_count};
		for (; depth > 0 && open[depth - 1].left == 0; depth--)
			schema->nodes[open[depth - 1].node].end = schema->node_count;
	}
	return (depth == 0 && count > 0) || parser_refuse(parser, 0, "the fields end inside a group");
}

bool
schema_build(struct schema *schema, const struct schema_field *fields, size_t count, struct nest_error *error)
{
	*schema = (struct schema){0};
	size_t fault; /* there is no text to point into */
	struct parser parser = {.error = error, .fault = &fault, .is_foreign = true, .schema = schema};
	bool fine =
	    add_fields(&parser, fields, count) && schema_derive(&parser) && schema_print(schema, error);
	free(parser.positions);
	if (!fine)
		schema_free(schema);
	return fine;
}
