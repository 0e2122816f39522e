/* steps_lists.c - steps over all elements of one list. */
#include "gen/batch/steps.h"
#include "gen/chance/distinct.h"

bool
step_distinct(struct batch *batch, const struct step *step, struct nest_error *error)
{
	const struct scope *scope = &batch->scopes[step->scope];
	const int64_t *words = batch->vectors[step->in[0]].numbers;
	int64_t *out = batch->vectors[step->out].numbers;
	for (size_t i = 0; i < batch->scopes[scope->parent].count; i++) {
		uint32_t first = scope->firsts[i], count = scope->firsts[i + 1] - first;
		uint64_t looks;
		if (!distinct_draw(
			step->table, (uint64_t)words[i], count, (uint64_t *)out + first, &looks, error) ||
		    !batch_spend(batch, 1, looks, error))
			return false;
	}
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++)
		out[i] = (int64_t)((uint64_t)out[i] + (uint64_t)step->number);
	return true;
}

bool
step_running(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const struct scope *scope = &batch->scopes[step->scope];
	const struct vector *in = &batch->vectors[step->in[0]];
	int64_t *out = batch->vectors[step->out].numbers;
	for (size_t i = 0; i < batch->scopes[scope->parent].count; i++) {
		uint64_t sum = 0;
		for (uint32_t k = scope->firsts[i]; k < scope->firsts[i + 1]; k++) {
			bool is_null = in->nulls != NULL && in->nulls[k];
			sum += is_null ? 0 : (uint64_t)in->numbers[k];
			out[k] = (int64_t)sum;
		}
	}
	return true;
}
