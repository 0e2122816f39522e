#include "lib/records/guess.h"

#include "lib/base/hash.h"
#include "lib/json/notation.h"
#include "lib/schema/schema.h"

#include <stdlib.h>

enum {
	FIRST_NODES = 64,
	NAME_MOST = 1 << 16,
	TEXT_MOST = SCHEMA_TEXT_LIMIT / 4, /* as printed here; indentation makes the canonical text longer */
};

/* A text that is short enough has few enough nodes: each begins with a repetition of 8 letters. */
_Static_assert(TEXT_MOST / 8 <= SCHEMA_NODE_LIMIT, "an inferred message type has too many nodes");

bool
guess_init(struct guess *guess, uint64_t maps, struct nest_error *error)
{
	*guess = (struct guess){
	    .capacity = FIRST_NODES, .count = 1, .slot_mask = 4 * FIRST_NODES - 1, .maps = maps};
	guess->nodes = calloc(guess->capacity, sizeof *guess->nodes);
	guess->slots = calloc(guess->slot_mask + 1, sizeof *guess->slots);
	if (guess->nodes != NULL && guess->slots != NULL) {
		guess->nodes[0] = (struct guess_node){.kinds = GUESS_OBJECT, .depth = 1};
		return true;
	}
	guess_free(guess);
	return nest_error_memory(error, FIRST_NODES * sizeof *guess->nodes, "the inferred fields");
}

void
guess_free(struct guess *guess)
{
	for (uint32_t i = 0; guess->nodes != NULL && i < guess->count; i++)
		free(guess->nodes[i].name);
	free(guess->nodes);
	free(guess->slots);
	*guess = (struct guess){0};
}

/* ---- finding fields ---- */

static bool
is_named(const struct guess_node *node, struct view name)
{
	return strncmp(node->name, (const char *)name.data, name.size) == 0 && node->name[name.size] == '\0';
}

/* The slot of a field, or the free one where it belongs. */
static uint32_t *
find_slot(const struct guess *guess, uint32_t parent, struct view name)
{
	uint32_t at = (uint32_t)hash_bytes(name, parent) & guess->slot_mask;
	for (; guess->slots[at] != 0; at = (at + 1) & guess->slot_mask) {
		const struct guess_node *node = &guess->nodes[guess->slots[at]];
		if (node->parent == parent && is_named(node, name))
			break;
	}
	return &guess->slots[at];
}

static bool
grow(struct guess *guess, struct nest_error *error)
{
	uint32_t capacity = 2 * guess->capacity;
	struct guess_node *nodes = realloc(guess->nodes, capacity * sizeof *nodes);
	if (nodes != NULL)
		guess->nodes = nodes;
	uint32_t *slots = calloc(4 * (size_t)capacity, sizeof *slots);
	if (nodes == NULL || slots == NULL) {
		free(slots);
		return nest_error_memory(error, capacity * sizeof *nodes, "the inferred fields");
	}
	free(guess->slots);
	guess->slots = slots;
	guess->slot_mask = 4 * capacity - 1;
	guess->capacity = capacity;
	for (uint32_t i = 1; i < guess->count; i++)
		if (nodes[i].name != NULL)
			*find_slot(guess, nodes[i].parent, view_of_text(nodes[i].name)) = i;
	return true;
}

static bool
add_child(struct guess *guess, uint32_t parent, char *name, uint32_t levels, uint32_t *child,
    struct nest_error *error)
{
	if (guess->count == guess->capacity && !grow(guess, error)) {
		free(name);
		return false;
	}
	struct guess_node *above = &guess->nodes[parent];
	*child = guess->count++;
	guess->nodes[*child] =
	    (struct guess_node){.name = name, .parent = parent, .depth = above->depth + levels};
	if (above->last_child != 0)
		guess->nodes[above->last_child].next = *child;
	else
		above->first_child = *child;
	above->last_child = *child;
	above->child_count++;
	return true;
}

/* ---- too much of it ---- */

/* An object or array that will be JSON for lack of room. */
static void
collapse(struct guess *guess, uint32_t node)
{
	guess->nodes[node].kinds |= GUESS_JSON;
	guess->nodes[node].is_collapsed = true;
	guess->nodes[node].first_child = guess->nodes[node].last_child = 0;
	guess->nodes[node].child_count = 0;
}

/* The object below the root that has the most keys. */
static uint32_t
widest(const struct guess *guess)
{
	uint32_t found = 0;
	for (uint32_t i = 1; i < guess->count; i++)
		if (guess->nodes[i].child_count > (found == 0 ? 1 : guess->nodes[found].child_count))
			found = i;
	return found;
}

/* ---- maps ---- */

static void
join_times(struct guess_times *to, const struct guess_times *from)
{
	to->is_other |= from->is_other;
	to->has_date |= from->has_date;
	to->has_offset |= from->has_offset;
	to->has_local |= from->has_local;
	to->has_nanos |= from->has_nanos;
	to->is_far |= from->is_far;
}

static bool join(struct guess *guess, uint32_t to, uint32_t from, struct nest_error *error);
static bool guess_value(struct guess *guess, uint32_t node, uint32_t *child, struct nest_error *error);

/* The child of TO that the child I of FROM matches. */
static bool
match_child(
    struct guess *guess, uint32_t to, uint32_t from, uint32_t i, uint32_t *child, struct nest_error *error)
{
	const char *name = guess->nodes[i].name;
	if (guess->nodes[from].is_map)
		return guess_value(guess, to, child, error);
	return name != NULL ? guess_field(guess, to, view_of_text(name), child, error)
	                    : guess_element(guess, to, child, error);
}

/* Each child of FROM goes into the one of TO that it matches. */
static bool
join_children(struct guess *guess, uint32_t to, uint32_t from, struct nest_error *error)
{
	for (uint32_t i = guess->nodes[from].first_child; i != 0; i = guess->nodes[i].next) {
		uint32_t child;
		if (!match_child(guess, to, from, i, &child, error) ||
		    (child != 0 && !join(guess, child, i, error)))
			return false;
	}
	return true;
}

/* What has been seen of FROM has been seen of TO. */
static bool
join(struct guess *guess, uint32_t to, uint32_t from, struct nest_error *error)
{
	struct guess_node *into = &guess->nodes[to], *seen = &guess->nodes[from];
	into->kinds |= seen->kinds;
	into->is_negative |= seen->is_negative;
	into->is_large |= seen->is_large;
	into->is_huge |= seen->is_huge;
	into->is_beyond |= seen->is_beyond;
	into->is_collapsed |= seen->is_collapsed;
	join_times(&into->times, &seen->times);
	return join_children(guess, to, from, error);
}

/* The kinds as far as they tell values of one map apart: numbers are of one kind. */
static bool
is_one_kind(uint32_t kinds)
{
	if ((kinds & GUESS_REAL) != 0)
		kinds = (kinds & ~(uint32_t)GUESS_REAL) | GUESS_INTEGER;
	return kinds != 0 && (kinds & (kinds - 1)) == 0 && kinds != GUESS_JSON;
}

/* The fields of an object become one child, which is what its values are. */
static bool
become_map(struct guess *guess, uint32_t node, struct nest_error *error)
{
	uint32_t value, first = guess->nodes[node].first_child;
	guess->nodes[node].first_child = guess->nodes[node].last_child = 0;
	guess->nodes[node].child_count = 0;
	guess->nodes[node].is_map = true;
	if (!add_child(guess, node, NULL, 2, &value, error))
		return false;
	for (uint32_t i = first; i != 0; i = guess->nodes[i].next)
		if (!join(guess, value, i, error))
			return false;
	return true;
}

/* What the values of the object NODE are, which is a map; *CHILD is 0 if it is JSON by now. */
static bool
guess_value(struct guess *guess, uint32_t node, uint32_t *child, struct nest_error *error)
{
	struct guess_node *object = &guess->nodes[node];
	*child = 0;
	if ((object->kinds & GUESS_JSON) != 0)
		return true;
	if (!object->is_map && object->depth + 2 > GUESS_DEPTH_MOST) {
		collapse(guess, node);
		return true;
	}
	if (!object->is_map && !become_map(guess, node, error))
		return false;
	*child = guess->nodes[node].first_child;
	return true;
}

/* An object with so many keys that it may be a map: it is, where its values are of one kind. */
static bool
make_map(struct guess *guess, uint32_t node, struct nest_error *error)
{
	uint32_t kinds = 0;
	for (uint32_t i = guess->nodes[node].first_child; i != 0; i = guess->nodes[i].next)
		kinds |= guess->nodes[i].kinds;
	return !is_one_kind(kinds) || become_map(guess, node, error);
}

/* ---- what is seen ---- */

uint32_t
guess_find(const struct guess *guess, uint32_t node, struct view name)
{
	const struct guess_node *object = &guess->nodes[node];
	if (object->is_map || (object->kinds & GUESS_JSON) != 0)
		return object->first_child;
	return *find_slot(guess, node, name);
}

bool
guess_field(struct guess *guess, uint32_t node, struct view name, uint32_t *child, struct nest_error *error)
{
	struct guess_node *object = &guess->nodes[node];
	object->kinds |= GUESS_OBJECT;
	*child = object->is_map ? object->first_child : 0;
	if (object->is_map || (object->kinds & GUESS_JSON) != 0)
		return true;
	/* A name with a zero byte cannot be said, and so long a one is none. */
	if (name.size > NAME_MOST || memchr(name.data, '\0', name.size) != NULL) {
		if (node != 0)
			collapse(guess, node);
		return true;
	}
	uint32_t expected = object->expected;
	/* Elements of the array that the node has been as well have no name. */
	if (expected != 0 && guess->nodes[expected].name != NULL && is_named(&guess->nodes[expected], name))
		*child = expected;
	else
		*child = *find_slot(guess, node, name);
	if (*child != 0) {
		object->expected = guess->nodes[*child].next;
		return true;
	}
	if (node != 0 && (guess->count >= GUESS_NODES_MOST || object->depth >= GUESS_DEPTH_MOST)) {
		collapse(guess, node);
		return true;
	}
	if (node == 0 && object->child_count == GUESS_NODES_MOST)
		return true;
	char *copy = strndup((const char *)name.data, name.size);
	if (copy == NULL)
		return nest_error_memory(error, name.size + 1, "the inferred fields");
	if (!add_child(guess, node, copy, 1, child, error))
		return false;
	*find_slot(guess, node, name) = *child;
	if (node == 0 || guess->maps == 0 || guess->nodes[node].child_count <= guess->maps)
		return true;
	if (!make_map(guess, node, error))
		return false;
	if (guess->nodes[node].is_map)
		*child = guess->nodes[node].first_child;
	return true;
}

bool
guess_element(struct guess *guess, uint32_t node, uint32_t *child, struct nest_error *error)
{
	struct guess_node *array = &guess->nodes[node];
	array->kinds |= GUESS_ARRAY;
	*child = 0;
	if ((array->kinds & GUESS_JSON) != 0)
		return true;
	/* Fields of the object that the node has been as well stand before it. */
	for (*child = array->first_child; *child != 0; *child = guess->nodes[*child].next)
		if (guess->nodes[*child].name == NULL)
			return true;
	if (array->depth + 2 > GUESS_DEPTH_MOST || guess->count >= GUESS_NODES_MOST) {
		collapse(guess, node);
		return true;
	}
	return add_child(guess, node, NULL, 2, child, error);
}

void
guess_string(struct guess *guess, uint32_t node, struct view text)
{
	struct guess_times *times = &guess->nodes[node].times;
	struct notation_moment moment;
	int64_t days, nanoseconds;
	bool is_finer;
	guess->nodes[node].kinds |= GUESS_STRING;
	if (times->is_other)
		return;
	if (!notation_timestamp(text, &moment) || moment.is_finer) {
		times->is_other = true;
		return;
	}
	times->is_far |= !notation_units(&moment, UNIT_NANOS, &nanoseconds, &is_finer);
	if (notation_date(text, &days)) {
		times->has_date = true;
		return;
	}
	times->has_offset |= moment.has_offset;
	times->has_local |= !moment.has_offset;
	times->has_nanos |= moment.nanoseconds % 1000 != 0;
}

void
guess_integer(struct guess *guess, uint32_t node, bool fits, uint64_t magnitude, bool is_negative)
{
	struct guess_node *seen = &guess->nodes[node];
	seen->kinds |= GUESS_INTEGER;
	seen->is_negative |= is_negative && magnitude > 0;
	seen->is_large |= !is_negative && magnitude > INT64_MAX;
	seen->is_huge |= !fits || (is_negative && magnitude > (uint64_t)1 << 63);
}

/* ---- the message type ---- */

struct printer {
	const struct guess *guess;
	bool dates;
	const char *keep;
	struct buffer *out;
	struct nest_error *error;
};

static bool
put(struct printer *printer, const char *text)
{
	return buffer_append(printer->out, text, strlen(text), printer->error);
}

static const char *
time_type(const struct guess_times *times, const char **annotation)
{
	static const char *const stamps[2][2] = {{" (TIMESTAMP(MICROS,false))", " (TIMESTAMP(MICROS,true))"},
	    {" (TIMESTAMP(NANOS,false))", " (TIMESTAMP(NANOS,true))"}};
	bool is_stamp = times->has_offset || times->has_local;
	bool is_mixed = times->has_offset && (times->has_local || times->has_date);
	*annotation = " (STRING)";
	if (times->is_other || is_mixed || (times->has_nanos && times->is_far))
		return "binary";
	*annotation = is_stamp ? stamps[times->has_nanos][times->has_offset] : " (DATE)";
	return is_stamp ? "int64" : "int32";
}

/* Whether only a double can hold all of a node's numbers. */
static bool
wants_double(const struct guess_node *node)
{
	bool is_wide = node->is_huge || (node->is_large && node->is_negative);
	return (node->kinds & GUESS_REAL) != 0 || is_wide;
}

bool
guess_has_no_number(const struct guess_node *node)
{
	bool is_number = (node->kinds & ~(uint32_t)(GUESS_INTEGER | GUESS_REAL)) == 0 && node->kinds != 0;
	return is_number && node->is_beyond && wants_double(node);
}

const char *
guess_leaf(const struct guess_node *node, bool dates, const char **annotation)
{
	*annotation = "";
	switch (node->kinds) {
	case GUESS_BOOLEAN:
		return "boolean";
	case GUESS_INTEGER:
	case GUESS_REAL:
	case GUESS_REAL | GUESS_INTEGER:
		if (guess_has_no_number(node))
			break;
		if (wants_double(node))
			return "double";
		if (node->is_large)
			*annotation = " (INTEGER(64,false))";
		return "int64";
	case GUESS_STRING:
		if (dates)
			return time_type(&node->times, annotation);
		*annotation = " (STRING)";
		return "binary";
	case GUESS_BYTES:
		return "binary";
	case GUESS_ARRAY:
		return NULL;
	case GUESS_OBJECT:
		if (node->first_child != 0)
			return NULL;
		break;
	default:
		break;
	}
	*annotation = " (JSON)";
	return "binary";
}

static bool put_node(struct printer *printer, uint32_t index, struct view name);

static bool
put_list(struct printer *printer, uint32_t index)
{
	static const char element[] = "element";
	uint32_t child = printer->guess->nodes[index].first_child;
	return put(printer, " (LIST) { repeated group list { ") &&
	       (child != 0 ? put_node(printer, child, view_of_text(element))
			   : put(printer, "optional binary element (JSON);")) &&
	       put(printer, " } }\n");
}

static bool
put_map(struct printer *printer, uint32_t index)
{
	static const char value[] = "value";
	return put(printer, " (MAP) { repeated group key_value { required binary key (STRING); ") &&
	       put_node(printer, printer->guess->nodes[index].first_child, view_of_text(value)) &&
	       put(printer, " } }\n");
}

static bool
put_fields(struct printer *printer, uint32_t index)
{
	const struct guess_node *nodes = printer->guess->nodes;
	bool fine = put(printer, " {\n");
	for (uint32_t i = nodes[index].first_child; i != 0 && fine; i = nodes[i].next)
		fine = nodes[i].name == NULL || put_node(printer, i, view_of_text(nodes[i].name));
	return fine && put(printer, "}\n");
}

static bool
put_node(struct printer *printer, uint32_t index, struct view name)
{
	const struct guess_node *node = &printer->guess->nodes[index];
	const char *annotation, *leaf = guess_leaf(node, printer->dates, &annotation);
	if (!put(printer, "optional ") || !put(printer, leaf != NULL ? leaf : "group") ||
	    !put(printer, " ") || !schema_put_name(printer->out, name, printer->error))
		return false;
	if (leaf != NULL)
		return put(printer, annotation) && put(printer, ";\n");
	if (node->is_map)
		return put_map(printer, index);
	return node->kinds == GUESS_ARRAY ? put_list(printer, index) : put_fields(printer, index);
}

static bool
has_field(const struct guess *guess, const char *name)
{
	return *find_slot(guess, 0, view_of_text(name)) != 0;
}

static bool
put_message(struct printer *printer)
{
	const struct guess_node *nodes = printer->guess->nodes;
	bool fine = put(printer, "message record {\n");
	for (uint32_t i = nodes[0].first_child; i != 0 && fine; i = nodes[i].next)
		fine = put_node(printer, i, view_of_text(nodes[i].name));
	if (fine && printer->keep != NULL && !has_field(printer->guess, printer->keep))
		fine = put(printer, "optional binary ") &&
		       schema_put_name(printer->out, view_of_text(printer->keep), printer->error) &&
		       put(printer, " (JSON);\n");
	return fine && put(printer, "}\n");
}

bool
guess_print(struct guess *guess, bool dates, const char *keep, struct buffer *text, struct nest_error *error)
{
	size_t begin = text->size;
	for (;;) {
		struct printer printer = {guess, dates, keep, text, error};
		text->size = begin;
		if (!put_message(&printer))
			return false;
		uint32_t wide = widest(guess);
		if (text->size - begin <= TEXT_MOST || wide == 0)
			return true;
		collapse(guess, wide);
	}
}
