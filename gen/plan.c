#include "gen/plan.h"

#include <stdlib.h>

/* Where part PART begins; part number parts begins where the dataset ends. */
static uint64_t
part_start(const struct plan_options *options, uint64_t part)
{
	return options->first_row + (uint64_t)((__uint128_t)options->rows * part / options->parts);
}

static bool
is_wanted(const struct plan_options *options, uint64_t part)
{
	return options->only == NULL || number_list_has(options->only, part);
}

static void
begin_parts(struct plan *plan)
{
	const struct plan_options *options = &plan->options;
	for (; plan->lane_count < options->side_by_side && plan->next_part < options->parts;
	     plan->next_part += options->shares)
		if (is_wanted(options, plan->next_part))
			plan->lanes[plan->lane_count++] = (struct plan_lane){plan->next_part,
			    part_start(options, plan->next_part), part_start(options, plan->next_part + 1)};
}

bool
plan_init(struct plan *plan, const struct plan_options *options, struct nest_error *error)
{
	if (options->parts > 1 && options->parts > options->rows)
		return nest_error_set(error, NEST_USAGE,
		    "--parts: %llu parts of %llu rows would leave some empty",
		    (unsigned long long)options->parts, (unsigned long long)options->rows);
	if (options->only != NULL && !number_list_check(options->only, options->parts, "--only-parts", error))
		return false;
	*plan = (struct plan){.options = *options, .next_part = options->share};
	plan->lanes = calloc(options->side_by_side, sizeof *plan->lanes);
	if (plan->lanes == NULL)
		return nest_error_memory(error, options->side_by_side * sizeof *plan->lanes, "the parts");
	begin_parts(plan);
	return true;
}

void
plan_free(struct plan *plan)
{
	free(plan->lanes);
}

bool
plan_next(struct plan *plan, struct plan_batch *batch)
{
	if (plan->lane_count == 0)
		return false;
	plan->turn = plan->turn < plan->lane_count ? plan->turn : 0;
	struct plan_lane *lane = &plan->lanes[plan->turn];
	uint64_t left = lane->end_row - lane->next_row;
	uint64_t rows = left < plan->options.batch_rows ? left : plan->options.batch_rows;

	*batch = (struct plan_batch){lane->part, lane->next_row, rows, rows == left};
	lane->next_row += rows;
	if (batch->last) {
		*lane = plan->lanes[--plan->lane_count];
		begin_parts(plan);
	} else {
		plan->turn++;
	}
	return true;
}
