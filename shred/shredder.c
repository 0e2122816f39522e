#include "shred/shredder.h"

#include "lib/meter/probe.h"
#include "shred/scalar.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum {
	SIZE_CHECK_ROWS = 64,       /* records between two looks at how much there is */
	KEPT_MEMORY_MOST = 32 << 20 /* bytes of the stripes, from batch to batch */
};

/*
 * One walk over records.  The place in the bytes is passed from function to
 * function and returned behind what was walked, NULL after a failure: kept in
 * memory it would be the longest chain of dependent loads of all.
 */
struct walk {
	const uint8_t *end;
	const uint8_t *slot_end; /* before it, a head and a whole slot can be read */
	size_t *memory_bytes;
	uint32_t failed_node;
	struct nest_error *error;
};

typedef const uint8_t *walk_function(
    struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at);

static walk_function walk_struct, walk_array, walk_map;

bool
shredder_init(struct shredder *shredder, struct view schema_text, struct nest_error *error)
{
	*shredder = (struct shredder){0};
	if (!schema_parse(&shredder->schema, schema_text, error))
		return false;
	size_t count = shredder->schema.leaf_count;
	shredder->stripes = calloc(count, sizeof *shredder->stripes);
	if (shredder->stripes == NULL)
		nest_error_memory(error, count * sizeof *shredder->stripes, "the stripes");
	else
		shredder->steps = steps_compile(&shredder->schema, shredder->stripes, error);
	if (shredder->steps == NULL) {
		shredder_free(shredder);
		return false;
	}
	return true;
}

static void
free_stripes(struct shredder *shredder)
{
	for (uint32_t i = 0; shredder->stripes != NULL && i < shredder->schema.leaf_count; i++)
		stripe_free(&shredder->stripes[i]);
	shredder->memory_bytes = 0;
}

void
shredder_free(struct shredder *shredder)
{
	free_stripes(shredder);
	free(shredder->stripes);
	free(shredder->steps);
	schema_free(&shredder->schema);
	*shredder = (struct shredder){0};
}

void
shredder_clear(struct shredder *shredder)
{
	if (shredder->memory_bytes > KEPT_MEMORY_MOST)
		free_stripes(shredder);
	for (uint32_t i = 0; i < shredder->schema.leaf_count; i++)
		stripe_clear(&shredder->stripes[i]);
}

size_t
shredder_body_bytes(const struct shredder *shredder)
{
	size_t bytes = 0;
	for (uint32_t i = 0; i < shredder->schema.leaf_count; i++) {
		const struct schema_node *leaf = &shredder->schema.nodes[shredder->schema.leaves[i]];
		const struct stripe *stripe = &shredder->stripes[i];
		size_t levels = (size_t)(leaf->max_rep > 0) + (leaf->max_def > 0);
		bytes += levels * stripe_entry_count(stripe) + stripe_value_bytes(stripe);
	}
	return bytes;
}

/* ---- the walk ---- */

static __attribute__((cold)) const uint8_t *
fail_at(struct walk *walk, const struct step *step)
{
	walk->failed_node = step->node;
	return NULL;
}

static __attribute__((cold, noinline)) const uint8_t *
wrong_value(struct walk *walk, const struct step *step, const char *wanted, struct pack_value value)
{
	nest_error_set(walk->error, NEST_INVALID, "%s is due, not %s", wanted, pack_type_name(value.type));
	return fail_at(walk, step);
}

/* Reads the head of an array or a map; most arrays are short. */
static inline struct pack_value
read_head(const struct walk *walk, const uint8_t **at)
{
	if (__builtin_expect(*at < walk->slot_end && (**at & 0xf0u) == 0x90u, 1))
		return (struct pack_value){.type = PACK_ARRAY, .size = *(*at)++ & 15u};
	struct pack_reader reader = {*at, walk->end};
	struct pack_value value = pack_read(&reader);
	*at = reader.at;
	return value;
}

/* One entry in every leaf below STEP, saying that nothing is defined behind DEF. */
static __attribute__((noinline)) const uint8_t *
walk_nulls(struct walk *walk, const struct step *step, unsigned rep, unsigned def, const uint8_t *behind)
{
	struct stripe *stripe = step->stripes, *end = stripe + step->leaf_count;
	for (; stripe < end; stripe++)
		if (!stripe_append_entry(stripe, rep, def, walk->memory_bytes, walk->error))
			return fail_at(walk, step);
	return behind;
}

/*
 * A text of up to 31 bytes (a0 to bf), or nil (c0) in an optional leaf, the
 * commonest fields of all, without a branch on which it is: both heads say the
 * size in their low five bits, only nil has bit 6, and what is copied too much
 * is overwritten by the next value.  False, and nothing done, where it is
 * something else or there is no room on either side.
 */
static inline bool
walk_short_text(const struct walk *walk, const struct step *step, unsigned rep, const uint8_t **at)
{
	const uint8_t *head = *at;
	struct stripe *stripe = step->stripes;
	if (head >= walk->slot_end || (uint8_t)(*head - 0xa0) >= step->text_heads)
		return false;
	uint16_t *entry = stripe->entry;
	uint8_t *value = stripe->value;
	if (entry >= stripe->entry_end || value >= stripe->value_end)
		return false;

	size_t size = *head & 31u, nil = *head & 64u;
	uint32_t length = htole32((uint32_t)size);
	stripe->entry = entry + 1;
	stripe->value = value + size + 4 - nil / 16;      /* 4 for the length, or nothing */
	*entry = (uint16_t)(step->entry + rep - nil * 4); /* nil is one definition level less */
	memcpy(value, &length, 4);
	memcpy(value + 4, head + 1, STRIPE_SLOT);
	*at = head + 1 + size;
	return true;
}

/* A leaf that is not null. */
static __attribute__((noinline)) const uint8_t *
walk_leaf(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	if (!stripe_append_entry(step->stripes, rep, step->max_def, walk->memory_bytes, walk->error))
		return fail_at(walk, step);
	struct pack_reader reader = {at, walk->end};
	struct pack_value value = pack_read(&reader);
	if (!scalar_append(step->stripes, step->leaf, value, &reader, walk->memory_bytes, walk->error))
		return fail_at(walk, step);
	return reader.at;
}

/* A value that is there, of whatever form. */
static inline const uint8_t *
walk_value(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	switch (step->form) {
	case FORM_LEAF:
		return walk_leaf(walk, step, rep, at);
	case FORM_STRUCT:
		return walk_struct(walk, step, rep, at);
	case FORM_LIST:
		return walk_array(walk, step, rep, at);
	case FORM_MAP:
		return walk_map(walk, step, rep, at);
	}
	return NULL;
}

/* A field that is not repeated, and no short text: null, or its value. */
static inline const uint8_t *
walk_long_field(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	if (at < walk->end && *at == 0xc0) {
		if (step->is_optional)
			return walk_nulls(walk, step, rep, step->max_def - 1u, at + 1);
		nest_error_set(walk->error, NEST_INVALID, "a required field is nil");
		return fail_at(walk, step);
	}
	return walk_value(walk, step, rep, at);
}

static inline const uint8_t *
walk_field(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	return walk_short_text(walk, step, rep, &at) ? at : walk_long_field(walk, step, rep, at);
}

/* The head of a struct, whichever form it has. */
static __attribute__((noinline)) const uint8_t *
walk_struct_head(struct walk *walk, const struct step *step, const uint8_t *at)
{
	struct pack_reader reader = {at, walk->end};
	struct pack_value value = pack_read(&reader);
	if (value.type != PACK_ARRAY)
		return wrong_value(walk, step, "an array of fields", value);
	if (value.size == step->child_count)
		return reader.at;
	nest_error_set(walk->error, NEST_INVALID, "an array of %u fields is due, not of %u",
	    step->child_count, value.size);
	return fail_at(walk, step);
}

/* Inlined where most values are structs: in rows and in lists. */
static inline __attribute__((always_inline)) const uint8_t *
walk_struct_inline(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	if (__builtin_expect(at < walk->slot_end && *at == step->struct_head, 1))
		at++;
	else if ((at = walk_struct_head(walk, step, at)) == NULL)
		return NULL;
	const struct step *child = step + 1;
	do {
		const struct step *texts_end = child + child->text_count;
		while (child < texts_end && walk_short_text(walk, child, rep, &at))
			child++;
		if (child == step->end)
			break;
		at = child->is_repeated ? walk_array(walk, child, rep, at)
		                        : walk_long_field(walk, child, rep, at);
		child = child->end;
	} while (at != NULL && child < step->end);
	return at;
}

static const uint8_t *
walk_struct(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	return walk_struct_inline(walk, step, rep, at);
}

/*
 * An array of values of STEP's element, one for each time that the field
 * repeats.  The first carries the repetition level of what it is in, the
 * others their own.
 */
static const uint8_t *
walk_array(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	const struct step *repeated = step->repeated, *element = step->element;
	struct pack_value value = read_head(walk, &at);
	if (value.type != PACK_ARRAY)
		return wrong_value(walk, step, "an array", value);
	if (value.size == 0)
		return walk_nulls(walk, repeated, rep, repeated->max_def - 1u, at);
	for (uint32_t i = 0; i < value.size && at != NULL; i++) {
		unsigned item_rep = i == 0 ? rep : repeated->max_rep;
		/* A repeated field that is itself the element cannot be null. */
		if (element->form == FORM_STRUCT && at < walk->end && *at != 0xc0)
			at = walk_struct_inline(walk, element, item_rep, at);
		else
			at = element == repeated ? walk_value(walk, element, item_rep, at)
			                         : walk_field(walk, element, item_rep, at);
	}
	return at;
}

/* The value that belongs to a key; in a map without values, a set, it is nil. */
static const uint8_t *
walk_mapped(struct walk *walk, const struct step *repeated, unsigned rep, const uint8_t *at)
{
	const struct step *mapped = repeated[1].end;
	if (mapped < repeated->end)
		return walk_field(walk, mapped, rep, at);
	struct pack_reader reader = {at, walk->end};
	struct pack_value value = pack_read(&reader);
	if (value.type != PACK_NIL)
		return wrong_value(walk, repeated, "nil for the value of a set", value);
	return reader.at;
}

static const uint8_t *
walk_map(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	const struct step *repeated = step->repeated;
	struct pack_value value = read_head(walk, &at);
	if (value.type != PACK_MAP)
		return wrong_value(walk, step, "a map", value);
	if (value.size == 0)
		return walk_nulls(walk, repeated, rep, repeated->max_def - 1u, at);
	for (uint32_t i = 0; i < value.size && at != NULL; i++) {
		unsigned item_rep = i == 0 ? rep : repeated->max_rep;
		at = walk_field(walk, repeated + 1, item_rep, at);
		if (at != NULL)
			at = walk_mapped(walk, repeated, item_rep, at);
	}
	return at;
}

static bool
name_failure(const struct shredder *shredder, uint32_t node, uint64_t row, struct nest_error *error)
{
	char path[256];
	schema_path(&shredder->schema, node, path, sizeof path);
	if (path[0] == '\0')
		return nest_error_prefix(error, "row %llu: ", (unsigned long long)row);
	return nest_error_prefix(error, "row %llu, field %s: ", (unsigned long long)row, path);
}

/* Short texts were copied without a look; now all of them are looked at together. */
static bool
check_texts(const struct shredder *shredder, uint64_t first_row, struct nest_error *error)
{
	NEST_SCOPE("nest_shred.texts");
	for (uint32_t i = 0; i < shredder->schema.leaf_count; i++) {
		uint32_t node = shredder->schema.leaves[i];
		const struct schema_node *leaf = &shredder->schema.nodes[node];
		uint64_t row;
		if (leaf->logical.kind != LOGICAL_STRING ||
		    stripe_texts_valid(&shredder->stripes[i], leaf->max_def, &row))
			continue;
		nest_error_set(error, NEST_INVALID, "the str is not UTF-8");
		return name_failure(shredder, node, first_row + row, error);
	}
	return true;
}

bool
shredder_rows(struct shredder *shredder, struct pack_reader *reader, uint64_t first_row, uint64_t rows,
    size_t target_bytes, uint64_t *done, struct nest_error *error)
{
	NEST_SCOPE("nest_shred.walk");
	const uint8_t *at = reader->at;
	bool roomy = reader->end - at > STRIPE_SLOT;
	struct walk walk = {.end = reader->end,
	    .slot_end = roomy ? reader->end - STRIPE_SLOT : at,
	    .memory_bytes = &shredder->memory_bytes,
	    .error = error};
	uint64_t row = 0;
	for (; row < rows; row++) {
		if (row % SIZE_CHECK_ROWS == 0 && shredder_body_bytes(shredder) >= target_bytes)
			break;
		at = walk_struct_inline(&walk, shredder->steps, 0, at);
		if (at == NULL)
			return name_failure(shredder, walk.failed_node, first_row + row, error);
	}
	reader->at = at;
	*done = row;
	return check_texts(shredder, first_row, error);
}
