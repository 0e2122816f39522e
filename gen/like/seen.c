#include "gen/like/seen.h"

#include "lib/base/hash.h"

#include <stdlib.h>

enum {
	SEEN_BITS = 27,  /* of the number of bits: 16 MiB */
	TAKEN_BITS = 22, /* 512 KiB */
	PROBES = 4,
	PIECE_LEAST = 3, /* bytes of a value that is searched for within others, */
	PIECE_MOST = 48,
	WITHIN_MOST = 256, /* and of these others */
};

static size_t
bytes_of(unsigned bits)
{
	return ((size_t)1 << bits) / 8;
}

bool
seen_open(struct seen *seen, struct nest_error *error)
{
	seen->words = calloc(1, bytes_of(SEEN_BITS));
	seen->taken = calloc(1, bytes_of(TAKEN_BITS));
	return (seen->words != NULL && seen->taken != NULL) ||
	       nest_error_memory(error, bytes_of(SEEN_BITS), "what the sample has");
}

void
seen_close(struct seen *seen)
{
	free(seen->words);
	free(seen->taken);
	*seen = (struct seen){0};
}

/* The recipe depends on this hash, so it is the same in every run. */
static uint64_t
hash_of(struct view value)
{
	return XXH3_64bits(value.data, value.size);
}

static uint64_t
place_of(uint64_t hash, unsigned probe, unsigned bits)
{
	return (hash + probe * (hash >> 32 | 1)) & (((uint64_t)1 << bits) - 1);
}

static void
mark(uint64_t *words, unsigned bits, uint64_t hash)
{
	for (unsigned i = 0; i < PROBES; i++) {
		uint64_t place = place_of(hash, i, bits);
		words[place / 64] |= (uint64_t)1 << place % 64;
	}
}

static bool
is_marked(const uint64_t *words, unsigned bits, uint64_t hash)
{
	for (unsigned i = 0; i < PROBES; i++) {
		uint64_t place = place_of(hash, i, bits);
		if ((words[place / 64] >> place % 64 & 1) == 0)
			return false;
	}
	return true;
}

void
seen_add(struct seen *seen, struct view value)
{
	mark(seen->words, SEEN_BITS, hash_of(value));
}

void
seen_take(struct seen *seen, struct view value)
{
	mark(seen->taken, TAKEN_BITS, hash_of(value));
}

void
seen_forget_taken(struct seen *seen)
{
	memset(seen->taken, 0, bytes_of(TAKEN_BITS));
}

bool
seen_has(const struct seen *seen, struct view value)
{
	uint64_t hash = hash_of(value);
	return is_marked(seen->words, SEEN_BITS, hash) || is_marked(seen->taken, TAKEN_BITS, hash);
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
