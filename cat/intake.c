#include "cat/intake.h"

#include "cat/shown.h"
#include "lib/base/program.h"
#include "lib/wire/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A connection on which a frame came. */
struct peer {
	uint64_t connection;
	bool has_ended;
};

struct intake {
	struct stream stream;
	struct source *source; /* a socket; NULL: the input is the stream */
	bool is_copied;
	uint64_t number;
	struct peer *peers;
	size_t peer_count, peer_capacity, ended_count;
	uint64_t senders, timeout_s, deadline_ns;
	const char *upstream;
};

static bool
open_stream(
    struct intake *intake, const struct wire_options *options, const char *file, struct nest_error *error)
{
	intake->stream.descriptor = STDIN_FILENO;
	intake->stream.is_copied = intake->is_copied;
	intake->stream.title = "standard input";
	if (file == NULL)
		return !isatty(STDIN_FILENO) ||
		       nest_error_set(error, NEST_USAGE,
			   "standard input is a terminal; pipe frames into it (from %s), name a file or use "
			   "--from",
			   options->upstream);
	intake->stream.title = file;
	intake->stream.descriptor = open(file, O_RDONLY | O_CLOEXEC);
	return intake->stream.descriptor >= 0 || nest_error_system(error, "unable to open %s", file);
}

bool
intake_open(struct intake **intake, const struct wire_options *options, const char *file, bool is_searched,
    bool is_copied, struct nest_error *error)
{
	struct intake *made = calloc(1, sizeof *made);
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
		intake_close(made);
		return false;
	}
	*intake = made;
	return true;
}

void
intake_close(struct intake *intake)
{
	if (intake == NULL)
		return;
	if (intake->source != NULL)
		intake->source->close(intake->source);
	else if (intake->stream.descriptor > STDIN_FILENO)
		close(intake->stream.descriptor);
	stream_free(&intake->stream);
	free(intake->peers);
	free(intake);
}

const char *
intake_title(const struct intake *intake)
{
	return intake->source != NULL ? intake->source->title : intake->stream.title;
}

/* ---- a stream ---- */

static bool
next_of_stream(struct intake *intake, struct intake_piece *piece, struct nest_error *error)
{
	static const enum piece_kind kinds[] = {
	    [STREAM_FRAME] = PIECE_FRAME, [STREAM_NO_FRAME] = PIECE_NO_FRAME, [STREAM_END] = PIECE_END};
	struct stream *stream = &intake->stream;
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
find_peer(const struct intake *intake, uint64_t connection)
{
	for (size_t i = 0; i < intake->peer_count; i++)
		if (intake->peers[i].connection == connection)
			return &intake->peers[i];
	return NULL;
}

static void
end_peer(struct intake *intake, struct peer *peer)
{
	intake->ended_count += !peer->has_ended;
	peer->has_ended = true;
}

static bool
wait_for_peers(struct intake *intake, struct nest_error *error)
{
	zmq_pollitem_t items[2];
	struct source *source = intake->source;
	if (!shown_flush(NEST_OK, error) || !transport_wait(items, source->poll_items(source, items), error))
		return false;
	source->polled(source, items);
	return intake->peer_count >= intake->senders || program_clock_ns() <= intake->deadline_ns ||
	       nest_error_set(error, NEST_FAILED,
		   "%s: %zu of %llu senders have come within %llu s; start the others (%s) or say how many "
		   "with --senders",
		   source->title, intake->peer_count, (unsigned long long)intake->senders,
		   (unsigned long long)intake->timeout_s, intake->upstream);
}

/* Whether to return the event: not the closing of a connection that has sent nothing. */
static bool
note_event(struct intake *intake, enum source_event event, struct intake_piece *piece)
{
	struct peer *peer = find_peer(intake, intake->source->connection);
	switch (event) {
	case SOURCE_FRAME:
		piece->kind = PIECE_FRAME;
		piece->bytes = intake->source->frame;
		return true;
	case SOURCE_BAD:
		piece->kind = PIECE_NO_FRAME;
		return true;
	case SOURCE_CLOSED:
		piece->kind = PIECE_LOST;
		if (peer == NULL || peer->has_ended)
			return false;
		end_peer(intake, peer);
		return true;
	default:
		return false;
	}
}

static bool
next_of_socket(struct intake *intake, struct intake_piece *piece, struct nest_error *error)
{
	while (intake->ended_count < intake->senders) {
		if (program_interrupted())
			return program_interrupt_error(error);
		enum source_event event = intake->source->take(intake->source, error);
		if (event == SOURCE_ERROR || (event == SOURCE_EMPTY && !wait_for_peers(intake, error)))
			return false;
		if (!note_event(intake, event, piece))
			continue;
		piece->offset = intake->source->offset;
		piece->connection = intake->source->connection;
		return piece->kind != PIECE_FRAME || !intake->is_copied || stream_copy(piece->bytes, error);
	}
	piece->kind = PIECE_END;
	piece->offset = intake->source->offset;
	return true;
}

bool
intake_next(struct intake *intake, struct intake_piece *piece, struct nest_error *error)
{
	*piece = (struct intake_piece){.number = ++intake->number};
	return intake->source != NULL ? next_of_socket(intake, piece, error)
	                              : next_of_stream(intake, piece, error);
}

bool
intake_enter(struct intake *intake, const struct intake_piece *piece, const struct frame *frame,
    struct nest_error *error)
{
	struct peer *peer;
	if (intake->source == NULL)
		return true;
	if ((peer = find_peer(intake, piece->connection)) == NULL) {
		if (intake->peer_count == intake->peer_capacity) {
			size_t capacity = 2 * intake->peer_capacity + 8;
			struct peer *peers = realloc(intake->peers, capacity * sizeof *peers);
			if (peers == NULL)
				return nest_error_memory(error, capacity * sizeof *peers, "the senders");
			intake->peers = peers;
			intake->peer_capacity = capacity;
		}
		peer = &intake->peers[intake->peer_count++];
		*peer = (struct peer){piece->connection, false};
	}
	if (frame->kind == FRAME_END)
		end_peer(intake, peer);
	return true;
}

bool
intake_is_stranger(struct intake *intake, const struct intake_piece *piece, const struct nest_error *why)
{
	char what[sizeof why->text + 64];
	if (intake->source == NULL || find_peer(intake, piece->connection) != NULL)
		return false;
	snprintf(what, sizeof what, "is no sender, and what it sends is dropped: %s", why->text);
	intake->source->blame(intake->source, what, true);
	return true;
}
