/*
 * steps_reals.c - draws of reals, and of counts that are found by way of reals; each takes one word.
 *
 * The loops are compiled again for processors that do more at a time (wide.h), under other names.
 */
#include "gen/batch/steps.h"
#include "gen/chance/distribution.h"
#include "gen/chance/reals.h"
#include "gen/chance/zipf.h"

#ifndef STEP_NAME
#define STEP_NAME(name) name
#endif

#define STANDARD_STEP(name, draw_vector)                                                              \
	bool STEP_NAME(name)(struct batch * batch, const struct step *step, struct nest_error *error) \
	{                                                                                             \
		(void)error;                                                                          \
		draw_vector((const uint64_t *)batch->vectors[step->in[0]].numbers,                    \
		    step_instances(batch, step), batch->vectors[step->out].reals);                    \
		return true;                                                                          \
	}

STANDARD_STEP(step_uniform, distribution_uniform)
STANDARD_STEP(step_normal, distribution_normal)
STANDARD_STEP(step_exponential, distribution_exponential)

bool
STEP_NAME(step_exp)(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const struct vector *in = &batch->vectors[step->in[0]], *out = &batch->vectors[step->out];
	size_t count = step_instances(batch, step);
	reals_exp(in->reals, count, out->reals);
	if (out->nulls != NULL && in->nulls != NULL)
		memcpy(out->nulls, in->nulls, count);
	return true;
}

#define COUNT_STEP(name, draw_vector)                                                                 \
	bool STEP_NAME(name)(struct batch * batch, const struct step *step, struct nest_error *error) \
	{                                                                                             \
		(void)error;                                                                          \
		draw_vector(step->table, (const uint64_t *)batch->vectors[step->in[0]].numbers,       \
		    step_instances(batch, step), (uint64_t *)batch->vectors[step->out].numbers);      \
		return true;                                                                          \
	}

COUNT_STEP(step_zipf, zipf_draw)
COUNT_STEP(step_geometric, geometric_draw)
