/*
 * parquet-merge - makes one dataset directory from part files.
 *
 * Without files it reads `part` frames and checks every part's file against its
 * frame.  When the senders have ended and the parts cover the dataset's rows
 * exactly, it publishes the staging directory in one step.  Nothing is visible
 * before that.
 */
#include "lib/base/program.h"
#include "lib/base/run.h"
#include "lib/dataset/commit.h"
#include "lib/meter/probe.h"
#include "lib/wire/wire.h"
#include "merge/collect.h"
#include "merge/jobs.h"
#include "merge/join.h"
#include "merge/progress.h"
#include "merge/settings.h"
#include "merge/spread.h"
#include "merge/staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct merge {
	struct settings settings;
	struct place *place;
	struct commit commit;
	struct wire_in *in; /* NULL if there are no senders */
	struct collection collection;
	struct frame_extent extent; /* of the dataset, if has_extent */
	bool has_extent, is_claimed;
	struct progress progress;
};

/* ---- beginning ---- */

/* Everything that can be refused is refused before the place is touched. */
static bool
open_place(struct merge *merge, struct nest_error *error)
{
	const struct settings *settings = &merge->settings;
	if (!place_open(&merge->place, settings->directory, "parquet-merge", error))
		return false;
	merge->commit =
	    (struct commit){.place = merge->place, .base = settings->base, .force = settings->force};
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

static void
show_wait(void *context, const char *what)
{
	progress_draw_wait(context, what);
}

static bool
start(struct merge *merge, struct nest_error *error)
{
	struct settings *settings = &merge->settings;
	int verbosity = settings->verbose - settings->quiet;
	bool shown = verbosity > 0 || (verbosity == 0 && isatty(STDERR_FILENO));
	if (shown) {
		settings->wire.show_wait = show_wait;
		settings->wire.show_context = &merge->progress;
	}
	return open_place(merge, error) &&
	       wire_in_open(&merge->in, &settings->wire, FRAME_PART, true, error) &&
	       place_create(merge->place, error) && claim(merge, error) &&
	       progress_init(&merge->progress, shown, error);
}

/* ---- parts that came, and parts that are staged ---- */

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

/* Parts that did not come may be complete since an earlier attempt at the same run. */
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

/* The files of bundles have no names before they are in their final places. */
static bool
verify_folder(void *context, const char *path, struct nest_error *error)
{
	const struct merge *merge = context;
	struct file_list files = {0};
	bool fine = file_list_add(&files, path, error) && jobs_check(&files, merge->settings.jobs, error);
	file_list_free(&files);
	return fine;
}

static bool
verify(struct merge *merge, struct nest_error *error)
{
	const struct dataset *dataset = &merge->collection.dataset;
	struct file_list files = {0};
	bool fine = true;
	if (!merge->settings.verify)
		return true;
	if (merge->collection.inspection.is_bundle) {
		/* Without rows there are no files. */
		merge->commit.check = dataset->rows > 0 ? verify_folder : NULL;
		merge->commit.check_context = merge;
		return true;
	}
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
		parts[i] = (struct commit_part){
		    part->number, part->file, part->size_bytes, part->stamp, part->index};
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

/* The same without senders. */
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

/* After a failure complete parts stay if the run can be continued. */
static void
leave(struct merge *merge, struct nest_error *error)
{
	const struct dataset *dataset = &merge->collection.dataset;
	struct nest_error warning;
	bool found;
	if (merge->commit.published || !merge->is_claimed)
		return;
	/* Nothing of another run is removed. */
	bool is_useless =
	    dataset->count > 0 && !merge->settings.staged && !run_is_repeatable(place_run(merge->place));
	for (size_t i = 0; i < dataset->count; i++)
		place_remove_foreign(merge->place, dataset->parts[i].file);
	/* The run may have failed before a part came. */
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
	if (!merge_settings_parse(&merge.settings, argc, argv, &error))
		program_die(&error);
	bool done = run_as_told(&merge, &error);
	operands_free(&merge.settings.files);
	if (!done)
		program_die(&error);
	program_finish_output();
	return NEST_OK;
}
