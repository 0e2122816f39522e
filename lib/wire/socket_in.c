/*
 * socket_in - frames that come in by a bound PULL socket.
 */
#include "lib/wire/shared.h"
#include "lib/wire/socket.h"
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
	char endpoint[ENDPOINT_BYTES];
	bool has_file; /* that is ours to remove */
	/* Connections that have closed; told when nothing that came by them can be left. */
	int *closed;
	size_t closed_count, closed_capacity;
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

static bool
note_closed(struct socket_source *source, struct nest_error *error)
{
	struct socket_event event;
	while (socket_monitor_next(source->monitor, &event)) {
		if (source->closed_count == source->closed_capacity) {
			size_t capacity = 2 * source->closed_capacity + 8;
			int *grown = realloc(source->closed, capacity * sizeof *grown);
			if (grown == NULL)
				return nest_error_memory(
				    error, capacity * sizeof *grown, "closed connections");
			source->closed = grown;
			source->closed_capacity = capacity;
		}
		source->closed[source->closed_count++] = event.connection;
	}
	return true;
}

/* Done with the frame that was handed out. */
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

/* The frame is the message itself, or lies where the message says. */
static enum source_event
hand_out(struct socket_source *source, struct nest_error *error)
{
	struct source *base = &source->base;
	struct view message = {zmq_msg_data(&source->message), zmq_msg_size(&source->message)};
	source->has_message = true;
	base->frame = message;
	base->connection = zmq_msg_get(&source->message, ZMQ_SRCFD);
	if (!shared_is_reference(message))
		return SOURCE_FRAME;
	if (!source->shares_memory) {
		nest_error_set(error, NEST_USAGE,
		    "%s: a sender keeps its frames in shared memory; give --wire-memory here, too, or to "
		    "neither",
		    source->endpoint);
		return SOURCE_ERROR;
	}
	switch (shared_take(&source->mappings, base->connection, message, &base->frame, error)) {
	case SHARED_FRAME:
		return SOURCE_FRAME;
	case SHARED_GONE:
		return SOURCE_CLOSED;
	case SHARED_ERROR:
		nest_error_prefix(error, "%s: ", source->endpoint);
		break;
	}
	return SOURCE_ERROR;
}

static enum source_event
source_take(struct source *base, struct nest_error *error)
{
	struct socket_source *source = (struct socket_source *)base;
	release_frame(source);
	/*
	 * Closings first: what came before them is in the queue by now, and is drained
	 * before they are told.
	 */
	if (!note_closed(source, error))
		return SOURCE_ERROR;
	zmq_msg_init(&source->message);
	if (zmq_msg_recv(&source->message, source->socket, ZMQ_DONTWAIT) >= 0)
		return hand_out(source, error);
	if (errno != EAGAIN && errno != EINTR) {
		nest_error_set(
		    error, NEST_FAILED, "unable to receive at %s: %s", source->endpoint, zmq_strerror(errno));
		return SOURCE_ERROR;
	}
	if (source->closed_count > 0) {
		base->connection = source->closed[--source->closed_count];
		return SOURCE_CLOSED;
	}
	return SOURCE_EMPTY;
}

/*
 * libzmq leaves the file of an ipc endpoint behind; an abstract one has none.  Where it made a name up it
 * removes the file and the folder that it made, but not the folder once the file is gone.
 */
static bool
leaves_file(const char *from)
{
	return transport_is_local(from) && from[6] != '@' && strcmp(from + 6, "*") != 0;
}

static void
source_close(struct source *base)
{
	struct socket_source *source = (struct socket_source *)base;
	release_frame(source);
	shared_mappings_free(&source->mappings);
	if (source->monitor != NULL)
		zmq_close(source->monitor);
	/* Before the socket goes, so that it is not another's file by now. */
	if (source->has_file)
		unlink(source->endpoint + 6);
	if (source->socket != NULL)
		zmq_close(source->socket);
	if (source->context != NULL)
		zmq_ctx_term(source->context);
	free(source->closed);
	free(source);
}

/* Writes the endpoint for whoever waits to connect, complete or not at all. */
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

static bool
bind_source(struct socket_source *source, const struct wire_options *options, struct nest_error *error)
{
	source->context = socket_context(error);
	if (source->context == NULL)
		return false;
	source->socket = socket_make(source->context, ZMQ_PULL, error);
	if (source->socket == NULL)
		return false;
	source->monitor = socket_monitor_open(source->context, source->socket, ZMQ_EVENT_DISCONNECTED, error);
	if (source->monitor == NULL)
		return false;
	if (zmq_bind(source->socket, options->from) != 0)
		return nest_error_set(
		    error, NEST_FAILED, "unable to bind %s: %s", options->from, zmq_strerror(errno));
	size_t size = sizeof source->endpoint;
	if (zmq_getsockopt(source->socket, ZMQ_LAST_ENDPOINT, source->endpoint, &size) != 0)
		snprintf(source->endpoint, sizeof source->endpoint, "%s", options->from);
	source->has_file = leaves_file(options->from);
	if (options->bound_file != NULL)
		return announce(source->endpoint, options->bound_file, error);
	return true;
}

bool
socket_source_open(struct source **source, const struct wire_options *options, struct nest_error *error)
{
	if (!transport_check_endpoint(options->from, "--from", error))
		return false;
	struct socket_source *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "a socket");
	made->base = (struct source){
	    source_take, source_poll_items, source_polled, source_close, .title = made->endpoint};
	made->shares_memory = options->shares_memory;
	if (!bind_source(made, options, error)) {
		source_close(&made->base);
		return false;
	}
	*source = &made->base;
	return true;
}
