/*
 * steps.c - draws, choices and arithmetic; texts are in steps_text.c.
 *
 * The loops are compiled again for processors with wider vectors (wide.h), under
 * other names.
 */
#include "gen/batch/steps.h"

#include "gen/batch/digits.h"
#include "gen/batch/divide.h"
#include "gen/batch/lanes.h"
#include "gen/chance/draw.h"

#include <math.h>

#ifndef STEP_NAME
#define STEP_NAME(name) name
#endif

static int64_t *
numbers(const struct batch *batch, uint32_t vector)
{
	return batch->vectors[vector].numbers;
}

static double *
reals(const struct batch *batch, uint32_t vector)
{
	return batch->vectors[vector].reals;
}

/* Makes the nulls of the result from those of the first INPUTS vectors. */
static void
join_nulls(const struct batch *batch, const struct step *step, unsigned inputs)
{
	uint8_t *out = batch->vectors[step->out].nulls;
	size_t count = step_instances(batch, step);
	if (out == NULL)
		return;
	memset(out, 0, count);
	for (unsigned k = 0; k < inputs; k++) {
		const uint8_t *in = batch->vectors[step->in[k]].nulls;
		for (size_t i = 0; in != NULL && i < count; i++)
			out[i] |= in[i];
	}
}

/* ---- draws ---- */

bool
STEP_NAME(step_word)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const uint64_t *counters = batch->scopes[step->scope].counters;
	const uint64_t key = batch->key, number = (uint64_t)step->number;
	int64_t *out = numbers(batch, step->out);
	size_t count = step_instances(batch, step);
	for (size_t i = lanes_draw(draw_counter(key, number), counters, count, out); i < count; i++)
		out[i] = (int64_t)draw(key, counters[i] + number);
	return true;
}

static inline uint64_t
slice(int64_t word, const struct step *step)
{
	return (uint64_t)word >> step->shift & (UINT64_MAX >> (64 - step->bits));
}

bool
STEP_NAME(step_even)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *words = numbers(batch, step->in[0]);
	int64_t *out = numbers(batch, step->out);
	const struct step s = *step;
	size_t count = step_instances(batch, step);
	if (s.other == 0)
		memcpy(out, words, count * sizeof *out);
	else if (s.bits == 64)
		for (size_t i = 0; i < count; i++)
			out[i] = (int64_t)((uint64_t)s.number +
					   draw_below((uint64_t)words[i], 64, (uint64_t)s.other));
	else { /* the product has at most 64 bits */
		size_t i = 0;
		if (s.bits <= 32 && (uint64_t)s.other <= UINT32_MAX)
			i = lanes_even(words, s.shift, s.bits, s.number, (uint64_t)s.other, count, out);
		for (; i < count; i++)
			out[i] = s.number + (int64_t)(slice(words[i], &s) * (uint64_t)s.other >> s.bits);
	}
	return true;
}

bool
STEP_NAME(step_even_between)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *words = numbers(batch, step->in[0]), *low = numbers(batch, step->in[1]),
		      *high = numbers(batch, step->in[2]);
	int64_t *out = numbers(batch, step->out);
	uint8_t *nulls = batch->vectors[step->out].nulls;
	join_nulls(batch, step, 3);
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		uint64_t range = (uint64_t)high[i] - (uint64_t)low[i] + 1;
		bool is_empty = high[i] < low[i];
		uint64_t word = (uint64_t)words[i];
		/* A range of all numbers would be 2^64. */
		uint64_t beyond = range == 0 ? word : draw_below(word, 64, range);
		out[i] = (int64_t)((uint64_t)low[i] + (is_empty ? 0 : beyond));
		if (nulls != NULL)
			nulls[i] |= is_empty;
	}
	return true;
}

bool
STEP_NAME(step_share)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *words = numbers(batch, step->in[0]);
	int64_t *out = numbers(batch, step->out);
	const struct step s = *step;
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++)
		out[i] = slice(words[i], &s) < (uint64_t)s.number;
	return true;
}

bool
STEP_NAME(step_select)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	const int64_t *thresholds = step->table, *words = numbers(batch, step->in[0]);
	int64_t *out = numbers(batch, step->out);
	const struct step s = *step;
	size_t count = step_instances(batch, step);
	if (!batch_spend(batch, s.table_count, count, error))
		return false;
	/* Three at a time: most choices have no more, and no slice reaches thresholds that are not there. */
	int64_t few[3] = {INT64_MAX, INT64_MAX, INT64_MAX};
	memcpy(few, thresholds, (s.table_count < 3 ? s.table_count : 3) * sizeof *few);
	for (size_t i = 0; i < count; i++) {
		int64_t part = (int64_t)slice(words[i], &s);
		out[i] = (int64_t)(part >= few[0]) + (int64_t)(part >= few[1]) + (int64_t)(part >= few[2]);
	}
	for (uint32_t k = 3; k < s.table_count; k++)
		for (size_t i = 0; i < count; i++)
			out[i] += (int64_t)slice(words[i], &s) >= thresholds[k];
	return true;
}

/* ---- choices ---- */

enum { PICK_FEW = 32 }; /* alternatives whose values are picked by a quick path */

/* Picks numbers or reals, which have one size, from few alternatives. */
static void
pick_numbers(const struct batch *batch, const struct step *step, const int64_t *which)
{
	const int64_t *from[PICK_FEW];
	int64_t *out = numbers(batch, step->out);
	size_t count = step_instances(batch, step);
	for (uint32_t k = 0; k < step->table_count; k++)
		from[k] = numbers(batch, ((const uint32_t *)step->table)[k]);
	if (step->table_count == 2) {
		const int64_t *first = from[0], *second = from[1];
		for (size_t i = 0; i < count; i++)
			out[i] = which[i] != 0 ? second[i] : first[i];
	} else if (step->table_count == 3 || step->table_count == 4) {
		/* Reads all of them, which processors do side by side. */
		const int64_t *first = from[0], *second = from[1], *third = from[2],
			      *last = from[step->table_count - 1];
		for (size_t i = 0; i < count; i++) {
			int64_t a = first[i], b = second[i], c = third[i], d = last[i];
			out[i] = which[i] == 0 ? a : which[i] == 1 ? b : which[i] == 2 ? c : d;
		}
	} else {
		for (size_t i = 0; i < count; i++)
			out[i] = from[which[i]][i];
	}
}

static void
pick_texts(const struct batch *batch, const struct step *step, const int64_t *which)
{
	const uint32_t *from = step->table;
	struct text *out = batch->vectors[step->out].texts;
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++)
		out[i] = batch->vectors[from[which[i]]].texts[i];
}

static void
pick_nulls(const struct batch *batch, const struct step *step, const int64_t *which)
{
	const uint32_t *from = step->table;
	uint8_t *out = batch->vectors[step->out].nulls;
	size_t count = step_instances(batch, step);
	join_nulls(batch, step, 1);
	for (uint32_t k = 0; k < step->table_count; k++) {
		const uint8_t *nulls = batch->vectors[from[k]].nulls;
		for (size_t i = 0; nulls != NULL && i < count; i++)
			out[i] |= (uint8_t)(which[i] == k) & nulls[i];
	}
}

bool
STEP_NAME(step_pick)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	if (!batch_spend(batch, step->table_count, step_instances(batch, step), error))
		return false;
	const uint32_t *from = step->table;
	const int64_t *which = numbers(batch, step->in[0]);
	if (batch->vectors[step->out].type == VECTOR_TEXT)
		pick_texts(batch, step, which);
	else if (step->table_count <= PICK_FEW)
		pick_numbers(batch, step, which);
	else
		for (size_t i = 0, count = step_instances(batch, step); i < count; i++)
			numbers(batch, step->out)[i] = numbers(batch, from[which[i]])[i];
	if (batch->vectors[step->out].nulls != NULL)
		pick_nulls(batch, step, which);
	return true;
}

bool
STEP_NAME(step_look_up)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *which = numbers(batch, step->in[0]);
	const struct vector *out = &batch->vectors[step->out];
	size_t count = step_instances(batch, step);
	const int64_t *table = step->table;
	const struct text *texts = step->table;
	if (out->type == VECTOR_TEXT)
		for (size_t i = 0; i < count; i++)
			out->texts[i] = texts[which[i]];
	else
		for (size_t i = 0; i < count; i++)
			out->numbers[i] = table[which[i]];
	join_nulls(batch, step, 1);
	return true;
}

bool
STEP_NAME(step_hide)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *which = numbers(batch, step->in[0]);
	uint8_t *out = batch->vectors[step->out].nulls;
	int64_t hidden = step->number;
	join_nulls(batch, step, 2);
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++)
		out[i] |= which[i] == hidden;
	return true;
}

bool
STEP_NAME(step_hide_some)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *which = numbers(batch, step->in[0]);
	uint8_t *out = batch->vectors[step->out].nulls;
	uint64_t hidden = (uint64_t)step->number;
	join_nulls(batch, step, 2);
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++)
		out[i] |= (uint8_t)(hidden >> which[i] & 1);
	return true;
}

bool
STEP_NAME(step_gather)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const uint32_t *parents = batch->scopes[step->scope].parents;
	const struct vector *in = &batch->vectors[step->in[0]], *out = &batch->vectors[step->out];
	size_t count = step_instances(batch, step);
	if (out->type == VECTOR_TEXT)
		for (size_t i = 0; i < count; i++)
			out->texts[i] = in->texts[parents[i]];
	else
		for (size_t i = 0; i < count; i++)
			out->numbers[i] = in->numbers[parents[i]];
	for (size_t i = 0; out->nulls != NULL && i < count; i++)
		out->nulls[i] = in->nulls != NULL && in->nulls[parents[i]];
	return true;
}

bool
STEP_NAME(step_list_word)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *words = numbers(batch, step->in[0]);
	const struct text *list = step->table;
	struct text *out = batch->vectors[step->out].texts;
	const struct step s = *step;
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++)
		out[i] = list[draw_below(slice(words[i], &s), s.bits, s.table_count)];
	return true;
}

/* ---- arithmetic ---- */

/* Numbers are added as unsigned ones: recipes that could overflow were refused. */
#define BINARY_STEP(name, type, read, in_type, expression)                                            \
	bool STEP_NAME(name)(struct batch * batch, const struct step *step, struct nest_error *error) \
	{                                                                                             \
		(void)error;                                                                          \
		const in_type *left = read(batch, step->in[0]), *right = read(batch, step->in[1]);    \
		type *out = (type *)(void *)numbers(batch, step->out);                                \
		for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {             \
			in_type a = left[i], b = right[i];                                            \
			out[i] = expression;                                                          \
		}                                                                                     \
		join_nulls(batch, step, 2);                                                           \
		return true;                                                                          \
	}

BINARY_STEP(step_add, int64_t, numbers, int64_t, (int64_t)((uint64_t)a + (uint64_t)b))
BINARY_STEP(step_subtract, int64_t, numbers, int64_t, (int64_t)((uint64_t)a - (uint64_t)b))
BINARY_STEP(step_multiply, int64_t, numbers, int64_t, (int64_t)((uint64_t)a *(uint64_t)b))
BINARY_STEP(step_equal, int64_t, numbers, int64_t, a == b)
BINARY_STEP(step_less, int64_t, numbers, int64_t, a < b)
BINARY_STEP(step_less_equal, int64_t, numbers, int64_t, a <= b)
BINARY_STEP(step_and, int64_t, numbers, int64_t, a &b)
BINARY_STEP(step_or, int64_t, numbers, int64_t, a | b)
BINARY_STEP(step_least, int64_t, numbers, int64_t, a < b ? a : b)
BINARY_STEP(step_greatest, int64_t, numbers, int64_t, a > b ? a : b)
BINARY_STEP(step_real_add, double, reals, double, a + b)
BINARY_STEP(step_real_subtract, double, reals, double, a - b)
BINARY_STEP(step_real_multiply, double, reals, double, a *b)
BINARY_STEP(step_real_divide, double, reals, double, a / b)
BINARY_STEP(step_real_equal, int64_t, reals, double, a == b)
BINARY_STEP(step_real_less, int64_t, reals, double, a < b)
BINARY_STEP(step_real_less_equal, int64_t, reals, double, a <= b)
BINARY_STEP(step_real_least, double, reals, double, a < b ? a : b)
BINARY_STEP(step_real_greatest, double, reals, double, a > b ? a : b)

/* Rounded down, to match the remainder. */
bool
STEP_NAME(step_quotient)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *left = numbers(batch, step->in[0]), *right = numbers(batch, step->in[1]);
	int64_t *out = numbers(batch, step->out);
	uint8_t *nulls = batch->vectors[step->out].nulls;
	const struct vector *divisors = &batch->vectors[step->in[1]];
	join_nulls(batch, step, 2);
	if (divisors->is_constant && divisors->number > 0) {
		const struct divisor by = divisor_of((uint64_t)divisors->number, 63);
		for (size_t i = 0, count = step_instances(batch, step); i < count; i++)
			out[i] = divide_down(left[i], &by);
		return true;
	}
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		int64_t divisor = right[i];
		bool is_nothing = divisor == 0;
		/* Under a null, the least number may be divided by -1. */
		if (is_nothing || divisor == -1)
			out[i] = (int64_t)((uint64_t)0 - (uint64_t)left[i]);
		else
			out[i] =
			    left[i] / divisor - (left[i] % divisor != 0 && (left[i] < 0) != (divisor < 0));
		if (nulls != NULL)
			nulls[i] |= is_nothing;
	}
	return true;
}

/* By a constant above 0. */
static void
remainders_by(const int64_t *numbers_in, uint64_t by, size_t count, int64_t *out)
{
	if (by >> 31 == 0 && divide_are_narrow(numbers_in, count)) {
		const struct divisor divisor = divisor_of(by, 31);
		for (size_t i = 0; i < count; i++)
			out[i] =
			    numbers_in[i] - (int64_t)(divide_narrow((uint64_t)numbers_in[i], &divisor) * by);
	} else {
		const struct divisor divisor = divisor_of(by, 63);
		for (size_t i = 0; i < count; i++)
			out[i] =
			    numbers_in[i] - (int64_t)((uint64_t)divide_down(numbers_in[i], &divisor) * by);
	}
}

/* The remainder has the sign of the divisor, as a place on a circle should; by 0 it is null. */
bool
STEP_NAME(step_remainder)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *left = numbers(batch, step->in[0]), *right = numbers(batch, step->in[1]);
	int64_t *out = numbers(batch, step->out);
	uint8_t *nulls = batch->vectors[step->out].nulls;
	size_t count = step_instances(batch, step);
	const struct vector *divisors = &batch->vectors[step->in[1]];
	join_nulls(batch, step, 2);
	if (divisors->is_constant && divisors->number > 0) {
		remainders_by(left, (uint64_t)divisors->number, count, out);
		return true;
	}
	for (size_t i = 0; i < count; i++) {
		int64_t divisor = right[i];
		bool is_nothing = divisor == 0;
		int64_t rest = is_nothing || divisor == -1 ? 0 : left[i] % divisor;
		out[i] = rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest;
		if (nulls != NULL)
			nulls[i] |= is_nothing;
	}
	return true;
}

#define UNARY_STEP(name, type, read, in_type, expression)                                             \
	bool STEP_NAME(name)(struct batch * batch, const struct step *step, struct nest_error *error) \
	{                                                                                             \
		(void)error;                                                                          \
		const in_type *in = read(batch, step->in[0]);                                         \
		const struct step s = *step;                                                          \
		type *out = (type *)(void *)numbers(batch, step->out);                                \
		for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {             \
			in_type a = in[i];                                                            \
			out[i] = expression;                                                          \
		}                                                                                     \
		(void)s;                                                                              \
		join_nulls(batch, step, 1);                                                           \
		return true;                                                                          \
	}

UNARY_STEP(step_negate, int64_t, numbers, int64_t, (int64_t)((uint64_t)0 - (uint64_t)a))
UNARY_STEP(step_not, int64_t, numbers, int64_t, !a)
UNARY_STEP(step_scale_up, int64_t, numbers, int64_t, (int64_t)((uint64_t)a *(uint64_t)s.number))
UNARY_STEP(step_clamp, int64_t, numbers, int64_t, a<s.number ? s.number : a> s.other ? s.other : a)
UNARY_STEP(step_to_real, double, numbers, int64_t, (double)a / (double)s.number)
UNARY_STEP(step_real_negate, double, reals, double, -a)

bool
STEP_NAME(step_eight_digits)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *in = numbers(batch, step->in[0]);
	int64_t *out = numbers(batch, step->out);
	size_t count = step_instances(batch, step);
	uint64_t before = count > 0 ? digits_before_eight(in[0]) * DIGITS_EIGHT : 0;
	for (size_t i = lanes_eight_digits(in, before, count, out); i < count; i++) {
		uint64_t last = (uint64_t)in[i] - before, is_short = last < DIGITS_EIGHT;
		out[i] = (int64_t)(digits_of_eight((uint32_t)last) & (0 - is_short));
	}
	return true;
}

/* To the nearest, halves away from zero, by an even number: both are halved, so that 2^63 fits. */
static inline int64_t
nearest(int64_t number, const struct divisor *half)
{
	uint64_t sign = number < 0 ? UINT64_MAX : 0;
	uint64_t size = ((uint64_t)number ^ sign) - sign, by = 2 * half->by;
	uint64_t quotient = divide_wide(size >> 1, half), rest = size - quotient * by;
	quotient += rest >= by - rest;
	return (int64_t)((quotient ^ sign) - sign);
}

bool
STEP_NAME(step_scale_down)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *in = numbers(batch, step->in[0]);
	int64_t *out = numbers(batch, step->out);
	uint64_t by = (uint64_t)step->number;
	size_t count = step_instances(batch, step);
	join_nulls(batch, step, 1);
	if (by >> 31 == 0 && divide_are_narrow(in, count)) {
		const struct divisor divisor = divisor_of(by, 31);
		for (size_t i = 0; i < count; i++) {
			uint64_t quotient = divide_narrow((uint64_t)in[i], &divisor);
			uint64_t rest = (uint64_t)in[i] - quotient * by;
			out[i] = (int64_t)(quotient + (rest >= by - rest));
		}
	} else {
		const struct divisor half = divisor_of(by / 2, 63);
		for (size_t i = 0; i < count; i++)
			out[i] = nearest(in[i], &half);
	}
	return true;
}

bool
STEP_NAME(step_floor_by)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *in = numbers(batch, step->in[0]);
	int64_t *out = numbers(batch, step->out);
	const struct divisor divisor = divisor_of((uint64_t)step->number, 63);
	join_nulls(batch, step, 1);
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++)
		out[i] = divide_down(in[i], &divisor);
	return true;
}

bool
STEP_NAME(step_from_real)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const double *in = reals(batch, step->in[0]);
	const int64_t *low = numbers(batch, step->in[1]), *high = numbers(batch, step->in[2]);
	int64_t *out = numbers(batch, step->out);
	uint8_t *nulls = batch->vectors[step->out].nulls;
	join_nulls(batch, step, 1);
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		double value = round(in[i] * (double)step->other);
		/* 2^63 as a double is one more than the highest number. */
		out[i] = value >= (double)high[i] ? high[i]
		         : value > (double)low[i] ? (int64_t)value
		                                  : low[i];
		if (nulls != NULL)
			nulls[i] |= value != value;
	}
	return true;
}

/* ---- lists as one value ---- */

#define FOLD_STEP(name, begin, fold)                                                                       \
	bool STEP_NAME(name)(struct batch * batch, const struct step *step, struct nest_error *error)      \
	{                                                                                                  \
		if (!batch_spend(batch, 1, batch->scopes[step->other].count, error))                       \
			return false;                                                                      \
		const uint32_t *firsts = batch->scopes[step->other].firsts;                                \
		const struct vector *in = &batch->vectors[step->in[0]], *out = &batch->vectors[step->out]; \
		for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {                  \
			int64_t sum = 0;                                                                   \
			bool is_none = begin;                                                              \
			for (uint32_t k = firsts[i]; k < firsts[i + 1]; k++) {                             \
				int64_t value = in->numbers[k];                                            \
				if (in->nulls != NULL && in->nulls[k])                                     \
					continue;                                                          \
				sum = fold;                                                                \
				is_none = false;                                                           \
			}                                                                                  \
			out->numbers[i] = sum;                                                             \
			if (out->nulls != NULL)                                                            \
				out->nulls[i] = is_none;                                                   \
		}                                                                                          \
		return true;                                                                               \
	}

/* Without elements the sum and the count are 0, the least and the greatest null. */
FOLD_STEP(step_sum, false, (int64_t)((uint64_t)sum + (uint64_t)value))
FOLD_STEP(step_count, false, sum + 1 + 0 * value)
FOLD_STEP(step_least_of, true, is_none || value < sum ? value : sum)
FOLD_STEP(step_greatest_of, true, is_none || value > sum ? value : sum)
