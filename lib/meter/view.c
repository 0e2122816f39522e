/*
 * view - reads rows from outside the hot path.
 */
#include "lib/meter/internal.h"

static void
merge(struct meter_row_view *view, const struct meter_context *context, const struct meter_row *row,
    uint32_t name)
{
	const struct meter_cells *cells = &row->cells[0];
	struct meter_calls calls = meter_row_calls(context, row, name);
	uint64_t count = calls.count;
	view->passed += calls.passed;
	view->skipped += meter_get(&row->skipped);
	view->credit += meter_get(&row->credit);
	view->debit += meter_get(&row->debit);
	if (count == 0)
		return;
	uint64_t max = meter_get(&cells->max), min = ~meter_get(&cells->not_min);
	uint64_t inherent_max = meter_get(&cells->inherent_max),
		 inherent_min = ~meter_get(&cells->inherent_not_min);
	view->time.total += meter_estimate(&calls, &cells->total);
	view->time.inherent_total += meter_estimate(&calls, &cells->inherent_total);
	view->time.max = max > view->time.max ? max : view->time.max;
	view->time.min = view->count == 0 || min < view->time.min ? min : view->time.min;
	view->time.inherent_max =
	    inherent_max > view->time.inherent_max ? inherent_max : view->time.inherent_max;
	view->time.inherent_min = view->count == 0 || inherent_min < view->time.inherent_min
	                              ? inherent_min
	                              : view->time.inherent_min;
	view->count += count;
}

static void
merge_context(struct meter_row_view *view, const struct meter_context *context, uint32_t name)
{
	const struct meter_row *row = meter_row_find(context, name, meter_hot.row_bytes);
	if (row != NULL)
		merge(view, context, row, name);
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
