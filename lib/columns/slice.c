/* slice.c - checks levels of a slice against the schema and against each other. */
#include "lib/columns/slice.h"

#include "lib/parquet/levels.h"

#include <inttypes.h>

/* The nearest repeated node from NODE upwards; 0, the root, when nothing repeats. */
static uint32_t
repeated_above(const struct schema *schema, uint32_t node)
{
	while (node != 0 && schema->nodes[node].repetition != REPETITION_REPEATED)
		node = schema->nodes[node].parent;
	return node;
}

/* The definition level of the deepest node that is above both leaves. */
static uint8_t
shared_def(const struct schema *schema, uint32_t above, uint32_t below)
{
	uint32_t node = schema->nodes[below].parent;
	while (node != 0 && above < node)
		node = schema->nodes[node].parent;
	/* ABOVE comes first; a group that starts before it and holds BELOW holds both. */
	return schema->nodes[node].max_def;
}

void
slice_leaves(struct leaf *leaves, const struct schema *schema)
{
	for (uint32_t i = 0; i < schema->leaf_count; i++) {
		uint32_t index = schema->leaves[i];
		const struct schema_node *node = &schema->nodes[index];
		struct leaf *leaf = &leaves[i];
		*leaf = (struct leaf){
		    .physical = node->physical,
		    .kind = plain_kind(node),
		    .max_rep = node->max_rep,
		    .max_def = node->max_def,
		};
		schema_path(schema, index, leaf->path, sizeof leaf->path);
		for (uint32_t up = index; up != 0; up = schema->nodes[up].parent)
			if (schema->nodes[up].repetition == REPETITION_REPEATED)
				leaf->least_def[schema->nodes[up].max_rep] = schema->nodes[up].max_def;
		uint32_t repeated = repeated_above(schema, index);
		/* Those under the same repeated node come in the range of its leaves. */
		for (uint32_t k = i; k > schema->nodes[repeated].first_leaf && !leaf->has_twin; k--) {
			if (repeated_above(schema, schema->leaves[k - 1]) != repeated)
				continue;
			leaf->has_twin = true;
			leaf->twin = k - 1;
			leaf->twin_def = shared_def(schema, schema->leaves[k - 1], index);
		}
	}
}

/* The row that entry ENTRY belongs to, counted from 0. */
static uint64_t
row_of_entry(const struct leaf *leaf, const struct leaf_slice *slice, uint64_t entry)
{
	if (leaf->max_rep == 0)
		return entry;
	uint64_t starts = levels_count(slice->rep, entry + 1, 0);
	return starts > 0 ? starts - 1 : 0;
}

uint64_t
slice_row_of_value(const struct leaf *leaf, const struct leaf_slice *slice, uint64_t value)
{
	if (leaf->max_def == 0)
		return row_of_entry(leaf, slice, value < slice->entries ? value : slice->entries - 1);
	uint64_t entry = 0;
	for (; entry + 1 < slice->entries; entry++)
		if (slice->def[entry] == leaf->max_def && value-- == 0)
			break;
	return row_of_entry(leaf, slice, entry);
}

static bool
check_counts(const struct leaf *leaf, uint64_t rows, const struct leaf_slice *slice, struct nest_error *error)
{
	if ((leaf->max_rep > 0 && slice->rep == NULL) || (leaf->max_def > 0 && slice->def == NULL) ||
	    (slice->value_bytes > 0 && slice->values == NULL))
		return nest_error_set(
		    error, NEST_INVALID, "column %s lacks its levels or values", leaf->path);
	if (slice->entries > INT32_MAX)
		return nest_error_set(error, NEST_INVALID,
		    "column %s has %" PRIu64 " entries in a slice, too many", leaf->path, slice->entries);
	if (leaf->max_rep == 0 && slice->entries != rows)
		return nest_error_set(error, NEST_INVALID,
		    "column %s has %" PRIu64 " entries for %" PRIu64 " rows", leaf->path, slice->entries,
		    rows);
	return true;
}

static uint64_t
first_above(const uint8_t *levels, uint64_t count, uint8_t most)
{
	uint64_t i = 0;
	while (i < count && levels[i] <= most)
		i++;
	return i;
}

/* Each level within its maximum, and as many beginnings of rows as rows. */
static bool
check_levels(const struct leaf *leaf, uint64_t first_row, uint64_t rows, const struct leaf_slice *slice,
    struct nest_error *error)
{
	uint64_t entries = slice->entries;
	if (leaf->max_rep > 0 && levels_max(slice->rep, entries) > leaf->max_rep) {
		uint64_t at = first_above(slice->rep, entries, leaf->max_rep);
		return nest_error_set(error, NEST_INVALID,
		    "column %s, row %" PRIu64 ": repetition level %u is above %u", leaf->path,
		    first_row + row_of_entry(leaf, slice, at), slice->rep[at], leaf->max_rep);
	}
	if (leaf->max_def > 0 && levels_max(slice->def, entries) > leaf->max_def) {
		uint64_t at = first_above(slice->def, entries, leaf->max_def);
		return nest_error_set(error, NEST_INVALID,
		    "column %s, row %" PRIu64 ": definition level %u is above %u", leaf->path,
		    first_row + row_of_entry(leaf, slice, at), slice->def[at], leaf->max_def);
	}
	if (leaf->max_rep == 0)
		return true;
	if (entries > 0 && slice->rep[0] != 0)
		return nest_error_set(error, NEST_INVALID,
		    "column %s, row %" PRIu64 ": the first repetition level is %u, not 0", leaf->path,
		    first_row, slice->rep[0]);
	uint64_t starts = levels_count(slice->rep, entries, 0);
	if (starts != rows)
		return nest_error_set(error, NEST_INVALID,
		    "column %s has the beginnings of %" PRIu64 " rows, not of %" PRIu64, leaf->path, starts,
		    rows);
	return true;
}

static bool
check_nesting(
    const struct leaf *leaf, uint64_t first_row, const struct leaf_slice *slice, struct nest_error *error)
{
	if (leaf->max_rep == 0 ||
	    levels_nested(slice->rep, slice->def, slice->entries, leaf->least_def, leaf->max_rep))
		return true;
	uint64_t at = 1;
	while (at < slice->entries &&
	       levels_nested(slice->rep + at - 1, slice->def + at - 1, 2, leaf->least_def, leaf->max_rep))
		at++;
	return nest_error_set(error, NEST_INVALID,
	    "column %s, row %" PRIu64 ": a list goes on that is null or empty", leaf->path,
	    first_row + row_of_entry(leaf, slice, at < slice->entries ? at : slice->entries - 1));
}

/* Leaves that repeat together are the same lists, seen twice. */
static bool
check_twin(const struct leaf *leaves, const struct leaf *leaf, uint64_t first_row,
    const struct leaf_slice *slices, const struct leaf_slice *slice, struct nest_error *error)
{
	if (!leaf->has_twin)
		return true;
	const struct leaf *twin = &leaves[leaf->twin];
	const struct leaf_slice *other = &slices[leaf->twin];
	uint64_t shared = slice->entries < other->entries ? slice->entries : other->entries, at = 0;
	if (slice->entries == other->entries &&
	    (leaf->max_rep == 0 || memcmp(slice->rep, other->rep, slice->entries) == 0) &&
	    (leaf->twin_def == 0 || levels_agree(slice->def, other->def, slice->entries, leaf->twin_def)))
		return true;
	while (at < shared && (leaf->max_rep == 0 || slice->rep[at] == other->rep[at]) &&
	       (leaf->twin_def == 0 || levels_agree(slice->def + at, other->def + at, 1, leaf->twin_def)))
		at++;
	return nest_error_set(error, NEST_INVALID,
	    "column %s, row %" PRIu64 ": its levels contradict those of column %s, which shares its groups",
	    leaf->path,
	    first_row + (shared > 0 ? row_of_entry(leaf, slice, at < shared ? at : shared - 1) : 0),
	    twin->path);
}

bool
slice_check_leaf(const struct leaf *leaves, uint32_t leaf, uint64_t first_row, uint64_t rows,
    const struct leaf_slice *slices, struct nest_error *error)
{
	const struct leaf *of = &leaves[leaf];
	const struct leaf_slice *slice = &slices[leaf];
	return check_counts(of, rows, slice, error) && check_levels(of, first_row, rows, slice, error) &&
	       check_nesting(of, first_row, slice, error) &&
	       check_twin(leaves, of, first_row, slices, slice, error);
}

bool
slice_check(const struct leaf *leaves, uint32_t leaf_count, uint64_t first_row, uint64_t rows,
    const struct leaf_slice *slices, struct nest_error *error)
{
	for (uint32_t i = 0; i < leaf_count; i++)
		if (!slice_check_leaf(leaves, i, first_row, rows, slices, error))
			return false;
	return true;
}
