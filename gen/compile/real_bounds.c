/*
 * real_bounds.c - bounds real numbers, and finds whether they may be NaN.
 *
 * The bounds of a result are computed in the same way as the result, and rounding keeps the order of numbers,
 * so the bounds hold for the values of rows, to the bit.
 */
#include "gen/compile/compiler.h"

#include <math.h>

static bool
has_zero(const struct value *value)
{
	return value->least <= 0 && value->most >= 0;
}

static bool
has_infinity(const struct value *value)
{
	return isinf(value->least) || isinf(value->most);
}

static void
between(double least, double most, struct value *value)
{
	value->is_number = true;
	value->least = least;
	value->most = most;
}

/* The least and the greatest of the four. */
static void
between_corners(const double *ends, struct value *value)
{
	between(ends[0], ends[0], value);
	for (unsigned i = 1; i < 4; i++)
		between(fmin(value->least, ends[i]), fmax(value->most, ends[i]), value);
}

static void
bound_product(const struct value *left, const struct value *right, struct value *value)
{
	if ((has_zero(left) && has_infinity(right)) || (has_infinity(left) && has_zero(right)))
		return;
	between_corners((double[4]){left->least * right->least, left->least * right->most,
			    left->most * right->least, left->most * right->most},
	    value);
}

static void
bound_quotient(const struct value *left, const struct value *right, struct value *value)
{
	if ((has_zero(left) && has_zero(right)) || (has_infinity(left) && has_infinity(right)))
		return;
	if (has_zero(right))
		between(-INFINITY, INFINITY, value);
	else
		between_corners((double[4]){left->least / right->least, left->least / right->most,
				    left->most / right->least, left->most / right->most},
		    value);
}

void
compile_bound_reals(
    enum operation operation, const struct value *left, const struct value *right, struct value *value)
{
	bool is_sum = operation == OPERATION_ADD;
	double least = is_sum ? right->least : -right->most, most = is_sum ? right->most : -right->least;
	value->is_number = false;
	if (!left->is_number || !right->is_number)
		return;
	if (operation == OPERATION_MULTIPLY)
		bound_product(left, right, value);
	else if (operation == OPERATION_DIVIDE)
		bound_quotient(left, right, value);
	else if (!(isinf(left->least) && isinf(most)) && !(isinf(left->most) && isinf(least)))
		between(left->least + least, left->most + most, value);
}
