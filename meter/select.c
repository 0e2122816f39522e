#include "meter/select.h"

#include "meter/tree.h"

#include <stdlib.h>

/* Marks the rows, by their index in MODEL, that cross into a tier somewhere in the call trees. */
static bool
mark_crossings(const struct model *model, const struct tree *tree, const struct meter_config *config,
    bool *crosses, struct nest_error *error)
{
	int *tier_of = malloc((tree->name_count + 1) * sizeof *tier_of);
	int *inside = malloc((tree->count + 1) * sizeof *inside);
	bool fine = (tier_of != NULL && inside != NULL) ||
	            nest_error_memory(error, tree->count * sizeof *inside, "the tiers");
	for (size_t i = 0; i < tree->name_count && fine; i++)
		tier_of[i] = meter_groups_find(config->tiers, config->tier_count, tree->names[i]);
	for (size_t i = 0; i < tree->count && fine; i++) {
		const struct tree_node *node = &tree->nodes[i];
		int around = node->parent == TREE_ROOT ? -1 : inside[node->parent];
		int tier = tier_of[node->name];
		inside[i] = tier >= 0 ? tier : around;
		const struct model_row *row = model_find(model, tree->names[node->name]);
		if (tier >= 0 && tier != around && row != NULL)
			crosses[row - model->rows] = true;
	}
	free(tier_of);
	free(inside);
	return fine;
}

static bool
has_trees(const struct gathering *gathering)
{
	for (size_t i = 0; i < gathering->count; i++)
		if (gathering->snapshots[i].node_count > 0)
			return true;
	return false;
}

/* Which rows the tiers leave. */
static bool
apply_tiers(const struct model *model, const struct gathering *gathering, const struct meter_config *config,
    bool *crosses, struct nest_error *error)
{
	if (!has_trees(gathering)) {
		for (size_t i = 0; i < model->count; i++)
			crosses[i] =
			    meter_groups_find(config->tiers, config->tier_count, model->rows[i].name) >= 0;
		return true;
	}
	struct tree tree;
	bool fine = tree_make(&tree, gathering, model, TREE_BY_CONTEXT, error) &&
	            mark_crossings(model, &tree, config, crosses, error);
	tree_free(&tree);
	return fine;
}

static const uint64_t hotspot = UINT64_C(1) << MODEL_HOTSPOT, disabled = UINT64_C(1) << MODEL_DISABLED;

static bool
stays(const struct model *model, const struct model_row *row, const struct select_options *options)
{
	if ((row->labels & ~disabled) != 0)
		return true;
	return (row->labels & disabled) == 0 && (options->keep_undecided || model_is_worth(model, row));
}

static bool
add(struct selection *selection, const struct model *model, const struct model_row *row,
    struct nest_error *error)
{
	char labels[512];
	struct buffer *text = &selection->text;
	model_labels(model, row->given & ~disabled, ' ', labels, sizeof labels);
	selection->count++;
	selection->hotspots += (row->labels & ~row->given & hotspot) != 0;
	selection->labelled += (row->given & ~disabled) != 0;
	selection->undecided += (row->labels & (hotspot | disabled)) == 0;
	return buffer_append(text, row->name, strlen(row->name), error) &&
	       (*labels == '\0' || (buffer_append(text, "\t", 1, error) &&
				       buffer_append(text, labels, strlen(labels), error))) &&
	       buffer_append(text, "\n", 1, error);
}

bool
select_names(struct selection *selection, const struct model *model, const struct gathering *gathering,
    const struct select_options *options, struct nest_error *error)
{
	struct buffer text = selection->text;
	buffer_clear(&text);
	*selection = (struct selection){.text = text};
	bool *crosses = calloc(model->count + 1, sizeof *crosses);
	if (crosses == NULL)
		return nest_error_memory(error, model->count, "the tiers");
	bool fine = options->tiers == NULL || apply_tiers(model, gathering, options->tiers, crosses, error);
	for (size_t i = 0; i < model->count && fine; i++)
		if (stays(model, &model->rows[i], options) && (options->tiers == NULL || crosses[i]))
			fine = add(selection, model, &model->rows[i], error);
	free(crosses);
	return fine;
}

void
select_free(struct selection *selection)
{
	buffer_free(&selection->text);
	*selection = (struct selection){0};
}
