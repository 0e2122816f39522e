/* arithmetic.c - operations on numbers, moments and truths, and the bounds of their results. */
#include "gen/compile/compiler.h"

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

/* Divides, rounding down; false if the result exceeds 64 bits. */
static bool
divide(int64_t left, int64_t right, int64_t *quotient)
{
	if (left == INT64_MIN && right == -1)
		return false;
	*quotient = left / right - (left % right != 0 && (left < 0) != (right < 0));
	return true;
}

/* Quotients of LEFT by values of RIGHT, except 0, are greatest and least at the ends and next to 0. */
static bool
bound_quotient(const struct value *left, const struct value *right, struct value *value)
{
	const int64_t divisors[4] = {right->low, right->high, 1, -1};
	int64_t ends[2];
	bool is_first = true;
	value->low = value->high = 0;
	for (unsigned i = 0; i < 4; i++) {
		if (divisors[i] == 0 || divisors[i] < right->low || divisors[i] > right->high)
			continue;
		if (!divide(left->low, divisors[i], &ends[0]) || !divide(left->high, divisors[i], &ends[1]))
			return false;
		for (unsigned k = 0; k < 2; k++) {
			value->low = is_first || ends[k] < value->low ? ends[k] : value->low;
			value->high = is_first || ends[k] > value->high ? ends[k] : value->high;
			is_first = false;
		}
	}
	return true;
}

/* Bounds the result of LEFT OPERATION RIGHT; false if it exceeds 64 bits. */
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
	case OPERATION_QUOTIENT:
		return bound_quotient(left, right, value);
	default: /* a remainder */
		if (right->low == INT64_MIN)
			return false;
		most = right->high > -right->low ? right->high : -right->low;
		value->low = right->low < 0 ? -most : 0;
		value->high = right->high > 0 ? most - 1 : 0;
		return true;
	}
}

/* The greatest multiple of BY that is not above NUMBER; false if 64 bits do not hold it. */
static bool
multiple_below(int64_t number, int64_t by, int64_t *multiple)
{
	int64_t rest = number % by;
	return !__builtin_sub_overflow(number, rest < 0 ? rest + by : rest, multiple);
}

/* x - x % n, the first row of a group, is not below 0 if x is not. */
static bool
bound_multiple(const struct value *left, const struct value *right, struct value *value)
{
	return right->rest_of == left->vector + 1 &&
	       multiple_below(left->low, right->high + 1, &value->low) &&
	       multiple_below(left->high, right->high + 1, &value->high);
}

static int64_t
calculate(enum operation operation, int64_t left, int64_t right)
{
	return operation == OPERATION_ADD        ? left + right
	       : operation == OPERATION_SUBTRACT ? left - right
	                                         : left * right;
}

/* Numbers have one scale, except that each factor has its own. */
static bool
compile_integers(struct compiler *compiler, uint32_t node, const struct value *left,
    const struct value *right, struct value *value)
{
	static step_function *const steps[] = {[OPERATION_ADD] = step_add,
	    [OPERATION_SUBTRACT] = step_subtract,
	    [OPERATION_MULTIPLY] = step_multiply,
	    [OPERATION_QUOTIENT] = step_quotient,
	    [OPERATION_REMAINDER] = step_remainder};
	enum operation operation = expression_at(compiler, node)->operation;
	struct step step = {.run = steps[operation], .in = {left->vector, right->vector}};
	value->has_nulls = left->has_nulls || right->has_nulls;
	if (!(operation == OPERATION_SUBTRACT && bound_multiple(left, right, value)) &&
	    !bound(operation, left, right, value))
		return compile_refuse_size(compiler, node);
	if (value->type == VALUE_DATE && (value->low < INT32_MIN || value->high > INT32_MAX))
		return compile_refuse(compiler, node, "this can be a date that 32 bits do not hold");
	if (operation == OPERATION_REMAINDER || operation == OPERATION_QUOTIENT)
		value->has_nulls |= right->low <= 0 && right->high >= 0;
	else if (left->is_constant && right->is_constant)
		return compile_number(
		    compiler, value->type, calculate(operation, left->low, right->low), value->scale, value);
	if (!compile_step(compiler, &step, value))
		return false;
	if (operation == OPERATION_REMAINDER && right->is_constant && right->low > 0)
		value->rest_of = left->vector + 1;
	return true;
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
	if (operation == OPERATION_REMAINDER || operation == OPERATION_QUOTIENT)
		return compile_refuse(compiler, node, "%s is between numbers that are no real ones",
		    operation == OPERATION_QUOTIENT ? "//" : "%");
	if (!compile_to_real(compiler, node, left) || !compile_to_real(compiler, node, right))
		return false;
	struct step step = {.run = steps[operation], .in = {left->vector, right->vector}};
	*value = (struct value){.type = VALUE_REAL, .has_nulls = left->has_nulls || right->has_nulls};
	compile_bound_reals(operation, left, right, value);
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
	return compile_integers(compiler, node, left, right, value);
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
		value->scale = operation == OPERATION_QUOTIENT ? 0 : left->scale;
	} else if (value->scale > SCALE_MOST) {
		return compile_refuse(
		    compiler, node, "the product has more than %d digits behind the point", SCALE_MOST);
	}
	return compile_integers(compiler, node, left, right, value);
}

bool
compile_negation(struct compiler *compiler, struct value *value)
{
	struct step step = {.run = step_not, .in = {value->vector}};
	return compile_step(compiler, &step, value);
}

/* Whether two values of one type are equal, or the left one is less, or not greater. */
static bool
compile_relation(struct compiler *compiler, uint32_t node, enum operation operation, struct value *left,
    struct value *right, struct value *value)
{
	bool is_less = operation != OPERATION_EQUAL && operation != OPERATION_UNEQUAL;
	bool is_turned = operation == OPERATION_GREATER || operation == OPERATION_GREATER_EQUAL;
	bool takes_equal = operation == OPERATION_LESS_EQUAL || operation == OPERATION_GREATER_EQUAL;
	if (!compile_agree(compiler, node, left, right))
		return false;
	bool is_text = value_vector_type(left->type) == VECTOR_TEXT;
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

bool
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
	/* Only the divisor bounds a remainder. */
	if (expression->operation == OPERATION_REMAINDER && right.is_constant)
		compiler->is_of_row = was_of_row;
	if (expression->operation >= OPERATION_EQUAL)
		return compile_relation(compiler, node, expression->operation, &left, &right, value);
	return compile_arithmetic(compiler, node, &left, &right, value);
}

bool
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

bool
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
	if (low == INT64_MIN)
		return compile_refuse_size(compiler, node);
	if (value->is_constant)
		return compile_number(compiler, VALUE_NUMBER, -low, value->scale, value);
	double least = value->least;
	value->low = -value->high;
	value->high = -low;
	value->least = -value->most;
	value->most = -least;
	return compile_step(compiler, &step, value);
}
