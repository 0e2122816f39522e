/* functions_lists.c - functions of lists: of all elements as one value, and over elements. */
#include "gen/compile/functions.h"

#include "gen/chance/distinct.h"

/* ---- lists as one value ---- */

static bool
fold(const struct call *call, step_function *run, bool may_be_null, struct value *value)
{
	struct compiler *compiler = call->compiler;
	uint32_t scope;
	if (expression_at(compiler, call->arguments[0])->kind != EXPRESSION_NAME)
		return compile_refuse(compiler, call->arguments[0],
		    "the path to a field of a list is expected here, as in sum(lines.price)");
	if (!compile_path(compiler, call->arguments[0], value, &scope))
		return false;
	if (compiler->batch->scopes[scope].parent != compiler->scope || scope == compiler->scope)
		return compile_refuse(
		    compiler, call->arguments[0], "this is no field of a list in the same group");
	const struct value *length =
	    &compiler->memos[compiler->drawing_of[compiler->length_nodes[scope]]][PART_LENGTH].value;
	const struct scope *list = &compiler->batch->scopes[scope];
	compiler->is_of_row |= list->laid != list->most;
	struct step step = {.run = run, .in = {value->vector}, .other = scope};
	value->has_nulls = may_be_null && (value->has_nulls || length->has_nulls || length->low == 0);
	return compile_step(compiler, &step, value);
}

static bool
fold_numbers(const struct call *call, step_function *run, struct value *value)
{
	if (!fold(call, run, true, value))
		return false;
	return value->type == VALUE_NUMBER || value->type == VALUE_DATE || value->type == VALUE_TIME ||
	       compile_refuse(call->compiler, call->arguments[0],
		   "numbers, dates or times are expected here, not %s", value_name(value->type));
}

bool
function_least_of(const struct call *call, struct value *value)
{
	return fold_numbers(call, step_least_of, value);
}

bool
function_greatest_of(const struct call *call, struct value *value)
{
	return fold_numbers(call, step_greatest_of, value);
}

bool
function_sum(const struct call *call, struct value *value)
{
	uint32_t scope;
	struct value element;
	struct compiler *compiler = call->compiler;
	if (!fold(call, step_sum, false, value) ||
	    !compile_path(compiler, call->arguments[0], &element, &scope))
		return false;
	int64_t most = (int64_t)compiler->batch->scopes[scope].most;
	if (value->type != VALUE_NUMBER)
		return compile_refuse(compiler, call->arguments[0],
		    "whole numbers or decimals are expected here, not %s; round() makes them",
		    value_name(element.type));
	value->low = element.low < 0 ? element.low : 0;
	value->high = element.high > 0 ? element.high : 0;
	if (__builtin_mul_overflow(value->low, most, &value->low) ||
	    __builtin_mul_overflow(value->high, most, &value->high))
		return compile_refuse(compiler, call->node, "this can be more than 64 bits hold");
	return true;
}

bool
function_count(const struct call *call, struct value *value)
{
	uint32_t scope;
	struct value element;
	if (!fold(call, step_count, false, value) ||
	    !compile_path(call->compiler, call->arguments[0], &element, &scope))
		return false;
	uint32_t vector = value->vector;
	*value = (struct value){.type = VALUE_NUMBER,
	    .vector = vector,
	    .high = (int64_t)call->compiler->batch->scopes[scope].most};
	call->compiler->batch->vectors[vector].type = VECTOR_NUMBER;
	return true;
}

/* ---- elements of one list ---- */

/* The scope of the list that the call is in. */
static bool
list_of(const struct call *call, struct scope **list)
{
	*list = &call->compiler->batch->scopes[call->compiler->scope];
	return call->compiler->scope != 0 ||
	       compile_refuse(call->compiler, call->node, "only what is in a list has others beside it");
}

/* running(x): the sum of x in this element and those before it */
bool
function_running(const struct call *call, struct value *value)
{
	struct scope *list;
	if (!list_of(call, &list) || !compile_expression(call->compiler, call->arguments[0], value))
		return false;
	if (value->type != VALUE_NUMBER)
		return compile_refuse(call->compiler, call->arguments[0],
		    "whole numbers or decimals are expected here, not %s; round() makes them",
		    value_name(value->type));
	call->compiler->is_of_row |= list->laid != list->most;
	int64_t most = list->most > 0 ? (int64_t)list->most : 1;
	if (value->has_nulls) { /* all of them may be */
		value->low = value->low < 0 ? value->low : 0;
		value->high = value->high > 0 ? value->high : 0;
	}
	if ((value->low < 0 && __builtin_mul_overflow(value->low, most, &value->low)) ||
	    (value->high > 0 && __builtin_mul_overflow(value->high, most, &value->high)))
		return compile_refuse_size(call->compiler, call->node);
	struct step step = {.run = step_running, .in = {value->vector}};
	value->has_nulls = false;
	return compile_step(call->compiler, &step, value);
}

static void
release_distinct(void *distinct)
{
	distinct_free(distinct);
}

/* The numbers of distinct outcomes, from LOW on, for the elements of each list; COUNT is 0 for 2^64. */
static bool
distinct_numbers(
    const struct call *call, int64_t low, uint64_t count, const double *each, struct value *value)
{
	struct compiler *compiler = call->compiler;
	uint32_t scope = compiler->scope;
	struct step step = {.run = step_distinct, .number = low};
	struct nest_error why;
	if (!compile_table(compiler, sizeof(struct distinct), release_distinct, &step.table))
		return false;
	if (!distinct_open(step.table, count, each, &why))
		return call_refuse(call, call->arguments[0], &why);
	const struct distinct *distinct = step.table;
	uint64_t most = compiler->batch->scopes[scope].most,
		 there = each != NULL ? distinct->positive : count;
	if (count > 0 && most > there)
		return compile_refuse(compiler, call->node,
		    "the list may have %llu elements, and there are %llu different values: have fewer "
		    "elements or "
		    "more values",
		    (unsigned long long)most, (unsigned long long)there);
	/* One word for all elements of a list. */
	compiler->scope = compiler->batch->scopes[scope].parent;
	bool fine = compile_bits(compiler, 64, &step);
	compiler->scope = scope;
	return fine && compile_step(compiler, &step, value);
}

static bool
distinct_range(const struct call *call, struct value *value)
{
	struct compiler *compiler = call->compiler;
	uint32_t node = call->arguments[0], low_node = expression_at(compiler, node)->child;
	struct value low, high;
	if (!compile_expression(compiler, low_node, &low) ||
	    !compile_expression(compiler, expression_at(compiler, low_node)->next, &high))
		return false;
	if (!low.is_constant || !high.is_constant)
		return compile_refuse(
		    compiler, node, "a range is distinct where its ends are the same for all rows");
	if (!compile_agree(compiler, node, &low, &high))
		return false;
	bool is_steps = low.type == VALUE_NUMBER || low.type == VALUE_DATE || low.type == VALUE_TIME;
	if (!is_steps || low.type != high.type || low.low > high.low)
		return compile_expression(compiler, node, value); /* which says what is wrong */
	*value = low;
	value->high = high.low;
	return distinct_numbers(call, low.low, (uint64_t)high.low - (uint64_t)low.low + 1, NULL, value);
}

/* Constants are numbers and texts; real ones are computed. */
static bool
refuse_equal(const struct call *call, const struct value *values, uint32_t count)
{
	const struct vector *vectors = call->compiler->batch->vectors;
	for (uint32_t i = 0, node = 0; i < count; i++) {
		node = i == 0 ? expression_at(call->compiler, call->arguments[0])->child
		              : expression_at(call->compiler, node)->next;
		if (values[i].type == VALUE_NULL || !values[i].is_constant)
			return compile_refuse(call->compiler, node,
			    "a choice is distinct where its alternatives are the same for all rows, and none "
			    "is null");
		for (uint32_t k = 0; k < i; k++) {
			const struct vector *left = &vectors[values[k].vector],
					    *right = &vectors[values[i].vector];
			bool is_equal = left->type == VECTOR_NUMBER
			                    ? left->number == right->number
			                    : view_equal((struct view){left->text.data, left->text.size},
						  (struct view){right->text.data, right->text.size});
			if (is_equal)
				return compile_refuse(
				    call->compiler, node, "this stands twice in the choice");
		}
	}
	return true;
}

static bool
is_even(const double *weights, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		if (weights[i] != weights[0])
			return false;
	return true;
}

static bool
distinct_choice(const struct call *call, struct value *value)
{
	struct compiler *compiler = call->compiler;
	uint32_t node = call->arguments[0], count = 0;
	for (uint32_t child = expression_at(compiler, node)->child; child != 0 && count < CHOICE_MOST;
	     count++)
		child = expression_at(compiler, child)->next;
	void *weights, *values;
	struct value which = {.type = VALUE_NUMBER, .high = CHOICE_MOST};
	return compile_table(compiler, count * sizeof(double), NULL, &weights) &&
	       compile_table(compiler, count * sizeof(struct value), NULL, &values) &&
	       compile_alternatives(compiler, node, weights, values, &count) &&
	       refuse_equal(call, values, count) &&
	       distinct_numbers(call, 0, count, is_even(weights, count) ? NULL : weights, &which) &&
	       compile_pick(compiler, &which, values, count, value);
}

static bool
distinct_word(const struct call *call, struct value *value)
{
	struct compiler *compiler = call->compiler;
	struct call word = {.compiler = compiler,
	    .node = call->arguments[0],
	    .arguments = {expression_at(compiler, call->arguments[0])->child},
	    .count = 1};
	struct word_list words;
	struct value which = {.type = VALUE_NUMBER};
	if (word.arguments[0] == 0 || expression_at(compiler, word.arguments[0])->next != 0)
		return compile_refuse(
		    compiler, call->arguments[0], "a word is distinct without an exponent: word(\"list\")");
	return call_words(&word, &words) && distinct_numbers(call, 0, words.count, words.weights, &which) &&
	       call_word_at(&word, &words, &which, value);
}

/* distinct(a..b), distinct(word("list")), distinct("a" | "b"): different in each element of a list */
bool
function_distinct(const struct call *call, struct value *value)
{
	struct scope *list;
	const struct expression *e = expression_at(call->compiler, call->arguments[0]);
	if (!list_of(call, &list))
		return false;
	if (e->kind == EXPRESSION_RANGE)
		return distinct_range(call, value);
	if (e->kind == EXPRESSION_CHOICE)
		return distinct_choice(call, value);
	if (e->kind == EXPRESSION_CALL && view_equal(e->word, view_of_text("word")))
		return distinct_word(call, value);
	return compile_refuse(call->compiler, call->arguments[0],
	    "a range, a choice or word() is expected here: what is distinct is known when the recipe is "
	    "read");
}
