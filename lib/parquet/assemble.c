/* assemble.c - levels and values to records, along the schema. */
#include "lib/parquet/assemble.h"

#include "lib/base/packer.h"
#include "lib/parquet/value_order.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PATH_BYTES = 512 };

/* A leaf of the row group, and how much of it was taken. */
struct assembly_leaf {
	struct buffer rep, def, values;
	size_t entries, entry, value_at;
};

struct writer {
	const struct schema *schema;
	struct assembly_leaf *leaves;
	struct packer packer; /* also fails with what is refused here */
};

bool
assembly_open(struct assembly *assembly, const struct metadata_source *source,
    const struct file_metadata *metadata, struct nest_error *error)
{
	bool fine = assembly_open_given(assembly, metadata->schema, error);
	assembly->source = source;
	assembly->metadata = metadata;
	return fine;
}

bool
assembly_open_given(struct assembly *assembly, const struct schema *schema, struct nest_error *error)
{
	*assembly = (struct assembly){.schema = schema, .leaf_count = schema->leaf_count};
	assembly->leaves = calloc(schema->leaf_count, sizeof *assembly->leaves);
	return assembly->leaves != NULL ||
	       nest_error_memory(error, schema->leaf_count * sizeof *assembly->leaves, "the leaves");
}

void
assembly_free(struct assembly *assembly)
{
	if (assembly->leaves != NULL)
		for (uint32_t i = 0; i < assembly->leaf_count; i++) {
			buffer_free(&assembly->leaves[i].rep);
			buffer_free(&assembly->leaves[i].def);
			buffer_free(&assembly->leaves[i].values);
		}
	free(assembly->leaves);
	chunk_reader_free(&assembly->reader);
	*assembly = (struct assembly){0};
}

/* ---- reading ---- */

static void
clear(struct assembly_leaf *leaf)
{
	buffer_clear(&leaf->rep);
	buffer_clear(&leaf->def);
	buffer_clear(&leaf->values);
	leaf->entries = leaf->entry = leaf->value_at = 0;
}

bool
assembly_give(struct assembly *assembly, uint32_t number, size_t entries, const uint8_t *rep,
    const uint8_t *def, struct view values, struct nest_error *error)
{
	struct assembly_leaf *leaf = &assembly->leaves[number];
	clear(leaf);
	leaf->entries = entries;
	return buffer_append(&leaf->rep, rep, rep != NULL ? entries : 0, error) &&
	       buffer_append(&leaf->def, def, def != NULL ? entries : 0, error) &&
	       buffer_append(&leaf->values, values.data, values.size, error);
}

static bool
take_page(struct assembly_leaf *leaf, const struct page_content *content, struct nest_error *error)
{
	leaf->entries += content->entries;
	return buffer_append(&leaf->rep, content->rep.data, content->rep.size, error) &&
	       buffer_append(&leaf->def, content->def.data, content->def.size, error) &&
	       buffer_append(&leaf->values, content->values.data, content->values.size, error);
}

/* A row may continue in the next page: reads until a further row begins, or to the end. */
static bool
load_leaf(struct assembly *assembly, const struct column_chunk *chunk, uint32_t number, uint64_t rows,
    struct nest_error *error)
{
	const struct schema *schema = assembly->schema;
	struct assembly_leaf *leaf = &assembly->leaves[number];
	struct chunk_reader *reader = &assembly->reader;
	uint64_t found_rows = 0;
	bool found = true;
	clear(leaf);
	chunk_reader_open(reader, assembly->source, chunk, &schema->nodes[schema->leaves[number]]);
	while (found && found_rows <= rows) {
		if (!chunk_reader_next_data(reader, &found, error))
			return false;
		if (!found)
			break;
		found_rows += reader->content.rows;
		if (!take_page(leaf, &reader->content, error))
			return false;
	}
	return true;
}

static bool
prefix_column(const struct schema *schema, uint32_t leaf, struct nest_error *error)
{
	char path[PATH_BYTES];
	return nest_error_prefix(
	    error, "column %s: ", schema_path(schema, schema->leaves[leaf], path, sizeof path));
}

bool
assembly_load(struct assembly *assembly, size_t group, uint64_t rows, struct nest_error *error)
{
	const struct row_group *from = &assembly->metadata->row_groups[group];
	const struct schema *schema = assembly->schema;
	assembly->rows_left = rows < from->num_rows ? rows : from->num_rows;
	for (uint32_t i = 0; i < schema->leaf_count; i++)
		if (!load_leaf(assembly, &from->columns[i], i, assembly->rows_left, error))
			return error->status == NEST_INVALID ? prefix_column(schema, i, error) : false;
	return true;
}

/* ---- writing ---- */

static void
refuse(struct writer *writer, uint32_t leaf, const char *problem)
{
	struct packer *packer = &writer->packer;
	if (packer->failed)
		return;
	packer->failed = true;
	nest_error_set(packer->error, NEST_INVALID, "%s", problem);
	prefix_column(writer->schema, leaf, packer->error);
}

static void
put_integer(struct packer *packer, const struct schema_node *node, uint64_t bits)
{
	bool is_signed = node->logical.kind != LOGICAL_INTEGER || node->logical.is_signed;
	if (!is_signed)
		packer_uint(packer, bits);
	else if (node->physical == PHYSICAL_INT32)
		packer_int(packer, (int32_t)(uint32_t)bits);
	else
		packer_int(packer, (int64_t)bits);
}

static void
put_string(struct packer *packer, const struct schema_node *node, struct view string)
{
	enum logical_kind kind = node->logical.kind;
	if (kind == LOGICAL_STRING || kind == LOGICAL_ENUM || kind == LOGICAL_JSON)
		packer_text_of(packer, string.data, string.size);
	else
		packer_bytes(packer, string.data, string.size);
}

/* Writes the value at the leaf's place, and moves past it; there are as many as definition levels say. */
static void
put_value(struct packer *packer, const struct schema_node *node, struct assembly_leaf *leaf)
{
	const uint8_t *at = leaf->values.data + leaf->value_at;
	size_t size = schema_value_bytes(node);
	if (size == 0) {
		size = (size_t)value_order_bits(at, 4);
		leaf->value_at += 4;
		at += 4;
	}
	leaf->value_at += size;
	switch (node->physical) {
	case PHYSICAL_BOOLEAN:
		packer_bool(packer, at[0] != 0);
		return;
	case PHYSICAL_INT32:
	case PHYSICAL_INT64:
		put_integer(packer, node, value_order_bits(at, size));
		return;
	case PHYSICAL_FLOAT:
		packer_float_bits(packer, (uint32_t)value_order_bits(at, size));
		return;
	case PHYSICAL_DOUBLE:
		packer_double_bits(packer, value_order_bits(at, size));
		return;
	default:
		put_string(packer, node, (struct view){at, size});
		return;
	}
}

/* ---- along the schema ---- */

static uint8_t
rep_at(const struct assembly_leaf *leaf, size_t entry)
{
	return entry < leaf->entries && leaf->rep.size > 0 ? leaf->rep.data[entry] : 0;
}

static uint8_t
def_at(const struct assembly_leaf *leaf)
{
	return leaf->def.size > 0 ? leaf->def.data[leaf->entry] : 0;
}

/* Whether every leaf of NODE has an entry, with the repetition level REP unless that is 0. */
static bool
is_begun(struct writer *writer, const struct schema_node *node, uint8_t rep)
{
	for (uint32_t i = node->first_leaf; i < node->first_leaf + node->leaf_count; i++) {
		const struct assembly_leaf *leaf = &writer->leaves[i];
		if (leaf->entry >= leaf->entries)
			refuse(writer, i, "it has fewer rows than its row group");
		else if (rep > 0 && rep_at(leaf, leaf->entry) != rep)
			refuse(writer, i, "its lists are not those of the columns beside it");
	}
	return !writer->packer.failed;
}

/* Skips the one entry that each leaf of NODE has for something absent. */
static void
pass(struct writer *writer, const struct schema_node *node)
{
	uint8_t def = def_at(&writer->leaves[node->first_leaf]);
	for (uint32_t i = node->first_leaf; i < node->first_leaf + node->leaf_count; i++) {
		if (def_at(&writer->leaves[i]) != def)
			refuse(writer, i, "its nulls are not those of the columns beside it");
		writer->leaves[i].entry++;
	}
}

static void put_field(struct writer *writer, const struct schema_node *node);
static void put_present(struct writer *writer, const struct schema_node *node);

static void
put_children(struct writer *writer, const struct schema_node *group)
{
	const struct schema_node *nodes = writer->schema->nodes;
	uint32_t index = (uint32_t)(group - nodes);
	for (uint32_t child = index + 1; child < group->end && !writer->packer.failed;
	     child = nodes[child].end)
		put_field(writer, &nodes[child]);
}

/* How many elements of REPEATED come next in the leaves. */
static size_t
count_elements(const struct writer *writer, const struct schema_node *repeated)
{
	const struct assembly_leaf *leaf = &writer->leaves[repeated->first_leaf];
	size_t count = 1;
	if (def_at(leaf) < repeated->max_def)
		return 0;
	for (size_t i = leaf->entry + 1; i < leaf->entries && rep_at(leaf, i) >= repeated->max_rep; i++)
		count += rep_at(leaf, i) == repeated->max_rep;
	return count;
}

/* One pair of a map: its key and its value, if it has one. */
static void
put_pair(struct writer *writer, const struct schema_node *pairs)
{
	put_children(writer, pairs);
	if (pairs->child_count == 1)
		packer_nil(&writer->packer);
}

/* The elements of REPEATED, each in the form of ELEMENT, or of REPEATED itself. */
static void
put_elements(struct writer *writer, const struct schema_node *repeated, enum schema_form form,
    const struct schema_node *element)
{
	size_t count = count_elements(writer, repeated);
	if (form == FORM_MAP)
		packer_map(&writer->packer, count);
	else
		packer_array(&writer->packer, count);
	if (count == 0)
		pass(writer, repeated);
	for (size_t i = 0; i < count; i++) {
		if (!is_begun(writer, repeated, i > 0 ? repeated->max_rep : 0))
			return;
		if (form == FORM_MAP)
			put_pair(writer, repeated);
		else if (element == repeated)
			put_present(writer, repeated);
		else
			put_field(writer, element);
	}
}

/* The value of NODE, which is not null and does not itself repeat. */
static void
put_present(struct writer *writer, const struct schema_node *node)
{
	const struct schema_node *nodes = writer->schema->nodes;
	struct assembly_leaf *leaf = &writer->leaves[node->first_leaf];
	switch (node->form) {
	case FORM_LEAF:
		if (leaf->def.size > 0 && def_at(leaf) != node->max_def)
			refuse(writer, node->first_leaf, "its nulls are not those of the columns beside it");
		else
			put_value(&writer->packer, node, leaf);
		leaf->entry++;
		return;
	case FORM_STRUCT:
		packer_array(&writer->packer, node->child_count);
		put_children(writer, node);
		return;
	case FORM_LIST:
	case FORM_MAP:
		put_elements(writer, node + 1, node->form, &nodes[node->element]);
		return;
	}
}

static void
put_field(struct writer *writer, const struct schema_node *node)
{
	if (!is_begun(writer, node, 0))
		return;
	if (node->repetition == REPETITION_REPEATED) {
		put_elements(writer, node, FORM_LIST, node);
	} else if (node->repetition == REPETITION_OPTIONAL &&
		   def_at(&writer->leaves[node->first_leaf]) < node->max_def) {
		packer_nil(&writer->packer);
		pass(writer, node);
	} else {
		put_present(writer, node);
	}
}

/* Where a row begins, and where it ends, the repetition levels of all leaves must be 0. */
static void
check_borders(struct writer *writer)
{
	for (uint32_t i = 0; i < writer->schema->leaf_count; i++)
		if (rep_at(&writer->leaves[i], writer->leaves[i].entry) != 0)
			refuse(writer, i,
			    "a row begins within a list, or its lists are not those of the columns beside "
			    "it");
}

bool
assembly_next(struct assembly *assembly, struct buffer *out, struct nest_error *error)
{
	const struct schema *schema = assembly->schema;
	struct writer writer = {schema, assembly->leaves, {.to = out, .error = error}};
	check_borders(&writer);
	packer_array(&writer.packer, schema->nodes[0].child_count);
	put_children(&writer, &schema->nodes[0]);
	check_borders(&writer);
	assembly->rows_left--;
	return !writer.packer.failed;
}

bool
assembly_value(struct assembly *assembly, uint32_t leaf, struct buffer *out, struct nest_error *error)
{
	const struct schema *schema = assembly->schema;
	struct packer packer = {.to = out, .error = error};
	put_value(&packer, &schema->nodes[schema->leaves[leaf]], &assembly->leaves[leaf]);
	return !packer.failed;
}
