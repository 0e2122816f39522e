#include "cat/shape.h"

#include "cat/shown.h"
#include "lib/print/escape.h"

#include <stdio.h>

enum { PATH_BYTES = 512, FORM_BYTES = 96 };

/* ---- leaves ---- */

static bool
is_text(const struct schema_node *leaf)
{
	enum logical_kind kind = leaf->logical.kind;
	return kind == LOGICAL_STRING || kind == LOGICAL_ENUM || kind == LOGICAL_JSON;
}

/* Describes a value of the leaf in the body of a columns frame. */
static void
describe_values(const struct schema_node *leaf, char form[FORM_BYTES])
{
	size_t size = schema_value_bytes(leaf);
	bool is_number = leaf->physical != PHYSICAL_FIXED_LEN_BYTE_ARRAY && leaf->physical != PHYSICAL_INT96;
	if (leaf->physical == PHYSICAL_BOOLEAN)
		snprintf(form, FORM_BYTES, "1 byte, 0 or 1");
	else if (size == 0)
		snprintf(form, FORM_BYTES, "size in 4 bytes, the lowest first, and %s",
		    is_text(leaf) ? "UTF-8" : "bytes");
	else
		snprintf(form, FORM_BYTES, "%zu byte%s%s", size, size == 1 ? "" : "s",
		    is_number ? ", the lowest first" : "");
}

static bool
put_leaves(const struct schema *schema, struct buffer *out, struct nest_error *error)
{
	char path[PATH_BYTES], form[FORM_BYTES];
	int width = 4;
	for (uint32_t i = 0; i < schema->leaf_count; i++) {
		int size = (int)strlen(schema_path(schema, schema->leaves[i], path, sizeof path));
		width = size > width ? size : width;
	}
	if (!shown_put(out, error, "\n%-*s  repetition  definition  values\n", width, "leaf"))
		return false;
	for (uint32_t i = 0; i < schema->leaf_count; i++) {
		const struct schema_node *leaf = &schema->nodes[schema->leaves[i]];
		describe_values(leaf, form);
		if (!shown_put(out, error, "%-*s  %10u  %10u  %s\n", width,
			schema_path(schema, schema->leaves[i], path, sizeof path), leaf->max_rep,
			leaf->max_def, form))
			return false;
	}
	return true;
}

/* ---- a record ---- */

/* One of the two notations, and its output. */
struct notation {
	const struct schema *schema;
	struct buffer *out;
	struct nest_error *error;
	bool is_json;
};

static bool put_field(struct notation *notation, uint32_t node);
static bool put_value(struct notation *notation, uint32_t node);

static bool
put(struct notation *notation, const char *text)
{
	return buffer_append(notation->out, text, strlen(text), notation->error);
}

static const char *
json_word(const struct schema_node *leaf)
{
	switch (leaf->logical.kind) {
	case LOGICAL_DATE:
		return "\"date\"";
	case LOGICAL_TIME:
		return "\"time\"";
	case LOGICAL_TIMESTAMP:
		return "\"timestamp\"";
	case LOGICAL_UUID:
		return "\"UUID\"";
	case LOGICAL_JSON:
		return "JSON";
	case LOGICAL_DECIMAL:
	case LOGICAL_FLOAT16:
		return "number";
	default:
		break;
	}
	switch (leaf->physical) {
	case PHYSICAL_BOOLEAN:
		return "boolean";
	case PHYSICAL_INT32:
	case PHYSICAL_INT64:
		return "integer";
	case PHYSICAL_FLOAT:
	case PHYSICAL_DOUBLE:
		return "number";
	default:
		return "string";
	}
}

static const char *
pack_word(const struct schema_node *leaf)
{
	switch (leaf->physical) {
	case PHYSICAL_BOOLEAN:
		return "bool";
	case PHYSICAL_INT32:
	case PHYSICAL_INT64:
		return "int";
	case PHYSICAL_FLOAT:
	case PHYSICAL_DOUBLE:
		return "float";
	default:
		return is_text(leaf) ? "str" : "bin";
	}
}

static bool
put_leaf(struct notation *notation, const struct schema_node *leaf)
{
	size_t size = schema_value_bytes(leaf);
	const char *word = pack_word(leaf);
	if (notation->is_json)
		return put(notation, json_word(leaf));
	if (strcmp(word, "bin") == 0 && size > 0)
		return shown_put(notation->out, notation->error, "bin(%zu)", size);
	return put(notation, word);
}

static bool
put_name(struct notation *notation, const char *name)
{
	return !notation->is_json ||
	       (escape_append(notation->out, view_of_text(name), notation->error) && put(notation, ":"));
}

static bool
put_struct(struct notation *notation, uint32_t node)
{
	const struct schema_node *nodes = notation->schema->nodes;
	if (!put(notation, notation->is_json ? "{" : "["))
		return false;
	for (uint32_t child = node + 1; child < nodes[node].end; child = nodes[child].end)
		if ((child > node + 1 && !put(notation, ", ")) || !put_name(notation, nodes[child].name) ||
		    !put_field(notation, child))
			return false;
	return put(notation, notation->is_json ? "}" : "]");
}

/* Writes the value of a key; a set has none. */
static bool
put_mapped(struct notation *notation, uint32_t pair)
{
	const struct schema_node *nodes = notation->schema->nodes;
	uint32_t mapped = nodes[pair + 1].end;
	return mapped < nodes[pair].end ? put_field(notation, mapped)
	                                : put(notation, notation->is_json ? "null" : "nil");
}

static bool
put_map(struct notation *notation, uint32_t pair)
{
	const struct schema_node *key = &notation->schema->nodes[pair + 1];
	bool is_plain = key->form == FORM_LEAF && key->repetition == REPETITION_REQUIRED;
	if (notation->is_json && !is_plain)
		return put(notation, "[") && put_struct(notation, pair) && put(notation, ", ...]");
	return put(notation, "{") &&
	       (notation->is_json ? put(notation, "string") : put_field(notation, pair + 1)) &&
	       put(notation, ": ") && put_mapped(notation, pair) && put(notation, ", ...}");
}

/* Writes elements in the form of ELEMENT, which may be the repeated node itself. */
static bool
put_list(struct notation *notation, uint32_t element)
{
	bool is_repeated = notation->schema->nodes[element].repetition == REPETITION_REPEATED;
	return put(notation, "[") &&
	       (is_repeated ? put_value(notation, element) : put_field(notation, element)) &&
	       put(notation, ", ...]");
}

static bool
put_value(struct notation *notation, uint32_t node)
{
	const struct schema_node *of = &notation->schema->nodes[node];
	switch (of->form) {
	case FORM_LEAF:
		return put_leaf(notation, of);
	case FORM_STRUCT:
		return put_struct(notation, node);
	case FORM_LIST:
		return put_list(notation, of->element);
	case FORM_MAP:
		return put_map(notation, of->element);
	}
	return false;
}

static bool
put_field(struct notation *notation, uint32_t node)
{
	enum repetition repetition = notation->schema->nodes[node].repetition;
	if (repetition == REPETITION_REPEATED)
		return put_list(notation, node);
	return put_value(notation, node) &&
	       (repetition != REPETITION_OPTIONAL || put(notation, notation->is_json ? "|null" : "|nil"));
}

static bool
put_record(const struct schema *schema, bool is_json, struct buffer *out, struct nest_error *error)
{
	struct notation notation = {schema, out, error, is_json};
	return shown_put(out, error, "%-9s", is_json ? "JSON" : "msgpack") && put_struct(&notation, 0) &&
	       put(&notation, "\n");
}

bool
shape_show(const struct schema *schema, struct buffer *out, struct nest_error *error)
{
	return buffer_append(out, schema->text, schema->text_size, error) && put_leaves(schema, out, error) &&
	       shown_put(out, error, "\n") && put_record(schema, false, out, error) &&
	       put_record(schema, true, out, error);
}
