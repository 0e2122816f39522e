#include "gen/check/kinds.h"

#include "lib/base/hash.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

/* How often a value came. */
enum { NEVER, ONCE, TWICE, OFTEN };

struct kinds_slot {
	uint64_t hash;
	uint32_t came; /* the slot is empty if it is NEVER */
};

/* The slot of HASH, or the empty one where it belongs. */
static struct kinds_slot *
find(const struct kinds *kinds, uint64_t hash)
{
	size_t at = hash & (kinds->capacity - 1);
	while (kinds->slots[at].came != NEVER && kinds->slots[at].hash != hash)
		at = (at + 1) & (kinds->capacity - 1);
	return &kinds->slots[at];
}

static bool
grow(struct kinds *kinds, struct nest_error *error)
{
	struct kinds wider = *kinds;
	wider.capacity = kinds->capacity != 0 ? 2 * kinds->capacity : FIRST_CAPACITY;
	wider.slots = calloc(wider.capacity, sizeof *wider.slots);
	if (wider.slots == NULL)
		return nest_error_memory(
		    error, wider.capacity * sizeof *wider.slots, "the values of a field");
	for (size_t i = 0; i < kinds->capacity; i++)
		if (kinds->slots[i].came != NEVER)
			*find(&wider, kinds->slots[i].hash) = kinds->slots[i];
	free(kinds->slots);
	*kinds = wider;
	return true;
}

bool
kinds_add(struct kinds *kinds, struct view value, struct nest_error *error)
{
	if (2 * kinds->used >= kinds->capacity && !grow(kinds, error))
		return false;
	uint64_t hash = hash_bytes(value, 0);
	struct kinds_slot *slot = find(kinds, hash);
	kinds->values++;
	switch (slot->came) {
	case NEVER:
		*slot = (struct kinds_slot){hash, ONCE};
		kinds->used++;
		kinds->once++;
		break;
	case ONCE:
		slot->came = TWICE;
		kinds->once--;
		kinds->twice++;
		break;
	case TWICE:
		slot->came = OFTEN;
		kinds->twice--;
		break;
	default:
		break;
	}
	return true;
}

void
kinds_free(struct kinds *kinds)
{
	free(kinds->slots);
	*kinds = (struct kinds){0};
}

bool
kinds_has(const struct kinds *kinds, struct view value)
{
	return kinds->capacity > 0 && find(kinds, hash_bytes(value, 0))->came != NEVER;
}

double
kinds_estimate(const struct kinds *kinds)
{
	double once = (double)kinds->once, twice = (double)kinds->twice;
	return (double)kinds->used + once * (once - 1) / (2 * (twice + 1));
}
