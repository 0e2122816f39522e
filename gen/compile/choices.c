/* choices.c - one of several values: shares, choices, conditions, ranges. */
#include "gen/compile/compiler.h"

#include <math.h>
#include <stdlib.h>

/* SHARE of 100 as a number of BITS bits. */
static uint64_t
threshold(double share, unsigned bits)
{
	return (uint64_t)(share * (double)((uint64_t)1 << bits) / 100.0 + 0.5);
}

bool
compile_share(struct compiler *compiler, uint32_t node, struct value *value)
{
	double share = expression_at(compiler, node)->share;
	unsigned bits = share >= 1 && share <= 99 ? 16 : 32;
	if (share > 100)
		return compile_refuse(compiler, node, "a share is 100%% at most");
	struct step step = {.run = step_share, .number = (int64_t)threshold(share, bits)};
	*value = (struct value){.type = VALUE_TRUTH, .low = 0, .high = 1};
	return compile_bits(compiler, bits, &step) && compile_step(compiler, &step, value);
}

/* Converts COUNT values, except nulls, to one type. */
static bool
agree_all(struct compiler *compiler, uint32_t node, struct value *values, uint32_t count)
{
	/* Twice, since the last may have the highest scale. */
	struct value *like = NULL;
	for (unsigned turn = 0; turn < 2; turn++)
		for (uint32_t i = 0; i < count; i++) {
			if (values[i].type == VALUE_NULL)
				continue;
			if (like != NULL && like != &values[i] &&
			    !compile_agree(compiler, node, like, &values[i]))
				return false;
			like = &values[i];
		}
	return true;
}

/* The values stay where they are. */
bool
compile_hide(struct compiler *compiler, uint32_t which, int64_t hidden, struct value *picked)
{
	struct vector vector = compiler->batch->vectors[picked->vector];
	vector = (struct vector){.type = vector.type,
	    .scope = compiler->scope,
	    .has_nulls = true,
	    .is_borrowed = true,
	    .lender = picked->vector,
	    .text_most = vector.text_most};
	struct step step = {
	    .run = step_hide, .scope = compiler->scope, .in = {which, picked->vector}, .number = hidden};
	picked->has_nulls = true;
	picked->is_constant = false;
	if (!batch_add_vector(compiler->batch, &vector, &picked->vector, compiler->error))
		return false;
	step.out = picked->vector;
	return batch_add_step(compiler->batch, &step, compiler->error);
}

/* All alternatives are constants: puts them in a table. */
static bool
look_up(struct compiler *compiler, const struct value *which, const struct value *values, uint32_t count,
    struct value *picked)
{
	void *table;
	bool is_text = value_vector_type(picked->type) == VECTOR_TEXT;
	if (!compile_table(compiler, count * sizeof(struct text), NULL, &table))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct vector *constant = &compiler->batch->vectors[values[i].vector];
		if (is_text)
			((struct text *)table)[i] = constant->text;
		else
			((int64_t *)table)[i] = constant->number;
	}
	struct step step = {.run = step_look_up, .in = {which->vector}, .table = table, .table_count = count};
	return compile_step(compiler, &step, picked);
}

bool
compile_pick(struct compiler *compiler, const struct value *which, const struct value *values, uint32_t count,
    struct value *picked)
{
	void *table;
	bool is_constant = true;
	uint32_t nulls = 0;
	if (!compile_table(compiler, count * sizeof(uint32_t), NULL, &table))
		return false;
	*picked = (struct value){.has_nulls = which->has_nulls};
	for (uint32_t i = 0; i < count; i++) {
		bool is_first = picked->type == VALUE_NULL;
		((uint32_t *)table)[i] = values[i].vector;
		picked->has_nulls |= values[i].has_nulls;
		is_constant &= values[i].is_constant;
		nulls += values[i].type == VALUE_NULL;
		if (values[i].type == VALUE_NULL)
			continue;
		picked->type = values[i].type;
		picked->scale = values[i].scale;
		picked->is_number = (is_first || picked->is_number) && values[i].is_number;
		picked->least = is_first || values[i].least < picked->least ? values[i].least : picked->least;
		picked->most = is_first || values[i].most > picked->most ? values[i].most : picked->most;
		picked->low = is_first || values[i].low < picked->low ? values[i].low : picked->low;
		picked->high = is_first || values[i].high > picked->high ? values[i].high : picked->high;
	}
	if (nulls == count)
		return compile_number(compiler, VALUE_NULL, 0, 0, picked);
	if (count == 2 && nulls == 1) {
		uint32_t hidden = values[0].type == VALUE_NULL ? 0 : 1;
		*picked = values[1 - hidden];
		return compile_hide(compiler, which->vector, hidden, picked);
	}
	if (is_constant && nulls == 0)
		return look_up(compiler, which, values, count, picked);
	/* Nulls among texts must be texts, too, and not a vector that others take for numbers. */
	struct value nothing;
	if (value_vector_type(picked->type) == VECTOR_TEXT && nulls > 0) {
		if (!compile_number(compiler, VALUE_NULL, 0, 0, &nothing))
			return false;
		compiler->batch->vectors[nothing.vector].type = VECTOR_TEXT;
		for (uint32_t i = 0; i < count; i++)
			if (values[i].type == VALUE_NULL)
				((uint32_t *)table)[i] = nothing.vector;
	}
	struct step step = {.run = step_pick, .in = {which->vector}, .table = table, .table_count = count};
	return compile_step(compiler, &step, picked);
}

/* Sets the shares of the children, of 100; those without one share what is left evenly. */
static bool
settle_weights(struct compiler *compiler, uint32_t node, double *weights, uint32_t *count)
{
	double sum = 0;
	uint32_t open = 0, child = expression_at(compiler, node)->child;
	for (*count = 0; child != 0; child = expression_at(compiler, child)->next, ++*count) {
		double weight = expression_at(compiler, child)->weight;
		if (*count == CHOICE_MOST)
			return compile_refuse(
			    compiler, child, "a choice has at most %d alternatives", CHOICE_MOST);
		open += weight < 0;
		sum += weight < 0 ? 0 : weight;
		weights[*count] = weight;
	}
	if (sum > 100.000001 || (open == 0 && sum < 99.999999))
		return compile_refuse(
		    compiler, node, "the shares of a choice add up to %.10g%%, not to 100%%", sum);
	for (uint32_t i = 0; i < *count; i++)
		if (weights[i] < 0)
			weights[i] = (100 - sum) / open;
	return true;
}

static bool
compile_select(struct compiler *compiler, const double *weights, uint32_t count, struct value *which)
{
	void *table;
	unsigned bits = 16;
	double sum = 0;
	for (uint32_t i = 0; i < count; i++)
		bits = weights[i] < 1 ? 32 : bits;
	if (!compile_table(compiler, count * sizeof(uint64_t), NULL, &table))
		return false;
	for (uint32_t i = 0; i + 1 < count; i++) {
		sum += weights[i];
		((uint64_t *)table)[i] = threshold(sum, bits);
	}
	struct step step = {.run = step_select, .table = table, .table_count = count - 1};
	*which = (struct value){.type = VALUE_NUMBER, .low = 0, .high = count - 1};
	return compile_bits(compiler, bits, &step) && compile_step(compiler, &step, which);
}

static bool
compile_children(struct compiler *compiler, uint32_t child, struct value *values)
{
	for (; child != 0; child = expression_at(compiler, child)->next)
		if (!compile_expression(compiler, child, values++))
			return false;
	return true;
}

bool
compile_alternatives(
    struct compiler *compiler, uint32_t node, double *weights, struct value *values, uint32_t *count)
{
	return settle_weights(compiler, node, weights, count) &&
	       compile_children(compiler, expression_at(compiler, node)->child, values) &&
	       agree_all(compiler, node, values, *count);
}

bool
compile_choice(struct compiler *compiler, uint32_t node, struct value *value)
{
	double *weights = malloc(CHOICE_MOST * sizeof *weights);
	struct value *values = malloc(CHOICE_MOST * sizeof *values), which;
	uint32_t count = 0;
	bool fine = (weights != NULL && values != NULL) ||
	            nest_error_memory(compiler->error, CHOICE_MOST * sizeof *values, "a choice");
	fine = fine && settle_weights(compiler, node, weights, &count) &&
	       compile_select(compiler, weights, count, &which) &&
	       compile_children(compiler, expression_at(compiler, node)->child, values) &&
	       agree_all(compiler, node, values, count) &&
	       compile_pick(compiler, &which, values, count, value);
	free(weights);
	free(values);
	return fine;
}

/* Which truth it is may depend on the row, but its bounds do not grow with the number of rows. */
bool
compile_truth(struct compiler *compiler, uint32_t node, struct value *value)
{
	bool was_of_row = compiler->is_of_row;
	if (!compile_expression(compiler, node, value))
		return false;
	compiler->is_of_row = was_of_row;
	return value->type == VALUE_TRUTH ||
	       compile_refuse(
		   compiler, node, "a condition is expected here, not %s", value_name(value->type));
}

bool
compile_if(struct compiler *compiler, uint32_t node, struct value *value)
{
	uint32_t condition = expression_at(compiler, node)->child;
	uint32_t then = expression_at(compiler, condition)->next;
	struct value which, values[2];
	return compile_truth(compiler, condition, &which) && compile_expression(compiler, then, &values[1]) &&
	       compile_expression(compiler, expression_at(compiler, then)->next, &values[0]) &&
	       agree_all(compiler, node, values, 2) && compile_pick(compiler, &which, values, 2, value);
}

/* ---- ranges ---- */

bool
compile_range(struct compiler *compiler, uint32_t node, struct value *value)
{
	uint32_t child = expression_at(compiler, node)->child;
	struct value low, high;
	if (!compile_expression(compiler, child, &low) ||
	    !compile_expression(compiler, expression_at(compiler, child)->next, &high) ||
	    !compile_agree(compiler, node, &low, &high))
		return false;
	if (high.type != low.type ||
	    (low.type != VALUE_NUMBER && low.type != VALUE_DATE && low.type != VALUE_TIME))
		return compile_refuse(compiler, node,
		    "a range has whole numbers, decimals, dates or times at its ends; "
		    "uniform(a, b) draws real numbers");
	bool is_constant = low.is_constant && high.is_constant;
	if (is_constant && low.low > high.low)
		return compile_refuse(compiler, node, "the range ends before it begins");
	*value = (struct value){.type = low.type,
	    .scale = low.scale,
	    .low = low.low,
	    .high = high.high,
	    .has_nulls = low.has_nulls || high.has_nulls || low.high > high.low};
	uint64_t count = (uint64_t)high.low - (uint64_t)low.low + 1;
	struct step step = {.run = step_even_between};
	if (!compile_bits(compiler, is_constant ? compile_bits_for(count) : 64, &step))
		return false;
	if (is_constant) {
		step.run = step_even;
		step.number = low.low;
		step.other = (int64_t)count;
	} else {
		step.in[1] = low.vector;
		step.in[2] = high.vector;
		value->high = value->high < value->low ? value->low : value->high;
	}
	return compile_step(compiler, &step, value);
}
