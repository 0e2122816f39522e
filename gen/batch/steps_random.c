/* steps_random.c - draws from distributions; each takes one word, from which further ones follow. */
#include "gen/batch/steps.h"
#include "gen/chance/draw.h"
#include "gen/chance/pattern.h"
#include "gen/chance/permutation.h"
#include "gen/chance/poisson.h"
#include "gen/chance/weights.h"
#include "gen/notation/calendar.h"
#include "lib/base/digits.h"

static const uint64_t *
words_of(const struct batch *batch, const struct step *step)
{
	return (const uint64_t *)batch->vectors[step->in[0]].numbers;
}

static uint64_t *
numbers_of(const struct batch *batch, const struct step *step)
{
	return (uint64_t *)batch->vectors[step->out].numbers;
}

/* ---- counts ---- */

#define COUNT_STEP(name, draw_vector)                                                        \
	bool name(struct batch *batch, const struct step *step, struct nest_error *error)    \
	{                                                                                    \
		(void)error;                                                                 \
		draw_vector(step->table, words_of(batch, step), step_instances(batch, step), \
		    numbers_of(batch, step));                                                \
		return true;                                                                 \
	}

COUNT_STEP(step_poisson, poisson_draw)
COUNT_STEP(step_weighted, weights_draw)

bool
step_scatter(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const struct vector *in = &batch->vectors[step->in[0]], *out = &batch->vectors[step->out];
	size_t count = step_instances(batch, step);
	/* The number under a null may be outside of the permutation, which would then never end. */
	for (size_t i = 0; i < count; i++) {
		bool is_null = in->nulls != NULL && in->nulls[i];
		out->numbers[i] = is_null ? 0 : in->numbers[i];
		if (out->nulls != NULL)
			out->nulls[i] = is_null;
	}
	permutation_apply(step->table, numbers_of(batch, step), count, numbers_of(batch, step));
	return true;
}

/* ---- texts ---- */

bool
step_pattern(struct batch *batch, const struct step *step, struct nest_error *error)
{
	struct text *out = batch->vectors[step->out].texts;
	const uint64_t *words = words_of(batch, step);
	if (!step_text_open(batch, step, error))
		return false;
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++)
		out[i].size = pattern_draw(step->table, words[i], step_text_end(&out[i]));
	return true;
}

/* Four bytes, each one of COUNT, at most 256: a quarter of BITS each, two of which are multiplied in one
 * word. */
static inline uint32_t
four_below(uint64_t bits, uint64_t count)
{
	const uint64_t quarters = 0x0000ffff0000ffffu, bytes = 0x000000ff000000ffu;
	uint64_t even = (bits & quarters) * count >> 16 & bytes,
		 odd = (bits >> 16 & quarters) * count >> 16 & bytes;
	uint64_t pairs = even | odd << 8;
	return (uint32_t)(pairs | pairs >> 16);
}

/* SIZE bytes at AT, and up to seven more, each FIRST or one of those that follow it, COUNT of them: a draw is
 * for four, and two are made at once, which is enough for most. */
static void
put_random_bytes(uint8_t *at, uint64_t word, uint64_t size, uint32_t first, uint64_t count)
{
	for (uint64_t k = 0; k < size; k += 8) {
		uint32_t low = htole32(four_below(draw(word, k / 4 + 1), count) + first * 0x01010101u);
		uint32_t high = htole32(four_below(draw(word, k / 4 + 2), count) + first * 0x01010101u);
		memcpy(at + k, &low, 4);
		memcpy(at + k + 4, &high, 4);
	}
}

/* NUMBER is the first byte and OTHER how many there are: 0 and 256 for any. */
bool
step_random_bytes(struct batch *batch, const struct step *step, struct nest_error *error)
{
	const struct vector *sizes = &batch->vectors[step->in[1]];
	struct vector *out = &batch->vectors[step->out];
	const uint64_t *words = words_of(batch, step);
	if (!step_text_open(batch, step, error))
		return false;
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		bool is_null = sizes->nulls != NULL && sizes->nulls[i];
		uint64_t size = is_null ? 0 : (uint64_t)sizes->numbers[i];
		put_random_bytes(step_text_end(&out->texts[i]), words[i], size, (uint32_t)step->number,
		    (uint64_t)step->other);
		out->texts[i].size = size;
		if (out->nulls != NULL)
			out->nulls[i] = is_null;
	}
	return true;
}

/* RFC 9562, version 4. */
static void
mark_uuid(uint8_t *at)
{
	at[6] = (uint8_t)(0x40u | (at[6] & 0x0fu));
	at[8] = (uint8_t)(0x80u | (at[8] & 0x3fu));
}

bool
step_uuid(struct batch *batch, const struct step *step, struct nest_error *error)
{
	struct text *out = batch->vectors[step->out].texts;
	const uint64_t *words = words_of(batch, step);
	if (!step_text_open(batch, step, error))
		return false;
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		uint8_t *at = step_text_end(&out[i]);
		uint64_t second = draw(words[i], 1);
		memcpy(at, &words[i], 8);
		memcpy(at + 8, &second, 8);
		mark_uuid(at);
		out[i].size = 16;
	}
	return true;
}

/* Numbers are mixed by steps that can be undone, and all bits of that are in the UUID: none has that of
 * another. */
bool
step_uuid_of(struct batch *batch, const struct step *step, struct nest_error *error)
{
	const struct vector *in = &batch->vectors[step->in[0]], *out = &batch->vectors[step->out];
	uint64_t key = draw(batch->key, UINT64_MAX);
	if (!step_text_open(batch, step, error))
		return false;
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		uint8_t *at = step_text_end(&out->texts[i]);
		uint64_t first = (uint64_t)in->numbers[i] + key;
		first = (first ^ first >> 32) * 0xd6e8feb86659fd93u;
		first = (first ^ first >> 32) * 0xd6e8feb86659fd93u;
		first ^= first >> 32;
		uint64_t second = draw(key, first);
		memcpy(at, &first, 8);
		memcpy(at + 8, &second, 8);
		at[9] = (uint8_t)((at[9] & 0x0fu) | (at[6] & 0xf0u)); /* the bits that the version replaces */
		mark_uuid(at);
		out->texts[i].size = 16;
		if (out->nulls != NULL)
			out->nulls[i] = in->nulls != NULL && in->nulls[i];
	}
	return true;
}

bool
step_uuid_put(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const struct vector *in = &batch->vectors[step->in[0]], *out = &batch->vectors[step->out];
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		uint8_t *at = step_text_end(&out->texts[i]);
		bool is_null = in->nulls != NULL && in->nulls[i];
		if (!is_null)
			at = digits_put_uuid(at, in->texts[i].data);
		out->texts[i].size = (size_t)(at - out->texts[i].data);
		if (out->nulls != NULL)
			out->nulls[i] |= is_null;
	}
	return true;
}

/* ---- dates ---- */

bool
step_date_part(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const struct vector *in = &batch->vectors[step->in[0]], *out = &batch->vectors[step->out];
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		bool is_null = in->nulls != NULL && in->nulls[i];
		struct calendar_day day = calendar_day(is_null ? 0 : in->numbers[i]);
		out->numbers[i] = step->number == 0 ? day.year : step->number == 1 ? day.month : day.day;
		if (out->nulls != NULL)
			out->nulls[i] = is_null;
	}
	return true;
}

bool
step_is_null(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const struct vector *in = &batch->vectors[step->in[0]];
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++)
		batch->vectors[step->out].numbers[i] = in->nulls != NULL && in->nulls[i];
	return true;
}
