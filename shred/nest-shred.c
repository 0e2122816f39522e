/*
 * nest-shred - turns records into columns with repetition and definition levels.
 */
#include "lib/base/program.h"
#include "lib/meter/probe.h"
#include "lib/schema/schema.h"
#include "lib/wire/wire.h"
#include "shred/frames.h"
#include "shred/identity.h"
#include "shred/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRAME_BEGIN = 0xc6 }; /* the first byte of a frame, and of no record */

static struct settings settings;

/* ---- frames ---- */

static bool
run_frames(struct wire_in *in, struct wire_out *out, struct nest_error *error)
{
	if (!wire_in_watch(in, out, error) || !frames_shred(in, out, error))
		return false;
	struct wire_count taken = wire_in_count(in), sent = wire_out_count(out);
	struct program_account account = {.stage = "nest-shred",
	    .name = settings.wire.name,
	    .rows = taken.rows,
	    .frames_in = taken.frames,
	    .frames_out = sent.frames,
	    .bytes_in = taken.bytes,
	    .bytes_out = sent.bytes};
	return program_report(&settings.report, &account, error);
}

/* Takes frames from --from, which is bound before connecting to anything. */
static bool
shred_from_socket(struct nest_error *error)
{
	struct wire_in *in = NULL;
	struct wire_out *out = NULL;
	bool fine = wire_in_open(&in, &settings.wire, FRAME_ROWS, false, error) &&
	            wire_out_open(&out, &settings.wire, error) && run_frames(in, out, error);
	wire_in_close(in);
	wire_out_close(out);
	return fine;
}

/* Takes frames from standard input, of which HEAD was read already. */
static bool
shred_from_pipe(struct wire_out *out, struct view head, struct nest_error *error)
{
	struct wire_in *in = NULL;
	settings.wire.head = head;
	bool fine = wire_in_open(&in, &settings.wire, FRAME_ROWS, false, error) && run_frames(in, out, error);
	wire_in_close(in);
	return fine;
}

/* ---- records ---- */

static bool
read_schema(const char *path, struct buffer *text, struct nest_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return nest_error_system(error, "--schema: unable to open %s", path);
	bool fine = true;
	ssize_t got = 1;
	while (fine && got != 0 && text->size <= SCHEMA_TEXT_LIMIT) {
		if (!(fine = buffer_reserve(text, SCHEMA_TEXT_LIMIT / 8, error)))
			break;
		got = read(fd, text->data + text->size, text->capacity - text->size);
		if (got > 0)
			text->size += (size_t)got;
		else if (got < 0 && errno != EINTR)
			fine = nest_error_system(error, "--schema: unable to read %s", path);
	}
	close(fd);
	return fine;
}

/* The message type that was given or inferred; *HINT is advice for a record that does not fit it. */
static bool
learn_schema(struct input *input, struct reader *reader, struct buffer *text, const char **hint,
    struct nest_error *error)
{
	bool all;
	if (settings.schema != NULL)
		return read_schema(settings.schema, text, error);
	if (!infer_schema(input, reader, &settings.infer, text, &all, error))
		return false;
	settings.records.rules.texts_are_values = settings.texts != TEXTS_JSON;
	if (settings.unknown == NULL)
		settings.records.rules.unknown = UNKNOWN_FAIL;
	if (!all)
		*hint =
		    "; the schema was inferred from the first records only: --infer-rows or --schema helps";
	return true;
}

static bool
print_schema(const struct schema *schema, struct nest_error *error)
{
	if (fwrite(schema->text, 1, schema->text_size, stdout) != schema->text_size)
		return nest_error_system(error, "unable to write standard output");
	program_finish_output();
	return true;
}

static bool
shred_records(struct input *input, struct reader *reader, const struct schema *schema, const char *hint,
    struct wire_out *out, struct nest_error *error)
{
	struct records_count count;
	struct view text = {(const uint8_t *)schema->text, schema->text_size};
	settings.records.format = reader->format;
	if (!identity_of_records(input, &settings.records, text, &settings.records.run, error))
		return false;
	if (!records_shred(input, reader, text, &settings.records, out, &count, error)) {
		size_t size = strlen(error->text);
		if (error->status == NEST_INVALID && count.breaks_schema)
			snprintf(error->text + size, sizeof error->text - size, "%s", hint);
		return false;
	}
	struct wire_count sent = wire_out_count(out);
	struct program_account account = {.stage = "nest-shred",
	    .name = settings.wire.name,
	    .rows = count.rows,
	    .frames_out = sent.frames,
	    .bytes_in = count.input_bytes,
	    .bytes_out = sent.bytes,
	    .has_skipped = true,
	    .skipped = count.skipped};
	return program_report(&settings.report, &account, error);
}

static bool
run_records(struct input *input, struct wire_out *out, struct nest_error *error)
{
	struct reader reader;
	struct buffer text = {0};
	struct schema schema = {0};
	const char *hint = "";
	if (settings.schema == NULL && settings.infer.rows == 0 && !input_spool(input, error))
		return false;
	if (!reader_open(&reader, &input->files[0], settings.records.format,
		out != NULL ? records_wait : NULL, out, error))
		return false;
	bool fine = learn_schema(input, &reader, &text, &hint, error);
	if (fine && !schema_parse(&schema, (struct view){text.data, text.size}, error))
		fine = settings.schema != NULL && nest_error_prefix(error, "%s: ", settings.schema);
	else if (fine)
		fine = out == NULL ? print_schema(&schema, error)
		                   : shred_records(input, &reader, &schema, hint, out, error);
	schema_free(&schema);
	buffer_free(&text);
	reader_close(&reader);
	return fine;
}

/* ---- which of them ---- */

/* Only for files is it known which parts there are. */
static bool
check_parts(const struct input *input, struct nest_error *error)
{
	const char *name = input->files[0].name;
	if (!input->is_sized && settings.records.shares > 1)
		return nest_error_set(error, NEST_USAGE,
		    "--share: %s is no regular file, and only one process can read it", name);
	if (!input->is_sized && settings.records.only != NULL)
		return nest_error_set(error, NEST_USAGE,
		    "--only-parts: %s is no regular file, and of what is read once all parts are made", name);
	return settings.records.only == NULL ||
	       number_list_check(settings.records.only, input_part_count(input), "--only-parts", error);
}

/* Whether records may begin with BYTE: a blank, or the beginning of compressed bytes, may. */
static bool
may_begin_records(uint8_t byte)
{
	return record_format_of(byte) != FORMAT_AUTO ||
	       (byte != 0 && strchr(" \t\r\n\x1f\x28", byte) != NULL);
}

/* Decides by the first byte of standard input; no bytes mean frames whose sender was lost. */
static bool
find_format(struct input *input, struct wire_out *out, bool *frames, struct nest_error *error)
{
	uint8_t first;
	size_t size;
	*frames = false;
	if (input->files[0].path != NULL)
		return true;
	if (!input_peek(input, out != NULL ? records_wait : NULL, out, &first, &size, error))
		return false;
	*frames = size == 0 || first == FRAME_BEGIN;
	return *frames || may_begin_records(first) ||
	       nest_error_set(error, NEST_INVALID,
		   "standard input, frame at byte 0: this is no nest frame: a header starts with byte %02x, "
		   "not "
		   "%02x, and neither JSON nor msgpack begins so; --format would say what it is",
		   FRAME_BEGIN, first);
}

/* Opens the output at once, so that the next stages know of it, and then looks at the input. */
static bool
shred_input(struct input *input, struct nest_error *error)
{
	struct wire_out *out = NULL;
	bool frames = settings.format == WORD_FRAMES;
	if (!settings.prints_schema && !wire_out_open(&out, &settings.wire, error))
		return false;
	bool fine = settings.format != WORD_AUTO || find_format(input, out, &frames, error);
	if (fine && frames && settings.prints_schema)
		fine = nest_error_set(error, NEST_USAGE, "--print-schema: no records come in");
	else if (fine && frames && settings.only_parts != NULL)
		fine = settings_fail_only_frames(error);
	else if (fine && frames)
		fine = shred_from_pipe(
		    out, (struct view){input->files[0].head, input->files[0].head_size}, error);
	else if (fine)
		fine = check_parts(input, error) && run_records(input, out, error);
	wire_out_close(out);
	return fine;
}

static bool
check_terminal(int operands, struct nest_error *error)
{
	return operands > 0 || !isatty(STDIN_FILENO) ||
	       nest_error_set(error, NEST_USAGE,
		   "standard input is a terminal; name files of records, pipe frames into it (from nest-gen) "
		   "or "
		   "use --from");
}

static bool
run(int operands, char **paths, struct nest_error *error)
{
	struct input input;
	if (settings.wire.from != NULL && strcmp(settings.wire.from, "-") != 0)
		return shred_from_socket(error);
	if (!check_terminal(operands, error) ||
	    !input_open(&input, paths, (size_t)operands, settings.part_bytes, settings.parts, error))
		return false;
	bool fine = shred_input(&input, error);
	input_close(&input);
	return fine;
}

int
main(int argc, char *argv[])
{
	struct nest_error error;
	int operands;

	program_start("nest-shred");
	bool fine = settings_parse(&settings, argc, argv, &operands, &error) &&
	            run(argc - operands, argv + operands, &error);
	settings_free(&settings);
	if (!fine)
		program_die(&error);
	return NEST_OK;
}
