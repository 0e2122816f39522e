#include "lib/base/options.h"
#include "meter/command.h"
#include "meter/report.h"
#include "meter/table.h"

#include <math.h>
#include <stdlib.h>

struct settings {
	unsigned sort;
	uint64_t top;
	const char *meter;
};

struct side {
	struct gathering gathering;
	struct model model;
	size_t meter;
};

/* A name in one run or both; NULL for the run that lacks it. */
struct pair {
	const struct model_row *before, *after;
	double change; /* of what they are sorted by */
};

static bool
parse(struct settings *settings, int argc, char **argv, int *operands, struct nest_error *error)
{
	*settings = (struct settings){.top = UINT64_MAX};
	const struct option_spec options[] = {
	    {0, "sort", "inherent|total|count", "largest change first, of this (inherent)", OPTION_CHOICE,
		&settings->sort, 0, 0},
	    {0, "meter", "NAME", "compare this meter (clock.time)", OPTION_TEXT, &settings->meter, 0, 0},
	    {0, "top", "N", "show the first N rows alone", OPTION_COUNT, &settings->top, 1, UINT64_MAX},
	    {0},
	};
	const struct program_usage usage = {"nest-meter", "diff [options] before after",
	    "Shows what changed from one run to another, each a snapshot or a folder of them.", options};
	return options_parse(&usage, argc, argv, operands, error) &&
	       (argc - *operands == 2 ||
		   nest_error_set(error, NEST_USAGE, "name two runs; see nest-meter diff --help"));
}

static bool
read_side(struct side *side, const char *path, const char *meter, struct nest_error *error)
{
	return gather_path(&side->gathering, path, false, error) &&
	       model_make(&side->model, &side->gathering, MODEL_BY_NAME, error) &&
	       model_find_meter(&side->model, meter, &side->meter, error);
}

static double
value_of(const struct side *side, const struct model_row *row, unsigned sort)
{
	return row != NULL ? (double)model_value(row, sort, side->meter) : 0;
}

static const char *
name_of(const struct pair *pair)
{
	return pair->before != NULL ? pair->before->name : pair->after->name;
}

static int
compare_pairs(const void *a, const void *b)
{
	const struct pair *left = a, *right = b;
	double x = fabs(left->change), y = fabs(right->change);
	if (x != y)
		return x > y ? -1 : 1;
	return strcmp(name_of(left), name_of(right));
}

/* Both models are sorted by name: a merge of two lists, of which what neither has called is left out. */
static size_t
make_pairs(const struct side *sides, unsigned sort, struct pair *pairs)
{
	const struct model *before = &sides[0].model, *after = &sides[1].model;
	size_t count = 0, i = 0, k = 0;
	while (i < before->count || k < after->count) {
		int order = i == before->count  ? 1
		            : k == after->count ? -1
		                                : strcmp(before->rows[i].name, after->rows[k].name);
		const struct model_row *old = order <= 0 ? &before->rows[i++] : NULL;
		const struct model_row *new = order >= 0 ? &after->rows[k++] : NULL;
		double change = value_of(&sides[1], new, sort) - value_of(&sides[0], old, sort);
		if ((old != NULL && old->count > 0) || (new != NULL &&new->count > 0))
			pairs[count++] = (struct pair){old, new, change};
	}
	qsort(pairs, count, sizeof *pairs, compare_pairs);
	return count;
}

/* Adds the number of the second run, and the difference from the first. */
static void
add_change(
    struct table *table, const struct side *sides, const struct pair *pair, unsigned sort, double scale)
{
	double before = value_of(&sides[0], pair->before, sort) * scale;
	double after = value_of(&sides[1], pair->after, sort) * scale;
	int places = scale < 1 ? 3 : 0;
	table_cell(table, "%.*f", places, after);
	table_cell(table, "%+.*f", places, after - before);
}

static void
add_labels(struct table *table, const struct side *sides, const struct pair *pair)
{
	char before[256] = "-", after[256] = "-";
	if (pair->before != NULL && pair->before->labels != 0)
		model_labels(&sides[0].model, pair->before->labels, before, sizeof before);
	if (pair->after != NULL && pair->after->labels != 0)
		model_labels(&sides[1].model, pair->after->labels, after, sizeof after);
	if (pair->before == NULL)
		table_cell(table, "new: %s", after);
	else if (pair->after == NULL)
		table_cell(table, "gone: %s", before);
	else if (strcmp(before, after) == 0)
		table_cell(table, "%s", after);
	else
		table_cell(table, "%s, was %s", after, before);
}

static void
add_pair(struct table *table, const struct side *sides, const struct pair *pair, double scale)
{
	char name[TABLE_NAME_BYTES];
	double before = value_of(&sides[0], pair->before, MODEL_SORT_INHERENT);
	double after = value_of(&sides[1], pair->after, MODEL_SORT_INHERENT);
	table_cell(table, "%s", table_name(name, name_of(pair)));
	add_change(table, sides, pair, MODEL_SORT_COUNT, 1);
	add_change(table, sides, pair, MODEL_SORT_TOTAL, scale);
	add_change(table, sides, pair, MODEL_SORT_INHERENT, scale);
	if (before > 0)
		table_cell(table, "%+.1f %%", 100 * (after - before) / before);
	else
		table_cell(table, "-");
	add_labels(table, sides, pair);
}

static bool
show(const struct settings *settings, const struct side *sides, struct nest_error *error)
{
	size_t room = sides[0].model.count + sides[1].model.count;
	struct pair *pairs = calloc(room + 1, sizeof *pairs);
	struct table table = {0};
	if (pairs == NULL)
		return nest_error_memory(error, room * sizeof *pairs, "the rows");
	bool time = report_is_time(&sides[1].model.meters[sides[1].meter]);
	size_t count = make_pairs(sides, settings->sort, pairs);
	table_columns(&table, TABLE_LEFT, "PROBE", NULL);
	table_columns(&table, TABLE_RIGHT, "COUNT", "CHANGE", time ? "TOTAL us" : "TOTAL", "CHANGE",
	    time ? "INHERENT us" : "INHERENT", "CHANGE", "CHANGE", NULL);
	table_columns(&table, TABLE_LEFT, "LABELS", NULL);
	for (size_t i = 0; i < count && i < settings->top; i++)
		add_pair(&table, sides, &pairs[i], time ? 1e-3 : 1);
	free(pairs);
	return table_print(&table, stdout, error);
}

static void
show_overhead(const struct side *sides)
{
	const struct model_overhead *before = &sides[0].model.overhead, *after = &sides[1].model.overhead;
	printf("\noverhead: %llu calls metered, before %llu; at the measured cost of one about %.3f ms, "
	       "before %.3f ms; not subtracted\n",
	    (unsigned long long)after->calls, (unsigned long long)before->calls, after->cost_ns * 1e-6,
	    before->cost_ns * 1e-6);
}

int
command_diff(int argc, char **argv, struct nest_error *error)
{
	struct settings settings;
	struct side sides[2] = {0};
	int operands = argc;
	bool done = parse(&settings, argc, argv, &operands, error) &&
	            read_side(&sides[0], argv[operands], settings.meter, error) &&
	            read_side(&sides[1], argv[operands + 1], settings.meter, error) &&
	            show(&settings, sides, error);
	if (done)
		show_overhead(sides);
	for (size_t i = 0; i < 2; i++) {
		model_free(&sides[i].model);
		gather_free(&sides[i].gathering);
	}
	return done ? NEST_OK : COMMAND_FAILED;
}
