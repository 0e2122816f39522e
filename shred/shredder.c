#include "shred/shredder.h"

#include "lib/meter/probe.h"

#include <stdlib.h>

enum { KEPT_MEMORY_MOST = 32 << 20 /* bytes of the stripes, between batches */ };

bool
shredder_init(struct shredder *shredder, struct view schema_text, struct nest_error *error)
{
	*shredder = (struct shredder){0};
	if (!schema_parse(&shredder->schema, schema_text, error))
		return false;
	size_t count = shredder->schema.leaf_count;
	shredder->stripes = calloc(count, sizeof *shredder->stripes);
	shredder->marks = calloc(count, sizeof *shredder->marks);
	if (shredder->stripes == NULL || shredder->marks == NULL)
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
	free(shredder->marks);
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

void
shredder_mark(struct shredder *shredder)
{
	for (uint32_t i = 0; i < shredder->schema.leaf_count; i++)
		shredder->marks[i] = (struct stripe_mark){
		    stripe_entry_count(&shredder->stripes[i]), stripe_value_bytes(&shredder->stripes[i])};
}

void
shredder_rollback(struct shredder *shredder)
{
	for (uint32_t i = 0; i < shredder->schema.leaf_count; i++) {
		struct stripe *stripe = &shredder->stripes[i];
		if (stripe->entries != NULL)
			stripe->entry = stripe->entries + shredder->marks[i].entries;
		if (stripe->values != NULL)
			stripe->value = stripe->values + shredder->marks[i].value_bytes;
	}
}

bool
shredder_name_failure(const struct shredder *shredder, uint32_t node, uint64_t row, struct nest_error *error)
{
	char path[256];
	schema_path(&shredder->schema, node, path, sizeof path);
	if (path[0] == '\0')
		return nest_error_prefix(error, "row %llu: ", (unsigned long long)row);
	return nest_error_prefix(error, "row %llu, field %s: ", (unsigned long long)row, path);
}

/* The first leaf with a text since MARKS that is not UTF-8: its node, and the rows before it; or 0. */
static uint32_t
find_bad_text(const struct shredder *shredder, const struct stripe_mark *marks, uint64_t *row)
{
	static const struct stripe_mark begin = {0, 0};
	for (uint32_t i = 0; i < shredder->schema.leaf_count; i++) {
		uint32_t node = shredder->schema.leaves[i];
		const struct schema_node *leaf = &shredder->schema.nodes[node];
		if (leaf->logical.kind == LOGICAL_STRING &&
		    !stripe_texts_valid(
			&shredder->stripes[i], marks != NULL ? &marks[i] : &begin, leaf->max_def, row))
			return node;
	}
	return 0;
}

bool
shredder_check_texts(const struct shredder *shredder, uint64_t first_row, struct nest_error *error)
{
	NEST_SCOPE("nest_shred.texts");
	uint64_t row;
	uint32_t node = find_bad_text(shredder, NULL, &row);
	if (node == 0)
		return true;
	nest_error_set(error, NEST_INVALID, "the string is not UTF-8");
	return shredder_name_failure(shredder, node, first_row + row, error);
}

uint32_t
shredder_bad_text(const struct shredder *shredder)
{
	uint64_t row;
	return find_bad_text(shredder, shredder->marks, &row);
}
