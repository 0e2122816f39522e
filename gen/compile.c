#include "gen/compile.h"

#include <stdlib.h>

/* Elements of one list, and of all lists of a scope that one row can have. */
enum { ELEMENTS_MOST = 1 << 16 };

static const struct schema_node *
node_at(const struct compiler *compiler, uint32_t node)
{
	return &compiler->drawings->schema.nodes[node];
}

static bool
is_list(const struct compiler *compiler, uint32_t node)
{
	enum schema_form form = node_at(compiler, node)->form;
	return node_at(compiler, node)->repetition != REPETITION_REPEATED &&
	       (form == FORM_LIST || form == FORM_MAP);
}

/* NEST_INVALID at the field NODE; always false. */
#define refuse_field(compiler, node, ...)                                                               \
	source_refuse((compiler)->source, (compiler)->drawings->items[(compiler)->drawing_of[node]].at, \
	    (compiler)->error, __VA_ARGS__)

bool
compile_table(struct compiler *compiler, size_t bytes, void (*release)(void *data), void **table)
{
	struct compiled *compiled = compiler->compiled;
	if (compiled->table_count == compiled->table_capacity) {
		uint32_t capacity = compiled->table_capacity == 0 ? 32 : compiled->table_capacity * 2;
		struct table *tables = realloc(compiled->tables, capacity * sizeof *tables);
		if (tables == NULL)
			return nest_error_memory(compiler->error, capacity * sizeof *tables, "a recipe");
		compiled->tables = tables;
		compiled->table_capacity = capacity;
	}
	*table = calloc(1, bytes > 0 ? bytes : 1);
	if (*table == NULL)
		return nest_error_memory(compiler->error, bytes, "a recipe");
	compiled->tables[compiled->table_count++] = (struct table){*table, release};
	return true;
}

/* ---- scopes ---- */

/* A scope for what repeats in NODE, in the scope OUTER. */
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

static bool
find_scopes(struct compiler *compiler)
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

static bool compile_length(struct compiler *compiler, uint32_t node, struct value *value);

/* Makes the elements of SCOPE, once; those that it is in come first. */
static bool
open_scope(struct compiler *compiler, uint32_t index)
{
	struct value length;
	if (compiler->is_open[index])
		return true;
	struct scope *scope = &compiler->batch->scopes[index];
	if (!open_scope(compiler, scope->parent) ||
	    !compile_length(compiler, compiler->length_nodes[index], &length))
		return false;
	scope->lengths = length.vector;
	scope->most = (uint64_t)length.high;
	scope->laid = compiler->memos[compiler->drawing_of[compiler->length_nodes[index]]].length_is_of_row
	                  ? ELEMENTS_MOST
	                  : scope->most;
	compiler->is_open[index] = true;
	const struct step step = {.run = batch_expand, .scope = index};
	return batch_add_step(compiler->batch, &step, compiler->error);
}

/* ---- drawings ---- */

/*
 * An expression of the drawing, with names looked for in GROUP, for each instance of SCOPE; IS_OF_ROW is
 * whether its bounds may depend on how many rows there are.
 */
static bool
compile_in_place(struct compiler *compiler, uint32_t expression, uint32_t group, uint32_t scope,
    struct value *value, bool *is_of_row)
{
	uint32_t old_group = compiler->group, old_scope = compiler->scope;
	bool was_of_row = compiler->is_of_row;
	if (!open_scope(compiler, scope))
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

static uint32_t
parent_of(const struct compiler *compiler, uint32_t node)
{
	return node_at(compiler, node)->parent;
}

static bool
begin_memo(struct compiler *compiler, const struct drawing *drawing, enum memo_state *state)
{
	if (*state == MEMO_AT_WORK)
		return source_refuse(
		    compiler->source, drawing->at, compiler->error, "this is made from itself");
	*state = MEMO_AT_WORK;
	return true;
}

/* The value of a let, a leaf, or the elements of a repeated leaf. */
static bool
compile_drawing(struct compiler *compiler, uint32_t index, struct value *value)
{
	const struct drawing *drawing = &compiler->drawings->items[index];
	struct memo *memo = &compiler->memos[index];
	bool is_let = drawing->name.size > 0;
	uint32_t group = is_let ? drawing->node : parent_of(compiler, drawing->node);
	if (memo->value_state != MEMO_DONE) {
		if (drawing->value == 0)
			return source_refuse(compiler->source, drawing->at, compiler->error,
			    "nothing says how this field is drawn: put \": value\" behind it");
		if (!begin_memo(compiler, drawing, &memo->value_state) ||
		    !compile_in_place(compiler, drawing->value, group, compiler->inner[drawing->node],
			&memo->value, &memo->value_is_of_row))
			return false;
		memo->value_state = MEMO_DONE;
	}
	compiler->is_of_row |= memo->value_is_of_row;
	*value = memo->value;
	return true;
}

/* The number of elements of a list, a map or a repeated field. */
static bool
compile_length(struct compiler *compiler, uint32_t node, struct value *value)
{
	uint32_t index = compiler->drawing_of[node], group = parent_of(compiler, node);
	const struct drawing *drawing = &compiler->drawings->items[index];
	struct memo *memo = &compiler->memos[index];
	if (memo->length_state != MEMO_DONE) {
		if (drawing->length == 0)
			return refuse_field(compiler, node,
			    "nothing says how long this list is: put \": length 0..3\" behind it, or another "
			    "length");
		if (!begin_memo(compiler, drawing, &memo->length_state) ||
		    !compile_in_place(compiler, drawing->length, group, compiler->inner[group], &memo->length,
			&memo->length_is_of_row))
			return false;
		memo->length_state = MEMO_DONE;
		struct value *length = &memo->length;
		if (length->type == VALUE_NULL)
			length->low = length->high = 0;
		else if (length->type != VALUE_NUMBER || length->scale > 0)
			return compile_refuse(compiler, drawing->length, "a length is a whole number, not %s",
			    length->type == VALUE_NUMBER ? "one with digits behind the point"
							 : value_name(length->type));
		if (length->low < 0 || length->high > ELEMENTS_MOST)
			return compile_refuse(compiler, drawing->length,
			    "a length lies between 0 and %d, and this may not: clamp() bounds it",
			    ELEMENTS_MOST);
		if (length->has_nulls && node_at(compiler, node)->repetition != REPETITION_OPTIONAL)
			return compile_refuse(
			    compiler, drawing->length, "only a list that is optional may be null");
	}
	*value = memo->length;
	return true;
}

/* ---- names ---- */

/* VALUE, which is of the scope FROM, for the instances of the compiler's scope, which lies in it. */
static bool
bring_down(struct compiler *compiler, uint32_t from, struct value *value)
{
	uint32_t path[SCHEMA_DEPTH_LIMIT], depth = 0, target = compiler->scope;
	/* A null stays a constant, whose vector compile_pick() may make one of texts. */
	if (value->type == VALUE_NULL && target != from)
		return compile_number(compiler, VALUE_NULL, 0, 0, value);
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

/* The let or field NAME of GROUP itself; false where there is none. */
static bool
find_in_group(const struct compiler *compiler, uint32_t group, struct view name, uint32_t *index)
{
	const struct drawings *drawings = compiler->drawings;
	for (*index = 0; *index < drawings->count; ++*index) {
		const struct drawing *drawing = &drawings->items[*index];
		bool is_let = drawing->name.size > 0;
		if (is_let && drawing->node == group && view_equal(drawing->name, name))
			return true;
		if (!is_let && drawing->node != 0 && parent_of(compiler, drawing->node) == group &&
		    view_equal(view_of_text(node_at(compiler, drawing->node)->name), name))
			return true;
	}
	return false;
}

/* The let or field NAME of GROUP or of a group that it is in; false where there is none. */
static bool
find_drawing(const struct compiler *compiler, struct view name, uint32_t *index)
{
	uint32_t group = compiler->group;
	while (!find_in_group(compiler, group, name, index)) {
		if (group == 0)
			return false;
		group = parent_of(compiler, group);
	}
	return true;
}

/* The first name of a path; *REST is what stands behind the dot. */
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
	return find_in_group(compiler, node, name, index);
}

bool
compile_path(struct compiler *compiler, uint32_t node, struct value *value, uint32_t *scope)
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
	*scope = compiler->inner[found];
	return compile_drawing(compiler, index, value);
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
		    .high = is_row                   ? (int64_t)compiler->row_end - (compiler->row_end > 0)
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

/* ---- leaves ---- */

/* The least and the greatest number that a leaf takes. */
static void
leaf_range(const struct schema_node *leaf, int64_t *low, int64_t *high)
{
	unsigned bits = leaf->physical == PHYSICAL_INT32 ? 32 : 64;
	if (leaf->logical.kind == LOGICAL_INTEGER)
		bits = (unsigned)leaf->logical.bit_width;
	*high = (int64_t)(UINT64_MAX >> (65 - bits));
	*low = -*high - 1;
	if (leaf->logical.kind == LOGICAL_INTEGER && !leaf->logical.is_signed) {
		*low = 0;
		*high = bits < 64 ? *high * 2 + 1 : *high;
	}
	if (leaf->logical.kind == LOGICAL_DECIMAL) {
		*high = 0;
		for (int i = 0; i < leaf->logical.precision && i < 18; i++)
			*high = *high * 10 + 9;
		*low = -*high;
	}
}

static bool
check_range(
    struct compiler *compiler, uint32_t expression, const struct schema_node *leaf, const struct value *value)
{
	int64_t low, high;
	leaf_range(leaf, &low, &high);
	if (value->type == VALUE_NULL || (value->low >= low && value->high <= high))
		return true;
	return compile_refuse(compiler, expression,
	    "values from %lld to %lld do not all fit %s, which takes %lld to %lld: clamp() bounds them",
	    (long long)value->low, (long long)value->high, source_quote(view_of_text(leaf->name)).text,
	    (long long)low, (long long)high);
}

static bool
refuse_type(struct compiler *compiler, uint32_t expression, const struct schema_node *leaf,
    const char *wanted, const struct value *value)
{
	return compile_refuse(compiler, expression, "%s takes %s, not %s",
	    source_quote(view_of_text(leaf->name)).text, wanted, value_name(value->type));
}

/* Microseconds in the unit of the leaf. */
static bool
to_unit(struct compiler *compiler, uint32_t expression, enum time_unit unit, struct value *value)
{
	struct step step = {.in = {value->vector}, .number = 1000};
	if (unit == UNIT_MICROS)
		return true;
	step.run = unit == UNIT_MILLIS ? step_floor_by : step_scale_up;
	if (unit == UNIT_MILLIS) {
		value->low = value->low / 1000 - 1;
		value->high /= 1000;
	} else if (__builtin_mul_overflow(value->low, 1000, &value->low) ||
		   __builtin_mul_overflow(value->high, 1000, &value->high)) {
		return compile_refuse(
		    compiler, expression, "nanoseconds reach from 1677-09-21 to 2262-04-11 only");
	}
	return compile_step(compiler, &step, value);
}

/* What a leaf of whole numbers takes. */
static bool
to_whole(struct compiler *compiler, uint32_t expression, const struct schema_node *leaf, struct value *value)
{
	int64_t low, high;
	unsigned scale = leaf->logical.kind == LOGICAL_DECIMAL ? (unsigned)leaf->logical.scale : 0;
	leaf_range(leaf, &low, &high);
	if (scale > SCALE_MOST)
		return compile_refuse(compiler, expression,
		    "decimals with more than %d digits behind the point are not drawn", SCALE_MOST);
	if (leaf->logical.kind == LOGICAL_DATE && value->type == VALUE_DATE)
		return check_range(compiler, expression, leaf, value);
	if (leaf->logical.kind == LOGICAL_TIMESTAMP && value->type == VALUE_TIME)
		return to_unit(compiler, expression, leaf->logical.unit, value);
	if (value->type != VALUE_NUMBER && value->type != VALUE_REAL)
		return refuse_type(compiler, expression, leaf,
		    leaf->logical.kind == LOGICAL_DATE        ? "a date"
		    : leaf->logical.kind == LOGICAL_TIMESTAMP ? "a time"
							      : "a number",
		    value);
	if (value->type == VALUE_NUMBER && value->scale > scale && leaf->logical.kind != LOGICAL_DECIMAL)
		return compile_refuse(compiler, expression,
		    "%s takes whole numbers, and this has digits behind the point: round() takes them away",
		    source_quote(view_of_text(leaf->name)).text);
	return compile_to_number(compiler, expression, scale, low, high, value) &&
	       check_range(compiler, expression, leaf, value);
}

/* A decimal in bytes. */
static bool
to_big_endian(
    struct compiler *compiler, uint32_t expression, const struct schema_node *leaf, struct value *value)
{
	uint32_t size = leaf->physical == PHYSICAL_FIXED_LEN_BYTE_ARRAY ? leaf->type_length : 8;
	if (!to_whole(compiler, expression, leaf, value))
		return false;
	if (size > 1024)
		return compile_refuse(
		    compiler, expression, "decimals of more than 1,024 bytes are not drawn");
	struct step step = {.run = step_big_endian, .in = {value->vector}, .number = size};
	*value =
	    (struct value){.type = VALUE_BYTES, .low = size, .high = size, .has_nulls = value->has_nulls};
	return compile_step(compiler, &step, value);
}

static bool
compile_uuid_text(struct compiler *compiler, struct value *value)
{
	enum { UUID_TEXT_BYTES = 36 };
	struct step open = {.run = step_text_open}, put = {.run = step_uuid_put, .in = {value->vector}};
	*value = (struct value){.type = VALUE_TEXT,
	    .low = UUID_TEXT_BYTES,
	    .high = UUID_TEXT_BYTES,
	    .has_nulls = value->has_nulls};
	if (!compile_step(compiler, &open, value))
		return false;
	put.scope = compiler->scope;
	put.out = value->vector;
	return batch_add_step(compiler->batch, &put, compiler->error);
}

static bool
to_bytes(struct compiler *compiler, uint32_t expression, const struct schema_node *leaf, struct value *value)
{
	if (leaf->logical.kind == LOGICAL_DECIMAL)
		return to_big_endian(compiler, expression, leaf, value);
	bool is_text = leaf->logical.kind == LOGICAL_STRING || leaf->logical.kind == LOGICAL_ENUM ||
	               leaf->logical.kind == LOGICAL_JSON;
	if (value->type == VALUE_UUID && is_text)
		return compile_uuid_text(compiler, value);
	if (value->type != VALUE_TEXT &&
	    (is_text || (value->type != VALUE_BYTES && value->type != VALUE_UUID)))
		return refuse_type(compiler, expression, leaf,
		    is_text ? "a text (\"{value}\" makes one of anything)" : "bytes or a text", value);
	uint32_t size = leaf->physical == PHYSICAL_INT96 ? 12 : leaf->type_length;
	if (leaf->physical != PHYSICAL_BYTE_ARRAY && (value->low != size || value->high != size))
		return compile_refuse(compiler, expression, "%s takes %u bytes, no more and no less",
		    source_quote(view_of_text(leaf->name)).text, size);
	value->type = is_text ? VALUE_TEXT : VALUE_BYTES;
	return true;
}

/* VALUE as LEAF takes it. */
static bool
to_leaf(struct compiler *compiler, uint32_t expression, const struct schema_node *leaf, struct value *value)
{
	if (value->has_nulls && leaf->repetition != REPETITION_OPTIONAL)
		return compile_refuse(compiler, expression,
		    "%s may be null here, and only an optional field may",
		    source_quote(view_of_text(leaf->name)).text);
	if (value->type == VALUE_NULL)
		return true;
	switch (leaf->physical) {
	case PHYSICAL_BOOLEAN:
		return value->type == VALUE_TRUTH ||
		       refuse_type(compiler, expression, leaf, "true or false", value);
	case PHYSICAL_INT32:
	case PHYSICAL_INT64:
		return to_whole(compiler, expression, leaf, value);
	case PHYSICAL_FLOAT:
	case PHYSICAL_DOUBLE:
		return compile_to_real(compiler, expression, value);
	default:
		return to_bytes(compiler, expression, leaf, value);
	}
}

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
	bool fine = to_leaf(compiler, drawing->value, node_at(compiler, node), &value);
	compiler->scope = old;
	struct field *field = add_field(compiler, form_of(&value));
	field->vector = value.vector;
	field->end = compiler->compiled->field_count;
	return fine;
}

/* The lets of a group are drawn where they stand among its fields. */
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
	bool is_of_row;
	if (drawing->value != 0)
		return refuse_field(compiler, node, "a group has no value; its fields have");
	if (drawing->present != 0) {
		if (group->repetition != REPETITION_OPTIONAL)
			return refuse_field(compiler, node, "only an optional group may be absent");
		if (!compile_in_place(compiler, drawing->present, parent_of(compiler, node),
			compiler->inner[node], &present, &is_of_row))
			return false;
		if (present.type != VALUE_TRUTH)
			return compile_refuse(compiler, drawing->present,
			    "a condition or a share is expected here, as in \"present 70%%\"");
	}
	bool fine = compile_children(compiler, node);
	struct field *field = &compiler->compiled->fields[index];
	field->vector = present.vector;
	field->inner = compiler->inner[node];
	field->child_count = group->child_count;
	field->end = compiler->compiled->field_count;
	return fine;
}

/* A list, a map, or a repeated field; ELEMENT is what each element is. */
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
	if (repeated != element && (inner->value != 0 || inner->present != 0))
		return refuse_field(
		    compiler, repeated, "the group that repeats in a list is not drawn; what is in it is");
	if (!compile_length(compiler, node, &length) || !open_scope(compiler, compiler->inner[repeated]))
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

/* One value of NODE, however often it stands. */
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

/* A let whose name a field or a let of the same group has would hide it, or be hidden. */
static bool
check_name(struct compiler *compiler, uint32_t index)
{
	const struct drawings *drawings = compiler->drawings;
	const struct drawing *drawing = &drawings->items[index];
	for (uint32_t i = 0; i < drawings->count; i++) {
		const struct drawing *other = &drawings->items[i];
		bool is_let = other->name.size > 0;
		struct view name = is_let ? other->name : view_of_text(node_at(compiler, other->node)->name);
		bool is_beside = is_let
		                     ? other->node == drawing->node
		                     : other->node != 0 && parent_of(compiler, other->node) == drawing->node;
		if (i != index && is_beside && view_equal(name, drawing->name))
			return source_refuse(compiler->source, drawing->at, compiler->error,
			    "this group has another field or let called %s", source_quote(name).text);
	}
	return true;
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

/* Draws take their bits in the order of the text. */
static bool
compile_in_order(struct compiler *compiler)
{
	const struct drawings *drawings = compiler->drawings;
	struct value value;
	for (uint32_t i = 0; i < drawings->count; i++) {
		const struct drawing *drawing = &drawings->items[i];
		if ((drawing->name.size > 0 && !check_name(compiler, i)) ||
		    (drawing->present != 0 && !check_present(compiler, drawing->node)))
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

/* ---- all of it ---- */

static bool
make_room(struct compiler *compiler)
{
	const struct drawings *drawings = compiler->drawings;
	size_t nodes = drawings->schema.node_count;
	compiler->inner = calloc(nodes, sizeof *compiler->inner);
	compiler->drawing_of = calloc(nodes, sizeof *compiler->drawing_of);
	compiler->memos = calloc(drawings->count, sizeof *compiler->memos);
	compiler->words = calloc(nodes, sizeof *compiler->words);
	compiler->length_nodes = calloc(nodes, sizeof *compiler->length_nodes);
	compiler->is_open = calloc(nodes, sizeof *compiler->is_open);
	/* A map without values has one more. */
	compiler->compiled->fields = calloc(2 * nodes, sizeof *compiler->compiled->fields);
	return (compiler->inner != NULL && compiler->drawing_of != NULL && compiler->memos != NULL &&
		   compiler->words != NULL && compiler->length_nodes != NULL && compiler->is_open != NULL &&
		   compiler->compiled->fields != NULL) ||
	       nest_error_memory(compiler->error, nodes * sizeof *compiler->memos, "a recipe");
}

static void
give_room_back(struct compiler *compiler)
{
	free(compiler->inner);
	free(compiler->drawing_of);
	free(compiler->memos);
	free(compiler->words);
	free(compiler->length_nodes);
	free(compiler->is_open);
}

bool
compile(struct compiled *compiled, const struct drawings *drawings, const struct source *source, int folder,
    uint64_t row_end, uint64_t key, struct nest_error *error)
{
	*compiled = (struct compiled){.batch.key = key};
	struct compiler compiler = {.compiled = compiled,
	    .batch = &compiled->batch,
	    .drawings = drawings,
	    .source = source,
	    .error = error,
	    .folder = folder,
	    .row_end = row_end};
	bool fine = make_room(&compiler);
	for (uint32_t i = 0; fine && i < drawings->count; i++)
		if (drawings->items[i].name.size == 0)
			compiler.drawing_of[drawings->items[i].node] = i;
	fine = fine && find_scopes(&compiler) && compile_in_order(&compiler) && compile_struct(&compiler, 0);
	if (fine && !batch_lay_out(&compiled->batch))
		fine = nest_error_set(error, NEST_INVALID,
		    "%.300s: a row may need more than %d random words: shorter lists need fewer",
		    source->name, BATCH_WORD_LIMIT);
	give_room_back(&compiler);
	if (!fine)
		compiled_free(compiled);
	return fine;
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
	free(compiled->fields);
	*compiled = (struct compiled){0};
}
