/* functions.c - the functions of nest-recipe(5). */
#include "gen/compile/functions.h"

/* ---- arguments ---- */

bool
call_real(const struct call *call, unsigned index, struct value *value)
{
	return compile_expression(call->compiler, call->arguments[index], value) &&
	       compile_to_real(call->compiler, call->arguments[index], value);
}

bool
call_constant(const struct call *call, unsigned index, double *real)
{
	struct value value;
	if (!call_real(call, index, &value))
		return false;
	*real = call->compiler->batch->vectors[value.vector].real;
	return value.is_constant || compile_refuse(call->compiler, call->arguments[index],
					"a number that is the same for all rows is expected here");
}

bool
call_count(const struct call *call, unsigned index, int64_t low, int64_t high, int64_t *count)
{
	struct value value;
	if (!compile_expression(call->compiler, call->arguments[index], &value))
		return false;
	*count = value.low;
	if (!value.is_constant || value.type != VALUE_NUMBER || value.scale > 0 || value.low < low ||
	    value.low > high)
		return compile_refuse(call->compiler, call->arguments[index],
		    "a whole number from %lld to %lld is expected here", (long long)low, (long long)high);
	return true;
}

bool
call_text(const struct call *call, unsigned index, struct view *text)
{
	const struct expression *e = expression_at(call->compiler, call->arguments[index]);
	*text = (struct view){call->compiler->drawings->tree->texts.data + e->text, e->text_size};
	return e->kind == EXPRESSION_TEXT ||
	       compile_refuse(call->compiler, call->arguments[index], "a text in quotes is expected here");
}

bool
call_raw_text(const struct call *call, unsigned index, struct view *text)
{
	const struct expression *e = expression_at(call->compiler, call->arguments[index]);
	*text = e->word;
	return e->kind == EXPRESSION_RAW ||
	       compile_refuse(call->compiler, call->arguments[index], "a text in quotes is expected here");
}

bool
call_size(const struct call *call, unsigned index, struct value *value)
{
	enum { SIZE_MOST = 1 << 16 };
	if (!compile_expression(call->compiler, call->arguments[index], value))
		return false;
	return (value->type == VALUE_NUMBER && value->scale == 0 && value->low >= 0 &&
		   value->high <= SIZE_MOST) ||
	       compile_refuse(call->compiler, call->arguments[index],
		   "a whole number from 0 to %d is expected here, whatever the row", SIZE_MOST);
}

bool
call_index(const struct call *call, unsigned index, int64_t count, struct value *value)
{
	if (!compile_expression(call->compiler, call->arguments[index], value))
		return false;
	return (value->type == VALUE_NUMBER && value->scale == 0 && value->low >= 0 && value->high < count) ||
	       compile_refuse(call->compiler, call->arguments[index],
		   "a whole number from 0 to %lld is expected here, whatever the row: %% or clamp() bounds "
		   "it",
		   (long long)count - 1);
}

bool
call_refuse(const struct call *call, uint32_t node, const struct nest_error *why)
{
	if (why->status == NEST_FAILED) {
		*call->compiler->error = *why;
		return false;
	}
	return compile_refuse(call->compiler, node, "%s", why->text);
}

static bool
compile_argument(const struct call *call, unsigned index, struct value *value)
{
	return compile_expression(call->compiler, call->arguments[index], value);
}

/* ---- numbers ---- */

static bool
least_or_greatest(const struct call *call, step_function *of_numbers, step_function *of_reals, bool is_least,
    struct value *value)
{
	struct value other;
	if (!compile_argument(call, 0, value) || !compile_argument(call, 1, &other) ||
	    !compile_agree(call->compiler, call->node, value, &other))
		return false;
	if (value->type == VALUE_NULL || value->type == VALUE_TEXT || value->type == VALUE_BYTES ||
	    value->type == VALUE_UUID || value->type == VALUE_TRUTH || other.type == VALUE_NULL)
		return compile_refuse(
		    call->compiler, call->node, "numbers, dates or times are expected here");
	struct step step = {
	    .run = value->type == VALUE_REAL ? of_reals : of_numbers, .in = {value->vector, other.vector}};
	bool low_first = value->low < other.low, high_first = value->high < other.high;
	value->low = low_first == is_least ? value->low : other.low;
	value->high = high_first == is_least ? value->high : other.high;
	low_first = value->least < other.least;
	high_first = value->most < other.most;
	value->least = low_first == is_least ? value->least : other.least;
	value->most = high_first == is_least ? value->most : other.most;
	value->is_number &= other.is_number;
	value->has_nulls |= other.has_nulls;
	return compile_step(call->compiler, &step, value);
}

static bool
function_least(const struct call *call, struct value *value)
{
	return least_or_greatest(call, step_least, step_real_least, true, value);
}

static bool
function_greatest(const struct call *call, struct value *value)
{
	return least_or_greatest(call, step_greatest, step_real_greatest, false, value);
}

/* round(x), round(x, digits): a real up to 2^62 */
static bool
function_round(const struct call *call, struct value *value)
{
	static const int64_t most = (int64_t)1 << 62;
	int64_t digits = 0;
	if ((call->count > 1 && !call_count(call, 1, 0, 9, &digits)) || !compile_argument(call, 0, value))
		return false;
	return compile_to_number(call->compiler, call->arguments[0], (unsigned)digits, -most, most, value);
}

/* clamp(x, low, high) */
static bool
function_clamp(const struct call *call, struct value *value)
{
	struct value low, high;
	struct compiler *compiler = call->compiler;
	if (!compile_argument(call, 0, value) || !compile_argument(call, 1, &low) ||
	    !compile_argument(call, 2, &high))
		return false;
	if (!low.is_constant || !high.is_constant || low.type != VALUE_NUMBER || high.type != VALUE_NUMBER ||
	    !compile_agree(compiler, call->node, &low, &high) || low.low > high.low)
		return compile_refuse(compiler, call->arguments[1],
		    "two numbers that are the same for all rows are expected, the lower one first");
	if (value->type == VALUE_REAL)
		return compile_to_number(compiler, call->arguments[0], low.scale, low.low, high.low, value);
	if (!compile_agree(compiler, call->node, value, &low) ||
	    !compile_agree(compiler, call->node, value, &high))
		return false;
	struct step step = {.run = step_clamp, .in = {value->vector}, .number = low.low, .other = high.low};
	value->low = value->low < low.low ? low.low : value->low > high.low ? high.low : value->low;
	value->high = value->high > high.low ? high.low : value->high < low.low ? low.low : value->high;
	return compile_step(compiler, &step, value);
}

/* ---- the rest ---- */

static bool
date_part(const struct call *call, int64_t part, int64_t low, int64_t high, struct value *value)
{
	if (!compile_argument(call, 0, value))
		return false;
	if (value->type != VALUE_DATE)
		return compile_refuse(call->compiler, call->arguments[0], "a date is expected here, not %s",
		    value_name(value->type));
	struct step step = {.run = step_date_part, .in = {value->vector}, .number = part};
	*value =
	    (struct value){.type = VALUE_NUMBER, .low = low, .high = high, .has_nulls = value->has_nulls};
	return compile_step(call->compiler, &step, value);
}

static bool
function_year(const struct call *call, struct value *value)
{
	return date_part(call, 0, -6000000, 6000000, value);
}

static bool
function_month(const struct call *call, struct value *value)
{
	return date_part(call, 1, 1, 12, value);
}

static bool
function_day(const struct call *call, struct value *value)
{
	return date_part(call, 2, 1, 31, value);
}

/* time(date): its midnight */
static bool
function_time(const struct call *call, struct value *value)
{
	static const int64_t micros_of_day = 86400000000;
	if (!compile_argument(call, 0, value))
		return false;
	struct step step = {.run = step_scale_up, .in = {value->vector}, .number = micros_of_day};
	if (value->type != VALUE_DATE || __builtin_mul_overflow(value->low, micros_of_day, &value->low) ||
	    __builtin_mul_overflow(value->high, micros_of_day, &value->high))
		return compile_refuse(call->compiler, call->arguments[0],
		    "a date of the years -290000 to 290000 is expected here, not %s",
		    value_name(value->type));
	value->type = VALUE_TIME;
	return compile_step(call->compiler, &step, value);
}

/* date(time) */
static bool
function_date(const struct call *call, struct value *value)
{
	static const int64_t micros_of_day = 86400000000;
	if (!compile_argument(call, 0, value))
		return false;
	if (value->type != VALUE_TIME)
		return compile_refuse(call->compiler, call->arguments[0], "a time is expected here, not %s",
		    value_name(value->type));
	struct step step = {.run = step_floor_by, .in = {value->vector}, .number = micros_of_day};
	*value = (struct value){.type = VALUE_DATE,
	    .low = value->low / micros_of_day - 1,
	    .high = value->high / micros_of_day,
	    .has_nulls = value->has_nulls};
	return compile_step(call->compiler, &step, value);
}

static bool
function_is_null(const struct call *call, struct value *value)
{
	if (!compile_argument(call, 0, value))
		return false;
	struct step step = {.run = step_is_null, .in = {value->vector}};
	*value = (struct value){.type = VALUE_TRUTH, .low = 0, .high = 1};
	return compile_step(call->compiler, &step, value);
}

/* ---- all of them ---- */

static const struct {
	const char *name;
	unsigned least, most;
	function *compile;
} functions[] = {
    {"word", 1, 2, function_word},
    {"words", 2, 3, function_words},
    {"word_at", 2, 2, function_word_at},
    {"word_number", 1, 2, function_word_number},
    {"word_count", 1, 1, function_word_count},
    {"pattern", 1, 1, function_pattern},
    {"letters", 1, 2, function_letters},
    {"bytes", 1, 1, function_bytes},
    {"uuid", 0, 1, function_uuid},
    {"uniform", 2, 2, function_uniform},
    {"normal", 2, 2, function_normal},
    {"lognormal", 2, 2, function_lognormal},
    {"exponential", 1, 1, function_exponential},
    {"zipf", 2, 2, function_zipf},
    {"poisson", 1, 2, function_poisson},
    {"geometric", 1, 2, function_geometric},
    {"scatter", 2, 2, function_scatter},
    {"year", 1, 1, function_year},
    {"month", 1, 1, function_month},
    {"day", 1, 1, function_day},
    {"date", 1, 1, function_date},
    {"time", 1, 1, function_time},
    {"is_null", 1, 1, function_is_null},
    {"min", 2, 2, function_least},
    {"max", 2, 2, function_greatest},
    {"round", 1, 2, function_round},
    {"clamp", 3, 3, function_clamp},
    {"dirty", 2, 2, function_dirty},
    {"distinct", 1, 1, function_distinct},
    {"running", 1, 1, function_running},
    {"sum", 1, 1, function_sum},
    {"count", 1, 1, function_count},
    {"least", 1, 1, function_least_of},
    {"greatest", 1, 1, function_greatest_of},
};

static bool
refuse_count(const struct call *call, const char *name, unsigned least, unsigned most)
{
	if (least == most)
		return compile_refuse(call->compiler, call->node,
		    "the number of arguments of %s() is %u, and not %u", name, most, call->count);
	return compile_refuse(call->compiler, call->node,
	    "the number of arguments of %s() is %u or %u, and not %u", name, least, most, call->count);
}

bool
compile_call(struct compiler *compiler, uint32_t node, struct value *value)
{
	struct call call = {.compiler = compiler, .node = node};
	struct view name = expression_at(compiler, node)->word;
	for (uint32_t child = expression_at(compiler, node)->child; child != 0;
	     child = expression_at(compiler, child)->next) {
		if (call.count < ARGUMENTS_MOST)
			call.arguments[call.count] = child;
		call.count++;
	}
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		if (!view_equal(view_of_text(functions[i].name), name))
			continue;
		if (call.count < functions[i].least || call.count > functions[i].most)
			return refuse_count(&call, functions[i].name, functions[i].least, functions[i].most);
		return functions[i].compile(&call, value);
	}
	return compile_refuse(
	    compiler, node, "there is no function %s; nest-recipe(5) has them all", source_quote(name).text);
}
