#include "gen/compile/compiler.h"

#include "gen/chance/draw.h"

#include <stdlib.h>

/* ---- fields ---- */

static enum field_form
form_of(const struct value *value)
{
	switch (value->type) {
	case VALUE_TRUTH:
		return FIELD_TRUTH;
	case VALUE_REAL:
		return FIELD_REAL;
	case VALUE_TEXT:
		return FIELD_TEXT;
	case VALUE_BYTES:
		return FIELD_BYTES;
	default:
		return FIELD_NUMBER;
	}
}

static bool compile_field(struct compiler *compiler, uint32_t node);
static bool compile_once(struct compiler *compiler, uint32_t node);

static struct field *
add_field(struct compiler *compiler, enum field_form form)
{
	struct field *field = &compiler->compiled->fields[compiler->compiled->field_count++];
	*field = (struct field){.form = form, .vector = FIELD_ALWAYS};
	return field;
}

static bool
compile_leaf(struct compiler *compiler, uint32_t node)
{
	uint32_t index = compiler->drawing_of[node];
	const struct drawing *drawing = &compiler->drawings->items[index];
	struct value value;
	if (!compile_drawing(compiler, index, &value))
		return false;
	uint32_t old = compiler->scope;
	compiler->scope = compiler->inner[node];
	bool fine = compile_to_leaf(compiler, drawing->value, node_at(compiler, node), &value);
	compiler->scope = old;
	struct field *field = add_field(compiler, form_of(&value));
	field->vector = value.vector;
	field->end = compiler->compiled->field_count;
	return fine;
}

/* The lets of a group are drawn where they are written among its fields. */
static bool
compile_children(struct compiler *compiler, uint32_t node)
{
	const struct schema *schema = &compiler->drawings->schema;
	for (uint32_t child = node + 1; child < schema->nodes[node].end; child = schema->nodes[child].end)
		if (!compile_field(compiler, child))
			return false;
	return true;
}

static bool
compile_struct(struct compiler *compiler, uint32_t node)
{
	const struct drawing *drawing = &compiler->drawings->items[compiler->drawing_of[node]];
	const struct schema_node *group = node_at(compiler, node);
	uint32_t index = (uint32_t)(add_field(compiler, FIELD_STRUCT) - compiler->compiled->fields);
	struct value present = {.vector = FIELD_ALWAYS};
	if (drawing->value != 0)
		return refuse_field(compiler, node, "a group has no value; its fields have");
	if (drawing->present != 0 && !compile_present(compiler, node, &present))
		return false;
	bool fine = compile_children(compiler, node);
	struct field *field = &compiler->compiled->fields[index];
	field->vector = present.vector;
	field->inner = compiler->inner[node];
	field->child_count = group->child_count;
	field->end = compiler->compiled->field_count;
	return fine;
}

/* A list, a map, or a repeated field; ELEMENT is the node of each element. */
static bool
compile_list(struct compiler *compiler, uint32_t node, uint32_t repeated, uint32_t element)
{
	bool is_map = is_list(compiler, node) && node_at(compiler, node)->form == FORM_MAP;
	uint32_t index =
	    (uint32_t)(add_field(compiler, is_map ? FIELD_MAP : FIELD_LIST) - compiler->compiled->fields);
	struct value length;
	const struct drawing *inner = &compiler->drawings->items[compiler->drawing_of[repeated]];
	if (is_list(compiler, node) && compiler->drawings->items[compiler->drawing_of[node]].value != 0)
		return refuse_field(compiler, node, "a list has no value; its elements have");
	if (repeated != element && inner->value != 0)
		return refuse_field(
		    compiler, repeated, "the group that repeats in a list is not drawn; what is in it is");
	if (!compile_length(compiler, node, &length) ||
	    !compile_elements(compiler, compiler->inner[repeated]))
		return false;
	if (!(is_map ? compile_children(compiler, element) : compile_once(compiler, element)))
		return false;
	if (is_map && node_at(compiler, element)->child_count == 1) {
		struct field *nothing = add_field(compiler, FIELD_NUMBER);
		struct value value;
		compiler->scope = compiler->inner[repeated];
		if (!compile_number(compiler, VALUE_NULL, 0, 0, &value))
			return false;
		nothing->vector = value.vector;
		nothing->end = compiler->compiled->field_count;
	}
	struct field *field = &compiler->compiled->fields[index];
	field->vector = length.vector;
	field->inner = compiler->inner[repeated];
	field->end = compiler->compiled->field_count;
	return true;
}

/* One value of NODE, however often it repeats. */
static bool
compile_once(struct compiler *compiler, uint32_t node)
{
	const struct schema_node *nodes = compiler->drawings->schema.nodes;
	switch (nodes[node].form) {
	case FORM_LEAF:
		return compile_leaf(compiler, node);
	case FORM_STRUCT:
		return compile_struct(compiler, node);
	case FORM_LIST:
	case FORM_MAP:
		break;
	}
	if (nodes[node].repetition == REPETITION_REPEATED)
		return refuse_field(compiler, node, "a repeated field that is itself a list is not drawn");
	uint32_t repeated = nodes[node].form == FORM_LIST ? node + 1 : nodes[node].element;
	return compile_list(compiler, node, repeated, nodes[node].element);
}

static bool
compile_field(struct compiler *compiler, uint32_t node)
{
	if (node_at(compiler, node)->repetition == REPETITION_REPEATED)
		return compile_list(compiler, node, node, node);
	return compile_once(compiler, node);
}

static bool
check_present(struct compiler *compiler, uint32_t node)
{
	if (is_list(compiler, node))
		return refuse_field(
		    compiler, node, "a list is null where its length is: \"length null 20%% | 1..3\"");
	return node_at(compiler, node)->physical == PHYSICAL_GROUP ||
	       refuse_field(compiler, node, "only a group is present or not; write \"... | null\"");
}

/* Compiles the drawings of lengths and values. */
static bool
compile_drawings(struct compiler *compiler)
{
	const struct drawings *drawings = compiler->drawings;
	struct value value;
	for (uint32_t i = 0; i < drawings->count; i++) {
		const struct drawing *drawing = &drawings->items[i];
		/* Lets that all messages see are drawn where they are named. */
		if (drawing->node == drawings->schema.node_count)
			continue;
		if (drawing->present != 0 && !check_present(compiler, drawing->node))
			return false;
		if (drawing->length != 0) {
			bool may_be = is_list(compiler, drawing->node) ||
			              (node_at(compiler, drawing->node)->repetition == REPETITION_REPEATED &&
					  !is_list(compiler, parent_of(compiler, drawing->node)));
			if (drawing->node == 0 || !may_be)
				return refuse_field(compiler, drawing->node, "only a list has a length");
			if (!compile_length(compiler, drawing->node, &value))
				return false;
		}
		bool is_value =
		    drawing->name.size > 0 || node_at(compiler, drawing->node)->physical != PHYSICAL_GROUP;
		if (is_value && !compile_drawing(compiler, i, &value))
			return false;
	}
	return true;
}

/* Draws take their bits in the order of the text; those of whether groups are present come last. */
bool
compile_in_order(struct compiler *compiler)
{
	struct value value;
	if (!compile_drawings(compiler))
		return false;
	for (uint32_t node = 0; node < compiler->drawings->schema.node_count; node++) {
		uint32_t index = compiler->drawing_of[node];
		if (compiler->drawings->items[index].present != 0 && !compile_present(compiler, node, &value))
			return false;
	}
	return true;
}

/* ---- all of it ---- */

/*
 * The key of a message includes its name, or rows of one number would draw the same in all messages.  The
 * name of an only message does not count, and if others include it, its rows stay the same.
 */
static uint64_t
key_of(const struct compiler *compiler, const struct drawings *drawings)
{
	struct view name = drawings->outline->items[drawings->message].name;
	uint64_t key = compiler->shared->key;
	if (outline_is_alone(drawings->outline, compiler->source, drawings->message))
		return key;
	for (size_t i = 0; i < name.size; i++)
		key = draw(key, (uint64_t)name.data[i] + 1);
	return key;
}

bool
compiler_open(struct compiler *compiler, const struct drawings *drawings)
{
	size_t nodes = drawings->schema.node_count;
	compiler->drawings = drawings;
	compiler->batch->key = key_of(compiler, drawings);
	/* One more, for drawings in no group. */
	compiler->inner = calloc(nodes + 1, sizeof *compiler->inner);
	compiler->drawing_of = calloc(nodes, sizeof *compiler->drawing_of);
	compiler->memos = calloc(drawings->count, sizeof *compiler->memos);
	compiler->words = calloc(nodes, sizeof *compiler->words);
	compiler->length_nodes = calloc(nodes, sizeof *compiler->length_nodes);
	compiler->is_open = calloc(nodes, sizeof *compiler->is_open);
	if (compiler->inner == NULL || compiler->drawing_of == NULL || compiler->memos == NULL ||
	    compiler->words == NULL || compiler->length_nodes == NULL || compiler->is_open == NULL)
		return nest_error_memory(compiler->error, nodes * sizeof *compiler->memos, "a recipe");
	for (uint32_t i = 0; i < drawings->count; i++)
		if (drawings->items[i].name.size == 0)
			compiler->drawing_of[drawings->items[i].node] = i;
	return compile_scopes(compiler);
}

void
compiler_close(struct compiler *compiler)
{
	free(compiler->inner);
	free(compiler->drawing_of);
	free(compiler->memos);
	free(compiler->words);
	free(compiler->length_nodes);
	free(compiler->is_open);
}

bool
compile_lay_out(const struct compiler *compiler)
{
	uint32_t large;
	if (batch_lay_out(compiler->batch, &large))
		return true;
	uint32_t drawing = compiler->drawing_of[compiler->length_nodes[large]];
	return compile_refuse(compiler, compiler->drawings->items[drawing].length,
	    "a row may need more than %d random words: shorter lists need fewer", BATCH_WORD_LIMIT);
}

/* Makes room for fields; a map without values has one more. */
static bool
make_fields(struct compiler *compiler)
{
	size_t bytes = 2 * compiler->drawings->schema.node_count * sizeof(struct field);
	compiler->compiled->fields = calloc(1, bytes);
	return compiler->compiled->fields != NULL || nest_error_memory(compiler->error, bytes, "a recipe");
}

bool
compile_steps(struct compiled *compiled, const struct drawings *drawings, const struct source *source,
    int folder, uint64_t row_end, uint64_t key, struct nest_error *error)
{
	*compiled = (struct compiled){0};
	struct shared shared = {.compiled = compiled, .key = key};
	struct compiler compiler = {.compiled = compiled,
	    .batch = &compiled->batch,
	    .source = source,
	    .error = error,
	    .shared = &shared,
	    .folder = folder,
	    .row_end = row_end};
	bool fine = references_open(&shared, drawings, error) && compiler_open(&compiler, drawings) &&
	            make_fields(&compiler) && compile_in_order(&compiler) && compile_struct(&compiler, 0) &&
	            compile_references(&compiler) && compile_lay_out(&compiler);
	compiler_close(&compiler);
	references_close(&shared);
	if (!fine)
		compiled_free(compiled);
	return fine;
}

bool
compile_faster(struct compiled *compiled, enum batch_width width, struct nest_error *error)
{
	if (!compile_truths(compiled, error) || !compile_fuse(compiled, error) ||
	    !compile_eights(compiled, error) || !compile_prune(compiled, error))
		return false;
	/* As before, except that some vectors no longer take room. */
	uint32_t large;
	batch_lay_out(&compiled->batch, &large);
	batch_widen(&compiled->batch, width);
	compiled->width = width;
	return true;
}

bool
compile(struct compiled *compiled, const struct drawings *drawings, const struct source *source, int folder,
    uint64_t row_end, uint64_t key, struct nest_error *error)
{
	if (!compile_steps(compiled, drawings, source, folder, row_end, key, error))
		return false;
	if (compile_faster(compiled, width_widest(), error))
		return true;
	compiled_free(compiled);
	return false;
}

/* ---- ownership ---- */

bool
compiled_add_table(struct compiled *compiled, size_t bytes, void (*release)(void *data), void **table,
    struct nest_error *error)
{
	if (compiled->table_count == compiled->table_capacity) {
		uint32_t capacity = compiled->table_capacity == 0 ? 32 : compiled->table_capacity * 2;
		struct table *tables = realloc(compiled->tables, capacity * sizeof *tables);
		if (tables == NULL)
			return nest_error_memory(error, capacity * sizeof *tables, "a recipe");
		compiled->tables = tables;
		compiled->table_capacity = capacity;
	}
	*table = calloc(1, bytes > 0 ? bytes : 1);
	if (*table == NULL)
		return nest_error_memory(error, bytes, "a recipe");
	compiled->tables[compiled->table_count++] = (struct table){*table, release};
	return true;
}

void
compiled_free(struct compiled *compiled)
{
	batch_free(&compiled->batch);
	for (uint32_t i = 0; i < compiled->table_count; i++) {
		if (compiled->tables[i].release != NULL)
			compiled->tables[i].release(compiled->tables[i].data);
		free(compiled->tables[i].data);
	}
	for (uint32_t i = 0; i < compiled->word_count; i++)
		word_list_free(&compiled->words[i]);
	free(compiled->tables);
	free(compiled->words);
	free(compiled->pieces);
	free(compiled->fields);
	*compiled = (struct compiled){0};
}
