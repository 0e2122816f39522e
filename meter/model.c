#include "meter/model.h"

#include "lib/meter/config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/param.h>

/* A name of one snapshot, on its way into a row. */
struct piece {
	const char *group;
	const struct snapshot *snapshot;
	const struct snapshot_name *name;
	bool starts_hot; /* every name of the snapshot began as a hotspot */
};

static int
compare_pieces(const void *a, const void *b)
{
	const struct piece *left = a, *right = b;
	int order = strcmp(left->name->name, right->name->name);
	return order != 0 ? order : strcmp(left->group, right->group);
}

/* What has scored calls first. */
static int
compare_scored(const void *a, const void *b)
{
	const struct piece *left = a, *right = b;
	int order = compare_pieces(a, b);
	return order != 0 ? order : (right->name->evaluations > 0) - (left->name->evaluations > 0);
}

size_t
model_meter(const struct model *model, const char *name)
{
	size_t i = 0;
	while (i < model->meter_count && strcmp(model->meters[i].name, name) != 0)
		i++;
	return i;
}

static bool
take_meters(struct model *model, const struct snapshot *snapshot, struct nest_error *error)
{
	for (size_t i = 0; i < snapshot->meter_count; i++) {
		const struct snapshot_meter *meter = &snapshot->meters[i];
		size_t found = model_meter(model, meter->name);
		if (found == SNAPSHOT_METER_LIMIT)
			return nest_error_set(error, NEST_USAGE,
			    "the snapshots have more than %d meters between them", SNAPSHOT_METER_LIMIT);
		if (found == model->meter_count)
			model->meters[model->meter_count++] = *meter;
		else if (*meter->reason == '\0')
			model->meters[found].reason = "";
	}
	return true;
}

/* Bit I of a snapshot's labels as a bit of the model's; 0 if there are too many. */
static uint64_t
label_bit(struct model *model, const char *label)
{
	size_t i = 0;
	while (i < model->label_count && strcmp(model->labels[i], label) != 0)
		i++;
	if (i == MODEL_LABEL_LIMIT)
		return 0;
	if (i == model->label_count)
		model->labels[model->label_count++] = label;
	return UINT64_C(1) << i;
}

/* Whether a hotspot is one by its score, and not by a label that it was given. */
static bool
is_scored(const struct piece *piece)
{
	const struct snapshot_name *name = piece->name;
	if (name->hotspot_call > 0 || name->carried > 0)
		return true;
	return piece->starts_hot && (name->evaluations > 0 || name->merged.count == 0);
}

/* Whether the score is that of the start, and another process has scored calls. */
static bool
is_silent(const struct model_row *row, const struct piece *piece)
{
	return piece->name->evaluations == 0 && row->evaluations > 0;
}

static void
take_labels(struct model *model, struct model_row *row, const struct piece *piece)
{
	const struct snapshot_name *name = piece->name;
	for (size_t i = 0; i < piece->snapshot->label_count; i++) {
		uint32_t bit = UINT32_C(1) << i;
		if ((name->labels & bit) == 0)
			continue;
		bool hotspot = bit == SNAPSHOT_LABEL_HOTSPOT && is_scored(piece);
		bool earned = hotspot || (bit == SNAPSHOT_LABEL_DISABLED && name->disabled_call > 0);
		if (hotspot && is_silent(row, piece))
			continue;
		uint64_t ours = label_bit(model, piece->snapshot->labels[i]);
		row->labels |= ours;
		row->given |= earned ? 0 : ours;
	}
}

static void
add_piece(struct model *model, struct model_row *row, const struct piece *piece)
{
	const struct snapshot_name *name = piece->name;
	const struct snapshot *snapshot = piece->snapshot;
	for (size_t i = 0; i < snapshot->meter_count && name->merged.sums != NULL; i++) {
		size_t meter = model_meter(model, snapshot->meters[i].name);
		snapshot_sum_add(&row->sums[meter], row->count, &name->merged.sums[i], name->merged.count);
	}
	if (row->processes == 0 || (name->score > row->score && !is_silent(row, piece)))
		row->score = name->score;
	row->carried = MAX(row->carried, name->carried);
	row->failures = MAX(row->failures, name->failures);
	if (name->disabled_call > 0 && (row->disabled_call == 0 || name->disabled_ns < row->disabled_ns)) {
		row->disabled_call = name->disabled_call;
		row->disabled_ns = name->disabled_ns;
	}
	row->processes++;
	row->count += name->merged.count;
	row->skipped += name->merged.skipped;
	row->passed += name->merged.passed;
	row->sampled = MAX(row->sampled, name->sampled);
	row->evaluations += name->evaluations;
	row->credit += name->credit;
	row->debit += name->debit;
	take_labels(model, row, piece);
}

void
model_add_overhead(struct model_overhead *overhead, const struct snapshot *snapshot)
{
	uint64_t calls = 0, skipped = 0, passed = 0;
	for (size_t i = 0; i < snapshot->name_count; i++) {
		const struct snapshot_row *row = &snapshot->names[i].merged;
		calls += row->count - row->passed;
		skipped += row->skipped;
		passed += row->passed;
	}
	overhead->calls += calls;
	overhead->skipped += skipped;
	overhead->passed += passed;
	overhead->cost_ns += (double)calls * snapshot->pair_ns + (double)skipped * snapshot->skipped_ns +
	                     (double)passed * snapshot->passed_ns;
	overhead->error_ns += (double)calls * snapshot->pair_error_ns;
	overhead->elapsed_ns += snapshot->elapsed_ns;
}

/* Inherent times of a thread add up to what its outermost probes took. */
static void
add_explained(struct model_explained *explained, const struct snapshot *snapshot)
{
	for (size_t c = 0; c < snapshot->context_count; c++) {
		const struct snapshot_context *context = &snapshot->contexts[c];
		double inherent_ns = 0, whole_ns = (double)snapshot->elapsed_ns;
		for (size_t i = 0; i < context->row_count; i++)
			inherent_ns += (double)context->rows[i].sums[0].inherent_total;
		if (inherent_ns == 0)
			continue;
		explained->ns += inherent_ns < whole_ns ? inherent_ns : whole_ns;
		explained->whole_ns += whole_ns;
		explained->threads++;
	}
}

double
model_explained_share(const struct model *model)
{
	return model->explained.whole_ns > 0 ? model->explained.ns / model->explained.whole_ns : 0;
}

double
model_budget(const struct model *model)
{
	return (double)model->overhead.elapsed_ns * (double)model->budget / 100000;
}

/* Whether ROW costs too much to be metered at every call. */
static bool
is_costly(const struct model *model, const struct model_row *row)
{
	double most_ns = model_budget(model) / METER_BUDGET_PARTS;
	return most_ns > 0 && (double)row->count * model->pair_ns > most_ns;
}

bool
model_is_worth(const struct model *model, const struct model_row *row)
{
	double least_ns = model->explained.whole_ns * (double)model->worth / 100000,
	       total_ns = (double)row->sums[0].total;
	return model->worth > 0 && row->count > 0 && total_ns >= least_ns &&
	       (!is_costly(model, row) || total_ns >= model->brief_ns * (double)row->count);
}

/* Calls that are passed over cost something, too: raises brief_ns until they cost the budget at most. */
static void
limit_passed(struct model *model)
{
	const double longest_ns = 1e6;
	for (double cost_ns = INFINITY; cost_ns > model_budget(model) && model->brief_ns < longest_ns;
	     model->brief_ns *= 1.25) {
		cost_ns = 0;
		for (size_t i = 0; i < model->count; i++)
			if (is_costly(model, &model->rows[i]) && model_is_worth(model, &model->rows[i]))
				cost_ns += (double)model->rows[i].count * model->passed_ns;
	}
	model->brief_ns /= 1.25;
}

const char *
model_group(const struct snapshot *snapshot, enum model_by by)
{
	if (by == MODEL_BY_NAME)
		return "";
	return by == MODEL_BY_STAGE ? snapshot->program : snapshot->process;
}

/* Takes what the snapshot's configuration says; returns whether its names began as hotspots. */
static bool
take_config(struct model *model, const struct snapshot *snapshot)
{
	struct meter_config config;
	struct nest_error error;
	meter_config_init(&config);
	bool fine = snapshot->adapting &&
	            meter_config_parse(&config, view_of_text(snapshot->config), NULL, NULL, &error);
	model->worth = MAX(model->worth, config.worth);
	model->budget = MAX(model->budget, config.budget);
	model->brief_ns = fmax(model->brief_ns, fmax((double)config.sampled_ns, 1));
	if (snapshot->adapting) {
		model->failures = config.failures;
		model->initial = config.initial;
		model->lower = config.lower;
	}
	meter_config_free(&config);
	return fine && config.initial >= config.lower;
}

/* Takes what is not of one name alone; sets *HOT if the names began as hotspots. */
static bool
take_snapshot(struct model *model, const struct snapshot *snapshot, bool *hot, struct nest_error *error)
{
	*hot = take_config(model, snapshot);
	model_add_overhead(&model->overhead, snapshot);
	add_explained(&model->explained, snapshot);
	model->pair_ns = fmax(model->pair_ns, snapshot->pair_ns);
	model->passed_ns = fmax(model->passed_ns, snapshot->passed_ns);
	model->adapting = model->adapting || snapshot->adapting;
	return take_meters(model, snapshot, error);
}

static void
merge(struct model *model, struct piece *pieces, size_t count)
{
	qsort(pieces, count, sizeof *pieces, compare_scored);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || compare_pieces(&pieces[i - 1], &pieces[i]) != 0)
			model->rows[model->count++] = (struct model_row){.group = pieces[i].group,
			    .name = pieces[i].name->name,
			    .places = pieces[i].name->places};
		add_piece(model, &model->rows[model->count - 1], &pieces[i]);
	}
}

bool
model_make(struct model *model, const struct gathering *gathering, enum model_by by, struct nest_error *error)
{
	size_t count = 0;
	*model = (struct model){.labels = {"hotspot", "disabled"}, .label_count = 2};
	for (size_t s = 0; s < gathering->count; s++)
		count += gathering->snapshots[s].name_count;
	struct piece *pieces = calloc(count + 1, sizeof *pieces), *piece = pieces;
	model->rows = calloc(count + 1, sizeof *model->rows);
	bool fine = (pieces != NULL && model->rows != NULL) ||
	            nest_error_memory(error, count * sizeof *model->rows, "the rows");
	for (size_t s = 0; s < gathering->count && fine; s++) {
		const struct snapshot *snapshot = &gathering->snapshots[s];
		bool hot;
		fine = take_snapshot(model, snapshot, &hot, error);
		for (size_t i = 0; i < snapshot->name_count; i++)
			*piece++ =
			    (struct piece){model_group(snapshot, by), snapshot, &snapshot->names[i], hot};
	}
	if (fine) {
		merge(model, pieces, count);
		limit_passed(model);
	}
	free(pieces);
	return fine;
}

void
model_free(struct model *model)
{
	free(model->rows);
	*model = (struct model){0};
}

uint64_t
model_value(const struct model_row *row, enum model_sort sort, size_t meter)
{
	const uint64_t values[] = {[MODEL_SORT_INHERENT] = row->sums[meter].inherent_total,
	    [MODEL_SORT_TOTAL] = row->sums[meter].total,
	    [MODEL_SORT_COUNT] = row->count,
	    [MODEL_SORT_NAME] = 0};
	return values[sort];
}

struct order {
	enum model_sort sort;
	size_t meter;
};

static int
compare_rows(const void *a, const void *b, void *by)
{
	const struct model_row *left = a, *right = b;
	const struct order *order = by;
	uint64_t x = model_value(left, order->sort, order->meter);
	uint64_t y = model_value(right, order->sort, order->meter);
	if (x != y)
		return x > y ? -1 : 1;
	int names = strcmp(left->name, right->name);
	return names != 0 ? names : strcmp(left->group, right->group);
}

void
model_sort(struct model *model, enum model_sort sort, size_t meter)
{
	struct order order = {sort, meter};
	qsort_r(model->rows, model->count, sizeof *model->rows, compare_rows, &order);
}

bool
model_find_meter(const struct model *model, const char *name, size_t *meter, struct nest_error *error)
{
	char all[512] = "";
	*meter = name != NULL ? model_meter(model, name) : 0;
	if (name == NULL || (*meter < model->meter_count && *model->meters[*meter].reason == '\0'))
		return true;
	if (*meter < model->meter_count)
		return nest_error_set(error, NEST_USAGE, "--meter: %s is not available: %s", name,
		    model->meters[*meter].reason);
	for (size_t i = 0, used = 0; i < model->meter_count && used < sizeof all; i++)
		used += (size_t)snprintf(
		    all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", model->meters[i].name);
	return nest_error_set(error, NEST_USAGE, "--meter: no snapshot has '%s'; there is %s", name, all);
}

static int
compare_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct model_row *)row)->name);
}

const struct model_row *
model_find(const struct model *model, const char *name)
{
	return bsearch(name, model->rows, model->count, sizeof *model->rows, compare_name);
}

const char *
model_labels(const struct model *model, uint64_t labels, char *text, size_t size_bytes)
{
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < model->label_count && used < size_bytes; i++)
		if ((labels >> i & 1u) != 0)
			used += (size_t)snprintf(
			    text + used, size_bytes - used, "%s%s", used > 0 ? " " : "", model->labels[i]);
	return text;
}
