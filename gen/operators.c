/* operators.c - expressions to steps: what they are made from first, then themselves. */
#include "gen/compile.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHOICE_MOST = 4096, TEXT_BYTES_MOST = 1 << 20 };
enum { DEPTH_MOST = 1000 }; /* of expressions made for one another: bounds the recursion */

const char *
value_name(enum value_type type)
{
	static const char *const names[] = {"null", "true or false", "a number", "a real number", "a date",
	    "a time", "a text", "bytes", "a UUID"};
	return names[type];
}

const struct expression *
expression_at(const struct compiler *compiler, uint32_t node)
{
	return &compiler->drawings->tree.nodes[node];
}

bool
compile_refuse(const struct compiler *compiler, uint32_t node, const char *format, ...)
{
	char why[512];
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	return source_refuse(compiler->source, expression_at(compiler, node)->at, compiler->error, "%s", why);
}

/* ---- vectors and steps ---- */

static enum vector_type
vector_type(enum value_type type)
{
	switch (type) {
	case VALUE_REAL:
		return VECTOR_REAL;
	case VALUE_TEXT:
	case VALUE_BYTES:
	case VALUE_UUID:
		return VECTOR_TEXT;
	default:
		return VECTOR_NUMBER;
	}
}

bool
compile_step(struct compiler *compiler, struct step *step, struct value *like)
{
	const struct vector vector = {.type = vector_type(like->type),
	    .scope = compiler->scope,
	    .has_nulls = like->has_nulls,
	    .text_most = vector_type(like->type) == VECTOR_TEXT ? (size_t)like->high : 0};
	like->is_constant = false;
	if (!batch_add_vector(compiler->batch, &vector, &like->vector, compiler->error))
		return false;
	step->scope = compiler->scope;
	step->out = like->vector;
	return batch_add_step(compiler->batch, step, compiler->error);
}

static bool
add_constant(struct compiler *compiler, const struct vector *vector, struct value *value)
{
	value->is_constant = true;
	return batch_add_vector(compiler->batch, vector, &value->vector, compiler->error);
}

bool
compile_number(
    struct compiler *compiler, enum value_type type, int64_t number, unsigned scale, struct value *value)
{
	static const uint8_t nothing[TEXT_SLACK];
	const struct vector vector = {.type = VECTOR_NUMBER,
	    .scope = compiler->scope,
	    .is_constant = true,
	    .has_nulls = type == VALUE_NULL,
	    .number = number,
	    .text = {nothing, 0}};
	*value = (struct value){
	    .type = type, .scale = scale, .low = number, .high = number, .has_nulls = type == VALUE_NULL};
	return add_constant(compiler, &vector, value);
}

bool
compile_real(struct compiler *compiler, double real, struct value *value)
{
	const struct vector vector = {
	    .type = VECTOR_REAL, .scope = compiler->scope, .is_constant = true, .real = real};
	*value = (struct value){.type = VALUE_REAL};
	return add_constant(compiler, &vector, value);
}

bool
compile_text(struct compiler *compiler, struct view bytes, struct value *value)
{
	void *copy;
	if (!compile_table(compiler, bytes.size + TEXT_SLACK, NULL, &copy))
		return false;
	if (bytes.size > 0)
		memcpy(copy, bytes.data, bytes.size);
	const struct vector vector = {.type = VECTOR_TEXT,
	    .scope = compiler->scope,
	    .is_constant = true,
	    .text = {copy, bytes.size},
	    .text_most = bytes.size};
	*value = (struct value){.type = VALUE_TEXT, .low = (int64_t)bytes.size, .high = (int64_t)bytes.size};
	return add_constant(compiler, &vector, value);
}

/* ---- chance ---- */

unsigned
compile_bits_for(uint64_t count)
{
	return count == 0 || count > 1 << 16 ? 64 : count > 1 << 12 ? 32 : count > 1 << 4 ? 24 : 16;
}

bool
compile_bits(struct compiler *compiler, unsigned bits, struct step *step)
{
	struct word *word = &compiler->words[compiler->scope];
	if (word->used + bits > 64) {
		struct scope *scope = &compiler->batch->scopes[compiler->scope];
		struct step next = {.run = step_word, .number = scope->own_words++};
		struct value value = {.type = VALUE_NUMBER};
		if (!compile_step(compiler, &next, &value))
			return false;
		*word = (struct word){value.vector, 0};
	}
	step->in[0] = word->vector;
	step->shift = word->used;
	step->bits = bits;
	word->used += bits;
	return true;
}

/* SHARE of 100 as a number of BITS bits. */
static uint64_t
threshold(double share, unsigned bits)
{
	return (uint64_t)(share * (double)((uint64_t)1 << bits) / 100.0 + 0.5);
}

static bool
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

/* ---- types ---- */

static int64_t
power_of_ten(unsigned exponent)
{
	int64_t power = 1;
	while (exponent-- > 0)
		power *= 10;
	return power;
}

static bool
refuse_size(const struct compiler *compiler, uint32_t node)
{
	return compile_refuse(compiler, node, "this can be more than 64 bits hold");
}

bool
compile_rescale(struct compiler *compiler, uint32_t node, unsigned scale, struct value *value)
{
	if (scale == value->scale)
		return true;
	bool is_up = scale > value->scale;
	int64_t by = power_of_ten(is_up ? scale - value->scale : value->scale - scale);
	struct value scaled = *value;
	struct step step = {
	    .run = is_up ? step_scale_up : step_scale_down, .in = {value->vector}, .number = by};
	scaled.scale = scale;
	if (is_up && (__builtin_mul_overflow(value->low, by, &scaled.low) ||
			 __builtin_mul_overflow(value->high, by, &scaled.high)))
		return refuse_size(compiler, node);
	if (!is_up) {
		scaled.low = value->low / by - 1;
		scaled.high = value->high / by + 1;
	}
	if (value->is_constant && is_up) {
		*value = scaled;
		return compile_number(compiler, value->type, scaled.low, scale, value);
	}
	*value = scaled;
	return compile_step(compiler, &step, value);
}

bool
compile_to_real(struct compiler *compiler, uint32_t node, struct value *value)
{
	if (value->type == VALUE_REAL)
		return true;
	if (value->type != VALUE_NUMBER)
		return compile_refuse(
		    compiler, node, "a number is expected here, not %s", value_name(value->type));
	struct step step = {.run = step_to_real, .in = {value->vector}, .number = power_of_ten(value->scale)};
	if (value->is_constant)
		return compile_real(compiler, (double)value->low / (double)step.number, value);
	*value = (struct value){.type = VALUE_REAL, .has_nulls = value->has_nulls};
	return compile_step(compiler, &step, value);
}

bool
compile_to_number(
    struct compiler *compiler, uint32_t node, unsigned scale, int64_t low, int64_t high, struct value *value)
{
	if (value->type == VALUE_NUMBER)
		return compile_rescale(compiler, node, scale, value);
	struct value least, most;
	if (value->type != VALUE_REAL)
		return compile_refuse(
		    compiler, node, "a number is expected here, not %s", value_name(value->type));
	if (!compile_number(compiler, VALUE_NUMBER, low, scale, &least) ||
	    !compile_number(compiler, VALUE_NUMBER, high, scale, &most))
		return false;
	struct step step = {.run = step_from_real,
	    .in = {value->vector, least.vector, most.vector},
	    .other = power_of_ten(scale)};
	*value = (struct value){
	    .type = VALUE_NUMBER, .scale = scale, .low = low, .high = high, .has_nulls = value->has_nulls};
	return compile_step(compiler, &step, value);
}

bool
compile_agree(struct compiler *compiler, uint32_t node, struct value *left, struct value *right)
{
	if (left->type == VALUE_NULL || right->type == VALUE_NULL)
		return true;
	if (left->type == VALUE_NUMBER && right->type == VALUE_NUMBER)
		return left->scale < right->scale ? compile_rescale(compiler, node, right->scale, left)
		                                  : compile_rescale(compiler, node, left->scale, right);
	bool is_real = left->type == VALUE_REAL || right->type == VALUE_REAL;
	if (is_real)
		return compile_to_real(compiler, node, left) && compile_to_real(compiler, node, right);
	if (left->type != right->type)
		return compile_refuse(compiler, node, "%s and %s do not go together", value_name(left->type),
		    value_name(right->type));
	return true;
}

/* ---- choices ---- */

/* COUNT values, the nulls among them aside, as one type: that of the last that goes with all before it. */
static bool
agree_all(struct compiler *compiler, uint32_t node, struct value *values, uint32_t count)
{
	/* Twice, because the last may have the highest scale. */
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

/* Of two alternatives one is null: the values of the other stay where they are. */
static bool
hide(struct compiler *compiler, const struct value *which, const struct value *values, struct value *picked)
{
	uint32_t hidden = values[0].type == VALUE_NULL ? 0 : 1;
	*picked = values[1 - hidden];
	struct vector vector = compiler->batch->vectors[picked->vector];
	vector = (struct vector){.type = vector.type,
	    .scope = compiler->scope,
	    .has_nulls = true,
	    .is_borrowed = true,
	    .lender = picked->vector,
	    .text_most = vector.text_most};
	struct step step = {.run = step_hide,
	    .scope = compiler->scope,
	    .in = {which->vector, picked->vector},
	    .number = hidden};
	picked->has_nulls = true;
	picked->is_constant = false;
	if (!batch_add_vector(compiler->batch, &vector, &picked->vector, compiler->error))
		return false;
	step.out = picked->vector;
	return batch_add_step(compiler->batch, &step, compiler->error);
}

/* All alternatives are constants: a table has them. */
static bool
look_up(struct compiler *compiler, const struct value *which, const struct value *values, uint32_t count,
    struct value *picked)
{
	void *table;
	bool is_text = vector_type(picked->type) == VECTOR_TEXT;
	if (!compile_table(compiler, count * sizeof(struct text), NULL, &table))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct vector *constant = &compiler->batch->vectors[values[i].vector];
		if (is_text)
			((struct text *)table)[i] = constant->text;
		else if (constant->type == VECTOR_REAL)
			memcpy((int64_t *)table + i, &constant->real, sizeof constant->real);
		else
			((int64_t *)table)[i] = constant->number;
	}
	struct step step = {.run = step_look_up, .in = {which->vector}, .table = table};
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
		picked->low = is_first || values[i].low < picked->low ? values[i].low : picked->low;
		picked->high = is_first || values[i].high > picked->high ? values[i].high : picked->high;
	}
	if (nulls == count)
		return compile_number(compiler, VALUE_NULL, 0, 0, picked);
	if (count == 2 && nulls == 1)
		return hide(compiler, which, values, picked);
	if (is_constant && nulls == 0)
		return look_up(compiler, which, values, count, picked);
	/* The nulls of a text are texts, too: not those of a name, which others may take for numbers. */
	struct value nothing;
	if (vector_type(picked->type) == VECTOR_TEXT && nulls > 0) {
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

/* The shares of the children, of 100; those without one have what is left, evenly. */
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

static bool
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

/* Which of the two it is may depend on the row, but there are no more of them where there are more rows. */
static bool
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

static bool
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

static bool
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

/* ---- operations ---- */

/* The least and the greatest of four. */
static void
span(const int64_t *ends, struct value *value)
{
	value->low = value->high = ends[0];
	for (unsigned i = 1; i < 4; i++) {
		value->low = ends[i] < value->low ? ends[i] : value->low;
		value->high = ends[i] > value->high ? ends[i] : value->high;
	}
}

/* What LEFT operation RIGHT lies between; false where that is more than 64 bits. */
static bool
bound(enum operation operation, const struct value *left, const struct value *right, struct value *value)
{
	int64_t ends[4], most;
	switch (operation) {
	case OPERATION_ADD:
		return !__builtin_add_overflow(left->low, right->low, &value->low) &&
		       !__builtin_add_overflow(left->high, right->high, &value->high);
	case OPERATION_SUBTRACT:
		return !__builtin_sub_overflow(left->low, right->high, &value->low) &&
		       !__builtin_sub_overflow(left->high, right->low, &value->high);
	case OPERATION_MULTIPLY:
		if (__builtin_mul_overflow(left->low, right->low, &ends[0]) ||
		    __builtin_mul_overflow(left->low, right->high, &ends[1]) ||
		    __builtin_mul_overflow(left->high, right->low, &ends[2]) ||
		    __builtin_mul_overflow(left->high, right->high, &ends[3]))
			return false;
		span(ends, value);
		return true;
	default: /* a remainder */
		if (right->low == INT64_MIN)
			return false;
		most = right->high > -right->low ? right->high : -right->low;
		value->low = right->low < 0 ? -most : 0;
		value->high = right->high > 0 ? most - 1 : 0;
		return true;
	}
}

static int64_t
calculate(enum operation operation, int64_t left, int64_t right)
{
	return operation == OPERATION_ADD        ? left + right
	       : operation == OPERATION_SUBTRACT ? left - right
	                                         : left * right;
}

/* Numbers of one scale, except that factors have each their own. */
static bool
compile_integers(struct compiler *compiler, uint32_t node, const struct value *left,
    const struct value *right, struct value *value)
{
	static step_function *const steps[] = {[OPERATION_ADD] = step_add,
	    [OPERATION_SUBTRACT] = step_subtract,
	    [OPERATION_MULTIPLY] = step_multiply,
	    [OPERATION_REMAINDER] = step_remainder};
	enum operation operation = expression_at(compiler, node)->operation;
	struct step step = {.run = steps[operation], .in = {left->vector, right->vector}};
	value->has_nulls = left->has_nulls || right->has_nulls;
	if (!bound(operation, left, right, value))
		return refuse_size(compiler, node);
	if (value->type == VALUE_DATE && (value->low < INT32_MIN || value->high > INT32_MAX))
		return compile_refuse(compiler, node, "this can be a date that 32 bits do not hold");
	if (operation == OPERATION_REMAINDER)
		value->has_nulls |= right->low <= 0 && right->high >= 0;
	else if (left->is_constant && right->is_constant)
		return compile_number(
		    compiler, value->type, calculate(operation, left->low, right->low), value->scale, value);
	return compile_step(compiler, &step, value);
}

static bool
compile_reals(
    struct compiler *compiler, uint32_t node, struct value *left, struct value *right, struct value *value)
{
	static step_function *const steps[] = {[OPERATION_ADD] = step_real_add,
	    [OPERATION_SUBTRACT] = step_real_subtract,
	    [OPERATION_MULTIPLY] = step_real_multiply,
	    [OPERATION_DIVIDE] = step_real_divide};
	enum operation operation = expression_at(compiler, node)->operation;
	if (operation == OPERATION_REMAINDER)
		return compile_refuse(compiler, node, "%% is between numbers that are no real ones");
	if (!compile_to_real(compiler, node, left) || !compile_to_real(compiler, node, right))
		return false;
	struct step step = {.run = steps[operation], .in = {left->vector, right->vector}};
	*value = (struct value){.type = VALUE_REAL, .has_nulls = left->has_nulls || right->has_nulls};
	return compile_step(compiler, &step, value);
}

/* Dates and days, times and seconds. */
static bool
compile_moments(
    struct compiler *compiler, uint32_t node, struct value *left, struct value *right, struct value *value)
{
	enum operation operation = expression_at(compiler, node)->operation;
	enum { MICROS_SCALE = 6 };
	unsigned scale = left->type == VALUE_TIME ? MICROS_SCALE : 0;
	bool is_difference = operation == OPERATION_SUBTRACT && left->type == right->type;
	bool is_shift = (operation == OPERATION_ADD || operation == OPERATION_SUBTRACT) &&
	                right->type == VALUE_NUMBER && right->scale <= scale;
	if (!is_difference && !is_shift)
		return compile_refuse(compiler, node,
		    "days are added to a date and seconds to a time, and two of a kind are subtracted");
	if (is_shift && !compile_rescale(compiler, node, scale, right))
		return false;
	*value = (struct value){
	    .type = is_difference ? VALUE_NUMBER : left->type, .scale = is_difference ? scale : 0};
	if (!compile_integers(compiler, node, left, right, value))
		return false;
	return value->type != VALUE_DATE || (value->low >= INT32_MIN && value->high <= INT32_MAX) ||
	       compile_refuse(compiler, node, "this date can be more than 2^31 days away from 1970");
}

static bool
compile_arithmetic(
    struct compiler *compiler, uint32_t node, struct value *left, struct value *right, struct value *value)
{
	enum operation operation = expression_at(compiler, node)->operation;
	if (left->type == VALUE_DATE || left->type == VALUE_TIME)
		return compile_moments(compiler, node, left, right, value);
	if (left->type != VALUE_NUMBER || right->type != VALUE_NUMBER || operation == OPERATION_DIVIDE)
		return compile_reals(compiler, node, left, right, value);
	*value = (struct value){.type = VALUE_NUMBER, .scale = left->scale + right->scale};
	if (operation != OPERATION_MULTIPLY) {
		if (!compile_agree(compiler, node, left, right))
			return false;
		value->scale = left->scale;
	} else if (value->scale > SCALE_MOST) {
		return compile_refuse(
		    compiler, node, "the product has more than %d digits behind the point", SCALE_MOST);
	}
	return compile_integers(compiler, node, left, right, value);
}

static bool
compile_negation(struct compiler *compiler, struct value *value)
{
	struct step step = {.run = step_not, .in = {value->vector}};
	return compile_step(compiler, &step, value);
}

/* Whether two values of one type are equal, or the left one less, or not more. */
static bool
compile_relation(struct compiler *compiler, uint32_t node, enum operation operation, struct value *left,
    struct value *right, struct value *value)
{
	bool is_less = operation != OPERATION_EQUAL && operation != OPERATION_UNEQUAL;
	bool is_turned = operation == OPERATION_GREATER || operation == OPERATION_GREATER_EQUAL;
	bool takes_equal = operation == OPERATION_LESS_EQUAL || operation == OPERATION_GREATER_EQUAL;
	if (!compile_agree(compiler, node, left, right))
		return false;
	bool is_text = vector_type(left->type) == VECTOR_TEXT;
	bool is_real = left->type == VALUE_REAL;
	if (left->type == VALUE_NULL || right->type == VALUE_NULL)
		return compile_refuse(compiler, node, "nothing compares with null; is_null() asks for it");
	if (is_less && is_text)
		return compile_refuse(compiler, node, "texts are equal or not; none is less than another");
	struct step step = {.run = is_text   ? step_text_equal
	                           : is_real ? step_real_equal
	                                     : step_equal,
	    .in = {is_turned ? right->vector : left->vector, is_turned ? left->vector : right->vector}};
	if (is_less && takes_equal)
		step.run = is_real ? step_real_less_equal : step_less_equal;
	else if (is_less)
		step.run = is_real ? step_real_less : step_less;
	*value = (struct value){
	    .type = VALUE_TRUTH, .low = 0, .high = 1, .has_nulls = left->has_nulls || right->has_nulls};
	return compile_step(compiler, &step, value) &&
	       (operation != OPERATION_UNEQUAL || compile_negation(compiler, value));
}

static bool
compile_both(struct compiler *compiler, uint32_t node, struct value *value)
{
	uint32_t left_node = expression_at(compiler, node)->child;
	bool is_and = expression_at(compiler, node)->operation == OPERATION_AND;
	struct value left, right;
	if (!compile_truth(compiler, left_node, &left) ||
	    !compile_truth(compiler, expression_at(compiler, left_node)->next, &right))
		return false;
	struct step step = {.run = is_and ? step_and : step_or, .in = {left.vector, right.vector}};
	*value = (struct value){
	    .type = VALUE_TRUTH, .low = 0, .high = 1, .has_nulls = left.has_nulls || right.has_nulls};
	return compile_step(compiler, &step, value);
}

static bool
compile_binary(struct compiler *compiler, uint32_t node, struct value *value)
{
	const struct expression *expression = expression_at(compiler, node);
	struct value left, right;
	bool was_of_row = compiler->is_of_row;
	if (expression->operation >= OPERATION_AND)
		return compile_both(compiler, node, value);
	if (!compile_expression(compiler, expression->child, &left) ||
	    !compile_expression(compiler, expression_at(compiler, expression->child)->next, &right))
		return false;
	/* The divisor alone bounds a remainder. */
	if (expression->operation == OPERATION_REMAINDER && right.is_constant)
		compiler->is_of_row = was_of_row;
	if (expression->operation >= OPERATION_EQUAL)
		return compile_relation(compiler, node, expression->operation, &left, &right, value);
	return compile_arithmetic(compiler, node, &left, &right, value);
}

static bool
compile_in(struct compiler *compiler, uint32_t node, struct value *value)
{
	uint32_t first = expression_at(compiler, node)->child, other = expression_at(compiler, first)->next;
	struct value left, right, one;
	if (!compile_expression(compiler, first, &left))
		return false;
	for (uint32_t count = 0; other != 0; other = expression_at(compiler, other)->next, count++) {
		struct value same = left;
		if (!compile_expression(compiler, other, &right) ||
		    !compile_relation(compiler, other, OPERATION_EQUAL, &same, &right, &one))
			return false;
		if (count > 0) {
			struct step step = {.run = step_or, .in = {value->vector, one.vector}};
			one.has_nulls |= value->has_nulls;
			if (!compile_step(compiler, &step, &one))
				return false;
		}
		*value = one;
	}
	return expression_at(compiler, first)->next != 0 ||
	       compile_refuse(compiler, node, "name at least one value between the parentheses");
}

static bool
compile_minus(struct compiler *compiler, uint32_t node, struct value *value)
{
	uint32_t child = expression_at(compiler, node)->child;
	if (!compile_expression(compiler, child, value))
		return false;
	if (value->type != VALUE_NUMBER && value->type != VALUE_REAL)
		return compile_refuse(
		    compiler, node, "a number is expected behind -, not %s", value_name(value->type));
	struct step step = {
	    .run = value->type == VALUE_REAL ? step_real_negate : step_negate, .in = {value->vector}};
	int64_t low = value->low;
	if (low == INT64_MIN || value->high == INT64_MIN)
		return refuse_size(compiler, node);
	if (value->is_constant && value->type == VALUE_NUMBER)
		return compile_number(compiler, VALUE_NUMBER, -low, value->scale, value);
	value->low = -value->high;
	value->high = -low;
	return compile_step(compiler, &step, value);
}

/* ---- templates ---- */

enum { NUMBER_BYTES = 22, REAL_BYTES = 26, MOMENT_BYTES = 48, TRUTH_BYTES = 5, UUID_BYTES = 36 };

/* The step that puts VALUE into a text, and the bytes that this may take. */
static bool
choose_put(
    struct compiler *compiler, uint32_t node, const struct value *value, struct step *step, size_t *most)
{
	*step = (struct step){
	    .in = {value->vector}, .number = expression_at(compiler, node)->width, .other = value->scale};
	if (step->number > 0 && value->type != VALUE_NUMBER)
		return compile_refuse(compiler, node, "only a number has a number of digits");
	switch (value->type) {
	case VALUE_NUMBER:
		step->run = step_number_put;
		*most = NUMBER_BYTES;
		return true;
	case VALUE_TRUTH:
		step->run = step_truth_put;
		*most = TRUTH_BYTES;
		return true;
	case VALUE_REAL:
		step->run = step_real_put;
		*most = REAL_BYTES;
		return true;
	case VALUE_DATE:
		step->run = step_date_put;
		*most = MOMENT_BYTES;
		return true;
	case VALUE_TIME:
		step->run = step_time_put;
		*most = MOMENT_BYTES;
		return true;
	case VALUE_UUID:
		step->run = step_uuid_put;
		*most = UUID_BYTES;
		return true;
	case VALUE_TEXT:
		step->run = step_text_put;
		*most = (size_t)value->high;
		return true;
	default:
		return compile_refuse(compiler, node, "%s cannot stand in a text", value_name(value->type));
	}
}

static bool
compile_template(struct compiler *compiler, uint32_t node, struct value *value)
{
	struct step open = {.run = step_text_open};
	uint32_t child = expression_at(compiler, node)->child;
	uint32_t count = 0;
	for (uint32_t i = child; i != 0; i = expression_at(compiler, i)->next)
		count++;
	struct step *puts = calloc(count, sizeof *puts);
	bool fine = puts != NULL || nest_error_memory(compiler->error, count * sizeof *puts, "a template");
	*value = (struct value){.type = VALUE_TEXT};
	for (uint32_t i = 0; fine && i < count; i++, child = expression_at(compiler, child)->next) {
		struct value piece;
		size_t most = 0;
		fine = compile_expression(compiler, child, &piece) &&
		       choose_put(compiler, child, &piece, &puts[i], &most);
		value->high += (int64_t)most;
		value->has_nulls |= fine && piece.has_nulls;
		if (fine && value->high > TEXT_BYTES_MOST)
			fine = compile_refuse(
			    compiler, node, "the text may have more than %d bytes", TEXT_BYTES_MOST);
	}
	fine = fine && compile_step(compiler, &open, value);
	for (uint32_t i = 0; fine && i < count; i++) {
		puts[i].scope = compiler->scope;
		puts[i].out = value->vector;
		fine = batch_add_step(compiler->batch, &puts[i], compiler->error);
	}
	free(puts);
	return fine;
}

/* ---- all of them ---- */

static bool
compile_kind(struct compiler *compiler, uint32_t node, struct value *value)
{
	const struct expression *e = expression_at(compiler, node);
	switch (e->kind) {
	case EXPRESSION_NULL:
		return compile_number(compiler, VALUE_NULL, 0, 0, value);
	case EXPRESSION_TRUTH:
		return compile_number(compiler, VALUE_TRUTH, e->number, 0, value);
	case EXPRESSION_NUMBER:
		if (e->scale > SCALE_MOST)
			return compile_refuse(
			    compiler, node, "a number has at most %d digits behind the point", SCALE_MOST);
		return compile_number(compiler, VALUE_NUMBER, e->number, e->scale, value);
	case EXPRESSION_DATE:
		return compile_number(compiler, VALUE_DATE, e->number, 0, value);
	case EXPRESSION_TIME:
		return compile_number(compiler, VALUE_TIME, e->number, 0, value);
	case EXPRESSION_TEXT:
		return compile_text(compiler,
		    (struct view){compiler->drawings->tree.texts.data + e->text, e->text_size}, value);
	case EXPRESSION_RAW: /* only pattern() has one, and reads it itself */
		break;
	case EXPRESSION_SHARE:
		return compile_share(compiler, node, value);
	case EXPRESSION_TEMPLATE:
		return compile_template(compiler, node, value);
	case EXPRESSION_NAME:
		return compile_name(compiler, node, value);
	case EXPRESSION_CALL:
		return compile_call(compiler, node, value);
	case EXPRESSION_NEGATE:
		return compile_minus(compiler, node, value);
	case EXPRESSION_NOT:
		return compile_truth(compiler, e->child, value) && compile_negation(compiler, value);
	case EXPRESSION_BINARY:
		return compile_binary(compiler, node, value);
	case EXPRESSION_IN:
		return compile_in(compiler, node, value);
	case EXPRESSION_RANGE:
		return compile_range(compiler, node, value);
	case EXPRESSION_IF:
		return compile_if(compiler, node, value);
	case EXPRESSION_CHOICE:
		return compile_choice(compiler, node, value);
	}
	return false;
}

bool
compile_expression(struct compiler *compiler, uint32_t node, struct value *value)
{
	if (compiler->depth == DEPTH_MOST)
		return compile_refuse(compiler, node,
		    "this stands more than %d deep: operators in a row and lets that are made from lets "
		    "count",
		    DEPTH_MOST);
	compiler->depth++;
	bool fine = compile_kind(compiler, node, value);
	compiler->depth--;
	return fine;
}
