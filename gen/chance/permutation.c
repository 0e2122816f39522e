#include "gen/chance/permutation.h"

#include "gen/chance/draw.h"

/* The least number of bits that are mixed: with fewer, some orders come up more often than others. */
enum { BITS_LEAST = 6 };

enum { BLOCK = 256 }; /* numbers that are mixed together */

static unsigned
bits_for(uint64_t count)
{
	unsigned bits = count > 1 ? 64 - (unsigned)__builtin_clzll(count - 1) : 0;
	return bits > BITS_LEAST ? bits : BITS_LEAST;
}

bool
permutation_init(struct permutation *permutation, uint64_t key, uint64_t count, struct nest_error *error)
{
	if (count < 1 || count > PERMUTATION_MOST)
		return nest_error_set(error, NEST_USAGE, "from 1 to %llu numbers can be scattered, not %llu",
		    PERMUTATION_MOST, (unsigned long long)count);
	unsigned bits = bits_for(count);
	*permutation = (struct permutation){count, (1ull << bits) - 1, bits / 2 + 1, {{0, 0}}};
	for (unsigned i = 0; i < PERMUTATION_ROUNDS; i++) {
		permutation->rounds[i].factor = draw(key, 2 * i + 1) | 1;
		permutation->rounds[i].term = draw(key, 2 * i + 2);
	}
	return true;
}

static inline uint64_t
mix(const struct permutation *permutation, uint64_t number)
{
	for (unsigned i = 0; i < PERMUTATION_ROUNDS; i++) {
		const struct permutation_round *round = &permutation->rounds[i];
		number = (number * round->factor + round->term) & permutation->mask;
		number ^= number >> permutation->shift;
	}
	return number;
}

/* Those outside are mixed again together, so that it does not matter that nobody can tell which they are. */
static void
apply_to_block(const struct permutation *permutation, const uint64_t *numbers, size_t count, uint64_t *places)
{
	uint32_t outside[BLOCK];
	size_t left = 0;
	for (size_t i = 0; i < count; i++) {
		places[i] = mix(permutation, numbers[i]);
		outside[left] = (uint32_t)i;
		left += places[i] >= permutation->count;
	}
	while (left > 0) {
		size_t count_outside = left;
		left = 0;
		for (size_t k = 0; k < count_outside; k++) {
			uint32_t i = outside[k];
			places[i] = mix(permutation, places[i]);
			outside[left] = i;
			left += places[i] >= permutation->count;
		}
	}
}

void
permutation_apply(
    const struct permutation *permutation, const uint64_t *numbers, size_t count, uint64_t *places)
{
	for (size_t i = 0; i < count; i += BLOCK)
		apply_to_block(permutation, numbers + i, count - i < BLOCK ? count - i : BLOCK, places + i);
}
