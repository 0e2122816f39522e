#include "shred/walk.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 1024 };

static size_t
seen_words(uint32_t children)
{
	return (children + WALK_WORD_BITS - 1) / WALK_WORD_BITS;
}

/* ---- the state of a walk ---- */

/* Finds the top-level field that takes unknown ones: a text or JSON that may be null. */
static bool
find_rest(struct walk *walk, const struct walk_rules *rules, struct nest_error *error)
{
	const struct schema *schema = walk->schema;
	if (rules->unknown != UNKNOWN_KEEP)
		return true;
	for (uint32_t i = 1; i < schema->node_count; i = schema->nodes[i].end)
		if (strcmp(schema->nodes[i].name, rules->keep) == 0)
			walk->rest_node = i;
	const struct schema_node *node = &schema->nodes[walk->rest_node];
	enum logical_kind kind = node->logical.kind;
	if (walk->rest_node != 0 && node->physical == PHYSICAL_BYTE_ARRAY &&
	    node->repetition == REPETITION_OPTIONAL &&
	    (kind == LOGICAL_JSON || kind == LOGICAL_STRING || kind == LOGICAL_NONE))
		return true;
	return nest_error_set(error, NEST_USAGE,
	    "--unknown: the schema has no field '%s' that can keep them; add `optional binary %s (JSON);`",
	    rules->keep, rules->keep);
}

/* Makes room for one open struct of each kind: none is open twice, since a schema has no cycles. */
static bool
allocate(struct walk *walk, struct nest_error *error)
{
	size_t words = 0, children = walk->schema->node_count;
	for (uint32_t i = 0; i < walk->schema->node_count; i++)
		words += seen_words(walk->schema->nodes[i].child_count);
	walk->seen_room = calloc(words + 1, sizeof *walk->seen_room);
	walk->places_room = calloc(children, sizeof *walk->places_room);
	return (walk->seen_room != NULL && walk->places_room != NULL) ||
	       nest_error_memory(error, (words + children) * sizeof *walk->seen, "the walk");
}

bool
walk_init(struct walk *walk, const struct schema *schema, const struct step *steps,
    const struct walk_rules *rules, size_t *memory_bytes, struct nest_error *error)
{
	*walk = (struct walk){.schema = schema,
	    .steps = steps,
	    .scalars = &rules->scalars,
	    .rules = rules,
	    .memory_bytes = memory_bytes};
	if (find_rest(walk, rules, error) && fields_init(&walk->fields, schema, walk->rest_node, error) &&
	    allocate(walk, error))
		return true;
	walk_free(walk);
	return false;
}

void
walk_free(struct walk *walk)
{
	fields_free(&walk->fields);
	free(walk->seen_room);
	free(walk->places_room);
	keys_free(&walk->keys);
	buffer_free(&walk->rest);
	buffer_free(&walk->scratch);
	*walk = (struct walk){0};
}

void
walk_begin_record(struct walk *walk)
{
	if (walk->map_count > 0)
		keys_clear(&walk->keys);
	walk->map_count = 0;
	walk->seen = walk->seen_room;
	walk->places = walk->places_room;
	buffer_clear(&walk->rest);
}

const uint8_t *
walk_end_record(struct walk *walk, const uint8_t *at)
{
	if (walk->rest_node == 0 || walk->has_rest)
		return at;
	const struct step *step = &walk->steps[walk->rest_node];
	if (walk->rest.size == 0)
		return walk_nulls(walk, step, 0, step->max_def - 1u, at);
	if (!buffer_append(&walk->rest, "}", 1, walk->error))
		return walk_fail(walk, step, at);
	struct scalar text = {SCALAR_TEXT, "a string", .bytes = {walk->rest.data, walk->rest.size}};
	return walk_scalar(walk, step, 0, &text, at, at);
}

/* ---- failures ---- */

__attribute__((cold)) const uint8_t *
walk_fail(struct walk *walk, const struct step *step, const uint8_t *at)
{
	walk->problem = walk->error->status == NEST_INVALID ? WALK_INVALID : WALK_FAILED;
	walk->failed_node = step->node;
	walk->failed_at = at;
	return NULL;
}

__attribute__((cold)) const uint8_t *
walk_refuse(struct walk *walk, const struct step *step, const uint8_t *at, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	nest_error_set(walk->error, NEST_INVALID, "%s", text);
	return walk_fail(walk, step, at);
}

/* ---- nulls and leaves ---- */

__attribute__((noinline)) const uint8_t *
walk_nulls(struct walk *walk, const struct step *step, unsigned rep, unsigned def, const uint8_t *behind)
{
	struct stripe *stripe = step->stripes, *end = stripe + step->leaf_count;
	for (; stripe < end; stripe++)
		if (!stripe_append_entry(stripe, rep, def, walk->memory_bytes, walk->error))
			return walk_fail(walk, step, behind);
	return behind;
}

const uint8_t *
walk_null(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *behind)
{
	if (step->is_optional)
		return walk_nulls(walk, step, rep, step->max_def - 1u, behind);
	return walk_refuse(walk, step, behind, "a required field is null");
}

__attribute__((noinline)) const uint8_t *
walk_scalar(struct walk *walk, const struct step *step, unsigned rep, const struct scalar *scalar,
    const uint8_t *at, const uint8_t *behind)
{
	if (!stripe_append_entry(step->stripes, rep, step->max_def, walk->memory_bytes, walk->error) ||
	    !scalar_append(step->stripes, step->leaf, scalar, walk->scalars, walk->memory_bytes, walk->error))
		return walk_fail(walk, step, at);
	return behind;
}

/* ---- structs with names ---- */

__attribute__((cold, noinline)) void
walk_begin_rarely(struct walk *walk, struct walk_struct *open, const struct step *step)
{
	size_t words = seen_words(step->child_count);
	memset(open->seen, 0, words * sizeof *open->seen);
	walk->seen = open->seen + words;
	if (walk->is_careful) {
		memset(open->places, 0, step->child_count * sizeof *open->places);
		walk->places += step->child_count;
	}
	if (step->node == 0 && walk->rest_node != 0) {
		uint32_t ordinal = walk->fields.keys[walk->rest_node].ordinal;
		open->seen[ordinal / WALK_WORD_BITS] |= (uint64_t)1 << ordinal % WALK_WORD_BITS;
		open->count++;
	}
}

__attribute__((cold, noinline)) void
walk_meet_again(struct walk *walk, const struct step *step, const uint8_t *at)
{
	if (walk->rules->duplicates_fail) {
		walk_refuse(walk, step, at, "the field comes twice in one object");
		return;
	}
	walk->problem = WALK_AGAIN;
}

static const uint8_t *
walk_absent(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	if (step->is_optional || step->is_repeated)
		return walk_nulls(walk, step, rep, step->max_def - 1u, at);
	return walk_refuse(walk, step, at, "a required field is absent");
}

__attribute__((noinline)) const uint8_t *
walk_fill_struct(struct walk *walk, const struct walk_struct *open, const struct step *step, unsigned rep,
    const uint8_t *at)
{
	const struct step *child = step + 1;
	for (uint32_t i = 0; i < step->child_count && at != NULL; i++, child = child->end)
		if ((open->seen[i / WALK_WORD_BITS] >> i % WALK_WORD_BITS & 1) == 0)
			at = walk_absent(walk, child, rep, at);
	return at;
}

const uint8_t *
walk_unknown_field(struct walk *walk, const struct step *step, struct view name, const uint8_t *at)
{
	struct nest_error *error = walk->error;
	char text[64];
	size_t size = 0;
	for (; size < name.size && size < sizeof text - 1; size++)
		text[size] = name.data[size] < 0x20 || name.data[size] == 0x7f ? '?' : (char)name.data[size];
	while (size < name.size && size > 0 && (name.data[size] & 0xc0) == 0x80)
		size--;
	nest_error_set(error, NEST_INVALID, "the schema has no field '%.*s%s' here", (int)size, text,
	    size < name.size ? "..." : "");
	return walk_fail(walk, step, at);
}

bool
walk_keep(struct walk *walk, const struct step *step, struct view name, struct view value)
{
	struct buffer *rest = &walk->rest;
	char path[PATH_BYTES];
	if (!buffer_append(rest, rest->size == 0 ? "{\"" : ",\"", 2, walk->error))
		return false;
	if (step->node != 0) {
		schema_path(walk->schema, step->node, path, sizeof path);
		if (!json_escape(view_of_text(path), rest, walk->error) ||
		    !buffer_append(rest, ".", 1, walk->error))
			return false;
	}
	return buffer_append(rest, name.data, name.size, walk->error) &&
	       buffer_append(rest, "\":", 2, walk->error) &&
	       buffer_append(rest, value.data, value.size, walk->error);
}

/* ---- maps ---- */

/* A stripe with only nulls has no memory for values. */
static uint8_t *
value_at(const struct stripe *stripe, size_t offset)
{
	return offset > 0 ? stripe->values + offset : stripe->values;
}

void
walk_drop_key(const struct step *step, size_t offset)
{
	step->stripes->entry--;
	step->stripes->value = value_at(step->stripes, offset);
}

static struct view
last_key(const struct step *step, size_t offset)
{
	const struct stripe *stripe = step->stripes;
	return (struct view){value_at(stripe, offset), stripe_value_bytes(stripe) - offset};
}

bool
walk_key_is_last(
    struct walk *walk, const struct step *step, uint32_t map, size_t offset, const uint8_t *at, bool *failed)
{
	struct key_slot *slot;
	bool is_new;
	*failed = !keys_add(&walk->keys, map, last_key(step, offset), &slot, &is_new, walk->error);
	if (*failed) {
		walk_fail(walk, step, at);
		return false;
	}
	if (walk->is_careful)
		return slot->value == at;
	*failed = !is_new;
	if (!is_new)
		walk_meet_again(walk, step, at);
	return is_new;
}

bool
walk_note_key(struct walk *walk, const struct step *step, uint32_t map, size_t offset, const uint8_t *at)
{
	struct key_slot *slot;
	bool is_new;
	if (!keys_add(&walk->keys, map, last_key(step, offset), &slot, &is_new, walk->error)) {
		walk_fail(walk, step, at);
		return false;
	}
	slot->value = at;
	walk_drop_key(step, offset);
	return true;
}
