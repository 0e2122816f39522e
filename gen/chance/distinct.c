#include "gen/chance/distinct.h"

#include "gen/chance/draw.h"
#include "gen/chance/reals.h"

/* A slot holds an outcome plus 1, so that 0 is none; 2^64 - 1 has a place of its own. */
struct seen {
	uint64_t *slots;
	uint64_t mask;
	bool has_last;
};

bool
distinct_open(struct distinct *distinct, uint64_t count, const double *each, struct nest_error *error)
{
	*distinct = (struct distinct){.count = count, .each = each};
	if (each == NULL)
		return true;
	if (!weights_open(&distinct->weights, each, count, error))
		return false;
	for (uint64_t i = 0; i < count; i++)
		distinct->positive += each[i] > 0;
	return true;
}

void
distinct_free(struct distinct *distinct)
{
	if (distinct->each != NULL)
		weights_free(&distinct->weights);
	buffer_free(&distinct->seen);
	*distinct = (struct distinct){0};
}

/* ---- which were drawn ---- */

static bool
begin(struct distinct *distinct, uint32_t wanted, struct seen *seen, struct nest_error *error)
{
	uint64_t slots = 4;
	while (slots < 2ull * wanted)
		slots *= 2;
	if (!buffer_reserve(&distinct->seen, slots * sizeof *seen->slots, error))
		return false;
	*seen = (struct seen){(uint64_t *)(void *)distinct->seen.data, slots - 1, false};
	memset(seen->slots, 0, slots * sizeof *seen->slots);
	return true;
}

/* The slot of an outcome, or the one where it would be. */
static uint64_t *
slot_of(const struct seen *seen, uint64_t outcome)
{
	uint64_t at = draw_scramble(outcome) & seen->mask;
	while (seen->slots[at] != 0 && seen->slots[at] != outcome + 1)
		at = (at + 1) & seen->mask;
	return &seen->slots[at];
}

static bool
is_seen(const struct seen *seen, uint64_t outcome)
{
	return outcome == UINT64_MAX ? seen->has_last : *slot_of(seen, outcome) != 0;
}

static void
add(struct seen *seen, uint64_t outcome)
{
	if (outcome == UINT64_MAX)
		seen->has_last = true;
	else
		*slot_of(seen, outcome) = outcome + 1;
}

/* ---- drawing ---- */

/* Drawing again rarely succeeds if few outcomes are left: after this many tries they are searched for. */
enum { TRIES = 16 };

static uint64_t
draw_any(const struct distinct *distinct, uint64_t word)
{
	uint64_t outcome;
	if (distinct->each == NULL)
		return distinct->count == 0 ? word : draw_below(word, 64, distinct->count);
	weights_draw(&distinct->weights, &word, 1, &outcome);
	return outcome;
}

/* The outcome NUMBER, counted from 0, of those that are left, of which there must be more. */
static uint64_t
find_left(const struct seen *seen, uint64_t number)
{
	uint64_t outcome = 0;
	while (is_seen(seen, outcome) || number-- > 0)
		outcome++;
	return outcome;
}

/* Finds an outcome of those that are left, by weight. */
static uint64_t
find_weighed(const struct distinct *distinct, const struct seen *seen, uint64_t word)
{
	double sum = 0;
	uint64_t found = 0;
	for (uint64_t i = 0; i < distinct->count; i++)
		sum += is_seen(seen, i) ? 0 : distinct->each[i];
	double behind = draw_unit(word) * sum;
	for (uint64_t i = 0; i < distinct->count && behind >= 0; i++)
		if (distinct->each[i] > 0 && !is_seen(seen, i)) {
			behind -= distinct->each[i];
			found = i;
		}
	return found;
}

bool
distinct_draw(struct distinct *distinct, uint64_t word, uint32_t wanted, uint64_t *outcomes, uint64_t *looks,
    struct nest_error *error)
{
	struct seen seen;
	uint64_t words = 0;
	*looks = 0;
	if (!begin(distinct, wanted, &seen, error))
		return false;
	for (uint32_t k = 0; k < wanted; k++) {
		unsigned tries = 0;
		do
			outcomes[k] = draw_any(distinct, draw(word, ++words));
		while (is_seen(&seen, outcomes[k]) && ++tries < TRIES);
		if (tries == TRIES) {
			uint64_t next = draw(word, ++words);
			outcomes[k] = distinct->each != NULL
			                  ? find_weighed(distinct, &seen, next)
			                  : find_left(&seen, draw_below(next, 64, distinct->count - k));
			*looks += distinct->count;
		}
		add(&seen, outcomes[k]);
	}
	return true;
}
