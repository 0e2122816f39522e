#include "gen/like/distinct.h"

#include "lib/base/hash.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64, CAPACITY_MOST = 2048 };

static bool
is_kept(const struct distinct *distinct, uint64_t hash)
{
	return (hash & (((uint64_t)1 << distinct->zeros) - 1)) == 0;
}

/* The place of HASH, or the free one where it belongs. */
static uint64_t *
find(const struct distinct *distinct, uint64_t hash)
{
	uint32_t mask = distinct->capacity - 1, at = (uint32_t)(hash >> 32) & mask;
	while (distinct->hashes[at] != 0 && distinct->hashes[at] != hash)
		at = (at + 1) & mask;
	return &distinct->hashes[at];
}

/* Lays out anew what is still kept. */
static bool
rebuild(struct distinct *distinct, uint32_t capacity, struct nest_error *error)
{
	uint64_t *old = distinct->hashes;
	uint32_t old_capacity = distinct->capacity;
	uint64_t *hashes = calloc(capacity, sizeof *hashes);
	if (hashes == NULL)
		return nest_error_memory(error, capacity * sizeof *hashes, "distinct values");
	distinct->hashes = hashes;
	distinct->capacity = capacity;
	distinct->count = 0;
	for (uint32_t i = 0; i < old_capacity; i++)
		if (old[i] != 0 && is_kept(distinct, old[i])) {
			*find(distinct, old[i]) = old[i];
			distinct->count++;
		}
	free(old);
	return true;
}

/* Half of the places stay free. */
static bool
make_room(struct distinct *distinct, struct nest_error *error)
{
	if (distinct->capacity == 0)
		return rebuild(distinct, FIRST_CAPACITY, error);
	if (distinct->count < distinct->capacity / 2)
		return true;
	if (distinct->capacity < CAPACITY_MOST)
		return rebuild(distinct, 2 * distinct->capacity, error);
	distinct->zeros++;
	return rebuild(distinct, distinct->capacity, error);
}

bool
distinct_add(struct distinct *distinct, struct view value, struct nest_error *error)
{
	/* Not the hash of tables, which is another one in every run. */
	uint64_t hash = XXH3_64bits(value.data, value.size);
	hash += hash == 0;
	if (!is_kept(distinct, hash))
		return true;
	if (!make_room(distinct, error))
		return false;
	uint64_t *place = find(distinct, hash);
	distinct->has_repeats |= *place == hash;
	if (*place == hash || !is_kept(distinct, hash))
		return true;
	*place = hash;
	distinct->count++;
	return true;
}

uint64_t
distinct_estimate(const struct distinct *distinct)
{
	return (uint64_t)distinct->count << distinct->zeros;
}

void
distinct_free(struct distinct *distinct)
{
	free(distinct->hashes);
	*distinct = (struct distinct){0};
}
