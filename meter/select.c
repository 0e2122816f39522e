#include "meter/select.h"

#include "meter/tree.h"

#include <stdlib.h>

/*
 * Marks the rows, by their index in MODEL, that cross into a tier somewhere in the call trees; if there
 * are none, all that are in a tier.
 */
static bool
mark_crossings(const struct model *model, const struct gathering *gathering,
    const struct meter_config *config, bool *crosses, struct nest_error *error)
{
	struct tree tree;
	bool fine = tree_make(&tree, gathering, model, MODEL_BY_NAME, error);
	int *tier_of = malloc((model->count + 1) * sizeof *tier_of);
	int *inside = malloc((tree.count + 1) * sizeof *inside);
	if (fine && (tier_of == NULL || inside == NULL))
		fine = nest_error_memory(error, tree.count * sizeof *inside, "the tiers");
	for (size_t i = 0; i < model->count && fine; i++) {
		const struct model_row *row = &model->rows[i];
		tier_of[i] = meter_groups_find(config->tiers, config->tier_count, row->name, row->places);
		crosses[i] = tree.count == 0 && tier_of[i] >= 0;
	}
	for (size_t i = 0; i < tree.count && fine; i++) {
		const struct tree_node *node = &tree.nodes[i];
		size_t row = (size_t)(model_find(model, tree.names[node->name]->name) - model->rows);
		int around = node->parent == TREE_ROOT ? -1 : inside[node->parent];
		inside[i] = tier_of[row] >= 0 ? tier_of[row] : around;
		crosses[row] = crosses[row] || inside[i] != around;
	}
	free(tier_of);
	free(inside);
	tree_free(&tree);
	return fine;
}

static const uint64_t hotspot = UINT64_C(1) << MODEL_HOTSPOT, disabled = UINT64_C(1) << MODEL_DISABLED;

uint64_t
select_failures(const struct model *model, const struct model_row *row, const struct select_options *options)
{
	bool undecided = (row->labels & disabled) == 0;
	bool sound = (row->labels & ~disabled) != 0 ||
	             (undecided && (options->keep_undecided || model_is_worth(model, row)));
	return sound ? 0 : row->failures + 1;
}

bool
select_stays(const struct model *model, const struct model_row *row, const struct select_options *options)
{
	bool begins_well = (row->labels & disabled) == 0 && row->count > 0;
	uint64_t failures = select_failures(model, row, options);
	return failures == 0 || (failures < model->failures && (row->carried > 0 || begins_well));
}

bool
select_add(struct selection *selection, const struct meter_set_entry *entry, struct nest_error *error)
{
	const struct meter_set_entry bare = {.name = entry->name, .labels = entry->labels};
	selection->count++;
	selection->failing += entry->failures > 0;
	return meter_set_print(entry, &selection->text, error) &&
	       meter_set_print(&bare, &selection->names, error);
}

/* One call in how many is to be metered, so that ROW costs at most LIMIT_NS. */
static uint32_t
sample_of(const struct model *model, const struct model_row *row, double limit_ns)
{
	uint32_t every = 1;
	while ((double)row->count * model->pair_ns > limit_ns * every && every < 1u << METER_RATE_LIMIT)
		every *= 2;
	return every;
}

/* What each of the rows that stay may cost, in nanoseconds, so that they cost the budget together. */
static double
limit_of(const struct model *model, const struct select_options *options)
{
	double budget_ns = model_budget(model), limit_ns = budget_ns / METER_BUDGET_PARTS;
	for (int step = 0; step < METER_RATE_LIMIT; step++, limit_ns /= 2) {
		double cost_ns = 0;
		for (size_t i = 0; i < model->count; i++) {
			const struct model_row *row = &model->rows[i];
			if (select_stays(model, row, options))
				cost_ns +=
				    (double)row->count * model->pair_ns / sample_of(model, row, limit_ns);
		}
		if (cost_ns <= budget_ns)
			break;
	}
	return limit_ns;
}

/* What ROW takes along: a score that it could lose in as many calls as a new name. */
static uint32_t
score_of(const struct model *model, const struct model_row *row)
{
	int64_t most = model->lower + model->initial;
	int64_t score = row->labels & disabled & ~(row->labels & hotspot) ? model->initial : row->score;
	if (model->failures <= 1 || (row->given & ~disabled) != 0 || score < 0)
		return 0;
	return (uint32_t)(score > most ? most : score);
}

static bool
add(struct selection *selection, const struct model *model, const struct model_row *row,
    const struct select_options *options, double limit_ns, struct nest_error *error)
{
	char labels[512];
	model_labels(model, row->given & ~disabled, labels, sizeof labels);
	selection->hotspots += (row->labels & ~row->given & hotspot) != 0;
	selection->labelled += (row->given & ~disabled) != 0;
	selection->undecided += (row->labels & (hotspot | disabled)) == 0;
	/* A sampled probe is not scored: it stays for its share of the time, and not as a hotspot for ever.
	 */
	uint32_t every = model->budget > 0 ? sample_of(model, row, limit_ns) : 1;
	uint32_t score = score_of(model, row);
	if (every > 1 && score >= model->lower)
		score = model->lower > 1 ? (uint32_t)model->lower - 1 : 0;
	uint64_t failures = score > 0 ? select_failures(model, row, options) : 0;
	const struct meter_set_entry entry = {
	    row->name, labels, score, (uint32_t)failures, every > 1 ? every : 0};
	return select_add(selection, &entry, error);
}

/* Lines of the run's set before NAME that no process met, from *AT on; NULL is behind all. */
static bool
add_unmet(struct selection *selection, const struct model *model, const struct meter_set *set, size_t *at,
    const char *name, struct nest_error *error)
{
	for (; set != NULL && *at < set->count; ++*at) {
		struct meter_set_entry entry = set->entries[*at];
		int order = name != NULL ? strcmp(entry.name, name) : -1;
		if (order > 0)
			break;
		entry.failures++;
		if (order < 0 && entry.score > 0 && entry.failures < model->failures &&
		    !select_add(selection, &entry, error))
			return false;
	}
	return true;
}

void
select_free(struct selection *selection)
{
	buffer_free(&selection->text);
	buffer_free(&selection->names);
	*selection = (struct selection){0};
}

bool
select_names(struct selection *selection, const struct model *model, const struct gathering *gathering,
    const struct select_options *options, struct nest_error *error)
{
	select_free(selection);
	bool *crosses = calloc(model->count + 1, sizeof *crosses);
	if (crosses == NULL)
		return nest_error_memory(error, model->count, "the tiers");
	bool fine =
	    options->tiers == NULL || mark_crossings(model, gathering, options->tiers, crosses, error);
	size_t at = 0;
	double limit_ns = limit_of(model, options);
	for (size_t i = 0; i < model->count && fine; i++) {
		const struct model_row *row = &model->rows[i];
		fine = add_unmet(selection, model, options->set, &at, row->name, error);
		if (select_stays(model, row, options) && (options->tiers == NULL || crosses[i]))
			fine = fine && add(selection, model, row, options, limit_ns, error);
	}
	fine = fine && add_unmet(selection, model, options->set, &at, NULL, error);
	free(crosses);
	return fine;
}
