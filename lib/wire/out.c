#include "lib/wire/wire.h"

#include "lib/base/program.h"
#include "lib/meter/probe.h"
#include "lib/wire/body.h"
#include "lib/wire/transport.h"

#include <stdlib.h>
#include <string.h>

enum {
	HEADROOM_BYTES = 4096,         /* for the header before a body; grows when a schema is large */
	PROGRESS_PERIOD_MS = 1000 / 6, /* between two progress frames */
};

/* What went out on one route, for its end. */
struct route_total {
	uint64_t frames, rows;
};

struct wire_out {
	struct sink *sink;
	struct route_total *totals;
	struct view name;
	enum frame_codec codec;
	struct body_codec body_codec;
	struct buffer *body;  /* borrowed from the sink, or NULL */
	struct buffer packed; /* a header, or a frame with a compressed body */
	size_t headroom;
	struct wire_count count;
	struct wire_progress progress; /* as it was last reported */
	uint64_t progress_due_ns;
	bool has_told_extent;
};

struct sink *
wire_out_sink(struct wire_out *out)
{
	return out->sink;
}

/* Waits for a buffer that the transport no longer needs. */
static struct buffer *
borrow(struct wire_out *out, struct nest_error *error)
{
	NEST_SCOPE("wire.borrow");
	return out->sink->borrow(out->sink, error);
}

struct buffer *
wire_out_body(struct wire_out *out, struct nest_error *error)
{
	if (out->body == NULL && (out->body = borrow(out, error)) == NULL)
		return NULL;
	if (!buffer_reserve(out->body, out->headroom, error))
		return NULL;
	out->body->size = out->headroom;
	return out->body;
}

/* Puts the packed header right before the body; *START is where the frame begins. */
static bool
join(struct wire_out *out, struct buffer *body, size_t *start, struct nest_error *error)
{
	size_t header = out->packed.size;
	if (header > out->headroom) {
		size_t more = header - out->headroom;
		if (!buffer_reserve(body, more, error))
			return false;
		memmove(body->data + header, body->data + out->headroom, body->size - out->headroom);
		body->size += more;
		out->headroom = header;
	}
	*start = out->headroom - header;
	memcpy(body->data + *start, out->packed.data, header);
	return true;
}

/* Replaces the body by its compressed form. */
static bool
compress_body(struct wire_out *out, struct buffer *body, struct nest_error *error)
{
	struct view raw = {body->data + out->headroom, body->size - out->headroom};
	buffer_clear(&out->packed);
	if (!body_compress(&out->body_codec, raw, &out->packed, error))
		return false;
	body->size = out->headroom;
	return buffer_append(body, out->packed.data, out->packed.size, error);
}

/* Encodes FRAME's header in front of BODY. */
static bool
pack_frame(struct wire_out *out, const struct frame *frame, struct buffer *body, size_t *start,
    struct nest_error *error)
{
	NEST_SCOPE("wire.pack");
	buffer_clear(&out->packed);
	return frame_encode_header(frame, body->size - out->headroom, &out->packed, error) &&
	       join(out, body, start, error);
}

static bool
send_frame(struct wire_out *out, size_t route, const struct frame *frame, struct buffer *body,
    struct nest_error *error)
{
	size_t start = 0;
	if (!pack_frame(out, frame, body, &start, error))
		return false;
	NEST_SCOPE("wire.send");
	out->count.bytes += body->size - start;
	out->body = NULL;
	return out->sink->send(out->sink, route, body, start, error);
}

bool
wire_out_send(struct wire_out *out, struct frame *frame, struct nest_error *error)
{
	struct buffer *body = out->body != NULL ? out->body : wire_out_body(out, error);
	if (body == NULL)
		return false;
	frame->sender = out->name;
	frame->codec = out->codec;
	frame->raw_bytes = body->size - out->headroom;
	if (out->codec != FRAME_CODEC_NONE && frame->kind != FRAME_PART && !compress_body(out, body, error))
		return false;

	size_t route = (size_t)(frame->part % out->sink->route_count);
	if (!send_frame(out, route, frame, body, error))
		return false;
	out->totals[route].frames++;
	out->totals[route].rows += frame->rows;
	out->count.frames++;
	out->count.rows += frame->rows;
	return true;
}

/* Sends a frame without a body on one route. */
static bool
send_control(struct wire_out *out, size_t route, struct frame *frame, struct nest_error *error)
{
	struct buffer *body = wire_out_body(out, error);
	frame->sender = out->name;
	return body != NULL && send_frame(out, route, frame, body, error);
}

/* Tells all receivers how far this sender is, and the EXTENT of the dataset unless that is NULL. */
static bool
send_progress(struct wire_out *out, const struct frame_extent *extent, struct nest_error *error)
{
	const struct wire_progress *progress = &out->progress;
	struct frame frame = {.kind = FRAME_PROGRESS,
	    .rows = progress->rows,
	    .total_rows = progress->total_rows,
	    .input_bytes = progress->input_bytes,
	    .input_total = progress->input_total,
	    .has_extent = extent != NULL};
	if (extent != NULL)
		frame.extent = *extent;
	out->progress_due_ns = program_clock_ns() + PROGRESS_PERIOD_MS * 1000000u;
	for (size_t i = 0; i < out->sink->route_count; i++)
		if (!send_control(out, i, &frame, error))
			return false;
	return true;
}

bool
wire_out_progress(struct wire_out *out, const struct wire_progress *progress, struct nest_error *error)
{
	if (program_clock_ns() < out->progress_due_ns)
		return true;
	out->progress = *progress;
	return send_progress(out, NULL, error);
}

bool
wire_out_tell_extent(struct wire_out *out, const struct frame_extent *extent, struct nest_error *error)
{
	if (extent == NULL || out->has_told_extent)
		return true;
	out->has_told_extent = true;
	return send_progress(out, extent, error);
}

/* Announces this sender to every receiver at once, so that they can name it if it is lost. */
static bool
greet(struct wire_out *out, const struct frame_extent *extent, struct nest_error *error)
{
	out->has_told_extent = extent != NULL;
	return send_progress(out, extent, error);
}

bool
wire_out_open(struct wire_out **out, const struct wire_options *options, struct nest_error *error)
{
	struct wire_out *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "a sender");
	made->name = view_of_text(options->name);
	made->codec = (enum frame_codec)options->codec;
	made->headroom = HEADROOM_BYTES;

	bool opened = transport_is_pipe(options->to) ? pipe_sink_open(&made->sink, options, error)
	                                             : socket_sink_open(&made->sink, options, error);
	if (opened) {
		made->totals = calloc(made->sink->route_count, sizeof *made->totals);
		opened = made->totals != NULL ? greet(made, options->extent, error)
		                              : nest_error_memory(error,
						    made->sink->route_count * sizeof *made->totals, "routes");
	}
	if (!opened) {
		wire_out_close(made);
		return false;
	}
	*out = made;
	return true;
}

bool
wire_out_end(struct wire_out *out, const struct frame_extent *extent, struct nest_error *error)
{
	for (size_t i = 0; i < out->sink->route_count; i++) {
		struct frame frame = {.kind = FRAME_END,
		    .frames = out->totals[i].frames,
		    .rows = out->totals[i].rows,
		    .has_extent = extent != NULL};
		if (extent != NULL)
			frame.extent = *extent;
		if (!send_control(out, i, &frame, error))
			return false;
		if (out->sink->ended != NULL)
			out->sink->ended(out->sink, i);
	}
	NEST_SCOPE("wire.flush");
	return out->sink->flush(out->sink, error);
}

bool
wire_out_await(struct wire_out *out, int fd, struct nest_error *error)
{
	zmq_pollitem_t *items = calloc(1 + out->sink->item_count, sizeof *items);
	if (items == NULL)
		return nest_error_memory(error, out->sink->item_count * sizeof *items, "a wait");
	items[0] = (zmq_pollitem_t){.fd = fd, .events = ZMQ_POLLIN};
	bool fine = true;
	while (fine && items[0].revents == 0) {
		size_t count = 1 + out->sink->poll_items(out->sink, items + 1);
		fine = transport_wait(items, count, error) && out->sink->check(out->sink, items + 1, error);
	}
	free(items);
	return fine;
}

struct wire_count
wire_out_count(const struct wire_out *out)
{
	return out->count;
}

void
wire_out_close(struct wire_out *out)
{
	if (out == NULL)
		return;
	if (out->sink != NULL)
		out->sink->close(out->sink);
	body_codec_free(&out->body_codec);
	buffer_free(&out->packed);
	free(out->totals);
	free(out);
}
