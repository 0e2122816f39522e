/*
 * view - reads rows from outside the hot path.
 */
#include "lib/meter/internal.h"

struct snapshot_sum
meter_sum_of(const struct meter_calls *calls, const struct meter_cells *cells)
{
	return (struct snapshot_sum){meter_estimate(calls, &cells->total), meter_get(&cells->max),
	    ~meter_get(&cells->not_min), meter_estimate(calls, &cells->inherent_total),
	    meter_get(&cells->inherent_max), ~meter_get(&cells->inherent_not_min)};
}

static void
merge_context(struct meter_row_view *view, const struct meter_context *context, uint32_t name)
{
	const struct meter_row *row = meter_row_find(context, name);
	if (row == NULL)
		return;
	struct meter_calls calls = meter_row_calls(context, row, name);
	struct snapshot_sum time = meter_sum_of(&calls, &row->cells[0]);
	snapshot_sum_add(&view->time, view->count, &time, calls.count);
	view->count += calls.count;
	view->passed += calls.passed;
	view->skipped += meter_get(&row->skipped);
	view->credit += meter_get(&row->credit);
	view->debit += meter_get(&row->debit);
}

struct meter_row_view
meter_row_all(uint32_t name)
{
	struct meter_row_view view = {0};
	if (name >= meter_name_count())
		return view;
	view.score = meter_entry_score(&meter_names.entries[name]);
	const struct meter_context *context = __atomic_load_n(&meter_contexts, __ATOMIC_ACQUIRE);
	for (; context != NULL; context = context->next)
		merge_context(&view, context, name);
	return view;
}

struct meter_row_view
meter_row_here(uint32_t name)
{
	struct meter_row_view view = {0};
	if (name >= meter_name_count() || meter_self.context == NULL)
		return view;
	view.score = meter_entry_score(&meter_names.entries[name]);
	merge_context(&view, meter_self.context, name);
	return view;
}
