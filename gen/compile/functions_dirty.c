/* functions_dirty.c - dirty(x, share): spoils some values. */
#include "gen/compile/functions.h"

enum {
	TEXT_BYTES_MOST = 1 << 20,
	DAYS_OFF = 36524, /* 100 years, within a day */
};

static const int64_t MICROS_OFF = DAYS_OFF * 86400000000;

static bool
spoil(const struct call *call, step_function *run, int64_t number, const struct value *clean,
    const struct value *truth, struct value *value)
{
	struct step step = {.run = run, .number = number};
	if (!compile_bits(call->compiler, 64, &step))
		return false;
	step.in[1] = clean->vector;
	step.in[2] = truth->vector;
	return compile_step(call->compiler, &step, value);
}

static int64_t
least_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
greatest_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* 0, the other sign, ten times as much, a tenth. */
static bool
spoil_number(
    const struct call *call, const struct value *clean, const struct value *truth, struct value *value)
{
	int64_t low, high;
	if (__builtin_mul_overflow(clean->low, 10, &low) || __builtin_mul_overflow(clean->high, 10, &high))
		return compile_refuse_size(call->compiler, call->arguments[0]);
	value->low = least_of(least_of(low, -clean->high), 0);
	value->high = greatest_of(greatest_of(high, -clean->low), 0);
	value->low = least_of(value->low, clean->low);
	value->high = greatest_of(value->high, clean->high);
	return spoil(call, step_dirty_number, 0, clean, truth, value);
}

/* The epoch, and OFF before and after. */
static bool
spoil_moment(const struct call *call, int64_t off, const struct value *clean, const struct value *truth,
    struct value *value)
{
	if (__builtin_sub_overflow(clean->low, off, &value->low) ||
	    __builtin_add_overflow(clean->high, off, &value->high) ||
	    (clean->type == VALUE_DATE && (value->low < INT32_MIN || value->high > INT32_MAX)))
		return compile_refuse_size(call->compiler, call->arguments[0]);
	value->low = least_of(value->low, 0);
	value->high = greatest_of(value->high, 0);
	return spoil(call, step_dirty_number, off, clean, truth, value);
}

static bool
spoil_text(const struct call *call, const struct value *clean, const struct value *truth, struct value *value)
{
	enum { MORE_BYTES = 4 }; /* than twice as many */
	value->type = clean->type == VALUE_TEXT ? VALUE_TEXT : VALUE_BYTES;
	value->low = 0;
	value->high = 2 * clean->high + MORE_BYTES;
	if (value->high > TEXT_BYTES_MOST)
		return compile_refuse(
		    call->compiler, call->node, "the text may have more than %d bytes", TEXT_BYTES_MOST);
	return spoil(call, step_dirty_text, value->type == VALUE_BYTES, clean, truth, value);
}

/* dirty(x, share) */
bool
function_dirty(const struct call *call, struct value *value)
{
	struct value clean, truth;
	if (!compile_expression(call->compiler, call->arguments[0], &clean) ||
	    !compile_truth(call->compiler, call->arguments[1], &truth))
		return false;
	*value = (struct value){.type = clean.type, .scale = clean.scale, .has_nulls = clean.has_nulls};
	switch (clean.type) {
	case VALUE_NUMBER:
		return spoil_number(call, &clean, &truth, value);
	case VALUE_DATE:
		return spoil_moment(call, DAYS_OFF, &clean, &truth, value);
	case VALUE_TIME:
		return spoil_moment(call, MICROS_OFF, &clean, &truth, value);
	case VALUE_REAL:
		return spoil(call, step_dirty_real, 0, &clean, &truth, value);
	case VALUE_TEXT:
	case VALUE_BYTES:
	case VALUE_UUID:
		return spoil_text(call, &clean, &truth, value);
	default:
		return compile_refuse(
		    call->compiler, call->arguments[0], "%s cannot be dirty", value_name(clean.type));
	}
}
