#include "lib/base/options.h"
#include "lib/meter/config.h"
#include "meter/command.h"
#include "meter/gather.h"
#include "meter/report.h"

static bool
parse(int argc, char **argv, int *operands, struct nest_error *error)
{
	const struct option_spec options[] = {{0}};
	const struct program_usage usage = {"nest-meter", "explain probe snapshot...",
	    "Says of one probe what it was credited and debited, and when it was labelled or disabled.",
	    options};
	return options_parse(&usage, argc, argv, operands, error) &&
	       (argc - *operands >= 2 || nest_error_set(error, NEST_USAGE,
					     "name a probe and a snapshot; see nest-meter explain --help"));
}

static const struct snapshot_name *
find(const struct snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->name_count; i++)
		if (strcmp(snapshot->names[i].name, name) == 0)
			return &snapshot->names[i];
	return NULL;
}

static void
print_calls(const struct snapshot *snapshot, const struct snapshot_name *name)
{
	const struct snapshot_row *row = &name->merged;
	printf("  metered %llu calls\n", (unsigned long long)row->count);
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

static void
print_score(const struct snapshot_name *name, const struct meter_config *config)
{
	print_threshold("in all", &config->inclusive);
	print_threshold("inherent", &config->inherent);
	printf("  credited %llu, debited %llu, in %llu calls that were scored\n",
	    (unsigned long long)name->credit, (unsigned long long)name->debit,
	    (unsigned long long)name->evaluations);
	printf("  score %lld, from %lld; a hotspot from %lld, no longer scored at %lld, disabled at 0\n",
	    (long long)name->score, (long long)config->initial, (long long)config->lower,
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

/* Names that PROBE is the beginning of help one who cut it short. */
static bool
not_found(const char *probe, const struct gathering *gathering, struct nest_error *error)
{
	const char *longer = NULL;
	for (size_t s = 0; s < gathering->count && longer == NULL; s++)
		for (size_t i = 0; i < gathering->snapshots[s].name_count && longer == NULL; i++)
			if (strncmp(gathering->snapshots[s].names[i].name, probe, strlen(probe)) == 0)
				longer = gathering->snapshots[s].names[i].name;
	return nest_error_set(error, NEST_INVALID, "no snapshot has a probe called '%s'%s%s%s", probe,
	    longer != NULL ? "; there is '" : "", longer != NULL ? longer : "", longer != NULL ? "'" : "");
}

int
command_explain(int argc, char **argv, struct nest_error *error)
{
	struct gathering gathering = {0};
	int operands = argc;
	size_t found = 0;
	bool done = parse(argc, argv, &operands, error);
	for (int i = operands + 1; done && i < argc; i++)
		done = gather_path(&gathering, argv[i], false, error);
	for (size_t i = 0; done && i < gathering.count; i++) {
		const struct snapshot_name *name = find(&gathering.snapshots[i], argv[operands]);
		if (name != NULL) {
			found++;
			done = explain(&gathering.snapshots[i], gathering.paths[i], name, error);
		}
	}
	if (done && found == 0)
		done = not_found(argv[operands], &gathering, error);
	gather_free(&gathering);
	return done ? NEST_OK : COMMAND_FAILED;
}
