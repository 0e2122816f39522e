#include "shred/shredder.h"

#include "shred/scalar.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum {
	TEXT_SLOT = 32,       /* a text this short is copied as a whole slot */
	SIZE_CHECK_ROWS = 64, /* records between two looks at how much there is */
};

/*
 * One walk over records.  The place in the bytes is passed from function to
 * function and returned behind what was walked, NULL after a failure: kept in
 * memory it would be the longest chain of dependent loads of all.
 */
struct walk {
	struct shredder *shredder;
	const struct schema_node *nodes;
	const uint8_t *end;
	uint32_t failed_node;
	struct nest_error *error;
};

static const uint8_t *walk_value(struct walk *walk, uint32_t node, uint8_t rep, const uint8_t *at);

bool
shredder_init(struct shredder *shredder, struct view schema_text, struct nest_error *error)
{
	*shredder = (struct shredder){0};
	if (!schema_parse(&shredder->schema, schema_text, error))
		return false;
	size_t count = shredder->schema.leaf_count;
	shredder->columns = calloc(count, sizeof *shredder->columns);
	if (shredder->columns == NULL) {
		schema_free(&shredder->schema);
		return nest_error_memory(error, count * sizeof *shredder->columns, "the columns");
	}
	return true;
}

void
shredder_free(struct shredder *shredder)
{
	for (uint32_t i = 0; shredder->columns != NULL && i < shredder->schema.leaf_count; i++)
		column_free(&shredder->columns[i]);
	free(shredder->columns);
	schema_free(&shredder->schema);
	*shredder = (struct shredder){0};
}

void
shredder_clear(struct shredder *shredder)
{
	for (uint32_t i = 0; i < shredder->schema.leaf_count; i++)
		shredder->columns[i].entries = shredder->columns[i].value_bytes = 0;
}

size_t
shredder_body_bytes(const struct shredder *shredder)
{
	size_t bytes = 0;
	for (uint32_t i = 0; i < shredder->schema.leaf_count; i++) {
		const struct schema_node *leaf = &shredder->schema.nodes[shredder->schema.leaves[i]];
		const struct column *column = &shredder->columns[i];
		size_t levels = (size_t)(leaf->max_rep > 0) + (leaf->max_def > 0);
		bytes += levels * column->entries + column->value_bytes;
	}
	return bytes;
}

/* ---- the walk ---- */

static const uint8_t *
fail_at(struct walk *walk, uint32_t node)
{
	walk->failed_node = node;
	return NULL;
}

static const uint8_t *
wrong_value(struct walk *walk, uint32_t node, const char *wanted, struct pack_value value)
{
	nest_error_set(walk->error, NEST_INVALID, "%s is due, not %s", wanted, pack_type_name(value.type));
	return fail_at(walk, node);
}

/* Reads the head of an array or a map, of which most are short. */
static inline struct pack_value
read_head(const struct walk *walk, const uint8_t **at)
{
	struct pack_reader reader = {*at, walk->end};
	if (*at < walk->end && (**at & 0xf0u) == 0x90u && (**at & 15) <= walk->end - *at - 1)
		return (struct pack_value){.type = PACK_ARRAY, .size = *(*at)++ & 15u};
	struct pack_value value = pack_read(&reader);
	*at = reader.at;
	return value;
}

/* One entry in every leaf below NODE, saying that nothing is defined behind DEF. */
static inline bool
append_nulls(struct walk *walk, uint32_t node, uint8_t rep, uint8_t def)
{
	struct shredder *shredder = walk->shredder;
	const struct schema_node *field = &walk->nodes[node];
	struct column *column = &shredder->columns[field->first_leaf];
	for (uint32_t i = 0; i < field->leaf_count; i++)
		if (!column_append_entry(&column[i], rep, def, &shredder->memory_bytes, walk->error))
			return fail_at(walk, node) != NULL;
	return true;
}

/*
 * A text of up to 31 bytes or nil in an optional leaf, the commonest fields of
 * all, without a branch on what it is: both heads say the size in their low
 * five bits, and what is copied too much is overwritten by the next value.
 */
static inline const uint8_t *
walk_short_text(struct column *column, const struct schema_node *leaf, uint8_t rep, const uint8_t *at)
{
	bool present = *at != 0xc0;
	uint32_t size = *at & 31u, length = htole32(size);
	uint8_t *to = column->values + column->value_bytes;
	memcpy(to, &length, 4);
	memcpy(to + 4, at + 1, TEXT_SLOT);
	column->value_bytes += present ? 4 + size : 0;
	column->rep[column->entries] = rep;
	column->def[column->entries] = (uint8_t)(leaf->max_def - !present);
	column->entries++;
	return at + 1 + size;
}

/* A leaf that is not null. */
static inline const uint8_t *
walk_leaf(struct walk *walk, uint32_t node, uint8_t rep, const uint8_t *at)
{
	struct shredder *shredder = walk->shredder;
	const struct schema_node *leaf = &walk->nodes[node];
	struct column *column = &shredder->columns[leaf->first_leaf];
	if (!column_append_entry(column, rep, leaf->max_def, &shredder->memory_bytes, walk->error))
		return fail_at(walk, node);

	struct pack_reader reader = {at, walk->end};
	struct pack_value value = pack_read(&reader);
	if (!scalar_append(column, leaf, value, &reader, &shredder->memory_bytes, walk->error))
		return fail_at(walk, node);
	return reader.at;
}

/*
 * Whether walk_short_text() may be used: there is room on both sides, and the
 * head is a0 to bf, or c0, nil, in an optional leaf.
 */
static inline bool
is_short_text(const struct walk *walk, const struct schema_node *field, const uint8_t *at)
{
	const struct column *column = &walk->shredder->columns[field->first_leaf];
	return field->logical.kind == LOGICAL_STRING && walk->end - at > TEXT_SLOT &&
	       (uint8_t)(*at - 0xa0) <= 0x1f + (field->repetition == REPETITION_OPTIONAL) &&
	       column->entries < column->entry_capacity &&
	       column->value_capacity - column->value_bytes >= 4 + TEXT_SLOT;
}

/* A field that is not repeated: null, or its value. */
static inline const uint8_t *
walk_field(struct walk *walk, uint32_t node, uint8_t rep, const uint8_t *at)
{
	const struct schema_node *field = &walk->nodes[node];
	if (is_short_text(walk, field, at))
		return walk_short_text(&walk->shredder->columns[field->first_leaf], field, rep, at);
	if (at < walk->end && *at == 0xc0) {
		if (field->repetition == REPETITION_OPTIONAL)
			return append_nulls(walk, node, rep, (uint8_t)(field->max_def - 1)) ? at + 1 : NULL;
		nest_error_set(walk->error, NEST_INVALID, "a required field is nil");
		return fail_at(walk, node);
	}
	return field->form == FORM_LEAF ? walk_leaf(walk, node, rep, at) : walk_value(walk, node, rep, at);
}

/*
 * An array of values of ELEMENT, one for each time that REPEATED occurs.  The
 * first carries the repetition level of what it is in, the others their own.
 */
static const uint8_t *
walk_array(struct walk *walk, uint32_t repeated, uint32_t element, uint8_t rep, const uint8_t *at)
{
	const struct schema_node *field = &walk->nodes[repeated];
	struct pack_value value = read_head(walk, &at);
	if (value.type != PACK_ARRAY)
		return wrong_value(walk, repeated, "an array", value);
	if (value.size == 0)
		return append_nulls(walk, repeated, rep, (uint8_t)(field->max_def - 1)) ? at : NULL;
	for (uint32_t i = 0; i < value.size && at != NULL; i++) {
		uint8_t item_rep = i == 0 ? rep : field->max_rep;
		/* A repeated field that is itself the element cannot be null. */
		at = element == repeated ? walk_value(walk, element, item_rep, at)
		                         : walk_field(walk, element, item_rep, at);
	}
	return at;
}

/* The value that belongs to a key; in a map without values, a set, it is nil. */
static const uint8_t *
walk_mapped(struct walk *walk, uint32_t repeated, uint8_t rep, const uint8_t *at)
{
	uint32_t mapped = walk->nodes[repeated + 1].end;
	if (mapped < walk->nodes[repeated].end)
		return walk_field(walk, mapped, rep, at);
	struct pack_reader reader = {at, walk->end};
	struct pack_value value = pack_read(&reader);
	if (value.type != PACK_NIL)
		return wrong_value(walk, repeated, "nil for the value of a set", value);
	return reader.at;
}

static const uint8_t *
walk_map(struct walk *walk, uint32_t node, uint8_t rep, const uint8_t *at)
{
	uint32_t repeated = walk->nodes[node].element;
	const struct schema_node *field = &walk->nodes[repeated];
	struct pack_value value = read_head(walk, &at);
	if (value.type != PACK_MAP)
		return wrong_value(walk, node, "a map", value);
	if (value.size == 0)
		return append_nulls(walk, repeated, rep, (uint8_t)(field->max_def - 1)) ? at : NULL;
	for (uint32_t i = 0; i < value.size && at != NULL; i++) {
		uint8_t item_rep = i == 0 ? rep : field->max_rep;
		at = walk_field(walk, repeated + 1, item_rep, at);
		if (at != NULL)
			at = walk_mapped(walk, repeated, item_rep, at);
	}
	return at;
}

static const uint8_t *
walk_struct(struct walk *walk, uint32_t node, uint8_t rep, const uint8_t *at)
{
	const struct schema_node *group = &walk->nodes[node];
	struct pack_value value = read_head(walk, &at);
	if (value.type != PACK_ARRAY)
		return wrong_value(walk, node, "an array of fields", value);
	if (value.size != group->child_count) {
		nest_error_set(walk->error, NEST_INVALID, "an array of %u fields is due, not of %u",
		    group->child_count, value.size);
		return fail_at(walk, node);
	}
	uint32_t end = group->end;
	for (uint32_t child = node + 1; child < end && at != NULL; child = walk->nodes[child].end)
		at = walk->nodes[child].repetition == REPETITION_REPEATED
		         ? walk_array(walk, child, child, rep, at)
		         : walk_field(walk, child, rep, at);
	return at;
}

/* A value that is there, of whatever form. */
static const uint8_t *
walk_value(struct walk *walk, uint32_t node, uint8_t rep, const uint8_t *at)
{
	switch (walk->nodes[node].form) {
	case FORM_LEAF:
		return walk_leaf(walk, node, rep, at);
	case FORM_STRUCT:
		return walk_struct(walk, node, rep, at);
	case FORM_LIST:
		return walk_array(walk, node + 1, walk->nodes[node].element, rep, at);
	case FORM_MAP:
		return walk_map(walk, node, rep, at);
	}
	return NULL;
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
	for (uint32_t i = 0; i < shredder->schema.leaf_count; i++) {
		uint32_t node = shredder->schema.leaves[i];
		const struct schema_node *leaf = &shredder->schema.nodes[node];
		uint64_t row;
		if (leaf->logical.kind != LOGICAL_STRING ||
		    column_texts_valid(&shredder->columns[i], leaf->max_def, &row))
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
	struct walk walk = {shredder, shredder->schema.nodes, reader->end, 0, error};
	const uint8_t *at = reader->at;
	uint64_t row = 0;
	for (; row < rows; row++) {
		if (row % SIZE_CHECK_ROWS == 0 && shredder_body_bytes(shredder) >= target_bytes)
			break;
		at = walk_struct(&walk, 0, 0, at);
		if (at == NULL)
			return name_failure(shredder, walk.failed_node, first_row + row, error);
	}
	reader->at = at;
	*done = row;
	return check_texts(shredder, first_row, error);
}
