#include "gen/like/seen.h"

#include "lib/base/hash.h"

#include <stdlib.h>

enum {
	SEEN_BITS = 27, /* of the number of bits: 16 MiB */
	PROBES = 4,
	PIECE_LEAST = 3, /* bytes of a value that is looked for within others, */
	PIECE_MOST = 48,
	WITHIN_MOST = 256, /* and of these others */
};

bool
seen_open(struct seen *seen, struct nest_error *error)
{
	size_t size = ((size_t)1 << SEEN_BITS) / 8;
	seen->words = calloc(1, size);
	return seen->words != NULL || nest_error_memory(error, size, "what the sample has");
}

void
seen_close(struct seen *seen)
{
	free(seen->words);
	seen->words = NULL;
}

/* The recipe depends on it, so it is the same in every run. */
static uint64_t
hash_of(struct view value)
{
	return XXH3_64bits(value.data, value.size);
}

static uint64_t
place_of(uint64_t hash, unsigned probe)
{
	return (hash + probe * (hash >> 32 | 1)) & (((uint64_t)1 << SEEN_BITS) - 1);
}

void
seen_add(struct seen *seen, struct view value)
{
	uint64_t hash = hash_of(value);
	for (unsigned i = 0; i < PROBES; i++) {
		uint64_t place = place_of(hash, i);
		seen->words[place / 64] |= (uint64_t)1 << place % 64;
	}
}

bool
seen_has(const struct seen *seen, struct view value)
{
	uint64_t hash = hash_of(value);
	for (unsigned i = 0; i < PROBES; i++) {
		uint64_t place = place_of(hash, i);
		if ((seen->words[place / 64] >> place % 64 & 1) == 0)
			return false;
	}
	return true;
}

bool
seen_within(const struct seen *seen, struct view text)
{
	if (seen_has(seen, text))
		return true;
	for (size_t at = 0; at < text.size && text.size <= WITHIN_MOST; at++)
		for (size_t size = PIECE_LEAST; size <= PIECE_MOST && at + size <= text.size; size++)
			if (seen_has(seen, (struct view){text.data + at, size}))
				return true;
	return false;
}
