/*
 * parquet-encode - writes columns to Parquet files, one for each part.
 */
#include "encode/identity.h"
#include "encode/partition_options.h"
#include "encode/partitioned.h"
#include "encode/sorting.h"
#include "encode/whole.h"
#include "lib/base/program.h"
#include "lib/base/run.h"
#include "lib/columns/cut.h"
#include "lib/dataset/place.h"
#include "lib/meter/probe.h"
#include "lib/wire/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct settings {
	struct wire_options wire;
	struct part_options part;
	const char *directory; /* or the one file */
	bool is_whole;
	const char *compression;
	unsigned preset, page_version, page_index, page_checksum, dictionary;
	uint64_t zstd_level; /* 0: not given */
	struct option_texts column_texts;
	struct columns_options columns;
	struct option_texts sorting_texts;
	struct sort_options sorting;
	struct option_texts partition_texts;
	struct partition_options partitioning;
	bool staged;
	struct program_report report;
} settings;

static const struct option_spec options[] = {
    {'o', "output-dir", "DIR",
	"the dataset's directory; parts wait beside it until they are published; or one file: "
	"NAME.parquet, or - for standard output",
	OPTION_TEXT, &settings.directory, 0, 0},
    {0, "preset", PRESET_WORDS, "how encodings are chosen (fast)", OPTION_CHOICE, &settings.preset, 0, 0},
    {0, "compression", CODEC_WORDS, "of pages, with a level (none)", OPTION_TEXT, &settings.compression, 0,
	0},
    {0, "zstd-level", "N", "1 is fastest, 19 smallest: the same as zstd:N (1)", OPTION_COUNT,
	&settings.zstd_level, 1, 19},
    {0, "row-group-rows", "N", "rows after which a row group ends (131072)", OPTION_COUNT,
	&settings.part.row_group_rows, 1, UINT32_MAX},
    {0, "row-group-bytes", "N", "bytes after which it ends (64 MiB)", OPTION_COUNT,
	&settings.part.row_group_bytes, 1, 1u << 30},
    {0, "page-rows", "N", "rows after which a page ends (20000)", OPTION_COUNT, &settings.part.page_rows, 1,
	1u << 30},
    {0, "page-bytes", "N", "bytes after which it ends (1 MiB)", OPTION_COUNT, &settings.part.page_bytes, 1,
	1u << 30},
    {0, "page-version", "1|2", "of data pages (1)", OPTION_CHOICE, &settings.page_version, 0, 0},
    {0, "page-index", "on|off", "tell of every page's bounds and place at the end of the file (on)",
	OPTION_CHOICE, &settings.page_index, 0, 0},
    {0, "page-checksum", "off|on", "a CRC-32 of every page (off)", OPTION_CHOICE, &settings.page_checksum, 0,
	0},
    {0, "dictionary", "on|off", "dictionaries where they pay, or nowhere (on)", OPTION_CHOICE,
	&settings.dictionary, 0, 0},
    {0, "column", "NAME:SETTINGS", "of one column, as in phones.list.element.number:encoding=PLAIN",
	OPTION_TEXTS, &settings.column_texts, 0, 0},
    {0, "sorted-by", "NAME[:desc][:nulls-first]",
	"what rows are sorted by, which is checked; the next key if again", OPTION_TEXTS,
	&settings.sorting_texts, 0, 0},
    {0, "partition-by", "NAME[,NAME...]",
	"put rows into directories NAME=VALUE, and these columns nowhere else; deeper ones if again",
	OPTION_TEXTS, &settings.partition_texts, 0, 0},
    {0, "staged", NULL, "send no frames: the parts wait for parquet-merge --staged", OPTION_FLAG,
	&settings.staged, 0, 0},
    WIRE_FROM_OPTIONS(settings.wire),
    WIRE_TO_OPTIONS(settings.wire),
    WIRE_COMMON_OPTIONS(settings.wire),
    PROGRAM_STATS_OPTION(settings.report),
    PROGRAM_VERBOSE_OPTION(settings.report),
    {0},
};

static const struct program_usage usage = {"parquet-encode", "[options] -o dir",
    "Writes columns as Parquet part files, for parquet-merge to publish.", options};

/* A part that is being written: one of the two. */
struct open_part {
	struct part_position position;
	struct part *part;
	struct partitioned *partitioned;
};

struct stage {
	struct wire_in *in;
	struct whole *whole; /* if one file is made; the rest is for parts */
	struct wire_out *out;
	struct place *place;
	struct part_pool pool;
	struct open_part *parts;
	size_t part_count, part_capacity;
	bool has_run;
	struct digest_value run; /* of the parts, known from the first columns on */
	struct cut cut;
	uint64_t finished_count; /* parts that wait in their place */
	bool has_extent;         /* it was written there */
	bool may_have_reader;
	struct wire_progress progress;
};

/* If parquet-merge is told of the parts, they make a directory. */
static bool
take_output(struct nest_error *error)
{
	bool is_told = settings.staged || settings.wire.to != NULL, is_taken;
	if (settings.directory == NULL)
		return nest_error_set(error, NEST_USAGE, "say with -o where the dataset goes");
	if (settings.staged && settings.wire.to != NULL)
		return nest_error_set(error, NEST_USAGE, "--to is given, but --staged sends no frames");
	if (is_told && strcmp(settings.directory, "-") == 0)
		return nest_error_set(error, NEST_USAGE,
		    "%s is given, but -o - makes one file, of which parquet-merge hears nothing",
		    settings.staged ? "--staged" : "--to");
	settings.is_whole = !is_told && whole_is_wanted(settings.directory);
	if (settings.is_whole && settings.partition_texts.count > 0)
		return nest_error_set(error, NEST_USAGE,
		    "--partition-by is given, but -o %s makes one file, and partitions are directories",
		    settings.directory);
	is_taken =
	    settings.is_whole ? strcmp(settings.directory, "-") == 0 : wire_takes_output(&settings.wire);
	return program_report_settle(&settings.report, is_taken, error);
}

static bool
settle_columns(struct nest_error *error)
{
	for (uint32_t i = 0; i < settings.column_texts.count; i++)
		if (!columns_options_add(&settings.columns, settings.column_texts.list[i], error))
			return false;
	columns_options_settle(&settings.columns);
	settings.part.columns = &settings.columns;
	for (uint32_t i = 0; i < settings.sorting_texts.count; i++)
		if (!sort_options_add(&settings.sorting, settings.sorting_texts.list[i], error))
			return false;
	settings.part.sorting = &settings.sorting;
	for (uint32_t i = 0; i < settings.partition_texts.count; i++)
		if (!partition_options_add(&settings.partitioning, settings.partition_texts.list[i], error))
			return false;
	settings.part.partitioning = &settings.partitioning;
	return true;
}

static bool
take_compression(struct nest_error *error)
{
	struct codec_choice *choice = &settings.part.compression;
	if (settings.compression == NULL)
		return true;
	if (!codec_parse(choice, view_of_text(settings.compression), "--compression", error))
		return false;
	if (settings.zstd_level == 0 || choice->kind != CODEC_ZSTD)
		return true;
	choice->level = (int)settings.zstd_level;
	return strchr(settings.compression, ':') == NULL ||
	       nest_error_set(error, NEST_USAGE, "--compression %s gives a level, and so does --zstd-level",
		   settings.compression);
}

static bool
parse(int argc, char **argv, struct nest_error *error)
{
	int operands;
	settings.wire = wire_options_default("parquet-encode", "nest-shred", "parquet-merge");
	settings.part = PART_OPTIONS_DEFAULT;
	if (!options_parse(&usage, argc, argv, &operands, error) ||
	    !wire_options_settle(&settings.wire, error))
		return false;
	if (operands < argc)
		return nest_error_set(
		    error, NEST_USAGE, "'%s': no operand is taken; columns come by --from", argv[operands]);
	if (!take_output(error) || !take_compression(error))
		return false;
	settings.part.page_type = settings.page_version == 0 ? PAGE_DATA : PAGE_DATA_V2;
	settings.part.preset = (enum preset)settings.preset;
	settings.part.page_index = settings.page_index == 0;
	settings.part.page_checksum = settings.page_checksum == 1;
	settings.part.dictionary = settings.dictionary == 0;
	return settle_columns(error);
}

/* Sends frames nowhere from now on. */
static bool
silence(struct nest_error *error)
{
	if (freopen("/dev/null", "w", stdout) == NULL)
		return nest_error_system(error, "unable to send frames to /dev/null");
	return true;
}

/* Whether the reader of the frames may be a parquet-merge, or there is no reader. */
static bool
may_have_reader(void)
{
	struct stat status;
	if (settings.staged)
		return true;
	if (settings.wire.to != NULL && strcmp(settings.wire.to, "-") != 0)
		return true;
	return fstat(STDOUT_FILENO, &status) != 0 || S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode);
}

static bool
open_stage(struct stage *stage, struct nest_error *error)
{
	stage->may_have_reader = may_have_reader();
	return (!settings.staged || silence(error)) &&
	       place_open(&stage->place, settings.directory, "parquet-encode", error) &&
	       place_create(stage->place, error) &&
	       wire_in_open(&stage->in, &settings.wire, FRAME_COLUMNS, false, error) &&
	       wire_out_open(&stage->out, &settings.wire, error) &&
	       wire_in_watch(stage->in, stage->out, error);
}

/*
 * After a failure open parts are given up.  Complete ones stay if the run can be
 * continued.
 */
static void
discard_parts(struct stage *stage, struct nest_error *error)
{
	struct nest_error ignored;
	if (stage->place == NULL)
		return;
	for (size_t i = 0; i < stage->part_count; i++) {
		part_abort(stage->parts[i].part);
		partitioned_close(stage->parts[i].partitioned);
	}
	stage->part_count = 0;
	place_leave(stage->place, run_is_repeatable(stage->run), &ignored);
	place_tell_left(stage->place, error);
}

static void
close_stage(struct stage *stage)
{
	wire_in_close(stage->in);
	whole_close(stage->whole);
	wire_out_close(stage->out);
	place_close(stage->place);
	part_pool_free(&stage->pool);
	columns_options_free(&settings.columns);
	sort_options_free(&settings.sorting);
	partition_options_free(&settings.partitioning);
	cut_free(&stage->cut);
	free(stage->parts);
}

/* ---- parts ---- */

static bool
make_room(struct stage *stage, struct nest_error *error)
{
	if (stage->part_count < stage->part_capacity)
		return true;
	size_t capacity = 2 * stage->part_capacity + 4;
	struct open_part *parts = realloc(stage->parts, capacity * sizeof *parts);
	if (parts == NULL)
		return nest_error_memory(error, capacity * sizeof *parts, "the parts");
	stage->parts = parts;
	stage->part_capacity = capacity;
	return true;
}

/* Writes the extent as soon as a sender has said it, so that the run can be continued. */
static bool
put_extent(struct stage *stage, struct nest_error *error)
{
	const struct frame_extent *extent = wire_in_extent(stage->in);
	if (stage->has_extent || !stage->has_run || extent == NULL)
		return true;
	stage->has_extent = true;
	const struct place_extent whole = {
	    extent->first_row, extent->rows, extent->parts, extent->is_part_numbered};
	return place_put_extent(stage->place, &whole, error);
}

/* Frames of another run do not get here: the receiver refuses them. */
static bool
take_run(struct stage *stage, const struct frame *frame, struct nest_error *error)
{
	if (stage->has_run)
		return true;
	if (!identity_of_parts(frame->run, &settings.part, &stage->run, error) ||
	    !place_join(stage->place, stage->run, error))
		return false;
	stage->has_run = true;
	return put_extent(stage, error);
}

static struct open_part *
begin_part(struct stage *stage, const struct frame *frame, struct nest_error *error)
{
	struct key_value meta[FRAME_META_LIMIT];
	if (!make_room(stage, error))
		return NULL;
	for (size_t i = 0; i < frame->meta_count; i++)
		meta[i] = (struct key_value){frame->meta[i].key, frame->meta[i].value};
	struct open_part *open = &stage->parts[stage->part_count];
	*open = (struct open_part){.position = {.number = frame->part,
				       .first_row = frame->first_row,
				       .is_part_numbered = frame->is_part_numbered}};
	if (partition_options_count(&settings.partitioning) > 0
		? !partitioned_open(&open->partitioned, &stage->pool, stage->place, &open->position,
		      &stage->cut.memo.schema, meta, frame->meta_count, &settings.part, error)
		: !part_open(&open->part, &stage->pool, stage->place, &open->position,
		      &stage->cut.memo.schema, meta, frame->meta_count, &settings.part, error))
		return NULL;
	stage->part_count++;
	return open;
}

static struct open_part *
find_part(struct stage *stage, uint64_t number)
{
	for (size_t i = 0; i < stage->part_count; i++)
		if (stage->parts[i].position.number == number)
			return &stage->parts[i];
	return NULL;
}

static const struct schema *
schema_of(const struct open_part *open)
{
	return open->partitioned != NULL ? partitioned_schema(open->partitioned) : part_schema(open->part);
}

static bool
append_rows(struct stage *stage, const struct open_part *open, uint64_t rows, struct nest_error *error)
{
	const struct leaf_slice *leaves = stage->cut.leaves;
	return open->partitioned != NULL ? partitioned_append(open->partitioned, rows, leaves, error)
	                                 : part_append(open->part, rows, leaves, error);
}

/* Announces the part, whose file has SCHEMA, to the merger. */
static bool
tell_part(struct stage *stage, const struct part_position *position, const struct schema *schema,
    uint64_t rows, const struct attempt_result *result, struct nest_error *error)
{
	struct frame frame = {.kind = FRAME_PART,
	    .run = stage->run,
	    .part = position->number,
	    .first_row = position->first_row,
	    .rows = rows,
	    .is_part_numbered = position->is_part_numbered,
	    .schema = {(const uint8_t *)schema->text, schema->text_size},
	    .file = view_of_text(result->file),
	    .file_bytes = result->size_bytes,
	    .stamp = result->stamp};
	stage->finished_count++;
	return wire_out_send(stage->out, &frame, error);
}

/* The part is complete: closes its file and announces it. */
static bool
end_part(struct stage *stage, struct open_part *open, struct nest_error *error)
{
	struct attempt_result result;
	struct open_part ended = *open;
	uint64_t rows;

	*open = stage->parts[--stage->part_count];
	if (ended.partitioned == NULL)
		return part_finish(ended.part, &rows, &result, error) &&
		       tell_part(stage, &ended.position, &stage->cut.memo.schema, rows, &result, error);
	bool fine = partitioned_finish(ended.partitioned, &rows, &result, error) &&
	            tell_part(stage, &ended.position, partitioned_file_schema(ended.partitioned), rows,
			&result, error);
	partitioned_close(ended.partitioned);
	return fine;
}

/* Counts FRAME as done, for parquet-merge's progress line. */
static void
count_progress(struct wire_progress *progress, const struct frame *frame)
{
	progress->rows += frame->rows;
	progress->total_rows = frame->total_rows;
	progress->input_bytes += frame->input_bytes;
	progress->input_total = frame->input_total;
}

static bool
encode_frame(struct stage *stage, const struct frame *frame, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.frame");
	struct open_part *open = find_part(stage, frame->part);
	if (!take_run(stage, frame, error) || !cut_take(&stage->cut, frame, error))
		return false;
	if (open != NULL && !cut_fits(&stage->cut, schema_of(open)))
		return nest_error_set(error, NEST_INVALID, "the schema changes within part %llu",
		    (unsigned long long)frame->part);
	if ((open == NULL && (open = begin_part(stage, frame, error)) == NULL) ||
	    !append_rows(stage, open, frame->rows, error))
		return false;
	count_progress(&stage->progress, frame);
	return !frame->last || end_part(stage, open, error);
}

static bool
run_stage(struct stage *stage, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.run");
	const struct frame *frame;
	for (;;) {
		if (!wire_in_next(stage->in, &frame, error))
			return false;
		if (frame == NULL)
			return put_extent(stage, error) &&
			       wire_out_end(stage->out, wire_in_extent(stage->in), error);
		if (!wire_out_tell_extent(stage->out, wire_in_extent(stage->in), error))
			return false;
		if (!encode_frame(stage, frame, error))
			return error->status == NEST_INVALID
			           ? nest_error_prefix(error, "%s", wire_in_place(stage->in))
			           : false;
		if (!put_extent(stage, error) || !wire_out_progress(stage->out, &stage->progress, error))
			return false;
	}
}

/* The same if all parts become one file. */
static bool
run_whole(struct stage *stage, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.run");
	const struct frame *frame;
	if (!whole_open(&stage->whole, settings.directory, &settings.part, error) ||
	    !wire_in_open(&stage->in, &settings.wire, FRAME_COLUMNS, false, error))
		return false;
	for (;;) {
		if (!wire_in_next(stage->in, &frame, error))
			return false;
		if (frame == NULL)
			return whole_finish(stage->whole, wire_in_extent(stage->in), error);
		if (!whole_take(stage->whole, frame, error))
			return error->status == NEST_INVALID
			           ? nest_error_prefix(error, "%s", wire_in_place(stage->in))
			           : false;
	}
}

/* Leaves the parts to parquet-merge. */
static void
leave_parts(struct stage *stage)
{
	struct nest_error error;
	if (stage->finished_count == 0)
		place_leave(stage->place, true, &error);
	else if (!stage->may_have_reader)
		program_warn("parts made here: %llu; they wait in %s until parquet-merge "
			     "--staged %s publishes the dataset",
		    (unsigned long long)stage->finished_count, place_path(stage->place),
		    place_target(stage->place));
}

static bool
report(const struct stage *stage, struct nest_error *error)
{
	struct wire_count in = wire_in_count(stage->in), out = {0};
	if (stage->whole != NULL)
		out.bytes = whole_bytes(stage->whole);
	else
		out = wire_out_count(stage->out);
	struct program_account account = {.stage = "parquet-encode",
	    .name = settings.wire.name,
	    .rows = in.rows,
	    .frames_in = in.frames,
	    .frames_out = out.frames,
	    .bytes_in = in.bytes,
	    .bytes_out = out.bytes};
	return program_report(&settings.report, &account, error);
}

int
main(int argc, char *argv[])
{
	struct nest_error error;
	static struct stage stage;

	program_start("parquet-encode");
	if (!parse(argc, argv, &error))
		program_die(&error);
	bool fine = settings.is_whole ? run_whole(&stage, &error)
	                              : open_stage(&stage, &error) && run_stage(&stage, &error);
	if (fine && !settings.is_whole)
		leave_parts(&stage);
	if (!fine)
		discard_parts(&stage, &error);
	fine = fine && report(&stage, &error);
	close_stage(&stage);
	if (!fine)
		program_die(&error);
	if (settings.is_whole)
		program_finish_output();
	return NEST_OK;
}
