#include "cat/input.h"

#include "lib/base/program.h"
#include "lib/wire/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A connection by which a frame came. */
struct peer {
	uint64_t connection;
	bool has_ended;
};

struct input {
	struct stream stream;
	struct source *source; /* a socket; NULL: the stream it is */
	bool is_copied;
	uint64_t number;
	struct peer *peers;
	size_t peer_count, peer_capacity, ended_count;
	uint64_t senders, timeout_s, deadline_ns;
	const char *upstream;
};

static bool
open_stream(
    struct input *input, const struct wire_options *options, const char *file, struct nest_error *error)
{
	input->stream.descriptor = STDIN_FILENO;
	input->stream.is_copied = input->is_copied;
	input->stream.title = "standard input";
	if (file == NULL)
		return !isatty(STDIN_FILENO) ||
		       nest_error_set(error, NEST_USAGE,
			   "standard input is a terminal; pipe frames into it (from %s), name a file or use "
			   "--from",
			   options->upstream);
	input->stream.title = file;
	input->stream.descriptor = open(file, O_RDONLY | O_CLOEXEC);
	return input->stream.descriptor >= 0 || nest_error_system(error, "unable to open %s", file);
}

bool
input_open(struct input **input, const struct wire_options *options, const char *file, bool is_searched,
    bool is_copied, struct nest_error *error)
{
	struct input *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "the input");
	made->is_copied = is_copied;
	made->stream.is_searched = is_searched;
	made->senders = options->senders;
	made->timeout_s = options->timeout_s;
	made->deadline_ns = program_clock_ns() + options->timeout_s * 1000000000u;
	made->upstream = options->upstream;
	if (transport_is_pipe(options->from) ? !open_stream(made, options, file, error)
					     : !socket_source_open(&made->source, options, error)) {
		input_close(made);
		return false;
	}
	*input = made;
	return true;
}

void
input_close(struct input *input)
{
	if (input == NULL)
		return;
	if (input->source != NULL)
		input->source->close(input->source);
	else if (input->stream.descriptor > STDIN_FILENO)
		close(input->stream.descriptor);
	stream_free(&input->stream);
	free(input->peers);
	free(input);
}

const char *
input_title(const struct input *input)
{
	return input->source != NULL ? input->source->title : input->stream.title;
}

/* ---- a stream ---- */

static bool
next_of_stream(struct input *input, struct input_piece *piece, struct nest_error *error)
{
	static const enum piece_kind kinds[] = {
	    [STREAM_FRAME] = PIECE_FRAME, [STREAM_NO_FRAME] = PIECE_NO_FRAME, [STREAM_END] = PIECE_END};
	struct stream *stream = &input->stream;
	enum stream_piece found;
	uint64_t begin = stream->offset + stream->at + stream->size;
	if (!stream_next(stream, &found, error))
		return false;
	piece->kind = kinds[found];
	piece->offset = begin;
	piece->bytes = (struct view){stream->bytes.data + stream->at, stream->size};
	return true;
}

/* ---- a socket ---- */

static struct peer *
find_peer(const struct input *input, uint64_t connection)
{
	for (size_t i = 0; i < input->peer_count; i++)
		if (input->peers[i].connection == connection)
			return &input->peers[i];
	return NULL;
}

static void
end_peer(struct input *input, struct peer *peer)
{
	input->ended_count += !peer->has_ended;
	peer->has_ended = true;
}

static bool
wait_for_peers(struct input *input, struct nest_error *error)
{
	zmq_pollitem_t items[2];
	struct source *source = input->source;
	fflush(stdout);
	if (!transport_wait(items, source->poll_items(source, items), error))
		return false;
	source->polled(source, items);
	return input->peer_count >= input->senders || program_clock_ns() <= input->deadline_ns ||
	       nest_error_set(error, NEST_FAILED,
		   "%s: %zu of %llu senders have come within %llu s; start the others (%s) or say how many "
		   "with --senders",
		   source->title, input->peer_count, (unsigned long long)input->senders,
		   (unsigned long long)input->timeout_s, input->upstream);
}

/* Whether what was taken is to be handed out: not what closes without having sent. */
static bool
note_event(struct input *input, enum source_event event, struct input_piece *piece)
{
	struct peer *peer = find_peer(input, input->source->connection);
	switch (event) {
	case SOURCE_FRAME:
		piece->kind = PIECE_FRAME;
		piece->bytes = input->source->frame;
		return true;
	case SOURCE_BAD:
		piece->kind = PIECE_NO_FRAME;
		return true;
	case SOURCE_CLOSED:
		piece->kind = PIECE_LOST;
		if (peer == NULL || peer->has_ended)
			return false;
		end_peer(input, peer);
		return true;
	default:
		return false;
	}
}

static bool
next_of_socket(struct input *input, struct input_piece *piece, struct nest_error *error)
{
	while (input->ended_count < input->senders) {
		if (program_interrupted())
			return program_interrupt_error(error);
		enum source_event event = input->source->take(input->source, error);
		if (event == SOURCE_ERROR || (event == SOURCE_EMPTY && !wait_for_peers(input, error)))
			return false;
		if (!note_event(input, event, piece))
			continue;
		piece->offset = input->source->offset;
		piece->connection = input->source->connection;
		return piece->kind != PIECE_FRAME || !input->is_copied || stream_copy(piece->bytes, error);
	}
	piece->kind = PIECE_END;
	piece->offset = input->source->offset;
	return true;
}

bool
input_next(struct input *input, struct input_piece *piece, struct nest_error *error)
{
	*piece = (struct input_piece){.number = ++input->number};
	return input->source != NULL ? next_of_socket(input, piece, error)
	                             : next_of_stream(input, piece, error);
}

bool
input_enter(
    struct input *input, const struct input_piece *piece, const struct frame *frame, struct nest_error *error)
{
	struct peer *peer;
	if (input->source == NULL)
		return true;
	if ((peer = find_peer(input, piece->connection)) == NULL) {
		if (input->peer_count == input->peer_capacity) {
			size_t capacity = 2 * input->peer_capacity + 8;
			struct peer *peers = realloc(input->peers, capacity * sizeof *peers);
			if (peers == NULL)
				return nest_error_memory(error, capacity * sizeof *peers, "the senders");
			input->peers = peers;
			input->peer_capacity = capacity;
		}
		peer = &input->peers[input->peer_count++];
		*peer = (struct peer){piece->connection, false};
	}
	if (frame->kind == FRAME_END)
		end_peer(input, peer);
	return true;
}

bool
input_is_stranger(struct input *input, const struct input_piece *piece, const struct nest_error *why)
{
	char what[sizeof why->text + 64];
	if (input->source == NULL || find_peer(input, piece->connection) != NULL)
		return false;
	snprintf(what, sizeof what, "is no sender, and what it sends is dropped: %s", why->text);
	input->source->blame(input->source, what, true);
	return true;
}
