/*
 * parquet-merge - part files in, one dataset directory out.
 *
 * Reads `part` frames, holds every part's file against its frame, and when the
 * senders have ended and the parts tile the dataset's rows exactly, publishes
 * the staging directory in one step.  Until then nothing of it shows.
 */
#include "lib/base/program.h"
#include "lib/base/run.h"
#include "lib/dataset/commit.h"
#include "lib/meter/probe.h"
#include "lib/wire/wire.h"
#include "merge/check.h"
#include "merge/collect.h"
#include "merge/join.h"
#include "merge/progress.h"
#include "merge/recovery.h"
#include "merge/show.h"
#include "merge/staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct settings {
	struct wire_options wire;
	const char *base;
	struct program_report report;
	bool force, missing, staged, sweep, shows, checks;
	struct show_options show;
	const char *rows_text;
	unsigned binary;
	const char *share_text;
	struct recovery_share share; /* of what is missing */
	int verbose, quiet;
	const char *directory; /* or the file that is shown */
	const char *joined;    /* the file that is made of the operands; NULL: none */
	char **paths;          /* operands, up to NULL */
};

struct merge {
	struct settings settings;
	struct place *place;
	struct commit commit;
	struct wire_in *in; /* NULL where no sender is listened to */
	struct collection collection;
	struct frame_extent extent; /* of the dataset, where has_extent */
	bool has_extent, is_claimed;
	struct progress progress;
};

/* Of the ways to go on with a run, or to end it, one at a time; none of them takes frames. */
static bool
check_verbs(const struct settings *settings, struct nest_error *error)
{
	int verbs = (settings->joined != NULL) + settings->checks + settings->missing + settings->staged +
	            settings->sweep + settings->shows;
	if (verbs > 1)
		return nest_error_set(error, NEST_USAGE,
		    "--check, --missing, --output, --show, --staged and --sweep are given together; give one "
		    "of them");
	if (verbs == 1 && settings->wire.from != NULL)
		return nest_error_set(error, NEST_USAGE,
		    "--from is given, but --check, --missing, --output, --show, --staged and --sweep take no "
		    "frames");
	if ((settings->show.json || settings->rows_text != NULL) && !settings->shows)
		return nest_error_set(error, NEST_USAGE, "--json and --rows go with --show");
	if (settings->show.json && settings->rows_text != NULL)
		return nest_error_set(
		    error, NEST_USAGE, "--json and --rows are given together; rows are JSON Lines already");
	if (settings->share_text != NULL && !settings->missing)
		return nest_error_set(error, NEST_USAGE, "--share is given, but not --missing");
	return true;
}

/* How many rows to show. */
static bool
parse_rows(struct settings *settings, struct nest_error *error)
{
	static const enum jsonl_binary binaries[] = {JSONL_UTF8, JSONL_BASE64, JSONL_HEX};
	settings->show.binary = binaries[settings->binary];
	settings->show.has_rows = settings->rows_text != NULL;
	settings->show.rows = UINT64_MAX;
	return settings->rows_text == NULL || strcmp(settings->rows_text, "all") == 0 ||
	       options_count(settings->rows_text, "--rows", 0, INT64_MAX, &settings->show.rows, error);
}

static bool
parse_arguments(struct settings *settings, int argc, char **argv, struct nest_error *error)
{
	*settings = (struct settings){.wire = wire_options_default("parquet-merge", "parquet-encode", NULL),
	    .base = "part",
	    .share = {0, 1}};
	const struct option_spec options[] = {
	    WIRE_FROM_OPTIONS(settings->wire),
	    {0, "force", NULL, "replace the dataset that is there already", OPTION_FLAG, &settings->force, 0,
		0},
	    {0, "base", "NAME", "call the files NAME-00000.parquet, ... (part)", OPTION_TEXT, &settings->base,
		0, 0},
	    {0, "missing", NULL, "print which parts a run that failed has not completed", OPTION_FLAG,
		&settings->missing, 0, 0},
	    {0, "share", "I/G", "of parts I, I+G, I+2G ... alone (0/1)", OPTION_TEXT, &settings->share_text,
		0, 0},
	    {0, "staged", NULL, "publish what is complete already, with no sender", OPTION_FLAG,
		&settings->staged, 0, 0},
	    {'o', "output", "FILE", "make one file of Parquet files, the operands", OPTION_TEXT,
		&settings->joined, 0, 0},
	    {0, "check", NULL, "read Parquet files, the operands, and tell the first fault", OPTION_FLAG,
		&settings->checks, 0, 0},
	    {0, "show", NULL, "show what is in a Parquet file, the operand", OPTION_FLAG, &settings->shows, 0,
		0},
	    {0, "json", NULL, "as JSON", OPTION_FLAG, &settings->show.json, 0, 0},
	    {0, "rows", "N|all", "show its first N rows, as JSON Lines", OPTION_TEXT, &settings->rows_text, 0,
		0},
	    {0, "binary", "utf8|base64|hex", "how bytes that are no text become strings (utf8)",
		OPTION_CHOICE, &settings->binary, 0, 0},
	    {0, "sweep", NULL, "remove what a run that failed has left", OPTION_FLAG, &settings->sweep, 0, 0},
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
	settings->paths = argv + operands;
	bool takes_many = settings->checks || settings->joined != NULL;
	if (takes_many && argc == operands)
		return nest_error_set(error, NEST_USAGE, "say which files %s",
		    settings->checks ? "or directories to check" : "to make one of");
	if (argc - operands != 1 && !takes_many)
		return nest_error_set(error, NEST_USAGE, "one %s is wanted; see parquet-merge --help",
		    settings->shows ? "file" : "dataset directory");
	settings->directory = argv[operands];
	return check_verbs(settings, error) && parse_rows(settings, error) &&
	       (settings->share_text == NULL || options_share(settings->share_text, "--share",
						    &settings->share.index, &settings->share.count, error)) &&
	       wire_options_settle(&settings->wire, error);
}

/* ---- beginning ---- */

/* Everything that can be refused is refused before the place is touched. */
static bool
open_place(struct merge *merge, struct nest_error *error)
{
	const struct settings *settings = &merge->settings;
	if (!place_open(&merge->place, settings->directory, "parquet-merge", error))
		return false;
	merge->commit = (struct commit){merge->place, settings->base, settings->force, false};
	return commit_check(&merge->commit, error);
}

static bool
claim(struct merge *merge, struct nest_error *error)
{
	if (!place_claim(merge->place, error))
		return false;
	merge->is_claimed = true;
	collection_init(&merge->collection, merge->place);
	return commit_restore(&merge->commit, error);
}

static bool
start(struct merge *merge, struct nest_error *error)
{
	const struct settings *settings = &merge->settings;
	int verbosity = settings->verbose - settings->quiet;
	bool shown = verbosity > 0 || (verbosity == 0 && isatty(STDERR_FILENO));
	return open_place(merge, error) &&
	       wire_in_open(&merge->in, &settings->wire, FRAME_PART, true, error) &&
	       place_create(merge->place, error) && claim(merge, error) &&
	       progress_init(&merge->progress, shown, error);
}

/* ---- parts that came, and parts that stand there ---- */

static void
note_extent(struct merge *merge)
{
	const struct frame_extent *extent = wire_in_extent(merge->in);
	merge->has_extent = extent != NULL;
	if (extent != NULL)
		merge->extent = *extent;
}

static bool
receive(struct merge *merge, struct nest_error *error)
{
	const struct frame *frame;
	for (;;) {
		if (!wire_in_next(merge->in, &frame, error))
			return false;
		if (frame == NULL)
			return true;
		if (frame->kind == FRAME_PART && !collect_frame(&merge->collection, frame, error))
			return nest_error_prefix(error, "%s", wire_in_place(merge->in));
		progress_take(&merge->progress, frame);
		progress_draw(&merge->progress, merge->collection.dataset.rows);
	}
}

/* What did not come may be complete since an earlier attempt at the same run. */
static bool
fill_up(struct merge *merge, struct nest_error *error)
{
	const struct dataset *dataset = &merge->collection.dataset;
	bool found = true;
	if (merge->has_extent && dataset->count >= merge->extent.parts)
		return true;
	if (dataset->count == 0 && !place_join_found(merge->place, &found, error))
		return false;
	return !found || !run_is_repeatable(place_run(merge->place)) ||
	       collect_staged(&merge->collection, error);
}

static bool
publish(struct merge *merge, struct nest_error *error)
{
	struct dataset *dataset = &merge->collection.dataset;
	if (!dataset_check(dataset, merge->has_extent ? &merge->extent : NULL, error))
		return false;
	if (program_interrupted())
		return program_interrupt_error(error);
	struct commit_part *parts = calloc(dataset->count, sizeof *parts);
	if (parts == NULL)
		return nest_error_memory(error, dataset->count * sizeof *parts, "the parts");
	for (size_t i = 0; i < dataset->count; i++) {
		const struct dataset_part *part = &dataset->parts[i];
		parts[i] = (struct commit_part){part->number, part->file, part->size_bytes, part->stamp};
	}
	bool done = commit_parts(&merge->commit, parts, dataset->count, error);
	free(parts);
	return done;
}

static bool
run(struct merge *merge, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.run");
	bool received = start(merge, error) && receive(merge, error);
	if (merge->in != NULL)
		note_extent(merge);
	return received && fill_up(merge, error) && publish(merge, error);
}

/* The same with no sender. */
static bool
run_staged(struct merge *merge, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.run");
	struct place_extent extent;
	if (!open_place(merge, error) || !staging_find(merge->place, error) || !claim(merge, error) ||
	    !staging_join(merge->place, &extent, error))
		return false;
	merge->has_extent = true;
	merge->extent =
	    (struct frame_extent){extent.first_row, extent.rows, extent.parts, extent.is_part_numbered};
	return collect_staged(&merge->collection, error) && publish(merge, error);
}

/* ---- the end ---- */

static bool
report(const struct merge *merge, struct nest_error *error)
{
	const struct settings *settings = &merge->settings;
	const struct dataset *dataset = &merge->collection.dataset;
	struct wire_count count = {0};
	if (merge->in != NULL)
		count = wire_in_count(merge->in);
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
		    (unsigned long long)dataset->size_bytes, place_target(merge->place));
	}
	struct program_report report = settings->report;
	report.verbose = settings->verbose > settings->quiet;
	return program_report(&report, &account, error);
}

/* After a failure what is complete stays, where the run can be gone on with. */
static void
leave(struct merge *merge, struct nest_error *error)
{
	const struct dataset *dataset = &merge->collection.dataset;
	struct nest_error warning;
	bool found;
	if (merge->commit.published || !merge->is_claimed)
		return;
	/* Of a run that was not this one nothing is removed. */
	bool is_useless =
	    dataset->count > 0 && !merge->settings.staged && !run_is_repeatable(place_run(merge->place));
	for (size_t i = 0; i < dataset->count; i++)
		place_remove_foreign(merge->place, dataset->parts[i].file);
	/* It may have failed before a part came. */
	if (place_join_found(merge->place, &found, &warning) && found)
		place_tell_left(merge->place, error);
	if (!place_leave(merge->place, !is_useless, &warning))
		program_warn("%s", warning.text);
}

static void
close_merge(struct merge *merge)
{
	progress_finish(&merge->progress);
	collection_free(&merge->collection);
	wire_in_close(merge->in);
	place_close(merge->place);
}

static bool
merge_parts(struct merge *merge, struct nest_error *error)
{
	bool done = merge->settings.staged ? run_staged(merge, error) : run(merge, error);
	progress_finish(&merge->progress);
	done = done && report(merge, error);
	if (!done)
		leave(merge, error);
	close_merge(merge);
	return done;
}

static bool
check_all(char **paths, struct nest_error *error)
{
	bool fine = true;
	for (; fine && *paths != NULL; paths++)
		fine = check_path(*paths, error);
	return fine;
}

int
main(int argc, char **argv)
{
	struct merge merge = {0};
	struct nest_error error;
	program_start("parquet-merge");
	if (!parse_arguments(&merge.settings, argc, argv, &error))
		program_die(&error);

	bool done;
	if (merge.settings.checks)
		done = check_all(merge.settings.paths, &error);
	else if (merge.settings.joined != NULL)
		done = join_files(merge.settings.joined, merge.settings.paths, &error);
	else if (merge.settings.shows)
		done = show_file(merge.settings.directory, &merge.settings.show, &error);
	else if (merge.settings.missing)
		done = recovery_missing(merge.settings.directory, merge.settings.share, &error);
	else if (merge.settings.sweep)
		done = recovery_sweep(merge.settings.directory, &error);
	else
		done = merge_parts(&merge, &error);
	if (!done)
		program_die(&error);
	program_finish_output();
	return NEST_OK;
}
