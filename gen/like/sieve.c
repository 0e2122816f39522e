#include "gen/like/sieve.h"

#include "lib/base/hash.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64, CAPACITY_MOST = 2048 };

static bool
is_kept(const struct sieve *sieve, uint64_t hash)
{
	return (hash & (((uint64_t)1 << sieve->zeros) - 1)) == 0;
}

/* The place of HASH, or the free one where it belongs. */
static uint64_t *
find(const struct sieve *sieve, uint64_t hash)
{
	uint32_t mask = sieve->capacity - 1, at = (uint32_t)(hash >> 32) & mask;
	while (sieve->hashes[at] != 0 && sieve->hashes[at] != hash)
		at = (at + 1) & mask;
	return &sieve->hashes[at];
}

/* Rebuilds the table of what is still kept. */
static bool
rebuild(struct sieve *sieve, uint32_t capacity, struct nest_error *error)
{
	uint64_t *old = sieve->hashes;
	uint32_t old_capacity = sieve->capacity;
	uint64_t *hashes = calloc(capacity, sizeof *hashes);
	if (hashes == NULL)
		return nest_error_memory(error, capacity * sizeof *hashes, "sieve values");
	sieve->hashes = hashes;
	sieve->capacity = capacity;
	sieve->count = 0;
	for (uint32_t i = 0; i < old_capacity; i++)
		if (old[i] != 0 && is_kept(sieve, old[i])) {
			*find(sieve, old[i]) = old[i];
			sieve->count++;
		}
	free(old);
	return true;
}

/* Half of the places stay free. */
static bool
make_room(struct sieve *sieve, struct nest_error *error)
{
	if (sieve->capacity == 0)
		return rebuild(sieve, FIRST_CAPACITY, error);
	if (sieve->count < sieve->capacity / 2)
		return true;
	if (sieve->capacity < CAPACITY_MOST)
		return rebuild(sieve, 2 * sieve->capacity, error);
	sieve->zeros++;
	return rebuild(sieve, sieve->capacity, error);
}

bool
sieve_add(struct sieve *sieve, struct view value, struct nest_error *error)
{
	/* Not the hash of tables, which differs in every run. */
	uint64_t hash = XXH3_64bits(value.data, value.size);
	hash += hash == 0;
	if (!is_kept(sieve, hash))
		return true;
	if (!make_room(sieve, error))
		return false;
	uint64_t *place = find(sieve, hash);
	sieve->has_repeats |= *place == hash;
	if (*place == hash || !is_kept(sieve, hash))
		return true;
	*place = hash;
	sieve->count++;
	return true;
}

void
sieve_free(struct sieve *sieve)
{
	free(sieve->hashes);
	*sieve = (struct sieve){0};
}
