/* partition_options.c - names columns, finds them in a schema, and takes them out of it. */
#include "encode/partition_options.h"

#include "encode/partition_value.h"
#include "lib/schema/path.h"

#include <stdlib.h>

/* ---- the command line ---- */

static const struct buffer *
columns_of(const struct partition_options *options)
{
	return (const struct buffer *)(const void *)options->columns.data;
}

uint32_t
partition_options_count(const struct partition_options *options)
{
	return (uint32_t)(options->columns.size / sizeof(struct buffer));
}

static struct view
names_of(const struct partition_options *options, uint32_t column)
{
	const struct buffer *names = &columns_of(options)[column];
	return (struct view){names->data, names->size};
}

/* Where the name that TEXT begins with ends: at a comma outside quotes. */
static size_t
name_end(struct view text)
{
	bool is_quoted = false;
	for (size_t at = 0; at < text.size; at++) {
		if (text.data[at] == ',' && !is_quoted)
			return at;
		if (text.data[at] == '\\' && is_quoted)
			at++;
		else if (text.data[at] == '"')
			is_quoted = !is_quoted;
	}
	return text.size;
}

static bool
add_names(struct partition_options *options, const struct buffer *names, struct nest_error *error)
{
	uint32_t count = partition_options_count(options);
	if (count == PARTITION_COLUMNS_MOST)
		return nest_error_set(
		    error, NEST_USAGE, "there are more than %d columns", PARTITION_COLUMNS_MOST);
	for (uint32_t i = 0; i < count; i++)
		if (view_equal(names_of(options, i), (struct view){names->data, names->size}))
			return nest_error_set(
			    error, NEST_USAGE, "the column %s is there twice", (const char *)names->data);
	return buffer_append(&options->columns, names, sizeof *names, error);
}

static bool
take_column(struct partition_options *options, struct view text, struct nest_error *error)
{
	struct buffer names = {0};
	if (path_take(&text, &names, error) &&
	    (text.size == 0 || nest_error_set(error, NEST_USAGE, "columns have no settings here")) &&
	    add_names(options, &names, error))
		return true;
	buffer_free(&names);
	return false;
}

bool
partition_options_add(struct partition_options *options, const char *text, struct nest_error *error)
{
	struct view rest = view_of_text(text);
	for (bool is_more = true; is_more;) {
		size_t size = name_end(rest);
		if (!take_column(options, (struct view){rest.data, size}, error))
			return error->status == NEST_USAGE
			           ? nest_error_prefix(error, "--partition-by '%s': ", text)
			           : false;
		is_more = size < rest.size;
		rest.data += size + is_more;
		rest.size -= size + is_more;
	}
	return true;
}

void
partition_options_free(struct partition_options *options)
{
	struct buffer *columns = (struct buffer *)(void *)options->columns.data;
	for (uint32_t i = 0; i < partition_options_count(options); i++)
		buffer_free(&columns[i]);
	buffer_free(&options->columns);
}

void
partition_options_digest(const struct partition_options *options, struct digest *digest)
{
	for (uint32_t i = 0; i < partition_options_count(options); i++)
		digest_add_text(digest, "partition by", names_of(options, i));
}

/* ---- a schema ---- */

static bool
choose_column(const struct schema *schema, struct view names, uint32_t *leaf, struct nest_error *error)
{
	if (!path_find(schema, names, leaf, error))
		return false;
	const struct schema_node *node = &schema->nodes[schema->leaves[*leaf]];
	if (node->parent != 0)
		return nest_error_set(
		    error, NEST_USAGE, "it is within a group, and only columns outside of groups can be one");
	if (node->repetition == REPETITION_REPEATED)
		return nest_error_set(error, NEST_USAGE, "it is repeated, and a row has no one value of it");
	if (node->name[0] == '.' || node->name[0] == '_')
		return nest_error_set(error, NEST_USAGE,
		    "readers pass over directories whose names begin with . or _, as its own would");
	return partition_value_check(node, error);
}

static struct schema_field
field_of(const struct schema_node *node)
{
	return (struct schema_field){
	    .name = view_of_text(node->name),
	    .repetition = node->repetition,
	    .physical = node->physical,
	    .type_length = node->type_length,
	    .logical = node->logical,
	    .crs = node->crs != NULL ? view_of_text(node->crs) : (struct view){NULL, 0},
	    .field_id = node->field_id,
	    .child_count = node->child_count,
	};
}

static bool
is_chosen(const uint32_t *leaves, uint32_t count, uint32_t leaf)
{
	for (uint32_t i = 0; i < count; i++)
		if (leaves[i] == leaf)
			return true;
	return false;
}

/* SCHEMA without COUNT of its LEAVES, which are not in groups. */
static bool
leave_out(const struct schema *schema, const uint32_t *leaves, uint32_t count, struct schema *rest,
    struct nest_error *error)
{
	struct schema_field *fields = calloc(schema->node_count, sizeof *fields);
	size_t kept = 0;
	if (fields == NULL)
		return nest_error_memory(error, schema->node_count * sizeof *fields, "a schema");
	for (uint32_t i = 0; i < schema->node_count; i++) {
		const struct schema_node *node = &schema->nodes[i];
		if (node->physical == PHYSICAL_GROUP || !is_chosen(leaves, count, node->first_leaf))
			fields[kept++] = field_of(node);
	}
	fields[0].child_count -= count;
	bool fine = schema_build(rest, fields, kept, error);
	free(fields);
	return fine;
}

bool
partition_options_choose(const struct partition_options *options, const struct schema *schema,
    uint32_t leaves[PARTITION_COLUMNS_MOST], struct schema *rest, struct nest_error *error)
{
	uint32_t count = partition_options_count(options);
	for (uint32_t i = 0; i < count; i++)
		if (!choose_column(schema, names_of(options, i), &leaves[i], error))
			return error->status == NEST_USAGE
			           ? nest_error_prefix(error, "--partition-by, column %s: ",
					 (const char *)names_of(options, i).data)
			           : false;
	return count < schema->leaf_count
	           ? leave_out(schema, leaves, count, rest, error)
	           : nest_error_set(error, NEST_USAGE,
			 "--partition-by names all columns, and none would be left in the files");
}
