#include "cat/check.h"

#include "cat/column_check.h"
#include "cat/header_keys.h"
#include "cat/parts.h"
#include "cat/records.h"
#include "lib/schema/memo.h"
#include "lib/wire/body.h"
#include "lib/wire/ledger.h"

#include <stdlib.h>

/* For senders: more than a run can have. */
enum { SENDER_ROOM = 4096 + 1024 };

struct check {
	FILE *out;
	const char *prefix;
	uint64_t count;
	struct faults faults;
	struct place_of place; /* of the present frame, which has its sender */
	struct frame frame;
	struct ledger ledger;
	struct parts parts;
	bool has_kind;
	enum frame_kind kind; /* of the first frame of data or of a part */
	struct body_codec codec;
	struct buffer plain;
	struct schema_memo memo; /* of rows */
	struct column_check columns;
};

/* ---- lines ---- */

static void
print_name(FILE *out, struct view name)
{
	if (name.size == 0)
		fputs("nobody", out);
	for (size_t i = 0; i < name.size; i++)
		fputc(name.data[i] < ' ' || name.data[i] == 0x7f ? '?' : name.data[i], out);
}

static void
print_fault(struct check *check, uint64_t number, uint64_t offset, struct view sender, const char *text)
{
	check->count++;
	fprintf(check->out, "%sframe %llu at byte %llu from ", check->prefix, (unsigned long long)number,
	    (unsigned long long)offset);
	print_name(check->out, sender);
	fputs(": ", check->out);
	for (; *text != '\0'; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, check->out);
	fputc('\n', check->out);
}

/* Reports a fault of the present frame. */
static void
tell(void *context, const struct nest_error *fault)
{
	struct check *check = context;
	print_fault(check, check->place.number, check->place.offset, check->frame.sender, fault->text);
}

/* Reports a fault of a part, once all have come. */
static void
tell_of_part(void *context, const struct place_of *where, const struct nest_error *fault)
{
	print_fault(context, where->number, where->offset, view_of_text(where->sender), fault->text);
}

/* True if FINE, or if the fault is reported now or was before; false for NEST_FAILED. */
static bool
goes_on(struct check *check, bool fine, bool is_told, const struct nest_error *error)
{
	if (fine)
		return true;
	if (error->status != NEST_INVALID)
		return false;
	if (!is_told)
		tell(check, error);
	return true;
}

/* ---- bodies ---- */

static bool
check_rows(struct check *check, struct nest_error *error)
{
	bool changed;
	return schema_memo_take(&check->memo, check->frame.schema, &changed, error) &&
	       records_check(&check->memo.schema, &check->frame, &check->faults, error);
}

static bool
check_body(struct check *check, struct nest_error *error)
{
	struct frame *frame = &check->frame;
	bool fine =
	    body_open(&check->codec, frame, &check->plain, error) &&
	    (frame->kind == FRAME_ROWS ? check_rows(check, error)
				       : column_check_take(&check->columns, frame, &check->faults, error));
	return goes_on(check, fine, false, error);
}

/* ---- frames ---- */

/* A stage sends only one kind of frame, and its receiver takes only one. */
static void
check_kind(struct check *check)
{
	enum frame_kind kind = check->frame.kind;
	struct nest_error fault;
	if (!check->has_kind)
		check->kind = kind;
	check->has_kind = true;
	if (kind == check->kind)
		return;
	nest_error_set(&fault, NEST_INVALID,
	    "a frame of kind %s where %s are due; check the order of the stages", frame_kind_name(kind),
	    frame_kind_name(check->kind));
	tell(check, &fault);
}

/* Checks a frame against those before it. */
static bool
enter(struct check *check, uint64_t connection, struct nest_error *error)
{
	const struct frame *frame = &check->frame;
	bool is_ours = frame->kind == FRAME_PROGRESS || frame->kind == FRAME_END;
	if (ledger_is_foreign(&check->ledger, frame, connection)) {
		nest_error_set(error, NEST_INVALID,
		    "it is in the name of a sender that came by another connection; give every sender a "
		    "--name of its own");
		tell(check, error);
		return true;
	}
	if (!ledger_enter(&check->ledger, frame, connection, error))
		return goes_on(check, false, true, error);
	if (is_ours)
		return true;
	check_kind(check);
	check->place.sender = ledger_find(&check->ledger, frame->sender)->name;
	return parts_enter(&check->parts, frame, &check->place, &check->faults, error);
}

static bool
check_frame(struct check *check, const struct intake_piece *piece, bool *is_frame, struct nest_error *error)
{
	struct frame *frame = &check->frame;
	struct frame_spoilt spoilt;
	*is_frame = frame_decode_all(frame, piece->bytes, &check->faults, &spoilt, error);
	if (!*is_frame)
		return goes_on(check, false, false, error);
	if (!goes_on(check, header_keys_check(frame, piece->bytes, &check->faults, error), true, error))
		return false;
	if (!spoilt.place && !enter(check, piece->connection, error))
		return false;
	bool is_data = frame->kind == FRAME_ROWS || frame->kind == FRAME_COLUMNS;
	return !is_data || spoilt.body || check_body(check, error);
}

bool
check_piece(struct check *check, const struct intake_piece *piece, const struct nest_error *why,
    const struct frame **frame, struct nest_error *error)
{
	bool is_frame = false;
	*frame = NULL;
	check->place = (struct place_of){piece->number, piece->offset, NULL};
	check->frame.sender.size = 0;
	switch (piece->kind) {
	case PIECE_FRAME:
		if (!check_frame(check, piece, &is_frame, error))
			return false;
		break;
	case PIECE_NO_FRAME:
		tell(check, why);
		break;
	case PIECE_LOST:
	case PIECE_END:
		break;
	}
	if (is_frame)
		*frame = &check->frame;
	return true;
}

void
check_end(struct check *check, const struct intake_piece *piece)
{
	const struct ledger *ledger = &check->ledger;
	for (size_t i = 0; i < ledger->sender_count; i++)
		if (!ledger->senders[i].ended)
			print_fault(check, piece->number, piece->offset,
			    view_of_text(ledger->senders[i].name),
			    "there is none: its sender is gone without its end frame");
	for (size_t i = ledger->sender_count; i < ledger->expected; i++)
		print_fault(check, piece->number, piece->offset, (struct view){0},
		    "there is none: a sender is expected that has not come");
	parts_check(&check->parts, ledger->has_extent ? &ledger->extent : NULL, tell_of_part, check);
}

/* ---- the whole ---- */

bool
check_open(struct check **check, uint64_t senders, FILE *out, const char *prefix, struct nest_error *error)
{
	struct check *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "the check");
	made->out = out;
	made->prefix = prefix;
	made->faults = (struct faults){tell, made};
	if (!ledger_init_lenient(&made->ledger, senders, SENDER_ROOM, &made->faults, error)) {
		check_close(made);
		return false;
	}
	*check = made;
	return true;
}

uint64_t
check_count(const struct check *check)
{
	return check->count;
}

void
check_close(struct check *check)
{
	if (check == NULL)
		return;
	frame_free(&check->frame);
	ledger_free(&check->ledger);
	parts_free(&check->parts);
	body_codec_free(&check->codec);
	buffer_free(&check->plain);
	schema_memo_free(&check->memo);
	column_check_free(&check->columns);
	free(check);
}
