/* names.c - what names mean: scopes of what repeats, values of lets and fields, and what each can see. */
#include "gen/compile/compiler.h"

/* ---- scopes ---- */

/* Adds a scope for what repeats in NODE, in the scope OUTER. */
static bool
add_scope(struct compiler *compiler, uint32_t outer, uint32_t length_node, uint32_t *index)
{
	struct batch *batch = compiler->batch;
	const struct scope scope = {.parent = outer};
	if (!batch_add_scope(batch, &scope, index, compiler->error))
		return false;
	const struct vector place = {.type = VECTOR_NUMBER, .scope = *index};
	compiler->words[*index] = (struct word){.used = 64};
	compiler->length_nodes[*index] = length_node;
	return batch_add_vector(batch, &place, &batch->scopes[*index].place, compiler->error);
}

bool
compile_scopes(struct compiler *compiler)
{
	const struct schema *schema = &compiler->drawings->schema;
	if (!add_scope(compiler, 0, 0, &compiler->inner[0]))
		return false;
	compiler->is_open[0] = true;
	for (uint32_t node = 1; node < schema->node_count; node++) {
		uint32_t parent = schema->nodes[node].parent, outer = compiler->inner[parent];
		bool is_repeated = schema->nodes[node].repetition == REPETITION_REPEATED;
		compiler->inner[node] = outer;
		if (is_repeated && !add_scope(compiler, outer, is_list(compiler, parent) ? parent : node,
				       &compiler->inner[node]))
			return false;
	}
	return true;
}

bool
compile_elements(struct compiler *compiler, uint32_t index)
{
	struct value length;
	if (compiler->is_open[index])
		return true;
	struct scope *scope = &compiler->batch->scopes[index];
	if (!compile_elements(compiler, scope->parent) ||
	    !compile_length(compiler, compiler->length_nodes[index], &length))
		return false;
	scope->lengths = length.vector;
	scope->most = (uint64_t)length.high;
	const struct memo *memo = compiler->memos[compiler->drawing_of[compiler->length_nodes[index]]];
	scope->laid = memo[PART_LENGTH].is_of_row ? ELEMENTS_MOST : scope->most;
	compiler->is_open[index] = true;
	const struct step step = {.run = step_expand, .scope = index};
	return batch_add_step(compiler->batch, &step, compiler->error);
}

/* ---- drawings ---- */

/* IS_OF_ROW is whether its bounds may depend on how many rows there are. */
static bool
compile_in_place(struct compiler *compiler, uint32_t expression, uint32_t group, uint32_t scope,
    struct value *value, bool *is_of_row)
{
	uint32_t old_group = compiler->group, old_scope = compiler->scope;
	bool was_of_row = compiler->is_of_row;
	if (!compile_elements(compiler, scope))
		return false;
	compiler->group = group;
	compiler->scope = scope;
	compiler->is_of_row = false;
	bool fine = compile_expression(compiler, expression, value);
	*is_of_row = compiler->is_of_row;
	compiler->group = old_group;
	compiler->scope = old_scope;
	compiler->is_of_row = was_of_row;
	return fine;
}

/* Whether a compiler that waits for this one is compiling the same, perhaps for other rows. */
static bool
is_at_work(const struct compiler *compiler, uint32_t index, enum drawing_part part)
{
	const struct drawings *drawings = compiler->drawings;
	for (; compiler != NULL; compiler = compiler->outer)
		if (compiler->drawings == drawings && compiler->memos[index][part].state == MEMO_AT_WORK)
			return true;
	return false;
}

/* Compiles a part of the drawing INDEX, once, with names from GROUP, for each instance of SCOPE. */
static bool
compile_part(
    struct compiler *compiler, uint32_t index, enum drawing_part part, uint32_t group, uint32_t scope)
{
	const struct drawing *drawing = &compiler->drawings->items[index];
	const uint32_t expressions[PART_COUNT] = {drawing->value, drawing->length, drawing->present};
	struct memo *memo = &compiler->memos[index][part];
	if (is_at_work(compiler, index, part))
		return source_refuse(
		    compiler->source, drawing->at, compiler->error, "this is made from itself");
	if (memo->state == MEMO_NONE) {
		memo->state = MEMO_AT_WORK;
		if (!compile_in_place(
			compiler, expressions[part], group, scope, &memo->value, &memo->is_of_row))
			return false;
		memo->state = MEMO_DONE;
	}
	return true;
}

bool
compile_drawing(struct compiler *compiler, uint32_t index, struct value *value)
{
	const struct drawing *drawing = &compiler->drawings->items[index];
	const struct memo *memo = &compiler->memos[index][PART_VALUE];
	bool is_let = drawing->name.size > 0;
	uint32_t group = is_let ? drawing->node : parent_of(compiler, drawing->node);
	if (drawing->value == 0)
		return source_refuse(compiler->source, drawing->at, compiler->error,
		    "nothing says how this field is drawn: put \": value\" behind it");
	if (!compile_part(compiler, index, PART_VALUE, group, compiler->inner[drawing->node]))
		return false;
	compiler->is_of_row |= memo->is_of_row;
	*value = memo->value;
	return true;
}

static bool
check_length(struct compiler *compiler, uint32_t node, struct value *length)
{
	uint32_t expression = compiler->drawings->items[compiler->drawing_of[node]].length;
	if (length->type == VALUE_NULL)
		length->low = length->high = 0;
	else if (length->type != VALUE_NUMBER || length->scale > 0)
		return compile_refuse(compiler, expression, "a length is a whole number, not %s",
		    length->type == VALUE_NUMBER ? "one with digits behind the point"
						 : value_name(length->type));
	if (length->low < 0 || length->high > ELEMENTS_MOST)
		return compile_refuse(compiler, expression,
		    "a length lies between 0 and %d, and this may not: clamp() bounds it", ELEMENTS_MOST);
	if (length->has_nulls && node_at(compiler, node)->repetition != REPETITION_OPTIONAL)
		return compile_refuse(compiler, expression, "only a list that is optional may be null");
	return true;
}

bool
compile_length(struct compiler *compiler, uint32_t node, struct value *value)
{
	uint32_t index = compiler->drawing_of[node], group = parent_of(compiler, node);
	struct memo *memo = &compiler->memos[index][PART_LENGTH];
	bool is_new = memo->state == MEMO_NONE;
	if (compiler->drawings->items[index].length == 0)
		return refuse_field(compiler, node,
		    "nothing says how long this list is: put \": length 0..3\" behind it, or another "
		    "length");
	if (!compile_part(compiler, index, PART_LENGTH, group, compiler->inner[group]) ||
	    (is_new && !check_length(compiler, node, &memo->value)))
		return false;
	*value = memo->value;
	return true;
}

bool
compile_present(struct compiler *compiler, uint32_t node, struct value *value)
{
	uint32_t index = compiler->drawing_of[node];
	const struct drawing *drawing = &compiler->drawings->items[index];
	if (node_at(compiler, node)->repetition != REPETITION_OPTIONAL)
		return refuse_field(compiler, node, "only an optional group may be absent");
	if (!compile_part(compiler, index, PART_PRESENT, parent_of(compiler, node), compiler->inner[node]))
		return false;
	*value = compiler->memos[index][PART_PRESENT].value;
	return value->type == VALUE_TRUTH ||
	       compile_refuse(compiler, drawing->present,
		   "a condition or a share is expected here, as in \"present 70%%\"");
}

/* ---- names ---- */

/* Makes VALUE, of the scope FROM, one of the compiler's scope, which is in FROM. */
static bool
bring_down(struct compiler *compiler, uint32_t from, struct value *value)
{
	uint32_t path[SCHEMA_DEPTH_LIMIT], depth = 0, target = compiler->scope;
	if (value->is_constant && target != from)
		return compile_again(compiler, compiler->batch, value);
	for (uint32_t scope = target; scope != from; scope = compiler->batch->scopes[scope].parent)
		path[depth++] = scope;
	for (; depth > 0; depth--) {
		struct step step = {.run = step_gather, .in = {value->vector}};
		compiler->scope = path[depth - 1];
		if (!compile_step(compiler, &step, value))
			return false;
	}
	compiler->scope = target;
	return true;
}

/* The let or field NAME of GROUP or of a group that it is in, or a let before the messages; false if there
 * is none. */
static bool
find_drawing(const struct compiler *compiler, struct view name, uint32_t *index)
{
	uint32_t group = compiler->group, outside = compiler->drawings->schema.node_count;
	while (!drawings_find(compiler->drawings, group, name, index)) {
		if (group == outside)
			return false;
		group = group == 0 ? outside : parent_of(compiler, group);
	}
	return true;
}

/* The first name of a path; *REST is what follows the dot. */
static struct view
first_name(struct view path, struct view *rest)
{
	size_t size = 0;
	while (size < path.size && path.data[size] != '.' && path.data[size] > ' ')
		size++;
	const uint8_t *dot = memchr(path.data, '.', path.size);
	size_t behind = dot != NULL ? (size_t)(dot - path.data) + 1 : path.size;
	while (behind < path.size && path.data[behind] <= ' ')
		behind++;
	*rest = (struct view){path.data + behind, path.size - behind};
	return (struct view){path.data, size};
}

/* The let or field NAME of the group NODE, through the groups that lists and maps have for their elements. */
static bool
find_child(const struct compiler *compiler, uint32_t node, struct view name, uint32_t *index)
{
	if (is_list(compiler, node))
		node = node_at(compiler, node)->element;
	return drawings_find(compiler->drawings, node, name, index);
}

/* Makes VALUE, of SCOPE, null where the group NODE around it is absent. */
static bool
hide_absent(struct compiler *compiler, uint32_t node, uint32_t scope, struct value *value)
{
	struct value present;
	uint32_t old = compiler->scope;
	if (!compile_present(compiler, node, &present))
		return false;
	bool is_always = present.is_constant && present.low == 1;
	if (is_always || value->type == VALUE_NULL)
		return true;
	compiler->scope = scope;
	bool fine = bring_down(compiler, compiler->inner[node], &present) &&
	            compile_hide(compiler, present.vector, 0, value);
	compiler->scope = old;
	return fine;
}

/* A value in GROUP is null, for names outside of it, where GROUP or a group around it is absent. */
static bool
hide_where_absent(struct compiler *compiler, uint32_t group, uint32_t scope, struct value *value)
{
	for (uint32_t reader = compiler->group; group != 0; group = parent_of(compiler, group)) {
		bool is_inside = reader >= group && reader < node_at(compiler, group)->end;
		if (!is_inside && compiler->drawings->items[compiler->drawing_of[group]].present != 0 &&
		    !hide_absent(compiler, group, scope, value))
			return false;
	}
	return true;
}

/* What the path NODE leads to: a drawing, and the group that it is in. */
static bool
find_path(const struct compiler *compiler, uint32_t node, uint32_t *drawing, uint32_t *group)
{
	struct view path = expression_at(compiler, node)->word, rest;
	struct view name = first_name(path, &rest);
	uint32_t index;
	if (!find_drawing(compiler, name, &index))
		return compile_refuse(
		    compiler, node, "there is no field and no let called %s here", source_quote(name).text);
	uint32_t found = compiler->drawings->items[index].node;
	while (rest.size > 0) {
		name = first_name(rest, &rest);
		if (compiler->drawings->items[index].name.size > 0 ||
		    !find_child(compiler, found, name, &index))
			return compile_refuse(compiler, node, "there is no field and no let called %s in it",
			    source_quote(name).text);
		found = compiler->drawings->items[index].node;
	}
	if (compiler->drawings->items[index].name.size == 0) {
		if (is_list(compiler, found)) {
			found = node_at(compiler, found)->element;
			index = compiler->drawing_of[found];
		}
		if (node_at(compiler, found)->physical == PHYSICAL_GROUP)
			return compile_refuse(compiler, node,
			    "%s is a group, and has no value: name one of its fields, behind a dot",
			    source_quote(path).text);
	}
	bool is_let = compiler->drawings->items[index].name.size > 0;
	*drawing = index;
	*group = is_let ? found : parent_of(compiler, found);
	return true;
}

bool
compile_path(struct compiler *compiler, uint32_t node, struct value *value, uint32_t *scope)
{
	uint32_t drawing = 0, group = 0;
	if (!find_path(compiler, node, &drawing, &group))
		return false;
	*scope = compiler->inner[compiler->drawings->items[drawing].node];
	if (!compile_drawing(compiler, drawing, value))
		return false;
	return group == compiler->drawings->schema.node_count ||
	       hide_where_absent(compiler, group, *scope, value);
}

static bool
scope_is_in(const struct compiler *compiler, uint32_t scope, uint32_t outer)
{
	while (scope != outer && scope != 0)
		scope = compiler->batch->scopes[scope].parent;
	return scope == outer;
}

bool
compile_name(struct compiler *compiler, uint32_t node, struct value *value)
{
	struct view word = expression_at(compiler, node)->word;
	struct scope *scopes = compiler->batch->scopes;
	uint32_t scope = 0, index;
	bool is_row = view_equal(word, view_of_text("row")),
	     is_place = view_equal(word, view_of_text("place"));
	if ((is_row || is_place) && !find_drawing(compiler, word, &index)) {
		scope = is_row ? 0 : compiler->scope;
		compiler->is_of_row |= is_row || scopes[scope].laid != scopes[scope].most;
		if (is_place && scope == 0)
			return compile_refuse(compiler, node, "only what is in a list has a place");
		*value = (struct value){.type = VALUE_NUMBER,
		    .vector = scopes[scope].place,
		    .high = is_row                   ? (int64_t)(compiler->row_end - (compiler->row_end > 0))
		            : scopes[scope].most > 0 ? (int64_t)scopes[scope].most - 1
		                                     : 0};
	} else if (!compile_path(compiler, node, value, &scope)) {
		return false;
	}
	if (!scope_is_in(compiler, compiler->scope, scope))
		return compile_refuse(compiler, node,
		    "%s has many values here; sum(), count(), least() and greatest() make one of them",
		    source_quote(word).text);
	return bring_down(compiler, scope, value);
}
