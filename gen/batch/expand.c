/*
 * expand.c - the instances of a list's scope, from the lengths of the lists.
 *
 * The loops are compiled again for processors with wider vectors (wide.h).
 */
#include "gen/batch/steps.h"

#ifndef STEP_NAME
#define STEP_NAME(name) name
#endif

/* Sets where the elements of each parent begin and, after these, where all end, which it returns. */
static size_t
find_firsts(struct scope *scope, const struct vector *lengths, size_t parent_count)
{
	const int64_t *numbers = lengths->numbers;
	const uint8_t *nulls = lengths->nulls;
	uint32_t *firsts = scope->firsts;
	size_t count = 0;
	for (size_t i = 0; i < parent_count; i++) {
		firsts[i] = (uint32_t)count;
		/* Without a branch, which could not be predicted. */
		size_t is_there = nulls != NULL ? !nulls[i] : 1;
		count += (size_t)numbers[i] & (0 - is_there);
	}
	firsts[parent_count] = (uint32_t)count;
	return count;
}

typedef uint32_t some_parents __attribute__((vector_size(4 * BATCH_PARENTS_AT_ONCE), aligned(4)));

/* Sets the parent of each element; most lists have no more elements than are written in any case. */
static void
find_parents(struct scope *scope, size_t parent_count)
{
	const uint32_t *firsts = scope->firsts;
	uint32_t *parents = scope->parents;
	some_parents parent = {0};
	for (size_t i = 0; i < parent_count; i++, parent += 1) {
		uint32_t k = firsts[i], end = firsts[i + 1];
		do {
			*(some_parents *)(parents + k) = parent;
			k += BATCH_PARENTS_AT_ONCE;
		} while (k < end);
	}
}

bool
STEP_NAME(step_expand)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	struct scope *scope = &batch->scopes[step->scope];
	const struct scope *parent = &batch->scopes[scope->parent];
	if (!batch_reserve_firsts(scope, parent->count, error))
		return false;
	size_t count = find_firsts(scope, &batch->vectors[scope->lengths], parent->count);
	if (!batch_spend(batch, scope->bytes, count, error) ||
	    !batch_reserve(batch, step->scope, count + 1, error))
		return false;
	scope->count = count;
	find_parents(scope, parent->count);
	int64_t *restrict places = batch->vectors[scope->place].numbers;
	uint64_t *restrict counters = scope->counters;
	const uint32_t *parents = scope->parents, *firsts = scope->firsts;
	const uint64_t *outer = parent->counters, offset = scope->offset, words = scope->words;
	for (size_t k = 0; k < count; k++) {
		uint64_t place = k - firsts[parents[k]];
		places[k] = (int64_t)place;
		counters[k] = outer[parents[k]] + offset + place * words;
	}
	return true;
}
