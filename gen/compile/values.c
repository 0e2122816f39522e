/* values.c - vectors of a batch, and what is known about them: constants, steps, random bits, types. */
#include "gen/compile/compiler.h"

const char *
value_name(enum value_type type)
{
	static const char *const names[] = {"null", "true or false", "a number", "a real number", "a date",
	    "a time", "a text", "bytes", "a UUID"};
	return names[type];
}

bool
compile_table(struct compiler *compiler, size_t bytes, void (*release)(void *data), void **table)
{
	return compiled_add_table(compiler->compiled, bytes, release, table, compiler->error);
}

/* ---- vectors and steps ---- */

enum vector_type
value_vector_type(enum value_type type)
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
	const struct vector vector = {.type = value_vector_type(like->type),
	    .scope = compiler->scope,
	    .has_nulls = like->has_nulls,
	    .text_most = value_vector_type(like->type) == VECTOR_TEXT ? (size_t)like->high : 0};
	like->is_constant = false;
	like->rest_of = 0;
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
	*value = (struct value){.type = VALUE_REAL, .is_number = true, .least = real, .most = real};
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

bool
compile_again(struct compiler *compiler, const struct batch *from, struct value *value)
{
	const struct vector *vector = &from->vectors[value->vector];
	if (value->type == VALUE_TEXT)
		return compile_text(compiler, (struct view){vector->text.data, vector->text.size}, value);
	return compile_number(compiler, value->type, vector->number, value->scale, value);
}

/* ---- random bits ---- */

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

/* ---- types ---- */

int64_t
power_of_ten(unsigned exponent)
{
	int64_t power = 1;
	while (exponent-- > 0)
		power *= 10;
	return power;
}

bool
compile_refuse_size(const struct compiler *compiler, uint32_t node)
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
		return compile_refuse_size(compiler, node);
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
	*value = (struct value){.type = VALUE_REAL,
	    .has_nulls = value->has_nulls,
	    .is_number = true,
	    .least = (double)value->low / (double)step.number,
	    .most = (double)value->high / (double)step.number};
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
	*value = (struct value){.type = VALUE_NUMBER,
	    .scale = scale,
	    .low = low,
	    .high = high,
	    .has_nulls = value->has_nulls || !value->is_number};
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
