#include "shred/frames.h"

#include "lib/meter/probe.h"
#include "lib/schema/memo.h"
#include "shred/columns.h"
#include "shred/walk_pack.h"

/* A stage, with the shredder of the schema that came last. */
struct stage {
	struct wire_in *in;
	struct columns columns;
	struct schema_memo memo;
	struct shredder shredder;
};

static bool
take_schema(struct stage *stage, struct view text, struct nest_error *error)
{
	bool changed;
	if (!schema_memo_take(&stage->memo, text, &changed, error))
		return false;
	if (!changed)
		return true;
	shredder_free(&stage->shredder);
	return shredder_init(&stage->shredder, text, error);
}

/* Sends the stripes, which hold ROWS rows from FIRST_ROW on, a piece of the frame ROWS_FRAME. */
static bool
send_piece(struct stage *stage, const struct frame *rows_frame, uint64_t first_row, uint64_t rows, bool last,
    struct nest_error *error)
{
	struct frame frame = *rows_frame;
	frame.first_row = first_row;
	frame.rows = rows;
	frame.last = last;
	/* The bytes of the input cannot be split like rows: they go with the first piece. */
	frame.input_bytes = first_row == rows_frame->first_row ? rows_frame->input_bytes : 0;
	return columns_send(&stage->columns, &stage->shredder, &frame, error);
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
		if (!walk_pack_rows(&stage->shredder, &reader, row, left, COLUMNS_TARGET_BYTES, &done, error))
			return nest_error_prefix(error, "%s", wire_in_place(stage->in));
		left -= done;
		if (left == 0 && reader.at != reader.end)
			return nest_error_set(error, NEST_INVALID,
			    "%sthe body goes on %zu bytes behind its %llu rows", wire_in_place(stage->in),
			    (size_t)(reader.end - reader.at), (unsigned long long)frame->rows);
		if (!send_piece(stage, frame, row, done, frame->last && left == 0, error))
			return false;
		row += done;
	} while (left > 0);
	return true;
}

static bool
shred_all(struct stage *stage, struct nest_error *error)
{
	NEST_SCOPE("nest_shred.run");
	const struct frame *frame;
	for (;;) {
		if (!wire_in_next(stage->in, &frame, error))
			return false;
		if (frame == NULL)
			return wire_out_end(stage->columns.out, wire_in_extent(stage->in), error);
		if (!wire_out_tell_extent(stage->columns.out, wire_in_extent(stage->in), error) ||
		    !shred_frame(stage, frame, error))
			return false;
	}
}

bool
frames_shred(struct wire_in *in, struct wire_out *out, struct nest_error *error)
{
	struct stage stage = {.in = in, .columns = {.out = out}};
	bool fine = shred_all(&stage, error);
	columns_free(&stage.columns);
	shredder_free(&stage.shredder);
	schema_memo_free(&stage.memo);
	return fine;
}
