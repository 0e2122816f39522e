/*
 * transport - how whole frames get in and out, below wire.h and private to it.
 *
 * A source yields frames without blocking, a sink takes them and may block;
 * pipe.c and socket_in.c, socket_out.c implement them.  Everything that waits
 * waits in zmq_poll() on items that sources and sinks contribute, so that one
 * wait sees all peers.
 */
#ifndef NEST_WIRE_TRANSPORT_H
#define NEST_WIRE_TRANSPORT_H

#include "lib/wire/wire.h"

#include <zmq.h>

enum {
	WAIT_MS = 200, /* the longest nap between two looks at interrupts and deadlines */
};

/* ---- sources ---- */

enum source_event {
	SOURCE_FRAME,  /* one whole frame in `frame`, lent until the next take */
	SOURCE_EMPTY,  /* nothing now: wait */
	SOURCE_CLOSED, /* the stream is at its end: nothing will come by `connection` any more */
	SOURCE_BAD,    /* what came by `connection` is no frame: the error says why */
	SOURCE_ERROR,
};

struct source {
	/* Looks for the next frame; never waits. */
	enum source_event (*take)(struct source *source, struct nest_error *error);
	/* Fills ITEMS (room for 2), returns how many. */
	size_t (*poll_items)(struct source *source, zmq_pollitem_t *items);
	/* Takes what zmq_poll() found for these items. */
	void (*polled)(struct source *source, const zmq_pollitem_t *items);
	/*
	 * Warns that the sender of what was taken last did WHAT, and ignores it from now on if
	 * IS_DROPPED; NULL on a pipe, which has no strangers.
	 */
	void (*blame)(struct source *source, const char *what, bool is_dropped);
	void (*close)(struct source *source);
	struct view frame;
	uint64_t connection; /* by which the frame came, or that closed; no two are the same */
	uint64_t offset;     /* of the frame in the stream; counts bytes of all frames on a socket */
	const char *title;   /* "standard input", or the endpoint */
	bool is_pipe;        /* one connection, 0, and an end of file */
};

bool pipe_source_open(struct source **source, const struct wire_options *options, struct nest_error *error);
bool socket_source_open(struct source **source, const struct wire_options *options, struct nest_error *error);

/* ---- sinks ---- */

struct sink {
	/* An empty buffer to build a frame in; NULL on an error. */
	struct buffer *(*borrow)(struct sink *sink, struct nest_error *error);
	/* Takes BUFFER back and sends what it holds from START on; blocks while ROUTE's receiver is busy. */
	bool (*send)(
	    struct sink *sink, size_t route, struct buffer *buffer, size_t start, struct nest_error *error);
	/* The end was sent on ROUTE, whose receiver may close from now on; NULL on a pipe, where none does.
	 */
	void (*ended)(struct sink *sink, size_t route);
	/* Returns when the receivers have taken everything. */
	bool (*flush)(struct sink *sink, struct nest_error *error);
	/* How many items the sink polls, and filling them. */
	size_t (*poll_items)(struct sink *sink, zmq_pollitem_t *items);
	/* False when a receiver is lost, as the polled items say. */
	bool (*check)(struct sink *sink, const zmq_pollitem_t *items, struct nest_error *error);
	void (*close)(struct sink *sink);
	size_t route_count;
	size_t item_count;
};

bool pipe_sink_open(struct sink **sink, const struct wire_options *options, struct nest_error *error);
bool socket_sink_open(struct sink **sink, const struct wire_options *options, struct nest_error *error);

/* The sink behind a wire_out, for a wire_in that watches it. */
struct sink *wire_out_sink(struct wire_out *out);

/* zmq_poll() for at most WAIT_MS; false on an interrupt or a failure. */
bool transport_wait(zmq_pollitem_t *items, size_t count, struct nest_error *error);

/* "-" and NULL are a pipe. */
bool transport_is_pipe(const char *endpoint);

/* Whether ENDPOINT is on this host: ipc://.  NULL is nowhere. */
bool transport_is_local(const char *endpoint);

/* Whether the name of ENDPOINT's host has no address; looks it up. */
bool transport_is_unknown(const char *endpoint);

/* The path after ipc://. */
const char *transport_path(const char *endpoint);

/* NEST_USAGE unless ENDPOINT is ipc:// with a path that fits, or tcp://; OPTION names it in the message. */
bool transport_check_endpoint(const char *endpoint, const char *option, struct nest_error *error);

#endif
