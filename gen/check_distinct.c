#include "gen/check_distinct.h"

#include "lib/base/hash.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

/* How often a value came. */
enum { NEVER, ONCE, TWICE, OFTEN };

struct distinct_slot {
	uint64_t hash;
	uint32_t came; /* the slot is empty where it is NEVER */
};

/* The slot of HASH, or the empty one where it belongs. */
static struct distinct_slot *
find(const struct distinct *distinct, uint64_t hash)
{
	size_t at = hash & (distinct->capacity - 1);
	while (distinct->slots[at].came != NEVER && distinct->slots[at].hash != hash)
		at = (at + 1) & (distinct->capacity - 1);
	return &distinct->slots[at];
}

static bool
grow(struct distinct *distinct, struct nest_error *error)
{
	struct distinct wider = *distinct;
	wider.capacity = distinct->capacity != 0 ? 2 * distinct->capacity : FIRST_CAPACITY;
	wider.slots = calloc(wider.capacity, sizeof *wider.slots);
	if (wider.slots == NULL)
		return nest_error_memory(
		    error, wider.capacity * sizeof *wider.slots, "the values of a field");
	for (size_t i = 0; i < distinct->capacity; i++)
		if (distinct->slots[i].came != NEVER)
			*find(&wider, distinct->slots[i].hash) = distinct->slots[i];
	free(distinct->slots);
	*distinct = wider;
	return true;
}

bool
distinct_add(struct distinct *distinct, struct view value, struct nest_error *error)
{
	if (2 * distinct->used >= distinct->capacity && !grow(distinct, error))
		return false;
	uint64_t hash = hash_bytes(value, 0);
	struct distinct_slot *slot = find(distinct, hash);
	distinct->values++;
	switch (slot->came) {
	case NEVER:
		*slot = (struct distinct_slot){hash, ONCE};
		distinct->used++;
		distinct->once++;
		break;
	case ONCE:
		slot->came = TWICE;
		distinct->once--;
		distinct->twice++;
		break;
	case TWICE:
		slot->came = OFTEN;
		distinct->twice--;
		break;
	default:
		break;
	}
	return true;
}

void
distinct_free(struct distinct *distinct)
{
	free(distinct->slots);
	*distinct = (struct distinct){0};
}

bool
distinct_has(const struct distinct *distinct, struct view value)
{
	return distinct->capacity > 0 && find(distinct, hash_bytes(value, 0))->came != NEVER;
}

double
distinct_estimate(const struct distinct *distinct)
{
	double once = (double)distinct->once, twice = (double)distinct->twice;
	return (double)distinct->used + once * (once - 1) / (2 * (twice + 1));
}
