/*
 * nest-cat - prints frames as text, and checks them against their contract, for authors of stages.
 */
#include "cat/check.h"
#include "cat/headers.h"
#include "cat/levels.h"
#include "cat/rows.h"
#include "cat/shape.h"
#include "cat/shown.h"
#include "lib/base/program.h"
#include "lib/schema/memo.h"
#include "lib/wire/body.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct settings {
	struct wire_options wire;
	bool rows, levels, schema, check, tee;
	unsigned binary;
	const char *file;
} settings;

static const struct option_spec options[] = {
    {0, "rows", NULL, "show the records, as JSON Lines", OPTION_FLAG, &settings.rows, 0, 0},
    {0, "levels", NULL, "show columns as tables of levels and values", OPTION_FLAG, &settings.levels, 0, 0},
    {0, "schema", NULL, "show the schema, its leaves, and what a record looks like", OPTION_FLAG,
	&settings.schema, 0, 0},
    {0, "check", NULL, "show nothing but what breaks the contract, nest-frame(5)", OPTION_FLAG,
	&settings.check, 0, 0},
    {0, "tee", NULL, "with --check: copy the input to standard output", OPTION_FLAG, &settings.tee, 0, 0},
    {0, "binary", "utf8|base64|hex", "how bytes that are no text become strings (utf8)", OPTION_CHOICE,
	&settings.binary, 0, 0},
    WIRE_FROM_OPTIONS(settings.wire),
    WIRE_COMMON_OPTIONS(settings.wire),
    {0},
};

static const struct program_usage usage = {"nest-cat", "[options] [file]",
    "Shows the frames that travel between stages as text, or checks them.", options};

static bool
parse(int argc, char **argv, struct nest_error *error)
{
	int operands;
	settings.wire = wire_options_default("nest-cat", "nest-gen, nest-shred or parquet-encode", NULL);
	if (!options_parse(&usage, argc, argv, &operands, error) ||
	    !wire_options_settle(&settings.wire, error))
		return false;
	if (settings.rows + settings.levels + settings.schema + settings.check > 1)
		return nest_error_set(error, NEST_USAGE,
		    "--rows, --levels, --schema and --check are given together; give one of them");
	if (settings.tee && !settings.check)
		return nest_error_set(error, NEST_USAGE, "--tee is given, but not --check");
	if (settings.tee && isatty(STDOUT_FILENO))
		return nest_error_set(error, NEST_USAGE,
		    "standard output is a terminal, and the frames that --tee copies there are binary");
	if (argc - operands > 1)
		return nest_error_set(error, NEST_USAGE,
		    "'%s': one file is read at a time; cat(1) joins them", argv[operands + 1]);
	if (operands < argc && settings.wire.from != NULL)
		return nest_error_set(
		    error, NEST_USAGE, "--from is given, and a file: frames come from one of them");
	if (operands < argc && strcmp(argv[operands], "-") != 0)
		settings.file = argv[operands];
	return true;
}

/* ---- showing ---- */

struct viewer {
	struct frame frame;
	struct body_codec codec;
	struct buffer plain, out;
	struct rows rows;
	struct schema_memo memo;
	bool has_shape;
};

static void
close_viewer(struct viewer *viewer)
{
	frame_free(&viewer->frame);
	body_codec_free(&viewer->codec);
	buffer_free(&viewer->plain);
	buffer_free(&viewer->out);
	rows_free(&viewer->rows);
	schema_memo_free(&viewer->memo);
}

/* A schema is shown once, until another one comes. */
static bool
show_shape(struct viewer *viewer, struct nest_error *error)
{
	bool changed;
	if (!schema_memo_take(&viewer->memo, viewer->frame.schema, &changed, error))
		return false;
	if (!changed)
		return true;
	bool is_first = !viewer->has_shape;
	viewer->has_shape = true;
	return (is_first || shown_put(&viewer->out, error, "\n")) &&
	       shape_show(&viewer->memo.schema, &viewer->out, error);
}

/* Shows what was asked for, which only data frames have. */
static bool
show_data(struct viewer *viewer, const struct intake_piece *piece, struct nest_error *error)
{
	struct frame *frame = &viewer->frame;
	if (frame->kind == FRAME_PART || (settings.levels && frame->kind != FRAME_COLUMNS))
		return nest_error_set(error, NEST_INVALID, "a frame of kind %s has no %s to show; %s",
		    frame_kind_name(frame->kind), settings.levels ? "levels" : "records",
		    frame->kind == FRAME_PART ? "parquet-merge --show looks at its file"
					      : "pipe it through nest-shred");
	if (!body_open(&viewer->codec, frame, &viewer->plain, error))
		return false;
	return settings.levels ? levels_show(&viewer->rows, piece, frame, &viewer->out, error)
	                       : rows_show(&viewer->rows, frame, &viewer->out, error);
}

static bool
show_frame(
    struct viewer *viewer, struct intake *intake, const struct intake_piece *piece, struct nest_error *error)
{
	struct frame *frame = &viewer->frame;
	frame->sender.size = 0;
	if (!frame_decode(frame, piece->bytes, error))
		return intake_is_stranger(intake, piece, error);
	if (!intake_enter(intake, piece, frame, error))
		return false;
	if (!settings.rows && !settings.levels && !settings.schema)
		return headers_show(piece, frame, &viewer->out, error);
	if (frame->kind == FRAME_PROGRESS || frame->kind == FRAME_END)
		return true;
	return settings.schema ? show_shape(viewer, error) : show_data(viewer, piece, error);
}

/* Says what is wrong with a piece, and where it is. */
static bool
place_error(const struct viewer *viewer, const struct intake *intake, const struct intake_piece *piece,
    struct nest_error *error)
{
	struct view sender = viewer->frame.sender;
	if (error->status != NEST_INVALID)
		return false;
	return nest_error_prefix(error, "%s, frame %llu at byte %llu from %.*s: ", intake_title(intake),
	    (unsigned long long)piece->number, (unsigned long long)piece->offset,
	    sender.size > 0 ? (int)sender.size : 6, sender.size > 0 ? (const char *)sender.data : "nobody");
}

static bool
show(struct viewer *viewer, struct intake *intake, struct nest_error *error)
{
	static const enum jsonl_binary binaries[] = {JSONL_UTF8, JSONL_BASE64, JSONL_HEX};
	struct intake_piece piece;
	viewer->rows.binary = binaries[settings.binary];
	for (;;) {
		if (!intake_next(intake, &piece, error))
			return false;
		viewer->frame.sender.size = 0;
		switch (piece.kind) {
		case PIECE_FRAME:
			if (!show_frame(viewer, intake, &piece, error))
				return shown_write(&viewer->out, error) &&
				       place_error(viewer, intake, &piece, error);
			break;
		case PIECE_NO_FRAME:
			if (!intake_is_stranger(intake, &piece, error))
				return place_error(viewer, intake, &piece, error);
			break;
		case PIECE_LOST:
			return nest_error_set(error, NEST_FAILED,
			    "%s: a sender was lost: it is gone without its end frame", intake_title(intake));
		case PIECE_END:
			return shown_finish(NEST_OK, error);
		}
		if (!shown_write(&viewer->out, error))
			return false;
	}
}

/* ---- checking ---- */

/* The exit status for what was found so far. */
static enum nest_status
found(const struct check *check)
{
	return check_count(check) == 0 ? NEST_OK : NEST_INVALID;
}

static bool
check(struct check *check, struct intake *intake, struct nest_error *error)
{
	const struct frame *frame;
	struct nest_error why;
	struct intake_piece piece;
	for (;;) {
		if (!intake_next(intake, &piece, &why)) {
			*error = why;
			return false;
		}
		if (piece.kind == PIECE_END)
			break;
		if (piece.kind == PIECE_NO_FRAME && intake_is_stranger(intake, &piece, &why))
			continue;
		if (!check_piece(check, &piece, &why, &frame, error) ||
		    (frame != NULL && !intake_enter(intake, &piece, frame, error)) ||
		    !shown_flush(found(check), error))
			return false;
	}
	check_end(check, &piece);
	return shown_finish(found(check), error);
}

static bool
run_check(struct intake *intake, bool *is_sound, struct nest_error *error)
{
	struct check *made = NULL;
	bool fine = check_open(&made, settings.wire.senders, settings.tee ? stderr : stdout,
			settings.tee ? "nest-cat: " : "", error) &&
	            check(made, intake, error);
	*is_sound = made != NULL && found(made) == NEST_OK;
	check_close(made);
	return fine;
}

int
main(int argc, char *argv[])
{
	struct nest_error error;
	struct intake *intake = NULL;
	static struct viewer viewer;
	bool is_sound = true;

	program_start("nest-cat");
	if (!parse(argc, argv, &error))
		program_die(&error);
	bool fine =
	    intake_open(&intake, &settings.wire, settings.file, settings.check, settings.tee, &error) &&
	    (settings.check ? run_check(intake, &is_sound, &error) : show(&viewer, intake, &error));
	intake_close(intake);
	close_viewer(&viewer);
	if (!fine)
		program_die(&error);
	return is_sound ? NEST_OK : NEST_INVALID;
}
