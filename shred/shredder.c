#include "shred/shredder.h"

#include "shred/scalar.h"

#include <stdlib.h>
#include <string.h>

enum {
	TEXT_SLOT = 32,       /* a text this short is copied whole slot by whole slot */
	SIZE_CHECK_ROWS = 64, /* records between two looks at how much there is */
};

/* One walk over records; a failure leaves the field where it happened. */
struct walk {
	struct shredder *shredder;
	const struct schema_node *nodes;
	struct pack_reader reader;
	uint32_t failed_node;
	struct nest_error *error;
};

static bool walk_value(struct walk *walk, uint32_t node, uint8_t rep);

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

static bool
fail_at(struct walk *walk, uint32_t node)
{
	walk->failed_node = node;
	return false;
}

static bool
wrong_value(struct walk *walk, uint32_t node, const char *wanted, struct pack_value value)
{
	nest_error_set(walk->error, NEST_INVALID, "%s is due, not %s", wanted, pack_type_name(value.type));
	return fail_at(walk, node);
}

/* One entry in every leaf below NODE, saying that nothing is defined behind DEF. */
static bool
append_nulls(struct walk *walk, uint32_t node, uint8_t rep, uint8_t def)
{
	struct shredder *shredder = walk->shredder;
	const struct schema_node *field = &walk->nodes[node];
	struct column *column = &shredder->columns[field->first_leaf];
	for (uint32_t i = 0; i < field->leaf_count; i++)
		if (!column_append_entry(&column[i], rep, def, &shredder->memory_bytes, walk->error))
			return fail_at(walk, node);
	return true;
}

/* Eight bytes of which some are ASCII only where this is set. */
static inline uint64_t
high_bits_of_first(unsigned bytes)
{
	return bytes >= 8 ? 0x8080808080808080u : ((UINT64_C(1) << (8 * bytes)) - 1) & 0x8080808080808080u;
}

/*
 * The value of a text leaf, when it is short ASCII, as most are: length and
 * bytes go over in fixed-size copies, and the bytes are looked at on the way.
 * False where it is not of that kind and nothing has been done.
 */
static inline bool
append_short_text(struct walk *walk, struct column *column, const uint8_t *at)
{
	uint32_t size = *at & 31u;
	uint64_t words[4], high = 0;
	if ((*at & 0xe0u) != 0xa0u || walk->reader.end - at < 1 + TEXT_SLOT)
		return false;
	memcpy(words, at + 1, TEXT_SLOT);
	for (unsigned i = 0; i < 4; i++)
		high |= words[i] & high_bits_of_first(size > 8 * i ? size - 8 * i : 0);
	if (high != 0)
		return false;

	uint8_t *to = column->values + column->value_bytes;
	uint8_t length[4] = {(uint8_t)size};
	memcpy(to, length, 4);
	memcpy(to + 4, words, TEXT_SLOT);
	column->value_bytes += 4 + size;
	walk->reader.at = at + 1 + size;
	return true;
}

static inline bool
walk_leaf(struct walk *walk, uint32_t node, uint8_t rep)
{
	struct shredder *shredder = walk->shredder;
	const struct schema_node *leaf = &walk->nodes[node];
	struct column *column = &shredder->columns[leaf->first_leaf];

	if (!column_append_entry(column, rep, leaf->max_def, &shredder->memory_bytes, walk->error) ||
	    !column_reserve_values(column, 4, &shredder->memory_bytes, walk->error))
		return fail_at(walk, node);
	if (leaf->logical.kind == LOGICAL_STRING && walk->reader.at < walk->reader.end &&
	    append_short_text(walk, column, walk->reader.at))
		return true;
	struct pack_value value = pack_read(&walk->reader);
	return scalar_append(column, leaf, value, &walk->reader, &shredder->memory_bytes, walk->error) ||
	       fail_at(walk, node);
}

/* A field that is not repeated: null, or its value. */
static inline bool
walk_field(struct walk *walk, uint32_t node, uint8_t rep)
{
	const struct schema_node *field = &walk->nodes[node];
	if (walk->reader.at < walk->reader.end && *walk->reader.at == 0xc0) {
		walk->reader.at++;
		if (field->repetition == REPETITION_OPTIONAL)
			return append_nulls(walk, node, rep, (uint8_t)(field->max_def - 1));
		nest_error_set(walk->error, NEST_INVALID, "a required field is nil");
		return fail_at(walk, node);
	}
	return field->form == FORM_LEAF ? walk_leaf(walk, node, rep) : walk_value(walk, node, rep);
}

/*
 * COUNT values of ELEMENT, one for each time that REPEATED occurs.  The first
 * carries the repetition level of what it is in, the others their own.
 */
static bool
walk_items(struct walk *walk, uint32_t repeated, uint32_t element, uint32_t count, uint8_t rep)
{
	const struct schema_node *field = &walk->nodes[repeated];
	if (count == 0)
		return append_nulls(walk, repeated, rep, (uint8_t)(field->max_def - 1));
	for (uint32_t i = 0; i < count; i++) {
		uint8_t item_rep = i == 0 ? rep : field->max_rep;
		/* A repeated field that is itself the element cannot be null. */
		if (!(element == repeated ? walk_value(walk, element, item_rep)
					  : walk_field(walk, element, item_rep)))
			return false;
	}
	return true;
}

static bool
walk_array(struct walk *walk, uint32_t repeated, uint32_t element, uint8_t rep)
{
	struct pack_value value = pack_read(&walk->reader);
	if (value.type != PACK_ARRAY)
		return wrong_value(walk, repeated, "an array", value);
	return walk_items(walk, repeated, element, value.size, rep);
}

static bool
walk_map(struct walk *walk, uint32_t node, uint8_t rep)
{
	uint32_t repeated = walk->nodes[node].element, key = repeated + 1;
	struct pack_value value = pack_read(&walk->reader);
	if (value.type != PACK_MAP)
		return wrong_value(walk, node, "a map", value);
	if (value.size == 0)
		return append_nulls(walk, repeated, rep, (uint8_t)(walk->nodes[repeated].max_def - 1));
	for (uint32_t i = 0; i < value.size; i++) {
		uint8_t item_rep = i == 0 ? rep : walk->nodes[repeated].max_rep;
		if (!walk_field(walk, key, item_rep))
			return false;
		/* A map without values is a set: its values are nil. */
		uint32_t mapped = walk->nodes[key].end;
		if (mapped < walk->nodes[repeated].end) {
			if (!walk_field(walk, mapped, item_rep))
				return false;
		} else {
			struct pack_value nothing = pack_read(&walk->reader);
			if (nothing.type != PACK_NIL)
				return wrong_value(walk, node, "nil for the value of a set", nothing);
		}
	}
	return true;
}

static bool
walk_struct(struct walk *walk, uint32_t node, uint8_t rep)
{
	const struct schema_node *group = &walk->nodes[node];
	struct pack_value value = pack_read(&walk->reader);
	if (value.type != PACK_ARRAY)
		return wrong_value(walk, node, "an array of fields", value);
	if (value.size != group->child_count) {
		nest_error_set(walk->error, NEST_INVALID, "an array of %u fields is due, not of %u",
		    group->child_count, value.size);
		return fail_at(walk, node);
	}
	for (uint32_t child = node + 1; child < group->end; child = walk->nodes[child].end) {
		bool repeated = walk->nodes[child].repetition == REPETITION_REPEATED;
		if (!(repeated ? walk_array(walk, child, child, rep) : walk_field(walk, child, rep)))
			return false;
	}
	return true;
}

/* A value that is there, of whatever form. */
static bool
walk_value(struct walk *walk, uint32_t node, uint8_t rep)
{
	switch (walk->nodes[node].form) {
	case FORM_LEAF:
		return walk_leaf(walk, node, rep);
	case FORM_STRUCT:
		return walk_struct(walk, node, rep);
	case FORM_LIST:
		return walk_array(walk, node + 1, walk->nodes[node].element, rep);
	case FORM_MAP:
		return walk_map(walk, node, rep);
	}
	return false;
}

static bool
name_failure(const struct walk *walk, uint64_t row, struct nest_error *error)
{
	char path[256];
	schema_path(&walk->shredder->schema, walk->failed_node, path, sizeof path);
	if (path[0] == '\0')
		return nest_error_prefix(error, "row %llu: ", (unsigned long long)row);
	return nest_error_prefix(error, "row %llu, field %s: ", (unsigned long long)row, path);
}

bool
shredder_rows(struct shredder *shredder, struct pack_reader *reader, uint64_t first_row, uint64_t rows,
    size_t target_bytes, uint64_t *done, struct nest_error *error)
{
	struct walk walk = {shredder, shredder->schema.nodes, *reader, 0, error};
	uint64_t row = 0;
	for (; row < rows; row++) {
		if (row % SIZE_CHECK_ROWS == 0 && shredder_body_bytes(shredder) >= target_bytes)
			break;
		if (!walk_struct(&walk, 0, 0))
			return name_failure(&walk, first_row + row, error);
	}
	*reader = walk.reader;
	*done = row;
	return true;
}
