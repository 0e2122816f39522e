/*
 * pipe - frames one after another on standard input and standard output.
 */
#include "lib/wire/transport.h"

#include "lib/base/program.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_AHEAD_BYTES = 1 << 20 }; /* memory taken ahead of the bytes that came, whatever a frame claims */

/* ---- source ---- */

struct pipe_source {
	struct source base;
	struct buffer bytes;  /* of the frame that is coming in, from its first */
	size_t needed;        /* bytes until the frame is complete or its next length is known */
	size_t lengths_known; /* 0: none, 1: the header's, 2: the body's too */
	bool readable;
};

static size_t
source_poll_items(struct source *base, zmq_pollitem_t *items)
{
	(void)base;
	items[0] = (zmq_pollitem_t){.fd = STDIN_FILENO, .events = ZMQ_POLLIN};
	return 1;
}

static void
source_polled(struct source *base, const zmq_pollitem_t *items)
{
	((struct pipe_source *)base)->readable = items[0].revents != 0;
}

/* Starts on the next frame. */
static void
begin_frame(struct pipe_source *source)
{
	source->base.offset += source->bytes.size;
	buffer_clear(&source->bytes);
	source->needed = FRAME_PREFIX_BYTES;
	source->lengths_known = 0;
}

/* The bytes needed are there: learns the next length.  *WHOLE if the frame is complete. */
static bool
learn_length(struct pipe_source *source, bool *whole, struct nest_error *error)
{
	static const char *const names[] = {"header", "body"};
	static const size_t limits[] = {FRAME_HEADER_LIMIT, FRAME_BODY_LIMIT};
	size_t size = 0;

	*whole = source->lengths_known == 2;
	if (*whole)
		return true;
	const uint8_t *prefix = source->bytes.data + source->needed - FRAME_PREFIX_BYTES;
	if (!frame_decode_prefix(
		prefix, names[source->lengths_known], limits[source->lengths_known], &size, error))
		return nest_error_prefix(
		    error, "standard input, frame at byte %llu: ", (unsigned long long)source->base.offset);
	/* The prefix of the body follows the header. */
	source->needed += size + (source->lengths_known == 0 ? FRAME_PREFIX_BYTES : 0);
	source->lengths_known++;
	*whole = source->lengths_known == 2 && source->needed == source->bytes.size;
	return true;
}

/* Whether the end of the stream can be the beginning of a frame. */
static bool
check_beginning(const struct pipe_source *source, struct nest_error *error)
{
	const uint8_t prefix[FRAME_PREFIX_BYTES] = {source->bytes.data[0]};
	size_t size;
	return frame_decode_prefix(prefix, "header", FRAME_HEADER_LIMIT, &size, error) ||
	       nest_error_prefix(
		   error, "standard input, frame at byte %llu: ", (unsigned long long)source->base.offset);
}

static enum source_event
at_end_of_file(struct pipe_source *source, struct nest_error *error)
{
	if (source->bytes.size == 0)
		return SOURCE_CLOSED;
	if (!check_beginning(source, error))
		return SOURCE_ERROR;
	nest_error_set(error, NEST_FAILED,
	    "standard input ends at byte %llu, in the middle of a frame: its writer was lost, or the stream "
	    "is cut short",
	    (unsigned long long)(source->base.offset + source->bytes.size));
	return SOURCE_ERROR;
}

static enum source_event
source_take(struct source *base, struct nest_error *error)
{
	struct pipe_source *source = (struct pipe_source *)base;
	bool whole = false;

	if (source->lengths_known == 2 && source->bytes.size == source->needed)
		begin_frame(source);
	if (!source->readable)
		return SOURCE_EMPTY;
	source->readable = false;

	size_t wanted = source->needed - source->bytes.size;
	if (wanted > READ_AHEAD_BYTES)
		wanted = READ_AHEAD_BYTES;
	if (!buffer_reserve(&source->bytes, wanted, error))
		return SOURCE_ERROR;
	ssize_t got = read(STDIN_FILENO, source->bytes.data + source->bytes.size, wanted);
	if (got == 0)
		return at_end_of_file(source, error);
	if (got < 0) {
		if (errno == EINTR || errno == EAGAIN)
			return SOURCE_EMPTY;
		nest_error_system(error, "unable to read standard input");
		return SOURCE_ERROR;
	}
	source->bytes.size += (size_t)got;
	/* More is likely there; an empty pipe is never read without polling. */
	if (source->bytes.size == source->needed && !learn_length(source, &whole, error))
		return SOURCE_ERROR;
	if (!whole)
		return SOURCE_EMPTY;
	base->frame = (struct view){source->bytes.data, source->bytes.size};
	return SOURCE_FRAME;
}

static void
source_close(struct source *base)
{
	struct pipe_source *source = (struct pipe_source *)base;
	buffer_free(&source->bytes);
	free(source);
}

bool
pipe_source_open(struct source **source, const struct wire_options *options, struct nest_error *error)
{
	if (isatty(STDIN_FILENO))
		return nest_error_set(error, NEST_USAGE,
		    "standard input is a terminal; pipe frames into it (from %s) or use --from",
		    options->upstream);
	struct pipe_source *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "a pipe");
	made->base = (struct source){.take = source_take,
	    .poll_items = source_poll_items,
	    .polled = source_polled,
	    .close = source_close,
	    .title = "standard input",
	    .is_pipe = true};
	begin_frame(made);
	if (!buffer_append(&made->bytes, options->head.data, options->head.size, error)) {
		source_close(&made->base);
		return false;
	}
	program_widen_pipe(STDIN_FILENO);
	*source = &made->base;
	return true;
}

/* ---- sink ---- */

struct pipe_sink {
	struct sink base;
	struct buffer buffer;
};

static bool
write_failed(struct nest_error *error)
{
	if (errno == EPIPE)
		return nest_error_set(
		    error, NEST_FAILED, "the reader of standard output was lost, or wants no more");
	return nest_error_system(error, "unable to write standard output");
}

static struct buffer *
sink_borrow(struct sink *base, struct nest_error *error)
{
	struct pipe_sink *sink = (struct pipe_sink *)base;
	(void)error;
	buffer_clear(&sink->buffer);
	return &sink->buffer;
}

static bool
sink_send(struct sink *base, size_t route, struct buffer *buffer, size_t start, struct nest_error *error)
{
	const uint8_t *at = buffer->data + start, *end = buffer->data + buffer->size;
	(void)base;
	(void)route;
	while (at < end) {
		ssize_t written = write(STDOUT_FILENO, at, (size_t)(end - at));
		if (program_interrupted())
			return program_interrupt_error(error);
		if (written < 0 && errno != EINTR)
			return write_failed(error);
		at += written > 0 ? written : 0;
	}
	return true;
}

static bool
sink_flush(struct sink *base, struct nest_error *error)
{
	(void)base;
	/* A file system may report a failed write only at the close. */
	if (close(STDOUT_FILENO) != 0)
		return write_failed(error);
	return true;
}

static size_t
sink_poll_items(struct sink *base, zmq_pollitem_t *items)
{
	(void)base;
	/* No events are requested: a pipe without a reader is always reported. */
	items[0] = (zmq_pollitem_t){.fd = STDOUT_FILENO};
	return 1;
}

static bool
sink_check(struct sink *base, const zmq_pollitem_t *items, struct nest_error *error)
{
	(void)base;
	if (items[0].revents == 0)
		return true;
	errno = EPIPE;
	return write_failed(error);
}

static void
sink_close(struct sink *base)
{
	struct pipe_sink *sink = (struct pipe_sink *)base;
	buffer_free(&sink->buffer);
	free(sink);
}

static bool
refuse_terminal(const struct wire_options *options, struct nest_error *error)
{
	nest_error_set(error, NEST_USAGE,
	    "standard output is a terminal, and frames are binary; pipe them into %s or use --to",
	    options->downstream);
	if (options->as_text != NULL)
		nest_error_suffix(error, ", or look at them with %s", options->as_text);
	return false;
}

bool
pipe_sink_open(struct sink **sink, const struct wire_options *options, struct nest_error *error)
{
	if (isatty(STDOUT_FILENO))
		return refuse_terminal(options, error);
	struct pipe_sink *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "a pipe");
	made->base = (struct sink){.borrow = sink_borrow,
	    .send = sink_send,
	    .flush = sink_flush,
	    .poll_items = sink_poll_items,
	    .check = sink_check,
	    .close = sink_close,
	    .route_count = 1,
	    .item_count = 1};
	program_widen_pipe(STDOUT_FILENO);
	*sink = &made->base;
	return true;
}
