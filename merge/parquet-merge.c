/*
 * parquet-merge - part files in, one dataset directory out.
 *
 * Without files it reads `part` frames, holds every part's file against its frame, and when the
 * senders have ended and the parts tile the dataset's rows exactly, publishes
 * the staging directory in one step.  Until then nothing of it shows.
 */
#include "lib/base/program.h"
#include "lib/base/run.h"
#include "lib/dataset/commit.h"
#include "lib/meter/probe.h"
#include "lib/wire/wire.h"
#include "merge/collect.h"
#include "merge/jobs.h"
#include "merge/join.h"
#include "merge/operands.h"
#include "merge/progress.h"
#include "merge/recovery.h"
#include "merge/show.h"
#include "merge/spread.h"
#include "merge/staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUP_BYTES = 512 << 20 };

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
	const char *joined;    /* the file that is made of files; NULL: none */
	bool takes_files;      /* not frames */
	const char *listed;    /* a file that names files, or NULL */
	bool has_nulls;        /* behind the names in it */
	unsigned schema;       /* enum sources_rule */
	bool metadata;
	const char *compression;
	struct compose_options compose;
	bool verify;
	uint64_t jobs; /* processes that check files */
	struct operands files;
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

/* Where one limit is given, the other is large, but not more than memory holds. */
static void
settle_groups(struct compose_options *compose)
{
	if (compose->group_rows == 0 && compose->group_bytes > 0)
		compose->group_rows = INT64_MAX;
	if (compose->group_bytes == 0)
		compose->group_bytes = GROUP_BYTES;
}

/* What goes with files alone, and with what is made of them. */
static bool
check_files(const struct settings *settings, struct nest_error *error)
{
	bool makes_directory = settings->takes_files && !settings->checks && settings->joined == NULL;
	bool makes = makes_directory || settings->joined != NULL;
	if (settings->takes_files && settings->wire.from != NULL)
		return nest_error_set(
		    error, NEST_USAGE, "--from is given, and files: a dataset is made of frames or of files");
	if (settings->listed != NULL && !settings->takes_files)
		return nest_error_set(error, NEST_USAGE,
		    "--files-from is given with what takes no files: it goes with a dataset directory, "
		    "--output "
		    "and --check");
	if (settings->has_nulls && settings->listed == NULL)
		return nest_error_set(error, NEST_USAGE, "--null is given, but not --files-from");
	if (settings->schema != SOURCES_EQUAL && !makes)
		return nest_error_set(
		    error, NEST_USAGE, "--schema is given, but there are no files to make something of");
	if (settings->compression != NULL && !makes)
		return nest_error_set(
		    error, NEST_USAGE, "--compression is given, but there are no files to make something of");
	if (settings->compose.group_rows > 0 && !makes)
		return nest_error_set(error, NEST_USAGE,
		    "--row-group-rows or --row-group-bytes is given, but there are no files to make "
		    "something "
		    "of");
	if (settings->verify && settings->joined != NULL && strcmp(settings->joined, "-") == 0)
		return nest_error_set(
		    error, NEST_USAGE, "--verify is given, but what is on standard output is on its way");
	if (settings->metadata && !makes_directory)
		return nest_error_set(
		    error, NEST_USAGE, "--metadata goes with a dataset directory made of files");
	if (settings->verify && (settings->checks || settings->shows || settings->missing || settings->sweep))
		return nest_error_set(error, NEST_USAGE, "--verify is given, but nothing is to be published");
	if (settings->jobs > 1 && !settings->checks && !settings->verify)
		return nest_error_set(error, NEST_USAGE, "--jobs goes with --check and --verify");
	if (settings->takes_files && settings->files.count == 0)
		return nest_error_set(error, NEST_USAGE, "say which files %s",
		    settings->checks ? "or directories to check" : "to make one of");
	return true;
}

/*
 * What the operands are.  One operand and no list of files is the dataset whose parts come in frames, or
 * the one that a verb is about.
 */
static bool
take_operands(struct settings *settings, char **operands, int count, struct nest_error *error)
{
	bool is_verb = settings->missing || settings->staged || settings->sweep || settings->shows;
	bool all_files = settings->checks || settings->joined != NULL;
	settings->takes_files = all_files || (!is_verb && (count > 1 || settings->listed != NULL));
	if (!all_files && (count == 0 || (count > 1 && is_verb)))
		return nest_error_set(error, NEST_USAGE, "one %s is wanted; see parquet-merge --help",
		    settings->shows ? "file" : "dataset directory");
	settings->directory = operands[0];
	settle_groups(&settings->compose);
	return check_verbs(settings, error) &&
	       operands_read(&settings->files, operands + !all_files,
		   settings->takes_files ? settings->listed : NULL, settings->has_nulls, error) &&
	       check_files(settings, error);
}

static bool
parse_compression(struct settings *settings, struct nest_error *error)
{
	struct compose_codec *codec = &settings->compose.codec;
	const char *text = settings->compression;
	codec->is_given = text != NULL;
	codec->is_level = text != NULL && strchr(text, ':') != NULL;
	return text == NULL || codec_parse(&codec->choice, view_of_text(text), "--compression", error);
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
	    .jobs = 1,
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
	    {0, "files-from", "FILE",
		"read the names of more files from FILE, one a line (- is standard input)", OPTION_TEXT,
		&settings->listed, 0, 0},
	    {'0', "null", NULL, "there, a zero byte ends a name", OPTION_FLAG, &settings->has_nulls, 0, 0},
	    {0, "schema", "equal|union", "files of one schema, or what one lacks becomes null (equal)",
		OPTION_CHOICE, &settings->schema, 0, 0},
	    {0, "compression", CODEC_WORDS, "compress pages of files so, not as they are", OPTION_TEXT,
		&settings->compression, 0, 0},
	    {0, "row-group-rows", "N", "make row groups that follow one another one of up to N rows",
		OPTION_COUNT, &settings->compose.group_rows, 1, INT64_MAX},
	    {0, "row-group-bytes", "N", "or of up to N bytes, uncompressed", OPTION_COUNT,
		&settings->compose.group_bytes, 1, INT64_MAX},
	    {0, "metadata", NULL, "add _metadata and _common_metadata to a dataset made of files",
		OPTION_FLAG, &settings->metadata, 0, 0},
	    {0, "check", NULL, "read Parquet files, the operands, and tell the first fault", OPTION_FLAG,
		&settings->checks, 0, 0},
	    {0, "verify", NULL, "check so all files before they are published", OPTION_FLAG,
		&settings->verify, 0, 0},
	    {'j', "jobs", "N", "check with N processes side by side (1)", OPTION_COUNT, &settings->jobs, 1,
		JOBS_MOST},
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
	const struct program_usage usage = {"parquet-merge", "[options] directory [file ...]",
	    "Checks the parts of a dataset, or files, and publishes them as one directory, or one file.",
	    options};
	int operands;
	if (!options_parse(&usage, argc, argv, &operands, error))
		return false;
	return take_operands(settings, argv + operands, argc - operands, error) &&
	       parse_rows(settings, error) && parse_compression(settings, error) &&
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
verify(const struct merge *merge, struct nest_error *error)
{
	const struct dataset *dataset = &merge->collection.dataset;
	struct file_list files = {0};
	bool fine = true;
	if (!merge->settings.verify)
		return true;
	for (size_t i = 0; fine && i < dataset->count; i++)
		fine = file_list_add_in(&files, place_path(merge->place), dataset->parts[i].file, error);
	fine = fine && jobs_check(&files, merge->settings.jobs, error);
	file_list_free(&files);
	return fine;
}

static bool
publish(struct merge *merge, struct nest_error *error)
{
	struct dataset *dataset = &merge->collection.dataset;
	if (!dataset_check(dataset, merge->has_extent ? &merge->extent : NULL, error) ||
	    !verify(merge, error))
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

/* ---- files ---- */

static bool
check_all(const struct settings *settings, struct nest_error *error)
{
	struct file_list files = {0};
	bool fine = true;
	for (char **path = settings->files.paths; fine && *path != NULL; path++)
		fine = file_list_add(&files, *path, error);
	fine = fine && jobs_check(&files, settings->jobs, error);
	file_list_free(&files);
	return fine;
}

static bool
report_files(const struct settings *settings, const struct sources *sources, uint64_t size_bytes,
    struct nest_error *error)
{
	struct program_report report = settings->report;
	struct program_account account = {
	    .stage = "parquet-merge", .name = settings->wire.name, .bytes_out = size_bytes};
	for (size_t i = 0; i < sources->count; i++) {
		account.rows += sources->list[i].file.metadata.group_rows;
		account.bytes_in += sources->list[i].file.source.size_bytes;
	}
	report.verbose = settings->verbose > settings->quiet;
	if (report.verbose)
		fprintf(stderr, "parquet-merge: published %llu rows of %zu %s, %llu bytes, in %s\n",
		    (unsigned long long)account.rows, sources->count, sources->count == 1 ? "file" : "files",
		    (unsigned long long)size_bytes,
		    settings->joined != NULL ? settings->joined : settings->directory);
	return program_report(&report, &account, error);
}

static bool
merge_files(const struct settings *settings, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.run");
	const struct join join = {settings->joined, settings->verify, settings->compose};
	const struct spread spread = {settings->directory, settings->base, settings->force,
	    settings->metadata, settings->verify ? settings->jobs : 0, settings->compose};
	struct sources sources = {0};
	uint64_t size_bytes = 0;
	bool is_joined = settings->joined != NULL;
	bool fine = (is_joined || spread_check(&spread, error)) &&
	            sources_open(&sources, settings->files.paths, settings->files.count,
			(enum sources_rule)settings->schema, error) &&
	            (is_joined ? join_files(&join, &sources, &size_bytes, error)
			       : spread_files(&spread, &sources, &size_bytes, error)) &&
	            report_files(settings, &sources, size_bytes, error);
	sources_free(&sources);
	return fine;
}

static bool
run_as_told(struct merge *merge, struct nest_error *error)
{
	const struct settings *settings = &merge->settings;
	if (settings->checks)
		return check_all(settings, error);
	if (settings->takes_files)
		return merge_files(settings, error);
	if (settings->shows)
		return show_file(settings->directory, &settings->show, error);
	if (settings->missing)
		return recovery_missing(settings->directory, settings->share, error);
	if (settings->sweep)
		return recovery_sweep(settings->directory, error);
	return merge_parts(merge, error);
}

int
main(int argc, char **argv)
{
	struct merge merge = {0};
	struct nest_error error;
	program_start("parquet-merge");
	if (!parse_arguments(&merge.settings, argc, argv, &error))
		program_die(&error);
	bool done = run_as_told(&merge, &error);
	operands_free(&merge.settings.files);
	if (!done)
		program_die(&error);
	program_finish_output();
	return NEST_OK;
}
