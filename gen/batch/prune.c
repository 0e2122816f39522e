/* prune.c - finds what vectors are made from, backwards from the steps that make them. */
#include "gen/batch/steps.h"

#include <stdlib.h>

struct needed {
	const struct batch *batch;
	bool *vectors, *scopes;
};

static void need_vector(struct needed *needed, uint32_t index);

static void
need_scope(struct needed *needed, uint32_t index)
{
	const struct scope *scope = &needed->batch->scopes[index];
	if (needed->scopes[index])
		return;
	needed->scopes[index] = true;
	need_vector(needed, scope->place);
	need_scope(needed, scope->parent);
	if (index > 0)
		need_vector(needed, scope->lengths);
}

static void
need_vector(struct needed *needed, uint32_t index)
{
	const struct vector *vector = &needed->batch->vectors[index];
	if (needed->vectors[index])
		return;
	needed->vectors[index] = true;
	need_scope(needed, vector->scope);
	if (vector->is_borrowed)
		need_vector(needed, vector->lender);
}

/*
 * Notes the vectors that STEP takes: `in`, where unused ones are 0, the rows' numbers.  Its scope is that of
 * what it makes, which is needed already.
 */
static void
need_inputs(struct needed *needed, const struct step *step)
{
	for (size_t k = 0; k < sizeof step->in / sizeof *step->in; k++)
		need_vector(needed, step->in[k]);
	for (uint32_t k = 0; step->run == step_pick && k < step->table_count; k++)
		need_vector(needed, ((const uint32_t *)step->table)[k]);
}

static bool
is_needed(const struct needed *needed, const struct step *step)
{
	return step->run == step_expand ? needed->scopes[step->scope] : needed->vectors[step->out];
}

bool
batch_prune(struct batch *batch, const uint32_t *vectors, uint32_t count, struct nest_error *error)
{
	struct needed needed = {batch, calloc(batch->vector_count, sizeof *needed.vectors),
	    calloc(batch->scope_count, sizeof *needed.scopes)};
	bool fine = (needed.vectors != NULL && needed.scopes != NULL) ||
	            nest_error_memory(error, batch->vector_count, "a recipe");
	if (fine) {
		for (uint32_t i = 0; i < count; i++)
			need_vector(&needed, vectors[i]);
		for (uint32_t i = batch->step_count; i-- > 0;)
			if (is_needed(&needed, &batch->steps[i]))
				need_inputs(&needed, &batch->steps[i]);
		uint32_t kept = 0;
		for (uint32_t i = 0; i < batch->step_count; i++)
			if (is_needed(&needed, &batch->steps[i]))
				batch->steps[kept++] = batch->steps[i];
		batch->step_count = kept;
		for (uint32_t i = 0; i < batch->vector_count; i++)
			batch->vectors[i].is_unused = !needed.vectors[i];
	}
	free(needed.vectors);
	free(needed.scopes);
	return fine;
}
