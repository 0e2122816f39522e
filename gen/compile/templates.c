/* templates.c - texts that are put together from pieces. */
#include "gen/compile/compiler.h"

#include <stdlib.h>

enum { TEXT_BYTES_MOST = 1 << 20 };

enum { NUMBER_BYTES = 22, REAL_BYTES = 26, MOMENT_BYTES = 48, TRUTH_BYTES = 5, UUID_BYTES = 36 };

/* The most bytes of a number with at least WIDTH digits: those of the longer of its bounds. */
static unsigned
digits_most(const struct value *value, unsigned width)
{
	uint64_t low = value->low < 0 ? (uint64_t)0 - (uint64_t)value->low : 0;
	uint64_t high = value->high > 0 ? (uint64_t)value->high : 0;
	unsigned digits = 1;
	for (uint64_t most = low > high ? low : high; most > 9; most /= 10)
		digits++;
	digits = digits > width ? digits : width;
	digits = digits > value->scale ? digits : value->scale + 1;
	return digits + (value->low < 0) + (value->scale > 0);
}

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
		step->bits = digits_most(value, (unsigned)step->number);
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

bool
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
