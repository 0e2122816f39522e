#include "lib/wire/wire.h"

#include "lib/base/program.h"
#include "lib/meter/probe.h"
#include "lib/wire/body.h"
#include "lib/wire/ledger.h"
#include "lib/wire/silence.h"
#include "lib/wire/transport.h"

#include <stdio.h>
#include <stdlib.h>

struct wire_in {
	struct source *source;
	struct sink *watched;
	zmq_pollitem_t *items; /* the source's two, then the watched sink's */
	struct ledger ledger;
	struct silence silence;
	struct frame frame;
	struct body_codec codec;
	struct buffer plain; /* a body decompressed */
	struct wire_count count;
	enum frame_kind wanted;
	bool with_progress;
	bool closed; /* the pipe is at its end */
	const struct wire_options *options;
	uint64_t deadline_ns; /* for all senders to arrive */
	char place[512];
};

bool
wire_in_open(struct wire_in **in, const struct wire_options *options, enum frame_kind wanted,
    bool with_progress, struct nest_error *error)
{
	struct wire_in *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "a receiver");
	made->wanted = wanted;
	made->with_progress = with_progress;
	made->options = options;
	made->deadline_ns = program_clock_ns() + options->timeout_s * 1000000000u;
	made->items = calloc(2, sizeof *made->items);

	bool opened = false;
	if (made->items == NULL)
		nest_error_memory(error, 2 * sizeof *made->items, "a receiver");
	else if (ledger_init(&made->ledger, options->senders, error))
		opened = transport_is_pipe(options->from) ? pipe_source_open(&made->source, options, error)
		                                          : socket_source_open(&made->source, options, error);
	if (!opened) {
		wire_in_close(made);
		return false;
	}
	silence_init(&made->silence, options, made->source->title);
	*in = made;
	return true;
}

bool
wire_in_watch(struct wire_in *in, struct wire_out *out, struct nest_error *error)
{
	struct sink *sink = wire_out_sink(out);
	zmq_pollitem_t *items = realloc(in->items, (2 + sink->item_count) * sizeof *items);
	if (items == NULL)
		return nest_error_memory(error, sink->item_count * sizeof *items, "a receiver");
	in->items = items;
	in->watched = sink;
	return true;
}

/* The writer of the pipe need not be the sender that its frames name: a filter may be in between. */
static bool
pipe_closed(const struct wire_in *in, struct nest_error *error)
{
	const struct ledger_sender *unfinished = ledger_unfinished(&in->ledger);
	nest_error_set(error, NEST_FAILED, "the writer of %s was lost: it ended without ", in->source->title);
	if (unfinished != NULL)
		return nest_error_suffix(error, "the end frame of %s", unfinished->name);
	return nest_error_suffix(error, in->ledger.ended_count > 0 ? "another end frame" : "an end frame");
}

static bool
connection_closed(const struct wire_in *in, struct nest_error *error)
{
	if (in->source->is_pipe)
		return pipe_closed(in, error);
	const struct ledger_sender *lost = ledger_disconnect(&in->ledger, in->source->connection);
	return lost == NULL ||
	       nest_error_set(error, NEST_FAILED, "%s: %s was lost: it is gone without its end frame",
		   in->source->title, lost->name);
}

/* Sleeps until something happens anywhere; checks the watched receivers and the deadline. */
static bool
wait_for_frame(struct wire_in *in, struct nest_error *error)
{
	size_t own = in->source->poll_items(in->source, in->items), all = own;
	if (in->watched != NULL)
		all += in->watched->poll_items(in->watched, in->items + own);
	if (!transport_wait(in->items, all, error))
		return false;
	in->source->polled(in->source, in->items);
	if (in->watched != NULL && !in->watched->check(in->watched, in->items + own, error))
		return false;
	bool waits_for_senders = !in->source->is_pipe && in->ledger.sender_count < in->ledger.expected;
	if (waits_for_senders && program_clock_ns() > in->deadline_ns)
		return nest_error_set(error, NEST_FAILED,
		    "%s: %zu of %zu senders have come within %llu s; start the others (%s) or say how many "
		    "with --senders",
		    in->source->title, in->ledger.sender_count, in->ledger.expected,
		    (unsigned long long)in->options->timeout_s, in->options->upstream);
	if (!waits_for_senders)
		silence_note(&in->silence, &in->ledger);
	return true;
}

/*
 * Whether what was taken came from a stranger: over a socket, on a connection
 * that no sender has used.  Anybody who can reach an endpoint can connect to it,
 * and what a stranger sends must not fail the run.
 */
static bool
is_stranger(const struct wire_in *in)
{
	return in->source->blame != NULL && !ledger_knows(&in->ledger, in->source->connection);
}

/* A message is not a frame, for the reason ERROR: a stranger's is skipped, a sender's ends the run. */
static bool
refuse_message(struct wire_in *in, const struct nest_error *error)
{
	char what[sizeof error->text + 64];
	if (!is_stranger(in))
		return false;
	snprintf(what, sizeof what, "is no sender, and what it sends is dropped: %s", error->text);
	in->source->blame(in->source, what, true);
	return true;
}

/* Whether the frame is in the name of a sender with another connection; then it is skipped. */
static bool
refuse_foreign(struct wire_in *in)
{
	const struct frame *frame = &in->frame;
	char what[FRAME_NAME_LIMIT + 128];
	if (!ledger_is_foreign(&in->ledger, frame, in->source->connection))
		return false;
	snprintf(what, sizeof what,
	    "sends in the name of %.*s, which came by another connection; it is dropped, "
	    "give every sender a --name of its own",
	    (int)frame->sender.size, (const char *)frame->sender.data);
	in->source->blame(in->source, what, is_stranger(in));
	return true;
}

/* Checks and enters the frame that is decoded. */
static bool
enter_frame(struct wire_in *in, struct nest_error *error)
{
	const struct frame *frame = &in->frame;
	bool is_data = frame->kind != FRAME_PROGRESS && frame->kind != FRAME_END;
	if (is_data && frame->kind != in->wanted)
		return nest_error_set(error, NEST_INVALID,
		    "a frame of kind %s where %s are due; check the order of the stages",
		    frame_kind_name(frame->kind), frame_kind_name(in->wanted));
	if (!ledger_enter(&in->ledger, frame, in->source->connection, error))
		return false;
	in->count.bytes += in->source->frame.size;
	if (!is_data)
		return true;
	in->count.frames++;
	in->count.rows += frame->rows;
	return body_open(&in->codec, &in->frame, &in->plain, error);
}

/* Takes what the source holds; *PASSED_OVER if it does not belong to the run. */
static bool
accept_frame(struct wire_in *in, bool *passed_over, struct nest_error *error)
{
	NEST_SCOPE("wire.accept");
	in->frame.sender.size = 0;
	*passed_over = false;
	if (!frame_decode(&in->frame, in->source->frame, error))
		return *passed_over = refuse_message(in, error);
	return (*passed_over = refuse_foreign(in)) || enter_frame(in, error);
}

const char *
wire_in_place(const struct wire_in *in)
{
	return in->place;
}

static void
describe_place(struct wire_in *in, const char *part)
{
	snprintf(in->place, sizeof in->place, "%s, frame at byte %llu from %.*s%s: ", in->source->title,
	    (unsigned long long)in->source->offset,
	    in->frame.sender.size > 0 ? (int)in->frame.sender.size : 7,
	    in->frame.sender.size > 0 ? (const char *)in->frame.sender.data : "unknown", part);
}

/* For the caller's messages: if every part has a row 0, a row's number alone does not identify it. */
static void
describe_handed_out(struct wire_in *in)
{
	char part[32] = "";
	if (in->frame.is_part_numbered)
		snprintf(part, sizeof part, ", part %llu", (unsigned long long)in->frame.part);
	describe_place(in, part);
}

/* Whether the caller wants to see the frame just accepted. */
static bool
is_handed_out(const struct wire_in *in)
{
	return in->frame.kind == in->wanted || (in->frame.kind == FRAME_PROGRESS && in->with_progress);
}

static enum source_event
take(struct wire_in *in, struct nest_error *error)
{
	NEST_SCOPE("wire.receive");
	return in->source->take(in->source, error);
}

/* Refuses what follows the last end: from a sender that has ended, or one that was not announced. */
static bool
refuse_behind_end(struct wire_in *in, struct nest_error *error)
{
	unsigned long long at = in->source->offset;
	if (!frame_decode(&in->frame, in->source->frame, error))
		return nest_error_prefix(
		    error, "%s, behind the last end, at byte %llu: ", in->source->title, at);
	struct view name = in->frame.sender;
	return nest_error_set(error, NEST_INVALID,
	    "%s: a frame follows the last end, at byte %llu, from %.*s; %s", in->source->title, at,
	    (int)name.size, (const char *)name.data,
	    ledger_find(&in->ledger, name) != NULL ? "nothing of a sender may follow its end"
						   : "is --senders too small?");
}

/* On a pipe nothing may follow the last end. */
static bool
finish_pipe(struct wire_in *in, struct nest_error *error)
{
	while (in->source->is_pipe && !in->closed) {
		switch (take(in, error)) {
		case SOURCE_CLOSED:
			in->closed = true;
			break;
		case SOURCE_EMPTY:
			if (!wait_for_frame(in, error))
				return false;
			break;
		case SOURCE_FRAME:
			return refuse_behind_end(in, error);
		case SOURCE_BAD:
		case SOURCE_ERROR:
			return false;
		}
	}
	return true;
}

bool
wire_in_next(struct wire_in *in, const struct frame **frame, struct nest_error *error)
{
	bool passed_over;
	*frame = NULL;
	while (!ledger_complete(&in->ledger)) {
		if (program_interrupted())
			return program_interrupt_error(error);
		switch (take(in, error)) {
		case SOURCE_FRAME:
			silence_break(&in->silence);
			if (!accept_frame(in, &passed_over, error)) {
				describe_place(in, "");
				return nest_error_prefix(error, "%s", in->place);
			}
			if (passed_over || !is_handed_out(in))
				break;
			describe_handed_out(in);
			*frame = &in->frame;
			return true;
		case SOURCE_EMPTY:
			if (!wait_for_frame(in, error))
				return false;
			break;
		case SOURCE_CLOSED:
			if (!connection_closed(in, error))
				return false;
			break;
		case SOURCE_BAD:
			if (!refuse_message(in, error))
				return false;
			break;
		case SOURCE_ERROR:
			return false;
		}
	}
	return finish_pipe(in, error);
}

struct wire_count
wire_in_count(const struct wire_in *in)
{
	return in->count;
}

const struct frame_extent *
wire_in_extent(const struct wire_in *in)
{
	return in->ledger.has_extent ? &in->ledger.extent : NULL;
}

void
wire_in_close(struct wire_in *in)
{
	if (in == NULL)
		return;
	if (in->source != NULL)
		in->source->close(in->source);
	ledger_free(&in->ledger);
	frame_free(&in->frame);
	body_codec_free(&in->codec);
	buffer_free(&in->plain);
	free(in->items);
	free(in);
}
