/* operators.c - turns expressions into steps, operands first. */
#include "gen/compile/compiler.h"

#include <stdarg.h>
#include <stdio.h>

enum { DEPTH_MOST = 1000 }; /* of expressions made for one another: bounds the recursion */

const struct expression *
expression_at(const struct compiler *compiler, uint32_t node)
{
	return &compiler->drawings->tree->nodes[node];
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
		    (struct view){compiler->drawings->tree->texts.data + e->text, e->text_size}, value);
	case EXPRESSION_RAW: /* only pattern() has one, and reads it itself */
		break;
	case EXPRESSION_SHARE:
		return compile_share(compiler, node, value);
	case EXPRESSION_TEMPLATE:
		return compile_template(compiler, node, value);
	case EXPRESSION_NAME:
		return compile_name(compiler, node, value);
	case EXPRESSION_ROW:
		return compile_row(compiler, node, value);
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
