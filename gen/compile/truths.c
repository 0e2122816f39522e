/*
 * truths.c - turns conditions on the outcome of one choice into bits of a word.
 *
 * A choice among constants has a number for each alternative; a comparison with
 * them is always true or always false for each, and so is a condition that hides a
 * value.  Texts are compared once for each alternative, and the truth is looked up.  prune.c removes
 * comparisons that are then made in vain.
 */
#include "gen/compile/compiler.h"

#include <stdlib.h>

enum { TRUTHS_MOST = 64 }; /* alternatives of a choice */

/* What is known about a vector. */
struct known {
	uint32_t count;        /* a choice's number, below this; otherwise 0 */
	uint32_t choice;       /* the vector with the number that decides the value; 0 if there is none */
	const int64_t *values; /* by that number; NULL for truths and texts */
	const struct text *texts;
	uint64_t truths; /* likewise, in bits */
};

struct truths {
	struct compiled *compiled;
	struct batch *batch;
	struct known *known; /* of each vector */
};

static int64_t
value_of(const struct truths *truths, uint32_t vector, uint32_t number)
{
	const struct known *known = &truths->known[vector];
	return known->choice == 0      ? truths->batch->vectors[vector].number
	       : known->values != NULL ? known->values[number]
	                               : (int64_t)(known->truths >> number & 1);
}

static struct text
text_of(const struct truths *truths, uint32_t vector, uint32_t number)
{
	const struct known *known = &truths->known[vector];
	return known->choice == 0 ? truths->batch->vectors[vector].text : known->texts[number];
}

static bool
are_equal_texts(const struct truths *truths, const struct step *step, uint32_t number)
{
	struct text left = text_of(truths, step->in[0], number), right = text_of(truths, step->in[1], number);
	return left.size == right.size && (left.size == 0 || memcmp(left.data, right.data, left.size) == 0);
}

/* The choice that decides LEFT and RIGHT, one of which may be a constant; 0 if there is none. */
static uint32_t
common_choice(const struct truths *truths, uint32_t left, uint32_t right)
{
	const struct vector *vectors = truths->batch->vectors;
	uint32_t one = truths->known[left].choice, other = truths->known[right].choice;
	return one == other || (vectors[right].is_constant && !vectors[right].has_nulls) ? one
	       : vectors[left].is_constant && !vectors[left].has_nulls                   ? other
	                                                                                 : 0;
}

static bool
is_true(const struct truths *truths, const struct step *step, uint32_t number)
{
	if (step->run == step_text_equal)
		return are_equal_texts(truths, step, number);
	int64_t left = value_of(truths, step->in[0], number);
	if (step->run == step_not)
		return !left;
	if (step->run == step_hide)
		return left == step->number;
	int64_t right = value_of(truths, step->in[1], number);
	return step->run == step_equal        ? left == right
	       : step->run == step_less       ? left < right
	       : step->run == step_less_equal ? left <= right
	       : step->run == step_and        ? (left & right) != 0
	                                      : (left | right) != 0;
}

static bool
takes_two(const struct step *step)
{
	return step->run == step_equal || step->run == step_less || step->run == step_less_equal ||
	       step->run == step_and || step->run == step_or || step->run == step_text_equal;
}

/* Makes STEP look a truth up, by CHOICE, that comparing texts would find. */
static bool
look_up_truth(struct truths *truths, struct step *step, uint32_t choice, struct nest_error *error)
{
	void *table;
	uint32_t count = truths->known[choice].count;
	if (!compiled_add_table(truths->compiled, count * sizeof(int64_t), NULL, &table, error))
		return false;
	for (uint32_t i = 0; i < count; i++)
		((int64_t *)table)[i] = (int64_t)(truths->known[step->out].truths >> i & 1);
	step->run = step_look_up;
	step->in[0] = choice;
	step->in[1] = 0;
	step->table = table;
	step->table_count = count;
	return true;
}

/* Notes what STEP makes, if it is known; a value that it hides is hidden by the choice. */
static bool
learn(struct truths *truths, struct step *step, struct nest_error *error)
{
	const struct vector *out = &truths->batch->vectors[step->out];
	struct known *known = &truths->known[step->out];
	if (step->run == step_select && step->table_count < TRUTHS_MOST) {
		known->count = step->table_count + 1;
	} else if (step->run == step_look_up && truths->known[step->in[0]].count > 0 &&
		   out->type != VECTOR_REAL) {
		known->choice = step->in[0];
		known->values = out->type == VECTOR_NUMBER ? step->table : NULL;
		known->texts = out->type == VECTOR_TEXT ? step->table : NULL;
	} else if (takes_two(step) || step->run == step_not || step->run == step_hide) {
		uint32_t choice =
		    common_choice(truths, step->in[0], takes_two(step) ? step->in[1] : step->in[0]);
		uint64_t bits = 0;
		for (uint32_t i = 0; i < truths->known[choice].count; i++)
			bits |= (uint64_t)is_true(truths, step, i) << i;
		if (choice > 0 && step->run == step_hide) {
			step->run = step_hide_some;
			step->in[0] = choice;
			step->number = (int64_t)bits;
		} else {
			known->choice = choice;
			known->truths = bits;
		}
		if (choice > 0 && step->run == step_text_equal && !out->has_nulls)
			return look_up_truth(truths, step, choice, error);
	}
	return true;
}

bool
compile_truths(struct compiled *compiled, struct nest_error *error)
{
	struct batch *batch = &compiled->batch;
	struct truths truths = {compiled, batch, calloc(batch->vector_count, sizeof *truths.known)};
	if (truths.known == NULL)
		return nest_error_memory(error, batch->vector_count * sizeof *truths.known, "a recipe");
	bool fine = true;
	for (uint32_t i = 0; fine && i < batch->step_count; i++)
		fine = learn(&truths, &batch->steps[i], error);
	free(truths.known);
	return fine;
}
