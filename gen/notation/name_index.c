#include "gen/notation/name_index.h"

#include "lib/base/hash.h"

#include <stdlib.h>

bool
name_index_open(struct name_index *index, size_t count, struct nest_error *error)
{
	size_t slots = 2;
	while (slots < 2 * count)
		slots *= 2;
	index->slots = calloc(slots, sizeof *index->slots);
	index->mask = slots - 1;
	return index->slots != NULL || nest_error_memory(error, slots * sizeof *index->slots, "a recipe");
}

void
name_index_free(struct name_index *index)
{
	free(index->slots);
	*index = (struct name_index){0};
}

/* The slot that NAME has, or would have. */
static struct name_slot *
slot_of(const struct name_index *index, uint32_t group, struct view name)
{
	size_t at = hash_bytes(name, group) & index->mask;
	while (index->slots[at].is_taken &&
	       (index->slots[at].group != group || !view_equal(index->slots[at].name, name)))
		at = (at + 1) & index->mask;
	return &index->slots[at];
}

uint32_t *
name_index_find(const struct name_index *index, uint32_t group, struct view name)
{
	struct name_slot *slot = slot_of(index, group, name);
	return slot->is_taken ? &slot->item : NULL;
}

void
name_index_add(struct name_index *index, uint32_t group, struct view name, uint32_t item)
{
	*slot_of(index, group, name) = (struct name_slot){name, group, item, true};
}
