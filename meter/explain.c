#include "lib/base/options.h"
#include "lib/meter/config.h"
#include "meter/command.h"
#include "meter/report.h"
#include "meter/runs.h"
#include "meter/table.h"

static bool
parse(int argc, char **argv, int *operands, struct nest_error *error)
{
	const struct option_spec options[] = {{0}};
	const struct program_usage usage = {"nest-meter", "explain probe run...",
	    "Says of one probe what it was credited and debited, and when it was labelled or disabled; of "
	    "several runs, what became of it in each.",
	    options};
	return options_parse(&usage, argc, argv, operands, error) &&
	       (argc - *operands >= 2 || nest_error_set(error, NEST_USAGE,
					     "name a probe and a run; see nest-meter explain --help"));
}

static void
print_calls(const struct snapshot *snapshot, const struct snapshot_name *name)
{
	const struct snapshot_row *row = &name->merged;
	printf("  metered %llu calls\n", (unsigned long long)(row->count - row->passed));
	if (row->passed > 0)
		printf("  sampled, in the end 1 call in %llu: %llu calls in all, by which totals are "
		       "estimated\n",
		    (unsigned long long)name->sampled, (unsigned long long)row->count);
	if (row->skipped > 0)
		printf("  skipped %llu calls, which the configuration does not admit\n",
		    (unsigned long long)row->skipped);
	for (size_t i = 0; i < snapshot->meter_count && row->count > 0; i++) {
		const struct snapshot_sum *sum = &row->sums[i];
		double scale = report_is_time(&snapshot->meters[i]) ? 1e-3 : 1, count = (double)row->count;
		const char *unit = report_is_time(&snapshot->meters[i]) ? " us" : "";
		if (*snapshot->meters[i].reason != '\0')
			continue;
		printf("  %s: total %.3f%s, average %.3f, from %.3f to %.3f; ", snapshot->meters[i].name,
		    (double)sum->total * scale, unit, (double)sum->total * scale / count,
		    (double)sum->min * scale, (double)sum->max * scale);
		printf("inherent %.3f%s, average %.3f, from %.3f to %.3f\n",
		    (double)sum->inherent_total * scale, unit, (double)sum->inherent_total * scale / count,
		    (double)sum->inherent_min * scale, (double)sum->inherent_max * scale);
	}
}

static void
print_threshold(const char *what, const struct meter_threshold *threshold)
{
	printf("  a call of %.3f us %s or more is credited %u, a shorter one debited %u\n",
	    (double)threshold->at_ns * 1e-3, what, (unsigned)threshold->credit, (unsigned)threshold->debit);
}

static long long
first_score(uint64_t carried, int64_t initial)
{
	return carried > 0 ? (long long)carried : (long long)initial;
}

static void
print_score(const struct snapshot_name *name, const struct meter_config *config)
{
	print_threshold("in all", &config->inclusive);
	print_threshold("inherent", &config->inherent);
	printf("  credited %llu, debited %llu, in %llu calls that were scored\n",
	    (unsigned long long)name->credit, (unsigned long long)name->debit,
	    (unsigned long long)name->evaluations);
	printf("  score %lld, from %lld; a hotspot from %lld, no longer scored at %lld, disabled at 0\n",
	    (long long)name->score, first_score(name->carried, config->initial), (long long)config->lower,
	    (long long)config->upper);
}

static void
print_label(const char *label, uint64_t call, uint64_t when_ns, bool carried)
{
	if (call > 0)
		printf("  %s since call %llu, %.6f s after the start%s\n", label, (unsigned long long)call,
		    (double)when_ns * 1e-9, carried ? "" : ", and lost it later");
	else if (carried)
		printf("  %s from the start\n", label);
}

static void
print_labels(const struct snapshot *snapshot, const struct snapshot_name *name)
{
	print_label(
	    "hotspot", name->hotspot_call, name->hotspot_ns, (name->labels & SNAPSHOT_LABEL_HOTSPOT) != 0);
	print_label("disabled", name->disabled_call, name->disabled_ns,
	    (name->labels & SNAPSHOT_LABEL_DISABLED) != 0);
	for (size_t i = 2; i < snapshot->label_count; i++)
		if ((name->labels >> i & 1u) != 0)
			printf("  labelled %s from the start\n", snapshot->labels[i]);
	if (snapshot->adapting && (name->labels & (SNAPSHOT_LABEL_HOTSPOT | SNAPSHOT_LABEL_DISABLED)) == 0)
		puts("  undecided: neither a hotspot nor disabled");
}

static bool
explain(const struct snapshot *snapshot, const char *path, const struct snapshot_name *name,
    struct nest_error *error)
{
	struct meter_config config;
	meter_config_init(&config);
	bool fine = meter_config_parse(&config, view_of_text(snapshot->config), NULL, NULL, error) ||
	            nest_error_prefix(error, "%s: its configuration: ", path);
	if (fine) {
		printf("%s in %s, process %llu, %s\n", name->name, snapshot->program,
		    (unsigned long long)snapshot->pid, snapshot->process);
		print_calls(snapshot, name);
		if (snapshot->adapting)
			print_score(name, &config);
		else
			puts("  not scored: hotspot.enabled was not true");
		print_labels(snapshot, name);
	}
	meter_config_free(&config);
	return fine;
}

/* ---- run by run ---- */

static void
add_story(struct table *table, const struct run *run, const char *probe)
{
	const struct model_row *row = model_find(&run->model, probe);
	char outcome[RUNS_OUTCOME_BYTES];
	table_cell(table, "%s", run->path);
	if (row == NULL) {
		for (int i = 0; i < 5; i++)
			table_cell(table, "-");
		table_cell(table, "not metered: it was not met, or is not in the set");
		return;
	}
	table_cell(table, "%llu", (unsigned long long)row->count);
	table_cell(table, "%llu", (unsigned long long)row->credit);
	table_cell(table, "%llu", (unsigned long long)row->debit);
	table_cell(table, "%lld", first_score(row->carried, run->model.initial));
	table_cell(table, "%lld", (long long)row->score);
	table_cell(table, "%s", runs_outcome(outcome, &run->model, row));
}

static bool
tell_story(const struct runs *runs, const char *probe, struct nest_error *error)
{
	struct table table = {0};
	table_columns(&table, TABLE_LEFT, "RUN", NULL);
	table_columns(&table, TABLE_RIGHT, "CALLS", "CREDITED", "DEBITED", "FROM", "SCORE", NULL);
	table_columns(&table, TABLE_LEFT, "OUTCOME", NULL);
	for (size_t i = 0; i < runs->count; i++)
		add_story(&table, &runs->runs[i], probe);
	puts(probe);
	return table_print(&table, stdout, error);
}

static bool
tell(const struct run *run, const char *probe, struct nest_error *error)
{
	for (size_t s = 0; s < run->gathering.count; s++) {
		const struct snapshot *snapshot = &run->gathering.snapshots[s];
		for (size_t i = 0; i < snapshot->name_count; i++)
			if (strcmp(snapshot->names[i].name, probe) == 0 &&
			    !explain(snapshot, run->gathering.paths[s], &snapshot->names[i], error))
				return false;
	}
	return true;
}

/* Whether NAME ends in PROBE from one of its words on. */
static bool
ends_in(const char *name, const char *probe)
{
	size_t size = strlen(name), end = strlen(probe);
	return size >= end && strcmp(name + size - end, probe) == 0 &&
	       (size == end || name[size - end - 1] == '.');
}

/*
 * The name that PROBE stands for: itself, or the only one that ends in it, whole or as tables show it.  One
 * that has it in it helps who cut it short.
 */
static bool
resolve(const char **probe, const struct runs *runs, struct nest_error *error)
{
	const char *found = NULL, *other = NULL, *longer = NULL;
	char shown[TABLE_NAME_BYTES];
	for (size_t r = 0; r < runs->count; r++)
		for (size_t i = 0; i < runs->runs[r].model.count; i++) {
			const char *name = runs->runs[r].model.rows[i].name;
			if (strcmp(name, *probe) == 0)
				return true;
			if (longer == NULL && strstr(name, *probe) != NULL)
				longer = name;
			if (!ends_in(name, *probe) && !ends_in(table_name(shown, name), *probe))
				continue;
			if (found == NULL)
				found = name;
			else if (other == NULL && strcmp(found, name) != 0)
				other = name;
		}
	if (other != NULL)
		return nest_error_set(error, NEST_INVALID,
		    "'%s' is the end of '%s' and of '%s': name more of it", *probe, found, other);
	if (found == NULL)
		return nest_error_set(error, NEST_INVALID, "no snapshot has a probe called '%s'%s%s%s",
		    *probe, longer != NULL ? "; there is '" : "", longer != NULL ? longer : "",
		    longer != NULL ? "'" : "");
	*probe = found;
	return true;
}

int
command_explain(int argc, char **argv, struct nest_error *error)
{
	struct runs runs = {0};
	int operands = argc;
	bool done = parse(argc, argv, &operands, error);
	const char *probe = done ? argv[operands] : NULL;
	for (int i = operands + 1; done && i < argc; i++)
		done = runs_add(&runs, argv[i], error);
	done = done && resolve(&probe, &runs, error) &&
	       (runs.count == 1 ? tell(&runs.runs[0], probe, error) : tell_story(&runs, probe, error));
	runs_free(&runs);
	return done ? NEST_OK : COMMAND_FAILED;
}
