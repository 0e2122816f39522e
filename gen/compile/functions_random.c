/* functions_random.c - the functions that draw from a distribution. */
#include "gen/compile/functions.h"

#include "gen/chance/distribution.h"
#include "gen/chance/draw.h"
#include "gen/chance/pattern.h"
#include "gen/chance/permutation.h"
#include "gen/chance/poisson.h"
#include "gen/chance/reals.h"
#include "gen/chance/zipf.h"

enum { COUNT_MOST = 1 << 16 }; /* the default most of Poisson and geometric values: that of a list */

enum { PATTERNS_BYTES_MOST = 1 << 22 }; /* bounds the time that a row takes: some cost a microsecond each */

/* Standard variates do not reach these (distribution.h). */
enum { NORMAL_MOST = 9, EXPONENTIAL_MOST = 37 };

/* A step that takes a whole word. */
static bool
draw_step(const struct call *call, step_function *run, void *table, struct value *value)
{
	struct step step = {.run = run, .table = table};
	return compile_bits(call->compiler, 64, &step) && compile_step(call->compiler, &step, value);
}

/* ---- reals ---- */

static bool
real_operation(const struct call *call, enum operation operation, const struct value *left,
    const struct value *right, struct value *value)
{
	struct value made = {.type = VALUE_REAL, .has_nulls = left->has_nulls || right->has_nulls};
	struct step step = {.run = operation == OPERATION_ADD        ? step_real_add
	                           : operation == OPERATION_SUBTRACT ? step_real_subtract
	                                                             : step_real_multiply,
	    .in = {left->vector, right->vector}};
	compile_bound_reals(operation, left, right, &made);
	*value = made;
	return compile_step(call->compiler, &step, value);
}

/* FACTOR * a standard variate, from LEAST to MOST. */
static bool
scale_standard(const struct call *call, step_function *run, double least, double most,
    const struct value *factor, struct value *value)
{
	struct value standard = {.type = VALUE_REAL, .is_number = true, .least = least, .most = most};
	return draw_step(call, run, NULL, &standard) &&
	       real_operation(call, OPERATION_MULTIPLY, factor, &standard, value);
}

/* uniform(low, high): excluding high */
bool
function_uniform(const struct call *call, struct value *value)
{
	struct value low, high, range;
	return call_real(call, 0, &low) && call_real(call, 1, &high) &&
	       real_operation(call, OPERATION_SUBTRACT, &high, &low, &range) &&
	       scale_standard(call, step_uniform, 0, 1, &range, value) &&
	       real_operation(call, OPERATION_ADD, &low, value, value);
}

/* normal(mean, deviation) */
bool
function_normal(const struct call *call, struct value *value)
{
	struct value mean, deviation;
	return call_real(call, 0, &mean) && call_real(call, 1, &deviation) &&
	       scale_standard(call, step_normal, -NORMAL_MOST, NORMAL_MOST, &deviation, value) &&
	       real_operation(call, OPERATION_ADD, &mean, value, value);
}

/* lognormal(mean, deviation), both of the logarithm */
bool
function_lognormal(const struct call *call, struct value *value)
{
	if (!function_normal(call, value))
		return false;
	const double ends[2] = {value->least, value->most};
	double powers[2];
	reals_exp(ends, 2, powers);
	struct step step = {.run = step_exp, .in = {value->vector}};
	value->least = powers[0];
	value->most = powers[1];
	return compile_step(call->compiler, &step, value);
}

/* exponential(mean) */
bool
function_exponential(const struct call *call, struct value *value)
{
	struct value mean;
	return call_real(call, 0, &mean) &&
	       scale_standard(call, step_exponential, 0, EXPONENTIAL_MOST, &mean, value);
}

/* ---- counts ---- */

/* zipf(exponent, ranks): the rank */
bool
function_zipf(const struct call *call, struct value *value)
{
	double exponent;
	int64_t ranks;
	void *table;
	struct nest_error why;
	if (!call_constant(call, 0, &exponent) || !call_count(call, 1, 1, (int64_t)ZIPF_RANKS_MOST, &ranks) ||
	    !compile_table(call->compiler, sizeof(struct zipf), NULL, &table))
		return false;
	if (!zipf_init(table, exponent, (uint64_t)ranks, &why))
		return call_refuse(call, call->node, &why);
	*value = (struct value){.type = VALUE_NUMBER, .low = 1, .high = ranks};
	return draw_step(call, step_zipf, table, value);
}

/* The argument that bounds a count, if it is there. */
static bool
take_most(const struct call *call, int64_t *most)
{
	*most = COUNT_MOST;
	return call->count < 2 || call_count(call, 1, 0, INT64_MAX, most);
}

/* poisson(mean), poisson(mean, most) */
bool
function_poisson(const struct call *call, struct value *value)
{
	double mean;
	int64_t most;
	void *table;
	struct nest_error why;
	if (!call_constant(call, 0, &mean) || !take_most(call, &most) ||
	    !compile_table(call->compiler, sizeof(struct poisson), NULL, &table))
		return false;
	if (!poisson_init(table, mean, (uint64_t)most, &why))
		return call_refuse(call, call->node, &why);
	*value = (struct value){.type = VALUE_NUMBER, .low = 0, .high = most};
	return draw_step(call, step_poisson, table, value);
}

/* geometric(mean), geometric(mean, most): from 0 on */
bool
function_geometric(const struct call *call, struct value *value)
{
	double mean;
	int64_t most;
	void *table;
	struct nest_error why;
	if (!call_constant(call, 0, &mean) || !take_most(call, &most) ||
	    !compile_table(call->compiler, sizeof(struct geometric), NULL, &table))
		return false;
	if (!(mean >= 0))
		return compile_refuse(call->compiler, call->arguments[0], "a mean is not below 0 here");
	if (!geometric_init(table, 1 / (1 + mean), (uint64_t)most, &why))
		return call_refuse(call, call->node, &why);
	*value = (struct value){.type = VALUE_NUMBER, .low = 0, .high = most};
	return draw_step(call, step_geometric, table, value);
}

/* scatter(x, n): the place of x, which is below n, in an order of 0 ... n - 1 that looks random */
bool
function_scatter(const struct call *call, struct value *value)
{
	struct compiler *compiler = call->compiler;
	int64_t count;
	void *table;
	struct nest_error why;
	if (!call_count(call, 1, 1, INT64_MAX, &count) || !call_index(call, 0, count, value) ||
	    !compile_table(compiler, sizeof(struct permutation), NULL, &table))
		return false;
	/* The same for the same count, so that references to such a number can draw it again. */
	if (!permutation_init(table, draw(compiler->shared->key, (uint64_t)count), (uint64_t)count, &why))
		return call_refuse(call, call->node, &why);
	struct step step = {.run = step_scatter, .in = {value->vector}, .table = table};
	value->low = 0;
	value->high = count - 1;
	return compile_step(compiler, &step, value);
}

/* ---- texts and bytes ---- */

static void
release_pattern(void *pattern)
{
	pattern_free(pattern);
}

/* pattern("[A-Z]{2}[0-9]+") */
bool
function_pattern(const struct call *call, struct value *value)
{
	struct view text;
	void *table;
	struct nest_error why;
	if (!call_raw_text(call, 0, &text) ||
	    !compile_table(call->compiler, sizeof(struct pattern), release_pattern, &table))
		return false;
	if (!pattern_open(table, text, &why))
		return call_refuse(call, call->node, &why);
	int64_t longest = ((struct pattern *)table)->longest_bytes;
	call->compiler->pattern_bytes += (uint64_t)longest;
	if (call->compiler->pattern_bytes > PATTERNS_BYTES_MOST)
		return compile_refuse(call->compiler, call->node,
		    "the patterns of the recipe may make more than %d bytes, all together",
		    PATTERNS_BYTES_MOST);
	*value = (struct value){.type = VALUE_TEXT, .high = longest};
	return draw_step(call, step_pattern, table, value);
}

static bool
random_bytes(const struct call *call, enum value_type type, int64_t first, int64_t count,
    const struct value *size, struct value *value)
{
	struct step step = {.run = step_random_bytes, .number = first, .other = count};
	*value =
	    (struct value){.type = type, .low = size->low, .high = size->high, .has_nulls = size->has_nulls};
	if (!compile_bits(call->compiler, 64, &step))
		return false;
	step.in[1] = size->vector;
	return compile_step(call->compiler, &step, value);
}

/* bytes(count) */
bool
function_bytes(const struct call *call, struct value *value)
{
	struct value size;
	return call_size(call, 0, &size) && random_bytes(call, VALUE_BYTES, 0, 256, &size, value);
}

/* letters(count): of a to z; letters(count, "alphabet") */
bool
function_letters(const struct call *call, struct value *value)
{
	struct value size;
	if (!call_size(call, 0, &size))
		return false;
	return call->count > 1 ? letters_of_alphabet(call, &size, value)
	                       : random_bytes(call, VALUE_TEXT, 'a', 26, &size, value);
}

/* uuid(); uuid(x): a different one for each number */
bool
function_uuid(const struct call *call, struct value *value)
{
	enum { UUID_BYTES = 16 };
	struct value number = {.has_nulls = false};
	if (call->count > 0 && !compile_expression(call->compiler, call->arguments[0], &number))
		return false;
	if (call->count > 0 && (number.type != VALUE_NUMBER || number.scale > 0))
		return compile_refuse(call->compiler, call->arguments[0],
		    "a whole number is expected here, not %s",
		    number.scale > 0 ? "one with digits behind the point" : value_name(number.type));
	*value = (struct value){
	    .type = VALUE_UUID, .low = UUID_BYTES, .high = UUID_BYTES, .has_nulls = number.has_nulls};
	struct step step = {.run = step_uuid_of, .in = {number.vector}};
	return call->count > 0 ? compile_step(call->compiler, &step, value)
	                       : draw_step(call, step_uuid, NULL, value);
}
