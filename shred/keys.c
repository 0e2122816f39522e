#include "shred/keys.h"

#include "lib/base/hash.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

void
keys_clear(struct key_set *set)
{
	set->count = 0;
	buffer_clear(&set->bytes);
	/* Slots of earlier records are free; once in 2^32 records the number wraps. */
	if (++set->record == 0 && set->slots != NULL) {
		memset(set->slots, 0, set->capacity * sizeof *set->slots);
		set->record = 1;
	}
}

void
keys_free(struct key_set *set)
{
	free(set->slots);
	buffer_free(&set->bytes);
	*set = (struct key_set){0};
}

static bool
is_key(const struct key_set *set, const struct key_slot *slot, uint64_t hash, uint32_t map, struct view key)
{
	return slot->hash == hash && slot->map == map &&
	       view_equal((struct view){set->bytes.data + slot->offset, slot->size}, key);
}

/* The slot of the key, or the free one where it belongs. */
static struct key_slot *
find_slot(const struct key_set *set, uint64_t hash, uint32_t map, struct view key)
{
	size_t mask = set->capacity - 1, at = (size_t)hash & mask;
	while (set->slots[at].record == set->record && !is_key(set, &set->slots[at], hash, map, key))
		at = (at + 1) & mask;
	return &set->slots[at];
}

static bool
grow(struct key_set *set, struct nest_error *error)
{
	struct key_slot *old = set->slots;
	size_t old_capacity = set->capacity, capacity = old_capacity > 0 ? 2 * old_capacity : FIRST_CAPACITY;
	struct key_slot *slots = calloc(capacity, sizeof *slots);
	if (slots == NULL)
		return nest_error_memory(error, capacity * sizeof *slots, "the keys of maps");
	set->slots = slots;
	set->capacity = capacity;
	/* New slots are of record 0, which does not exist. */
	if (set->record == 0)
		set->record = 1;
	for (size_t i = 0; i < old_capacity; i++) {
		if (old[i].record != set->record)
			continue;
		size_t at = (size_t)old[i].hash & (capacity - 1);
		while (slots[at].record == set->record)
			at = (at + 1) & (capacity - 1);
		slots[at] = old[i];
	}
	free(old);
	return true;
}

bool
keys_add(struct key_set *set, uint32_t map, struct view key, struct key_slot **slot, bool *is_new,
    struct nest_error *error)
{
	if (2 * set->count >= set->capacity && !grow(set, error))
		return false;
	uint64_t hash = hash_bytes(key, map);
	*slot = find_slot(set, hash, map, key);
	*is_new = (*slot)->record != set->record;
	if (!*is_new)
		return true;
	**slot = (struct key_slot){hash, set->record, map, set->bytes.size, key.size, NULL};
	set->count++;
	return buffer_append(&set->bytes, key.data, key.size, error);
}
