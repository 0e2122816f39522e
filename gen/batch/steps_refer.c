/* steps_refer.c - values of rows of another batch. */
#include "gen/batch/steps.h"

bool
step_refer(struct batch *batch, const struct step *step, struct nest_error *error)
{
	const struct referred *referred = step->table;
	const struct vector *rows = &batch->vectors[step->in[0]], *out = &batch->vectors[step->out];
	size_t count = step_instances(batch, step);
	if (count == 0)
		return true;
	if (!batch_draw_rows(referred->batch, batch, rows, count, error))
		return false;
	const struct vector *in = &referred->batch->vectors[referred->vector];
	if (out->type == VECTOR_TEXT)
		memcpy(out->texts, in->texts, count * sizeof *out->texts);
	else
		memcpy(out->numbers, in->numbers, count * sizeof *out->numbers);
	for (size_t i = 0; out->nulls != NULL && i < count; i++)
		out->nulls[i] =
		    (in->nulls != NULL && in->nulls[i]) || (rows->nulls != NULL && rows->nulls[i]);
	return true;
}
