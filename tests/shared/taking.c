#include "tests/shared/taking.h"

#include <endian.h>

bool
taking_init(struct taking *taking, struct view schema, const struct walk_rules *rules)
{
	*taking = (struct taking){.rules = *rules};
	struct shredder *shredder = &taking->shredder;
	if (!shredder_init(shredder, schema, &taking->error))
		return false;
	if (walk_init(&taking->walk, &shredder->schema, shredder->steps, &taking->rules,
		&shredder->memory_bytes, &taking->error)) {
		taking->walk.error = &taking->error;
		return true;
	}
	shredder_free(shredder);
	return false;
}

void
taking_free(struct taking *taking)
{
	walk_free(&taking->walk);
	shredder_free(&taking->shredder);
}

const uint8_t *
taking_walk(struct taking *taking, record_walker *walker, const uint8_t *at)
{
	struct walk *walk = &taking->walk;
	shredder_mark(&taking->shredder);
	const uint8_t *end = walker(walk, at);
	if (end == NULL && walk->problem == WALK_AGAIN) {
		shredder_rollback(&taking->shredder);
		walk->is_careful = true;
		end = walker(walk, at);
		walk->is_careful = false;
	}
	if (end == NULL)
		shredder_rollback(&taking->shredder);
	return end;
}

/* The bytes of the value at AT; more than LEFT where it is cut off. */
static size_t
value_bytes(const struct schema_node *leaf, const uint8_t *at, size_t left)
{
	uint32_t length;
	if (leaf->physical != PHYSICAL_BYTE_ARRAY)
		return schema_value_bytes(leaf);
	if (left < 4)
		return SIZE_MAX;
	memcpy(&length, at, 4);
	return 4 + (size_t)le32toh(length);
}

bool
taking_leaf_adds_up(const struct stripe *stripe, const struct schema_node *leaf, uint64_t rows)
{
	const uint8_t *at = stripe->values;
	uint64_t begun = 0;
	for (size_t i = 0; i < stripe_entry_count(stripe); i++) {
		unsigned rep = stripe->entries[i] & 0xffu, def = stripe->entries[i] >> 8;
		if (rep > leaf->max_rep || def > leaf->max_def)
			return false;
		begun += rep == 0;
		if (def < leaf->max_def)
			continue;
		size_t left = (size_t)(stripe->value - at), needed = value_bytes(leaf, at, left);
		if (needed > left)
			return false;
		at += needed;
	}
	return begun == rows && at == stripe->value;
}

bool
taking_adds_up(const struct taking *taking, uint64_t rows)
{
	const struct schema *schema = &taking->shredder.schema;
	for (uint32_t i = 0; i < schema->leaf_count; i++)
		if (!taking_leaf_adds_up(
			&taking->shredder.stripes[i], &schema->nodes[schema->leaves[i]], rows))
			return false;
	return true;
}
