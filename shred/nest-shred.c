/*
 * nest-shred - rows in, columns with repetition and definition levels out.
 */
#include "lib/base/program.h"
#include "lib/meter/probe.h"
#include "lib/schema/memo.h"
#include "lib/wire/wire.h"
#include "shred/shredder.h"

#include <stdlib.h>

/* A frame of columns is closed at this size; one record can carry it beyond. */
enum { BODY_TARGET_BYTES = 8 << 20 };

static struct settings {
	struct wire_options wire;
	struct program_report report;
} settings;

static const struct option_spec options[] = {
    WIRE_FROM_OPTIONS(settings.wire),
    WIRE_TO_OPTIONS(settings.wire),
    WIRE_CODEC_OPTION(settings.wire),
    WIRE_COMMON_OPTIONS(settings.wire),
    PROGRAM_STATS_OPTION(settings.report),
    PROGRAM_VERBOSE_OPTION(settings.report),
    {0},
};

static const struct program_usage usage = {"nest-shred", "[options]",
    "Takes rows apart into columns with repetition and definition levels.", options};

/* The shredder of the schema that came last, and the frame's header that is being built. */
struct stage {
	struct wire_in *in;
	struct wire_out *out;
	struct schema_memo memo;
	struct shredder shredder;
	struct frame_leaf *leaves;
};

static bool
parse(int argc, char **argv, struct nest_error *error)
{
	int operands;
	settings.wire = wire_options_default("nest-shred", "nest-gen", "parquet-encode");
	if (!options_parse(&usage, argc, argv, &operands, error) ||
	    !wire_options_settle(&settings.wire, error))
		return false;
	if (operands < argc)
		return nest_error_set(
		    error, NEST_USAGE, "'%s': no operand is taken; rows come by --from", argv[operands]);
	return true;
}

static bool
open_stage(struct stage *stage, struct nest_error *error)
{
	return wire_in_open(&stage->in, &settings.wire, FRAME_ROWS, false, error) &&
	       wire_out_open(&stage->out, &settings.wire, error) &&
	       wire_in_watch(stage->in, stage->out, error);
}

static void
close_stage(struct stage *stage)
{
	wire_in_close(stage->in);
	wire_out_close(stage->out);
	shredder_free(&stage->shredder);
	schema_memo_free(&stage->memo);
	free(stage->leaves);
}

static bool
take_schema(struct stage *stage, struct view text, struct nest_error *error)
{
	bool changed;
	if (!schema_memo_take(&stage->memo, text, &changed, error))
		return false;
	if (!changed)
		return true;
	shredder_free(&stage->shredder);
	free(stage->leaves);
	stage->leaves = NULL;
	if (!shredder_init(&stage->shredder, text, error))
		return false;
	size_t count = stage->shredder.schema.leaf_count;
	stage->leaves = calloc(count, sizeof *stage->leaves);
	return stage->leaves != NULL || nest_error_memory(error, count * sizeof *stage->leaves, "the leaves");
}

/* Lays the stripes out as the body of a frame: for each leaf its levels, where it has any, and its values. */
static bool
fill_body(struct stage *stage, struct buffer *body, struct nest_error *error)
{
	NEST_SCOPE("nest_shred.fill");
	const struct schema *schema = &stage->shredder.schema;
	if (!buffer_reserve(body, shredder_body_bytes(&stage->shredder), error))
		return false;
	for (uint32_t i = 0; i < schema->leaf_count; i++) {
		const struct schema_node *leaf = &schema->nodes[schema->leaves[i]];
		const struct stripe *stripe = &stage->shredder.stripes[i];
		if ((leaf->max_rep > 0 && !stripe_copy_rep(stripe, body, error)) ||
		    (leaf->max_def > 0 && !stripe_copy_def(stripe, body, error)) ||
		    !buffer_append(body, stripe->values, stripe_value_bytes(stripe), error))
			return false;
		stage->leaves[i] =
		    (struct frame_leaf){stripe_entry_count(stripe), stripe_value_bytes(stripe)};
	}
	return true;
}

/* Sends what the stripes hold: ROWS rows from FIRST_ROW on, a piece of the frame ROWS_FRAME. */
static bool
send_columns(struct stage *stage, const struct frame *rows_frame, uint64_t first_row, uint64_t rows,
    bool last, struct nest_error *error)
{
	struct buffer *body = wire_out_body(stage->out, error);
	if (body == NULL || !fill_body(stage, body, error))
		return false;
	struct frame frame = *rows_frame;
	frame.kind = FRAME_COLUMNS;
	frame.first_row = first_row;
	frame.rows = rows;
	frame.last = last;
	frame.leaves = stage->leaves;
	frame.leaf_count = stage->shredder.schema.leaf_count;
	return wire_out_send(stage->out, &frame, error);
}

static bool
shred_frame(struct stage *stage, const struct frame *frame, struct nest_error *error)
{
	NEST_SCOPE("nest_shred.frame");
	struct pack_reader reader = {frame->body.data, frame->body.data + frame->body.size};
	uint64_t row = frame->first_row, left = frame->rows, done;

	if (!take_schema(stage, frame->schema, error))
		return nest_error_prefix(error, "%s", wire_in_place(stage->in));
	do {
		shredder_clear(&stage->shredder);
		if (!shredder_rows(&stage->shredder, &reader, row, left, BODY_TARGET_BYTES, &done, error))
			return nest_error_prefix(error, "%s", wire_in_place(stage->in));
		left -= done;
		if (left == 0 && reader.at != reader.end)
			return nest_error_set(error, NEST_INVALID,
			    "%sthe body goes on %zu bytes behind its %llu rows", wire_in_place(stage->in),
			    (size_t)(reader.end - reader.at), (unsigned long long)frame->rows);
		if (!send_columns(stage, frame, row, done, frame->last && left == 0, error))
			return false;
		row += done;
	} while (left > 0);
	return true;
}

static bool
run_stage(struct stage *stage, struct nest_error *error)
{
	NEST_SCOPE("nest_shred.run");
	const struct frame *frame;
	for (;;) {
		if (!wire_in_next(stage->in, &frame, error))
			return false;
		if (frame == NULL)
			return wire_out_end(stage->out, wire_in_extent(stage->in), error);
		if (!shred_frame(stage, frame, error))
			return false;
	}
}

static bool
report(const struct stage *stage, struct nest_error *error)
{
	struct wire_count in = wire_in_count(stage->in), out = wire_out_count(stage->out);
	struct program_account account = {
	    "nest-shred", settings.wire.name, in.rows, in.frames, out.frames, in.bytes, out.bytes};
	return program_report(&settings.report, &account, error);
}

int
main(int argc, char *argv[])
{
	struct nest_error error;
	struct stage stage = {0};

	program_start("nest-shred");
	if (!parse(argc, argv, &error))
		program_die(&error);
	bool fine = open_stage(&stage, &error) && run_stage(&stage, &error) && report(&stage, &error);
	close_stage(&stage);
	if (!fine)
		program_die(&error);
	return NEST_OK;
}
