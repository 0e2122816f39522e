/* derive.c - derives levels, leaves and forms from a parsed tree, and checks that the tree is valid. */
#include "lib/schema/internal.h"

#include <stdlib.h>

static void
derive_levels(struct schema *schema)
{
	for (uint32_t i = 1; i < schema->node_count; i++) {
		struct schema_node *node = &schema->nodes[i];
		const struct schema_node *parent = &schema->nodes[node->parent];
		node->max_rep = (uint8_t)(parent->max_rep + (node->repetition == REPETITION_REPEATED));
		node->max_def = (uint8_t)(parent->max_def + (node->repetition != REPETITION_REQUIRED));
	}
}

static bool
derive_leaves(struct schema *schema, struct nest_error *error)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < schema->node_count; i++) {
		schema->nodes[i].first_leaf = count;
		count += schema->nodes[i].physical != PHYSICAL_GROUP;
	}
	schema->leaves = malloc(count * sizeof *schema->leaves);
	if (schema->leaves == NULL)
		return nest_error_memory(
		    error, count * sizeof *schema->leaves, "the leaves of a message type");
	schema->leaf_count = count;
	for (uint32_t i = 0; i < schema->node_count; i++) {
		struct schema_node *node = &schema->nodes[i];
		/* The node after the subtree starts where the leaves of the subtree end. */
		uint32_t end = node->end < schema->node_count ? schema->nodes[node->end].first_leaf : count;
		node->leaf_count = end - node->first_leaf;
		if (node->physical != PHYSICAL_GROUP)
			schema->leaves[node->first_leaf] = i;
	}
	return true;
}

static int
compare_names(const void *left, const void *right)
{
	const struct schema_node *a = *(const struct schema_node *const *)left;
	const struct schema_node *b = *(const struct schema_node *const *)right;
	int order = strcmp(a->name, b->name);
	/* Equal names in their order in the text, so that the later one is refused. */
	return order != 0 ? order : (a > b) - (a < b);
}

/* SCRATCH has room for all nodes. */
static bool
check_names(const struct parser *parser, uint32_t group, const struct schema_node **scratch)
{
	const struct schema_node *nodes = parser->schema->nodes;
	uint32_t count = 0;
	for (uint32_t child = group + 1; child < nodes[group].end; child = nodes[child].end)
		scratch[count++] = &nodes[child];
	qsort(scratch, count, sizeof *scratch, compare_names);
	for (uint32_t i = 1; i < count; i++)
		if (strcmp(scratch[i - 1]->name, scratch[i]->name) == 0)
			return parser_refuse(parser, parser->positions[scratch[i] - nodes],
			    "%s has two fields of the name %s", schema_quoted_name(&nodes[group]).text,
			    schema_quoted_name(scratch[i]).text);
	return true;
}

static bool
check_all_names(const struct parser *parser)
{
	const struct schema *schema = parser->schema;
	const struct schema_node **scratch = malloc(schema->node_count * sizeof *scratch);
	if (scratch == NULL)
		return nest_error_memory(
		    parser->error, schema->node_count * sizeof *scratch, "the names of a message type");
	bool fine = true;
	for (uint32_t i = 0; i < schema->node_count && fine; i++)
		if (schema->nodes[i].child_count > 1)
			fine = check_names(parser, i, scratch);
	free(scratch);
	return fine;
}

/*
 * Whether the repeated child of LIST is the element and not a group around it
 * (LogicalTypes.md, backward compatibility of lists).  A group around an
 * element has one child, which does not repeat; so a list or a map, whose only
 * child does, is always an element.
 */
static bool
stands_for_element(const struct schema_node *list, const struct schema_node *repeated)
{
	if (repeated->physical != PHYSICAL_GROUP || repeated->child_count > 1)
		return true;
	if (repeated[1].repetition == REPETITION_REPEATED || strcmp(repeated->name, "array") == 0)
		return true;
	size_t size = strlen(list->name);
	return strncmp(repeated->name, list->name, size) == 0 && strcmp(repeated->name + size, "_tuple") == 0;
}

static bool
derive_list(const struct parser *parser, uint32_t index)
{
	struct schema_node *list = &parser->schema->nodes[index];
	const struct schema_node *repeated = list + 1;
	if (list->child_count != 1 || repeated->repetition != REPETITION_REPEATED)
		return parser_refuse(parser, parser->positions[index],
		    "the LIST %s must have exactly one field, a repeated one", schema_quoted_name(list).text);
	list->form = FORM_LIST;
	list->element = index + 1 + !stands_for_element(list, repeated);
	return true;
}

static bool
derive_map(const struct parser *parser, uint32_t index)
{
	const struct schema_node *nodes = parser->schema->nodes;
	struct schema_node *map = &parser->schema->nodes[index];
	const struct schema_node *pairs = map + 1;
	if (map->child_count != 1 || pairs->repetition != REPETITION_REPEATED ||
	    pairs->physical != PHYSICAL_GROUP)
		return parser_refuse(parser, parser->positions[index],
		    "the MAP %s must have exactly one field, a repeated group", schema_quoted_name(map).text);
	if (pairs->child_count > 2)
		return parser_refuse(parser, parser->positions[index + 1],
		    "%s must have one or two fields, the key and the value of the MAP %s, not %u",
		    schema_quoted_name(pairs).text, schema_quoted_name(map).text, pairs->child_count);
	for (uint32_t child = index + 2; child < pairs->end; child = nodes[child].end)
		if (nodes[child].repetition == REPETITION_REPEATED)
			return parser_refuse(parser, parser->positions[child],
			    "%s of the MAP %s must not be repeated", schema_quoted_name(&nodes[child]).text,
			    schema_quoted_name(map).text);
	/* Others have written such keys, which are read. */
	if (pairs[1].repetition != REPETITION_REQUIRED && !parser->is_foreign)
		return parser_refuse(parser, parser->positions[index + 2],
		    "%s, the key of the MAP %s, must be required", schema_quoted_name(&pairs[1]).text,
		    schema_quoted_name(map).text);
	map->form = FORM_MAP;
	map->element = index + 1;
	return true;
}

/* Parents come before their children, so that an annotated child finds its parent checked. */
static bool
derive_forms(const struct parser *parser)
{
	struct schema_node *nodes = parser->schema->nodes;
	for (uint32_t i = 0; i < parser->schema->node_count; i++) {
		enum logical_kind kind = nodes[i].logical.kind;
		nodes[i].form = nodes[i].physical == PHYSICAL_GROUP ? FORM_STRUCT : FORM_LEAF;
		if (kind != LOGICAL_LIST && kind != LOGICAL_MAP)
			continue;
		if (nodes[i].repetition == REPETITION_REPEATED && nodes[nodes[i].parent].form != FORM_LIST)
			return parser_refuse(parser, parser->positions[i],
			    "the %s %s must be optional or required: it may only repeat as the element of a "
			    "LIST",
			    annotation_name(kind), schema_quoted_name(&nodes[i]).text);
		if (!(kind == LOGICAL_LIST ? derive_list(parser, i) : derive_map(parser, i)))
			return false;
	}
	return true;
}

bool
schema_derive(const struct parser *parser)
{
	derive_levels(parser->schema);
	return check_all_names(parser) && derive_forms(parser) &&
	       derive_leaves(parser->schema, parser->error);
}
