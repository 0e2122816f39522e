#include "gen/check/tally.h"

#include "gen/check/value.h"
#include "lib/base/pack.h"

#include <stdlib.h>

/* AT moves past what was taken.  Functions return false if a row does not fit, or memory is short. */
struct walk {
	struct tally *tally;
	struct pack_reader reader;
	bool are_neighbours;
	struct nest_error *error;
	bool is_told; /* the error is set */
};

static bool take_item(struct walk *walk, uint32_t index);

/* Reads the head of a container of TYPE. */
static bool
take_head(struct walk *walk, enum pack_type type, uint32_t *size)
{
	struct pack_value value = pack_read(&walk->reader);
	*size = value.size;
	return value.type == type;
}

static bool
keep(struct buffer *kept, struct view value, struct nest_error *error)
{
	buffer_clear(kept);
	return buffer_append(kept, value.data, value.size, error);
}

static bool
is_beyond(const struct schema_node *leaf, const struct buffer *kept, struct view value, int side)
{
	return kept->size == 0 ||
	       side * value_compare(leaf, value, (struct view){kept->data, kept->size}) > 0;
}

static bool
count_value(struct walk *walk, uint32_t index, struct view value)
{
	const struct schema_node *leaf = &walk->tally->schema->nodes[index];
	struct tally_field *field = &walk->tally->fields[index];
	field->is_repeated = field->is_repeated || kinds_has(&field->distinct, value);
	bool fine = walk->are_neighbours || kinds_add(&field->distinct, value, walk->error);
	if (fine && value_has_order(leaf, value)) {
		if (is_beyond(leaf, &field->least, value, -1))
			fine = keep(&field->least, value, walk->error);
		if (fine && is_beyond(leaf, &field->greatest, value, 1))
			fine = keep(&field->greatest, value, walk->error);
	}
	walk->is_told = !fine;
	return fine;
}

static bool
take_leaf(struct walk *walk, uint32_t index)
{
	const uint8_t *begin = walk->reader.at;
	struct pack_value value = pack_read(&walk->reader);
	if (value.type == PACK_TEXT || value.type == PACK_BYTES)
		walk->reader.at += value.size;
	else if (value.type < PACK_BOOLEAN || value.type > PACK_DOUBLE)
		return false;
	return count_value(walk, index, (struct view){begin, (size_t)(walk->reader.at - begin)});
}

static void
count_list(struct tally_field *field, uint32_t size)
{
	if (field->lists == 0 || size < field->shortest)
		field->shortest = size;
	if (size > field->longest)
		field->longest = size;
	field->lists++;
	field->elements += size;
}

/* Takes the list at node INDEX, whose elements are those of node ELEMENT. */
static bool
take_array(struct walk *walk, uint32_t index, uint32_t element)
{
	uint32_t size;
	if (!take_head(walk, PACK_ARRAY, &size))
		return false;
	count_list(&walk->tally->fields[index], size);
	for (uint32_t i = 0; i < size; i++)
		if (!take_item(walk, element))
			return false;
	return true;
}

/* A set has nil in place of values. */
static bool
take_map(struct walk *walk, uint32_t index)
{
	const struct schema_node *nodes = walk->tally->schema->nodes;
	uint32_t size, pair = nodes[index].element, key = pair + 1, mapped = nodes[key].end;
	if (!take_head(walk, PACK_MAP, &size))
		return false;
	count_list(&walk->tally->fields[index], size);
	for (uint32_t i = 0; i < size; i++)
		if (!take_item(walk, key) ||
		    !(mapped < nodes[pair].end ? take_item(walk, mapped) : pack_skip(&walk->reader)))
			return false;
	return true;
}

static bool
take_struct(struct walk *walk, uint32_t index)
{
	const struct schema_node *nodes = walk->tally->schema->nodes;
	uint32_t size;
	if (!take_head(walk, PACK_ARRAY, &size) || size != nodes[index].child_count)
		return false;
	for (uint32_t child = index + 1; child < nodes[index].end; child = nodes[child].end)
		if (!(nodes[child].repetition == REPETITION_REPEATED ? take_array(walk, child, child)
								     : take_item(walk, child)))
			return false;
	return true;
}

/* Takes one value, or nil if that is allowed. */
static bool
take_item(struct walk *walk, uint32_t index)
{
	const struct schema_node *node = &walk->tally->schema->nodes[index];
	struct tally_field *field = &walk->tally->fields[index];
	field->places++;
	if (node->repetition == REPETITION_OPTIONAL && walk->reader.at < walk->reader.end &&
	    *walk->reader.at == 0xc0) {
		walk->reader.at++;
		field->nulls++;
		return true;
	}
	switch (node->form) {
	case FORM_LEAF:
		return take_leaf(walk, index);
	case FORM_STRUCT:
		return take_struct(walk, index);
	case FORM_LIST:
		return take_array(walk, index, node->element);
	case FORM_MAP:
		break;
	}
	return take_map(walk, index);
}

bool
tally_rows(struct tally *tally, struct view rows, bool are_neighbours, struct nest_error *error)
{
	struct walk walk = {tally, {rows.data, rows.data + rows.size}, are_neighbours, error, false};
	while (walk.reader.at < walk.reader.end) {
		if (!take_item(&walk, 0))
			return walk.is_told ? false
			                    : nest_error_set(error, NEST_INVALID,
						  "a row that does not fit the recipe's schema");
		tally->rows++;
		tally->apart += !are_neighbours;
	}
	tally->bytes += rows.size;
	return true;
}

bool
tally_open(struct tally *tally, const struct schema *schema, struct nest_error *error)
{
	*tally = (struct tally){.schema = schema};
	tally->fields = calloc(schema->node_count, sizeof *tally->fields);
	if (tally->fields == NULL)
		return nest_error_memory(error, schema->node_count * sizeof *tally->fields, "the fields");
	return true;
}

void
tally_close(struct tally *tally)
{
	for (uint32_t i = 0; tally->fields != NULL && i < tally->schema->node_count; i++) {
		kinds_free(&tally->fields[i].distinct);
		buffer_free(&tally->fields[i].least);
		buffer_free(&tally->fields[i].greatest);
	}
	free(tally->fields);
	tally->fields = NULL;
}
