#include "lib/schema/unite.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 512 };

/* The child of GROUP that NAME names, or 0; the search begins at GUESS, one of its children or its end. */
static uint32_t
find_child(const struct schema *schema, uint32_t group, const char *name, uint32_t guess)
{
	const struct schema_node *nodes = schema->nodes;
	for (uint32_t i = guess; i < nodes[group].end; i = nodes[i].end)
		if (strcmp(nodes[i].name, name) == 0)
			return i;
	for (uint32_t i = group + 1; i < guess; i = nodes[i].end)
		if (strcmp(nodes[i].name, name) == 0)
			return i;
	return 0;
}

/* That a number is signed and as wide as its type says nothing (LogicalTypes.md). */
static struct logical_type
meaning(const struct schema_node *node)
{
	const struct logical_type *logical = &node->logical;
	int width = node->physical == PHYSICAL_INT32 ? 32 : 64;
	if (logical->kind == LOGICAL_INTEGER && logical->is_signed && logical->bit_width == width)
		return (struct logical_type){0};
	return *logical;
}

/* Whether they are the same but for their fields and their ids. */
static bool
is_alike(const struct schema_node *a, const struct schema_node *b)
{
	struct logical_type left = meaning(a), right = meaning(b);
	const char *crs = a->crs != NULL ? a->crs : "", *other_crs = b->crs != NULL ? b->crs : "";
	return a->repetition == b->repetition && a->physical == b->physical &&
	       a->type_length == b->type_length && left.kind == right.kind && left.unit == right.unit &&
	       left.is_adjusted_to_utc == right.is_adjusted_to_utc && left.is_signed == right.is_signed &&
	       left.bit_width == right.bit_width && left.precision == right.precision &&
	       left.scale == right.scale && left.version == right.version &&
	       left.algorithm == right.algorithm && strcmp(crs, other_crs) == 0;
}

/* A column of nothing but nulls, whose type nobody knew: as good as none. */
static bool
is_unknown(const struct schema_node *node)
{
	return node->logical.kind == LOGICAL_UNKNOWN && node->repetition == REPETITION_OPTIONAL;
}

/* Whether one of them is and the other may be as well. */
static bool
is_one_unknown(const struct schema_node *a, const struct schema_node *b)
{
	return is_unknown(a) != is_unknown(b) && a->repetition == b->repetition;
}

/* ---- the first difference ---- */

struct differ {
	const struct schema *a, *b;
	struct buffer *out;
	bool is_unitable;
	struct nest_error *error;
};

static bool
put(struct buffer *out, const char *text, struct nest_error *error)
{
	return buffer_append(out, text, strlen(text), error);
}

static bool
put_path(struct differ *differ, const char *before, const struct schema *schema, uint32_t node)
{
	char path[PATH_BYTES];
	return put(differ->out, before, differ->error) &&
	       put(differ->out, schema_path(schema, node, path, sizeof path), differ->error);
}

/* "has field c as A, where it is B". */
static bool
put_change(struct differ *differ, uint32_t a, uint32_t b)
{
	return put_path(differ, "has field ", differ->b, b) && put(differ->out, " as ", differ->error) &&
	       schema_put_field(differ->out, &differ->b->nodes[b], differ->error) &&
	       put(differ->out, ", not as ", differ->error) &&
	       schema_put_field(differ->out, &differ->a->nodes[a], differ->error);
}

/* Of the children of two groups, the first that differ: A or B may be at its group's end. */
static bool
put_order(struct differ *differ, uint32_t group_a, uint32_t a, uint32_t group_b, uint32_t b)
{
	const struct schema *left = differ->a, *right = differ->b;
	bool has_a = a < left->nodes[group_a].end, has_b = b < right->nodes[group_b].end;
	differ->is_unitable = true;
	if (has_a && find_child(right, group_b, left->nodes[a].name, group_b + 1) == 0)
		return put_path(differ, "lacks field ", left, a);
	if (has_b && find_child(left, group_a, right->nodes[b].name, group_a + 1) == 0)
		return put_path(differ, "has one more field, ", right, b);
	return put_path(differ, "has field ", right, b) &&
	       put_path(differ, " where it should have ", left, a);
}

static bool
differ_in(struct differ *differ, uint32_t group_a, uint32_t group_b)
{
	const struct schema_node *a = differ->a->nodes, *b = differ->b->nodes;
	uint32_t i = group_a + 1, j = group_b + 1;
	for (; i < a[group_a].end && j < b[group_b].end; i = a[i].end, j = b[j].end) {
		if (strcmp(a[i].name, b[j].name) != 0)
			break;
		if (!is_alike(&a[i], &b[j]) || a[i].field_id != b[j].field_id) {
			differ->is_unitable =
			    is_one_unknown(&a[i], &b[j]) ||
			    (is_alike(&a[i], &b[j]) && (a[i].field_id < 0 || b[j].field_id < 0));
			return put_change(differ, i, j);
		}
		size_t before = differ->out->size;
		if (!differ_in(differ, i, j))
			return false;
		if (differ->out->size > before)
			return true;
	}
	return (i == a[group_a].end && j == b[group_b].end) || put_order(differ, group_a, i, group_b, j);
}

bool
schema_difference(const struct schema *a, const struct schema *b, struct buffer *out, bool *is_unitable,
    struct nest_error *error)
{
	struct differ differ = {.a = a, .b = b, .out = out, .error = error};
	bool fine = differ_in(&differ, 0, 0);
	*is_unitable = differ.is_unitable;
	return fine;
}

/* ---- the union ---- */

enum { NONE = UINT32_MAX };

/* A field of the union while it grows: its children are a list. */
struct entry {
	struct schema_origin origin;
	const struct schema_node *node;
	int32_t field_id;
	uint32_t first, last, next; /* children, and the next child of its parent; NONE */
	uint32_t child_count;
	uint32_t seen; /* one more than the member that had it last */
};

struct uniter {
	const struct schema_member *members;
	uint32_t member; /* that is added */
	struct buffer entries;
	schema_conflict *tell;
	void *context;
	size_t conflicts;
	struct nest_error *error;
};

static struct entry *
entry_at(struct uniter *uniter, uint32_t index)
{
	return (struct entry *)(void *)uniter->entries.data + index;
}

static const char *
name_of(const struct uniter *uniter, uint32_t member)
{
	return uniter->members[member].name;
}

static bool
conflict(struct uniter *uniter, const char *text)
{
	uniter->conflicts++;
	uniter->tell(uniter->context, text);
	return true;
}

/* "MEMBER: field a.b is ..., but ... in OTHER". */
static bool
conflict_of(struct uniter *uniter, const struct entry *entry, uint32_t node)
{
	const struct schema *schema = uniter->members[uniter->member].schema;
	struct buffer here = {0}, there = {0};
	char path[PATH_BYTES], text[4 * PATH_BYTES];
	bool fine = schema_put_field(&here, &schema->nodes[node], uniter->error) &&
	            schema_put_field(&there, entry->node, uniter->error);
	if (fine) {
		snprintf(text, sizeof text, "%s: field %s is %.*s, but %.*s in %s",
		    name_of(uniter, uniter->member), schema_path(schema, node, path, sizeof path),
		    here.size < PATH_BYTES ? (int)here.size : PATH_BYTES, (const char *)here.data,
		    there.size < PATH_BYTES ? (int)there.size : PATH_BYTES, (const char *)there.data,
		    name_of(uniter, entry->origin.member));
		conflict(uniter, text);
	}
	buffer_free(&here);
	buffer_free(&there);
	return fine;
}

/* "MEMBER: field a.b is missing, and is required in OTHER"; the same of one more than the others have. */
static bool
conflict_missing(struct uniter *uniter, uint32_t lacking, uint32_t having, uint32_t node, const char *why)
{
	const struct schema *schema = uniter->members[having].schema;
	char path[PATH_BYTES], text[4 * PATH_BYTES];
	snprintf(text, sizeof text, "%s: field %s is missing, which %s in %s", name_of(uniter, lacking),
	    schema_path(schema, node, path, sizeof path), why, name_of(uniter, having));
	return conflict(uniter, text);
}

/* Whether the children of NODE are all there is to it: those of a list or a map, which nothing joins. */
static bool
is_closed(const struct schema *schema, uint32_t node)
{
	const struct schema_node *nodes = schema->nodes;
	enum schema_form form = nodes[node].form, above = nodes[nodes[node].parent].form;
	bool is_wrapper = above == FORM_LIST && nodes[nodes[node].parent].element == node + 1;
	return form == FORM_LIST || form == FORM_MAP || above == FORM_MAP || is_wrapper;
}

static const char REQUIRED[] = "is required", CLOSED[] = "is of a list or a map";

/* Field NODE of the member that is added, and all below it, becomes the last child of PARENT, or the root. */
static bool
add(struct uniter *uniter, uint32_t parent, uint32_t node)
{
	const struct schema *schema = uniter->members[uniter->member].schema;
	const struct schema_node *field = &schema->nodes[node];
	uint32_t index = (uint32_t)(uniter->entries.size / sizeof(struct entry));
	struct entry entry = {
	    {uniter->member, node}, field, field->field_id, NONE, NONE, NONE, 0, uniter->member + 1};
	if (!buffer_append(&uniter->entries, &entry, sizeof entry, uniter->error))
		return false;
	if (parent != NONE) {
		struct entry *above = entry_at(uniter, parent);
		if (above->last != NONE)
			entry_at(uniter, above->last)->next = index;
		else
			above->first = index;
		above->last = index;
		above->child_count++;
	}
	for (uint32_t child = node + 1; child < field->end; child = schema->nodes[child].end)
		if (!add(uniter, index, child))
			return false;
	return true;
}

/* The child of GROUP that NAME names, or NONE; the search begins after AFTER, one of them, and goes around.
 */
static uint32_t
find_entry(struct uniter *uniter, uint32_t group, uint32_t after, const char *name)
{
	uint32_t first = entry_at(uniter, group)->first;
	uint32_t begin = after != NONE ? entry_at(uniter, after)->next : first;
	for (uint32_t i = begin; i != NONE; i = entry_at(uniter, i)->next)
		if (strcmp(entry_at(uniter, i)->node->name, name) == 0)
			return i;
	for (uint32_t i = first; i != begin && i != NONE; i = entry_at(uniter, i)->next)
		if (strcmp(entry_at(uniter, i)->node->name, name) == 0)
			return i;
	return NONE;
}

static bool join_fields(struct uniter *uniter, uint32_t group, uint32_t node);

/* The field NODE of the member says what INDEX is, where others did not know. */
static bool
replace_unknown(struct uniter *uniter, uint32_t index, uint32_t node)
{
	const struct schema *schema = uniter->members[uniter->member].schema;
	const struct schema_node *field = &schema->nodes[node];
	struct entry *entry = entry_at(uniter, index);
	entry->origin = (struct schema_origin){uniter->member, node};
	entry->node = field;
	entry->field_id = field->field_id;
	for (uint32_t child = node + 1; child < field->end; child = schema->nodes[child].end)
		if (!add(uniter, index, child))
			return false;
	return true;
}

/* The field NODE of the member is there already, as INDEX. */
static bool
join(struct uniter *uniter, uint32_t index, uint32_t node)
{
	const struct schema *schema = uniter->members[uniter->member].schema;
	const struct schema_node *field = &schema->nodes[node];
	struct entry *entry = entry_at(uniter, index);
	entry->seen = uniter->member + 1;
	if (is_one_unknown(entry->node, field))
		return is_unknown(field) || replace_unknown(uniter, index, node);
	bool ids_agree = entry->field_id == field->field_id || entry->field_id < 0 || field->field_id < 0;
	if (!is_alike(entry->node, field) || !ids_agree)
		return conflict_of(uniter, entry, node);
	/* A number that one has holds for all. */
	if (entry->field_id < 0 && field->field_id >= 0) {
		entry->origin = (struct schema_origin){uniter->member, node};
		entry->node = field;
		entry->field_id = field->field_id;
	}
	return field->physical != PHYSICAL_GROUP || join_fields(uniter, index, node);
}

static bool
join_fields(struct uniter *uniter, uint32_t group, uint32_t node)
{
	const struct schema *schema = uniter->members[uniter->member].schema;
	struct schema_origin origin = entry_at(uniter, group)->origin;
	uint32_t origin_member = origin.member, found = NONE;
	bool closed =
	    is_closed(schema, node) || is_closed(uniter->members[origin.member].schema, origin.node);
	for (uint32_t child = node + 1; child < schema->nodes[node].end; child = schema->nodes[child].end) {
		uint32_t next = find_entry(uniter, group, found, schema->nodes[child].name);
		bool fine;
		if (next != NONE) {
			fine = join(uniter, found = next, child);
		} else if (closed) {
			fine = conflict_missing(uniter, origin_member, uniter->member, child, CLOSED);
		} else {
			if (schema->nodes[child].repetition == REPETITION_REQUIRED)
				conflict_missing(uniter, origin_member, uniter->member, child, REQUIRED);
			fine = add(uniter, group, child);
			found = entry_at(uniter, group)->last;
		}
		if (!fine)
			return false;
	}
	/* What it does not have. */
	for (uint32_t i = entry_at(uniter, group)->first; i != NONE; i = entry_at(uniter, i)->next) {
		const struct entry *entry = entry_at(uniter, i);
		if (entry->seen == uniter->member + 1)
			continue;
		if (closed || entry->node->repetition == REPETITION_REQUIRED)
			conflict_missing(uniter, uniter->member, entry->origin.member, entry->origin.node,
			    closed ? CLOSED : REQUIRED);
	}
	return true;
}

/* ---- from the entries to a schema ---- */

struct settler {
	struct uniter *uniter;
	struct buffer fields, origins;
};

static bool
settle(struct settler *settler, uint32_t index)
{
	const struct entry *entry = entry_at(settler->uniter, index);
	const struct schema_node *node = entry->node;
	const struct schema_field field = {
	    .name = view_of_text(node->name),
	    .repetition = node->repetition,
	    .physical = node->physical,
	    .type_length = node->type_length,
	    .logical = node->logical,
	    .crs = node->crs != NULL ? view_of_text(node->crs) : (struct view){NULL, 0},
	    .field_id = entry->field_id,
	    .child_count = entry->child_count,
	};
	if (!buffer_append(&settler->fields, &field, sizeof field, settler->uniter->error) ||
	    !buffer_append(&settler->origins, &entry->origin, sizeof entry->origin, settler->uniter->error))
		return false;
	for (uint32_t i = entry->first; i != NONE; i = entry_at(settler->uniter, i)->next)
		if (!settle(settler, i))
			return false;
	return true;
}

struct numbered {
	int32_t field_id;
	uint32_t node;
};

static int
compare_ids(const void *left, const void *right)
{
	const struct numbered *a = left, *b = right;
	return a->field_id != b->field_id ? (a->field_id > b->field_id) - (a->field_id < b->field_id)
	                                  : (a->node > b->node) - (a->node < b->node);
}

/* Two fields of one number are one that was renamed, for who goes by numbers. */
static bool
check_ids(struct uniter *uniter, const struct schema_union *united)
{
	const struct schema *schema = &united->schema;
	struct numbered *ids = calloc(schema->node_count, sizeof *ids);
	uint32_t count = 0;
	if (ids == NULL)
		return nest_error_memory(uniter->error, schema->node_count * sizeof *ids, "the fields' ids");
	for (uint32_t i = 1; i < schema->node_count; i++)
		if (schema->nodes[i].field_id >= 0)
			ids[count++] = (struct numbered){schema->nodes[i].field_id, i};
	qsort(ids, count, sizeof *ids, compare_ids);
	for (uint32_t i = 1; i < count; i++) {
		char a[PATH_BYTES], b[PATH_BYTES], text[4 * PATH_BYTES];
		uint32_t first = ids[i - 1].node, second = ids[i].node;
		uint32_t from = united->origins[first].member, to = united->origins[second].member;
		/* What one file has twice, it has. */
		if (ids[i].field_id != ids[i - 1].field_id || from == to)
			continue;
		snprintf(text, sizeof text, "%s: field %s has the id %d, which is that of %s in %s",
		    name_of(uniter, to), schema_path(schema, second, b, sizeof b), (int)ids[i].field_id,
		    schema_path(schema, first, a, sizeof a), name_of(uniter, from));
		conflict(uniter, text);
	}
	free(ids);
	return true;
}

static bool
build(struct schema_union *united, struct uniter *uniter)
{
	struct settler settler = {.uniter = uniter};
	bool fine = settle(&settler, 0);
	size_t count = settler.origins.size / sizeof(struct schema_origin);
	fine =
	    fine && schema_build(&united->schema,
			(const struct schema_field *)(const void *)settler.fields.data, count, uniter->error);
	buffer_free(&settler.fields);
	if (!fine) {
		buffer_free(&settler.origins);
		return false;
	}
	united->origins = (struct schema_origin *)(void *)settler.origins.data;
	united->is_first = true;
	for (size_t i = 0; i < count; i++)
		united->is_first = united->is_first && united->origins[i].member == 0;
	return check_ids(uniter, united);
}

bool
schema_unite(struct schema_union *united, const struct schema_member *members, uint32_t count,
    schema_conflict *tell, void *context, size_t *conflicts, struct nest_error *error)
{
	struct uniter uniter = {.members = members, .tell = tell, .context = context, .error = error};
	*united = (struct schema_union){0};
	bool fine = add(&uniter, NONE, 0);
	for (uniter.member = 1; uniter.member < count && fine; uniter.member++)
		fine = join_fields(&uniter, 0, 0);
	fine = fine && (uniter.conflicts > 0 || build(united, &uniter));
	buffer_free(&uniter.entries);
	*conflicts = uniter.conflicts;
	if (!fine || uniter.conflicts > 0)
		schema_union_free(united);
	return fine;
}

void
schema_union_free(struct schema_union *united)
{
	schema_free(&united->schema);
	free(united->origins);
	*united = (struct schema_union){0};
}

/* ---- where leaves are ---- */

/* All leaves of GROUP, which is HERE in the member. */
static void
map_group(const struct schema *schema, uint32_t group, const struct schema *member, uint32_t here,
    struct schema_source *sources)
{
	const struct schema_node *nodes = schema->nodes;
	uint32_t guess = here + 1;
	for (uint32_t child = group + 1; child < nodes[group].end; child = nodes[child].end) {
		uint32_t found = find_child(member, here, nodes[child].name, guess);
		if (found != 0)
			guess = member->nodes[found].end;
		if (is_unknown(&member->nodes[found]) && !is_unknown(&nodes[child]))
			found = 0;
		if (found != 0 && nodes[child].physical == PHYSICAL_GROUP) {
			map_group(schema, child, member, found, sources);
			continue;
		}
		const struct schema_node *last = &member->nodes[here];
		for (uint32_t i = 0; i < nodes[child].leaf_count; i++)
			sources[nodes[child].first_leaf + i] =
			    found != 0 ? (struct schema_source){member->nodes[found].first_leaf, 0, 0, 0}
				       : (struct schema_source){
					     SCHEMA_ABSENT, last->first_leaf, last->max_rep, last->max_def};
	}
}

void
schema_union_map(const struct schema *schema, const struct schema *member, struct schema_source *sources)
{
	map_group(schema, 0, member, 0, sources);
}
