#include "lib/wire/part_set.h"

#include <stdlib.h>

enum {
	BITMAP_PARTS = 512,
	WORD_PARTS = 64,
	FIRST_CAPACITY = 8,
};

struct part_bitmap {
	uint64_t words[BITMAP_PARTS / WORD_PARTS];
	uint64_t key; /* the parts' number / BITMAP_PARTS, + 1; 0: the slot is free */
};

static uint64_t
key_of(uint64_t part)
{
	return part / BITMAP_PARTS + 1;
}

static uint64_t
bit_of(uint64_t part)
{
	return (uint64_t)1 << part % WORD_PARTS;
}

static size_t
word_of(uint64_t part)
{
	return part % BITMAP_PARTS / WORD_PARTS;
}

/* The slot that has KEY, or a free one for it; there is always one free. */
static struct part_bitmap *
find_slot(const struct part_set *set, uint64_t key)
{
	size_t mask = set->capacity - 1;
	/* Fibonacci hashing: keys in a row, or at any distance from one another, spread evenly. */
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & mask;
	while (set->slots[at].key != 0 && set->slots[at].key != key)
		at = (at + 1) & mask;
	return &set->slots[at];
}

bool
part_set_has(const struct part_set *set, uint64_t part)
{
	return set->used > 0 && (find_slot(set, key_of(part))->words[word_of(part)] & bit_of(part)) != 0;
}

static bool
grow(struct part_set *set, struct nest_error *error)
{
	struct part_set grown = {
	    .used = set->used, .capacity = set->capacity == 0 ? FIRST_CAPACITY : 2 * set->capacity};
	grown.slots = calloc(grown.capacity, sizeof *grown.slots);
	if (grown.slots == NULL)
		return nest_error_memory(error, grown.capacity * sizeof *grown.slots, "the parts");
	for (size_t i = 0; i < set->capacity; i++)
		if (set->slots[i].key != 0)
			*find_slot(&grown, set->slots[i].key) = set->slots[i];
	part_set_free(set);
	*set = grown;
	return true;
}

bool
part_set_add(struct part_set *set, uint64_t part, struct nest_error *error)
{
	if (2 * set->used >= set->capacity && !grow(set, error))
		return false;
	struct part_bitmap *slot = find_slot(set, key_of(part));
	set->used += slot->key == 0;
	slot->key = key_of(part);
	slot->words[word_of(part)] |= bit_of(part);
	return true;
}

void
part_set_free(struct part_set *set)
{
	free(set->slots);
	*set = (struct part_set){0};
}
