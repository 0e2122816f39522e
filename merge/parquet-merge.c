/*
 * parquet-merge - part files in, one dataset directory out.
 *
 * Reads `part` frames, holds every part's file against its frame, and when the
 * senders have ended and the parts tile the dataset's rows exactly, publishes
 * the staging directory in one step.  Until then nothing of it shows.
 */
#include "lib/base/program.h"
#include "lib/meter/probe.h"
#include "lib/wire/wire.h"
#include "merge/inspect.h"
#include "merge/progress.h"
#include "merge/publish.h"

#include <stdio.h>
#include <unistd.h>

struct settings {
	struct wire_options wire;
	const char *base;
	struct program_report report;
	bool force;
	int verbose, quiet;
	const char *directory;
};

struct merge {
	struct settings settings;
	struct staging staging;
	struct publication publication;
	struct wire_in *in;
	struct inspection inspection;
	struct dataset dataset;
	struct progress progress;
};

static bool
parse_arguments(struct settings *settings, int argc, char **argv, struct nest_error *error)
{
	*settings = (struct settings){
	    .wire = wire_options_default("parquet-merge", "parquet-encode", NULL), .base = "part"};
	const struct option_spec options[] = {
	    WIRE_FROM_OPTIONS(settings->wire),
	    {0, "force", NULL, "replace the dataset that is there already", OPTION_FLAG, &settings->force, 0,
		0},
	    {0, "base", "NAME", "call the files NAME-00000.parquet, ... (part)", OPTION_TEXT, &settings->base,
		0, 0},
	    WIRE_COMMON_OPTIONS(settings->wire),
	    PROGRAM_STATS_OPTION(settings->report),
	    {'q', "quiet", NULL, "show no progress", OPTION_STEP, &settings->quiet, 0, 0},
	    {'v', "verbose", NULL, "show progress, and what was done at the end", OPTION_STEP,
		&settings->verbose, 0, 0},
	    {0},
	};
	const struct program_usage usage = {"parquet-merge", "[options] directory",
	    "Checks the parts of a dataset and publishes them as one directory.", options};
	int operands;
	if (!options_parse(&usage, argc, argv, &operands, error))
		return false;
	if (argc - operands != 1)
		return nest_error_set(
		    error, NEST_USAGE, "one dataset directory is wanted; see parquet-merge --help");
	settings->directory = argv[operands];
	return wire_options_settle(&settings->wire, error);
}

/* Everything that can be refused is refused before the staging directory is touched. */
static bool
start(struct merge *merge, struct nest_error *error)
{
	const struct settings *settings = &merge->settings;
	int verbosity = settings->verbose - settings->quiet;
	bool shown = verbosity > 0 || (verbosity == 0 && isatty(STDERR_FILENO));
	if (!staging_path(&merge->staging, settings->directory, error))
		return false;
	publish_init(&merge->publication, &merge->staging, settings->base, settings->force);
	if (!publish_check(&merge->publication, error) ||
	    !wire_in_open(&merge->in, &settings->wire, FRAME_PART, true, error) ||
	    !publish_claim(&merge->publication, error))
		return false;
	inspect_init(&merge->inspection, merge->publication.fd, merge->staging.path);
	return progress_init(&merge->progress, shown, error);
}

static bool
take_part(struct merge *merge, const struct frame *frame, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.part");
	struct dataset *dataset = &merge->dataset;
	return (dataset_add(dataset, frame, error) &&
		   inspect_part(
		       &merge->inspection, &dataset->parts[dataset->count - 1], frame->schema, error)) ||
	       nest_error_prefix(error, "%s", wire_in_place(merge->in));
}

static bool
run(struct merge *merge, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.run");
	const struct frame *frame;
	for (;;) {
		if (!wire_in_next(merge->in, &frame, error))
			return false;
		if (frame == NULL)
			break;
		if (frame->kind == FRAME_PART && !take_part(merge, frame, error))
			return false;
		progress_take(&merge->progress, frame);
		progress_draw(&merge->progress, merge->dataset.rows);
	}
	if (!dataset_check(&merge->dataset, wire_in_extent(merge->in), error))
		return false;
	if (program_interrupted())
		return program_interrupt_error(error);
	return publish_dataset(&merge->publication, &merge->dataset, error);
}

static bool
report(const struct merge *merge, struct nest_error *error)
{
	const struct settings *settings = &merge->settings;
	const struct dataset *dataset = &merge->dataset;
	struct wire_count count = wire_in_count(merge->in);
	struct program_account account = {
	    .stage = "parquet-merge",
	    .name = settings->wire.name,
	    .rows = dataset->rows,
	    .frames_in = count.frames,
	    .bytes_in = count.bytes,
	    .bytes_out = dataset->size_bytes,
	};
	if (settings->verbose > settings->quiet) {
		fprintf(stderr, "parquet-merge: published %llu rows in %zu %s, %llu bytes, in %s\n",
		    (unsigned long long)dataset->rows, dataset->count, dataset->count == 1 ? "part" : "parts",
		    (unsigned long long)dataset->size_bytes, merge->staging.target);
	}
	struct program_report report = settings->report;
	report.verbose = settings->verbose > settings->quiet;
	return program_report(&report, &account, error);
}

static void
finish(struct merge *merge)
{
	progress_finish(&merge->progress);
	publish_close(&merge->publication, &merge->dataset);
	inspect_free(&merge->inspection);
	dataset_free(&merge->dataset);
	wire_in_close(merge->in);
}

int
main(int argc, char **argv)
{
	struct merge merge = {.publication = {.fd = -1}};
	struct nest_error error;
	program_start("parquet-merge");
	if (!parse_arguments(&merge.settings, argc, argv, &error))
		program_die(&error);

	bool done = start(&merge, &error) && run(&merge, &error);
	progress_finish(&merge.progress);
	done = done && report(&merge, &error);
	finish(&merge);
	if (!done)
		program_die(&error);
	return NEST_OK;
}
