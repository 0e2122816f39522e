/*
 * socket_in - receives frames on a bound PULL socket.
 */
#include "lib/wire/peers.h"
#include "lib/wire/shared.h"
#include "lib/wire/socket.h"
#include "lib/wire/socket_file.h"
#include "lib/wire/transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENDPOINT_BYTES = 256 };

struct socket_source {
	struct source base;
	void *context, *socket, *monitor;
	zmq_msg_t message;
	bool has_message;
	bool shares_memory;
	struct shared_mappings mappings;
	struct peers peers;
	struct socket_file file;
	char endpoint[ENDPOINT_BYTES];
};

static size_t
source_poll_items(struct source *base, zmq_pollitem_t *items)
{
	struct socket_source *source = (struct socket_source *)base;
	items[0] = (zmq_pollitem_t){.socket = source->socket, .events = ZMQ_POLLIN};
	items[1] = (zmq_pollitem_t){.socket = source->monitor, .events = ZMQ_POLLIN};
	return 2;
}

static void
source_polled(struct source *base, const zmq_pollitem_t *items)
{
	(void)base;
	(void)items;
}

/* Notes all connections that have come and gone so far. */
static bool
note_events(struct socket_source *source, struct nest_error *error)
{
	struct socket_event event;
	while (socket_monitor_next(source->monitor, &event)) {
		if (event.what == ZMQ_EVENT_DISCONNECTED)
			peers_close(&source->peers, event.connection);
		else if (!peers_accept(&source->peers, event.connection, error))
			return false;
	}
	return true;
}

/* Releases the frame that was handed out. */
static void
release_frame(struct socket_source *source)
{
	if (!source->has_message)
		return;
	source->base.offset += source->base.frame.size;
	shared_return(&source->mappings);
	zmq_msg_close(&source->message);
	source->has_message = false;
}

/* Refuses a message of several parts, and drops them all. */
static enum source_event
refuse_parts(struct socket_source *source, struct nest_error *error)
{
	while (zmq_msg_more(&source->message)) {
		zmq_msg_close(&source->message);
		zmq_msg_init(&source->message);
		if (zmq_msg_recv(&source->message, source->socket, ZMQ_DONTWAIT) < 0)
			break;
	}
	nest_error_set(error, NEST_INVALID,
	    "%s: a message of several parts has come; a frame is one message of one part", source->endpoint);
	return SOURCE_BAD;
}

/* The frame is the message itself, or is where the message says. */
static enum source_event
hand_out(struct socket_source *source, int descriptor, struct nest_error *error)
{
	struct source *base = &source->base;
	struct view message = {zmq_msg_data(&source->message), zmq_msg_size(&source->message)};
	base->frame = message;
	if (!shared_is_reference(message))
		return SOURCE_FRAME;
	if (!source->shares_memory) {
		nest_error_set(error, NEST_USAGE,
		    "%s: a sender keeps its frames in shared memory; give --wire-memory here, too, or to "
		    "neither",
		    source->endpoint);
		return SOURCE_BAD;
	}
	switch (shared_take(&source->mappings, descriptor, message, &base->frame, error)) {
	case SHARED_FRAME:
		return SOURCE_FRAME;
	case SHARED_GONE:
		return SOURCE_CLOSED;
	case SHARED_ERROR:
		nest_error_prefix(error, "%s: ", source->endpoint);
		break;
	}
	return SOURCE_BAD;
}

/* A message has come: finds out from whom, and what is in it. */
static enum source_event
look_at(struct socket_source *source, struct nest_error *error)
{
	source->has_message = true;
	source->base.frame.size = 0;
	/* Its connection was noted before it; later closings are reported only once the queue is empty. */
	if (!note_events(source, error))
		return SOURCE_ERROR;
	const struct peer *peer = peers_find(&source->peers, &source->message);
	if (peer == NULL || peer->is_dropped) {
		release_frame(source);
		return SOURCE_EMPTY;
	}
	source->base.connection = peer->id;
	if (zmq_msg_more(&source->message))
		return refuse_parts(source, error);
	return hand_out(source, peer->descriptor, error);
}

static enum source_event
source_take(struct source *base, struct nest_error *error)
{
	struct socket_source *source = (struct socket_source *)base;
	release_frame(source);
	/*
	 * Closings first: messages that came before them are in the queue by now, and are
	 * drained before the closings are reported.
	 */
	if (!note_events(source, error))
		return SOURCE_ERROR;
	zmq_msg_init(&source->message);
	if (zmq_msg_recv(&source->message, source->socket, ZMQ_DONTWAIT) >= 0)
		return look_at(source, error);
	if (errno == EINTR)
		return SOURCE_EMPTY;
	if (errno != EAGAIN) {
		nest_error_set(
		    error, NEST_FAILED, "unable to receive at %s: %s", source->endpoint, zmq_strerror(errno));
		return SOURCE_ERROR;
	}
	return peers_forget_closed(&source->peers, source->endpoint, &base->connection) ? SOURCE_CLOSED
	                                                                                : SOURCE_EMPTY;
}

static void
source_blame(struct source *base, const char *what, bool is_dropped)
{
	struct socket_source *source = (struct socket_source *)base;
	struct peer *peer = peers_get(&source->peers, base->connection);
	if (peer == NULL)
		return;
	peers_blame(&source->peers, peer, source->endpoint, what);
	if (is_dropped)
		peers_drop(peer);
}

static void
source_close(struct source *base)
{
	struct socket_source *source = (struct socket_source *)base;
	release_frame(source);
	shared_mappings_free(&source->mappings);
	peers_free(&source->peers);
	if (source->monitor != NULL)
		zmq_close(source->monitor);
	/* Before the socket is closed, since the file could be another's afterwards. */
	socket_file_remove(&source->file);
	if (source->socket != NULL)
		zmq_close(source->socket);
	if (source->context != NULL)
		zmq_ctx_term(source->context);
	free(source);
}

/* Writes the endpoint, whole or not at all, for processes that wait to connect. */
static bool
announce(const char *endpoint, const char *path, struct nest_error *error)
{
	char temporary[4096];
	if ((size_t)snprintf(temporary, sizeof temporary, "%s.tmp", path) >= sizeof temporary)
		return nest_error_set(error, NEST_USAGE, "--bound: the path is too long");
	FILE *file = fopen(temporary, "we");
	if (file == NULL)
		return nest_error_system(error, "unable to open %s", temporary);
	bool written = fprintf(file, "%s\n", endpoint) > 0;
	if (fclose(file) != 0 || !written)
		return nest_error_system(error, "unable to write %s", temporary);
	if (rename(temporary, path) != 0)
		return nest_error_system(error, "unable to rename %s to %s", temporary, path);
	return true;
}

/* Binds the file of an ipc endpoint without ZeroMQ, which then takes the descriptor. */
static bool
bind_file(struct socket_source *source, const char *from, struct nest_error *error)
{
	if (transport_path(from)[0] == '@')
		return nest_error_set(error, NEST_USAGE,
		    "--from: '%s' is an abstract socket, which every user of the host can reach; name a path",
		    from);
	int descriptor = socket_file_bind(&source->file, transport_path(from), error);
	if (descriptor < 0)
		return false;
	snprintf(source->endpoint, sizeof source->endpoint, "ipc://%s", source->file.path);
	if (zmq_setsockopt(source->socket, ZMQ_USE_FD, &descriptor, sizeof descriptor) == 0 &&
	    zmq_bind(source->socket, source->endpoint) == 0)
		return true;
	nest_error_set(error, NEST_FAILED, "unable to bind %s: %s", from, zmq_strerror(errno));
	close(descriptor);
	return false;
}

/* Why a port cannot be bound, if ZeroMQ's error NUMBER does not say enough. */
static const char *
port_problem(const char *from, int number)
{
	if (number == EINVAL)
		return "it must be tcp://HOST:PORT, with an address of this host or *";
	if (number != ENODEV && number != EADDRNOTAVAIL)
		return zmq_strerror(number);
	if (transport_is_unknown(from))
		return "the host is unknown; name an address of this host, or * for all";
	return "this host has no such name, address or interface; * stands for all that it has";
}

static bool
bind_port(struct socket_source *source, const char *from, struct nest_error *error)
{
	if (zmq_bind(source->socket, from) != 0)
		return nest_error_set(
		    error, NEST_FAILED, "unable to bind %s: %s", from, port_problem(from, errno));
	size_t size = sizeof source->endpoint;
	if (zmq_getsockopt(source->socket, ZMQ_LAST_ENDPOINT, source->endpoint, &size) != 0)
		snprintf(source->endpoint, sizeof source->endpoint, "%s", from);
	return true;
}

static bool
bind_source(struct socket_source *source, const struct wire_options *options, struct nest_error *error)
{
	/*
	 * A domain for authentication, even without an authenticator, makes ZeroMQ refuse the
	 * protocols before ZMTP 3, in which it would accept any bytes.
	 */
	static const char domain[] = "nest";
	source->context = socket_context(1, options->senders, error);
	if (source->context == NULL)
		return false;
	source->socket = socket_make(source->context, ZMQ_PULL, error);
	if (source->socket == NULL)
		return false;
	if (zmq_setsockopt(source->socket, ZMQ_ZAP_DOMAIN, domain, sizeof domain - 1) != 0)
		return nest_error_set(
		    error, NEST_FAILED, "unable to set up a ZeroMQ socket: %s", zmq_strerror(errno));
	source->monitor = socket_monitor_open(
	    source->context, source->socket, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED, error);
	if (source->monitor == NULL)
		return false;
	if (!(transport_is_local(options->from) ? bind_file(source, options->from, error)
						: bind_port(source, options->from, error)))
		return false;
	return options->bound_file == NULL || announce(source->endpoint, options->bound_file, error);
}

bool
socket_source_open(struct source **source, const struct wire_options *options, struct nest_error *error)
{
	if (!transport_check_endpoint(options->from, "--from", error))
		return false;
	struct socket_source *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "a socket");
	made->base = (struct source){source_take, source_poll_items, source_polled, source_blame,
	    source_close, .title = made->endpoint};
	made->shares_memory = options->shares_memory;
	if (!bind_source(made, options, error)) {
		source_close(&made->base);
		return false;
	}
	*source = &made->base;
	return true;
}
