/*
 * references.c - values of other rows, of the same message or of another.
 *
 * The values of a row depend on its number alone, so they can be drawn again, by
 * a separate batch.  Its words are laid out as where the rows themselves are
 * made, and it has only the steps that the value needs.  Such a batch is made
 * last: while expressions are compiled, the bounds of the value are enough, and a
 * message may refer to other rows of itself.
 */
#include "gen/compile/compiler.h"

#include <stdlib.h>

/* How many fields and lets references may lead through, and how far from row to row they may go. */
enum { REFERRED_MOST = 1 << 22, REFERRED_DEPTH = 16 };

/* What step_refer takes and, until there is a batch, what that will be made from. */
struct reference {
	struct referred referred;
	struct compiled compiled;
	const struct drawings *drawings;
	uint32_t node;  /* the expression, for messages */
	uint32_t path;  /* the name of the value in these rows */
	uint32_t group; /* where it is searched for */
	uint64_t row_end;
};

static void
release_reference(void *data)
{
	struct reference *reference = data;
	compiled_free(&reference->compiled);
}

/* ---- messages ---- */

/* The drawings of the message NAME, from the expression NODE. */
static bool
find_table(struct compiler *compiler, uint32_t node, struct view name, const struct drawings **found)
{
	struct shared *shared = compiler->shared;
	const struct outline *outline = shared->drawings->outline;
	uint32_t message, index = 0;
	if (!outline_find(outline, name, &message))
		return compile_refuse(
		    compiler, node, "there is no message called %s", source_quote(name).text);
	*found = shared->drawings;
	if (message == shared->drawings->message)
		return true;
	while (outline->messages[index] != message)
		index++;
	if (shared->tables[index] == NULL) {
		struct drawings *drawings = calloc(1, sizeof *drawings);
		if (drawings == NULL)
			return nest_error_memory(compiler->error, sizeof *drawings, "a recipe");
		if (!drawings_open(drawings, outline, message, compiler->source, compiler->error)) {
			free(drawings);
			return false;
		}
		shared->tables[index] = drawings;
	}
	*found = shared->tables[index];
	return true;
}

bool
references_open(struct shared *shared, const struct drawings *drawings, struct nest_error *error)
{
	uint32_t count = drawings->outline->message_count;
	shared->drawings = drawings;
	shared->tables = calloc(count, sizeof *shared->tables);
	return shared->tables != NULL || nest_error_memory(error, count * sizeof *shared->tables, "a recipe");
}

void
references_close(struct shared *shared)
{
	for (uint32_t i = 0; shared->tables != NULL && i < shared->drawings->outline->message_count; i++) {
		if (shared->tables[i] != NULL)
			drawings_free(shared->tables[i]);
		free(shared->tables[i]);
	}
	free(shared->tables);
}

/* ---- values ---- */

/* A compiler for the rows of REFERENCE, on behalf of COMPILER. */
static bool
open_inner(const struct compiler *compiler, const struct reference *reference, struct compiled *compiled,
    bool waits, struct compiler *inner)
{
	*inner = (struct compiler){.compiled = compiled,
	    .batch = &compiled->batch,
	    .source = compiler->source,
	    .error = compiler->error,
	    .shared = compiler->shared,
	    .outer = waits ? compiler : NULL,
	    .folder = compiler->folder,
	    .row_end = reference->row_end,
	    .depth = waits ? compiler->depth : 0,
	    .referred_depth = waits ? compiler->referred_depth + 1 : 0};
	compiler->shared->referred += reference->drawings->count;
	if (compiler->shared->referred > REFERRED_MOST)
		return compile_refuse(compiler, reference->node,
		    "what is in other rows leads through more than %d fields and lets", REFERRED_MOST);
	return compiler_open(inner, reference->drawings);
}

/* What the reference leads to, in the compiler of its rows. */
static bool
compile_target(struct compiler *inner, const struct reference *reference, struct value *value)
{
	uint32_t scope;
	inner->group = reference->group;
	if (!compile_path(inner, reference->path, value, &scope))
		return false;
	return scope == 0 || compile_refuse(inner, reference->path,
				 "%s is in a list, and of another row only what that has once is known",
				 source_quote(expression_at(inner, reference->path)->word).text);
}

/* Finds out what is known about the value, from a batch that is thrown away. */
static bool
look_ahead(struct compiler *compiler, const struct reference *reference, struct value *value)
{
	struct compiled compiled = {0};
	struct compiler inner;
	bool fine = open_inner(compiler, reference, &compiled, true, &inner) &&
	            compile_target(&inner, reference, value) &&
	            (!value->is_constant || compile_again(compiler, &compiled.batch, value));
	compiler_close(&inner);
	compiled_free(&compiled);
	return fine;
}

bool
compile_row(struct compiler *compiler, uint32_t node, struct value *value)
{
	const struct expression *e = expression_at(compiler, node);
	uint32_t row = e->child, path = expression_at(compiler, row)->next;
	struct value number;
	void *table;
	if (!compile_expression(compiler, row, &number))
		return false;
	if (number.type != VALUE_NUMBER || number.scale > 0)
		return compile_refuse(compiler, row,
		    "the number of a row is a whole number from 0 on, not %s",
		    number.type != VALUE_NUMBER ? value_name(number.type)
						: "one with digits behind the point");
	if (number.low < 0)
		return compile_refuse(compiler, row,
		    "the number of a row is a whole number from 0 on, and this may be less: clamp() bounds "
		    "it");
	if (compiler->referred_depth == REFERRED_DEPTH)
		return compile_refuse(compiler, node,
		    "rows take something from others, and those again, more than %d deep", REFERRED_DEPTH);
	struct reference wanted = {.drawings = compiler->drawings,
	    .node = node,
	    .path = path,
	    .group = compiler->group,
	    .row_end = (uint64_t)number.high + 1};
	if (e->word.size > 0) {
		wanted.group = 0;
		if (!find_table(compiler, node, e->word, &wanted.drawings))
			return false;
	}
	if (!look_ahead(compiler, &wanted, value))
		return false;
	if (value->is_constant && (!number.has_nulls || value->type == VALUE_NULL))
		return true;
	if (!compile_table(compiler, sizeof wanted, release_reference, &table))
		return false;
	memcpy(table, &wanted, sizeof wanted);
	struct step step = {.run = step_refer, .in = {number.vector}, .table = table};
	value->has_nulls |= number.has_nulls;
	return compile_step(compiler, &step, value);
}

/* ---- batches ---- */

static bool
make_batch(const struct compiler *compiler, struct reference *reference)
{
	struct compiler inner;
	struct value value;
	struct batch *batch = &reference->compiled.batch;
	bool fine = open_inner(compiler, reference, &reference->compiled, false, &inner) &&
	            compile_in_order(&inner) && compile_target(&inner, reference, &value) &&
	            batch_prune(batch, &value.vector, 1, compiler->error) && compile_references(&inner) &&
	            compile_lay_out(&inner);
	uint64_t most = fine ? UINT64_MAX / batch->scopes[0].words : 0;
	if (fine && reference->row_end > most)
		fine = compile_refuse(compiler, reference->node,
		    "there is chance for %llu rows of this, and no more: clamp() bounds their number",
		    (unsigned long long)most);
	reference->referred = (struct referred){batch, value.vector};
	compiler_close(&inner);
	return fine;
}

bool
compile_references(struct compiler *compiler)
{
	for (uint32_t i = 0; i < compiler->batch->step_count; i++)
		if (compiler->batch->steps[i].run == step_refer &&
		    !make_batch(compiler, compiler->batch->steps[i].table))
			return false;
	return true;
}
