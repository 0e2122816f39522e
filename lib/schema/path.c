/* path.c - reads paths, and finds them in a schema. */
#include "lib/schema/path.h"

#include "lib/schema/internal.h"

#include <stdlib.h>

enum {
	PATH_BYTES = 256, /* of a path in a message */
	NEAR_BYTES = 64,  /* of a path that is compared with others by its letters */
	WRONG = 4,        /* how much farther a letter too many takes one off than one that is missing */
};

/* ---- reading ---- */

static bool
is_end(struct view text, size_t at)
{
	return at == text.size || text.data[at] == '.' || text.data[at] == ':';
}

/* The name at *AT, in quotes or up to a dot or colon. */
static bool
take_name(struct parser *parser, size_t *at, struct buffer *names)
{
	struct view text = parser->text;
	size_t start = *at;
	if (start < text.size && text.data[start] == '"') {
		if (!name_parse(parser, start))
			return false;
		*at = parser->next;
	} else {
		while (!is_end(text, *at) && token_in_word(text.data[*at]))
			++*at;
		parser->word = (struct view){text.data + start, *at - start};
	}
	if (parser->word.size == 0 || !is_end(text, *at))
		return parser_refuse(parser, *at,
		    parser->word.size == 0 ? "a name is empty"
					   : "names are words or stand in double quotes, with dots between");
	return buffer_append(names, parser->word.data, parser->word.size, parser->error) &&
	       buffer_append(names, "", 1, parser->error);
}

static bool
take_names(struct parser *parser, size_t *at, struct buffer *names)
{
	if (!take_name(parser, at, names))
		return false;
	while (*at < parser->text.size && parser->text.data[*at] == '.') {
		++*at;
		if (!take_name(parser, at, names))
			return false;
	}
	return true;
}

bool
path_take(struct view *text, struct buffer *names, struct nest_error *error)
{
	size_t at = 0, fault;
	struct parser parser = {.text = *text, .error = error, .fault = &fault};
	bool fine = take_names(&parser, &at, names);
	buffer_free(&parser.name);
	text->data += at;
	text->size -= at;
	if (!fine && error->status == NEST_INVALID)
		error->status = NEST_USAGE; /* it comes from a command line */
	return fine;
}

/* ---- finding ---- */

/* The child of NODE that NAME names; 0, which is nobody's child, where there is none. */
static uint32_t
child_of(const struct schema *schema, uint32_t node, const char *name)
{
	if (schema->nodes[node].physical != PHYSICAL_GROUP)
		return 0;
	for (uint32_t i = node + 1; i < schema->nodes[node].end; i = schema->nodes[i].end)
		if (strcmp(schema->nodes[i].name, name) == 0)
			return i;
	return 0;
}

/* How far A is from B: what people leave out, as whole names of groups, counts less than what is wrong. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[NEAR_BYTES + 1];
	size_t a_size = strnlen(a, NEAR_BYTES), b_size = strnlen(b, NEAR_BYTES);
	for (size_t j = 0; j <= b_size; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_size; i++) {
		size_t corner = row[0];
		row[0] = i * WRONG;
		for (size_t j = 1; j <= b_size; j++) {
			size_t kept = corner + (a[i - 1] != b[j - 1] ? WRONG : 0);
			corner = row[j];
			row[j] = row[j] + WRONG < row[j - 1] + 1 ? row[j] + WRONG : row[j - 1] + 1;
			row[j] = kept < row[j] ? kept : row[j];
		}
	}
	return row[b_size];
}

/* The leaf of the subtree of NODE whose path is most like TEXT. */
static uint32_t
nearest(const struct schema *schema, uint32_t node, const char *text)
{
	char path[PATH_BYTES];
	const struct schema_node *root = &schema->nodes[node];
	uint32_t best = root->first_leaf;
	size_t least = SIZE_MAX;
	for (uint32_t i = root->first_leaf; i < root->first_leaf + root->leaf_count; i++) {
		size_t far = distance(text, schema_path(schema, schema->leaves[i], path, sizeof path));
		if (far < least) {
			least = far;
			best = i;
		}
	}
	return best;
}

/* The nearest leaf is one below NODE, which the names led to where IS_GROUP. */
static bool
refuse(const struct schema *schema, struct view names, uint32_t node, bool is_group, struct nest_error *error)
{
	char text[PATH_BYTES] = "", near[PATH_BYTES];
	struct path_text out = {text, sizeof text - 1};
	for (size_t at = 0; at < names.size;) {
		struct view name = view_of_text((const char *)names.data + at);
		if (at > 0)
			path_put_dot(&out);
		path_put_name(&out, name);
		at += name.size + 1;
	}
	*out.end = '\0';
	uint32_t leaf = nearest(schema, node, text);
	return nest_error_set(error, NEST_USAGE, "column %s %s %s", text,
	    is_group ? "is a group; name a leaf of it, such as" : "is not in the schema; the nearest is",
	    schema_path(schema, schema->leaves[leaf], near, sizeof near));
}

bool
path_find(const struct schema *schema, struct view names, uint32_t *leaf, struct nest_error *error)
{
	uint32_t node = 0;
	for (size_t at = 0; at < names.size;) {
		const char *name = (const char *)names.data + at;
		node = child_of(schema, node, name);
		if (node == 0)
			return refuse(schema, names, 0, false, error);
		at += strlen(name) + 1;
	}
	if (schema->nodes[node].physical == PHYSICAL_GROUP)
		return refuse(schema, names, node, true, error);
	*leaf = schema->nodes[node].first_leaf;
	return true;
}
