/*
 * socket_out - sends frames on PUSH sockets, one for each endpoint.
 */
#include "lib/base/program.h"
#include "lib/wire/pool.h"
#include "lib/wire/socket.h"
#include "lib/wire/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_PERIOD_MS = 20 };

struct route {
	char *endpoint; /* a piece of socket_sink.endpoints */
	void *socket, *monitor;
	int connection; /* its descriptor; -1: none */
	bool arrived, gone;
	bool ended; /* it was sent the end, and may close */
};

struct socket_sink {
	struct sink base;
	void *context;
	char *endpoints;
	struct route *routes;
	struct pool pool;
	zmq_pollitem_t *items; /* for waits of our own: every monitor, then one socket */
	uint64_t check_due_ns; /* of all routes */
	const char *downstream;
};

/* ---- peers that come and go ---- */

static void
note_events(struct route *route)
{
	struct socket_event event;
	while (socket_monitor_next(route->monitor, &event)) {
		if (event.what == ZMQ_EVENT_CONNECTED)
			route->connection = event.connection;
		if (event.what == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
			route->arrived = true;
		/* A connection without a handshake is not lost: the socket tries again. */
		if (event.what == ZMQ_EVENT_DISCONNECTED && route->arrived)
			route->gone = true;
	}
}

static bool
check_route(struct socket_sink *sink, struct route *route, struct nest_error *error)
{
	note_events(route);
	return !route->gone || route->ended ||
	       nest_error_set(error, NEST_FAILED, "%s at %s was lost", sink->downstream, route->endpoint);
}

static bool
check_routes(struct socket_sink *sink, struct nest_error *error)
{
	sink->check_due_ns = program_clock_ns() + CHECK_PERIOD_MS * 1000000u;
	for (size_t i = 0; i < sink->base.route_count; i++)
		if (!check_route(sink, &sink->routes[i], error))
			return false;
	return true;
}

/* To be called before a frame goes on ROUTE: with a thousand routes, not all are checked for each frame. */
static bool
check_some(struct socket_sink *sink, struct route *route, struct nest_error *error)
{
	return program_clock_ns() < sink->check_due_ns ? check_route(sink, route, error)
	                                               : check_routes(sink, error);
}

/* For times when nothing moves: a host that has vanished closes no connection. */
static bool
check_hosts(struct socket_sink *sink, struct nest_error *error)
{
	for (size_t i = 0; i < sink->base.route_count; i++)
		if (sink->routes[i].arrived && socket_is_silent(sink->routes[i].connection))
			return nest_error_set(error, NEST_FAILED,
			    "%s at %s was lost: its host does not answer", sink->downstream,
			    sink->routes[i].endpoint);
	return check_routes(sink, error);
}

static size_t
sink_poll_items(struct sink *base, zmq_pollitem_t *items)
{
	struct socket_sink *sink = (struct socket_sink *)base;
	for (size_t i = 0; i < base->route_count; i++)
		items[i] = (zmq_pollitem_t){.socket = sink->routes[i].monitor, .events = ZMQ_POLLIN};
	return base->route_count;
}

static bool
sink_check(struct sink *base, const zmq_pollitem_t *items, struct nest_error *error)
{
	bool any = false;
	for (size_t i = 0; i < base->route_count; i++)
		any = any || items[i].revents != 0;
	return !any || check_routes((struct socket_sink *)base, error);
}

/* Waits for events of any route and, unless ROUTE is NULL, for room on it. */
static bool
sink_wait(struct socket_sink *sink, const struct route *route, struct nest_error *error)
{
	size_t count = sink_poll_items(&sink->base, sink->items);
	if (route != NULL)
		sink->items[count++] = (zmq_pollitem_t){.socket = route->socket, .events = ZMQ_POLLOUT};
	return transport_wait(sink->items, count, error) && check_hosts(sink, error);
}

static bool
nobody_answers(
    const struct socket_sink *sink, const char *endpoint, uint64_t timeout_s, struct nest_error *error)
{
	/* Looked up now and not before: a name may become known while its host starts. */
	if (transport_is_unknown(endpoint))
		return nest_error_set(error, NEST_FAILED,
		    "nobody answers at %s within %llu s: the host is unknown; check its name in --to",
		    endpoint, (unsigned long long)timeout_s);
	return nest_error_set(error, NEST_FAILED,
	    "nobody answers at %s within %llu s; start %s there (--from)", endpoint,
	    (unsigned long long)timeout_s, sink->downstream);
}

static bool
await_arrivals(struct socket_sink *sink, const struct wire_options *options, struct nest_error *error)
{
	uint64_t until_ns = program_clock_ns() + options->timeout_s * 1000000000u;
	for (size_t i = 0; i < sink->base.route_count; i++)
		while (!sink->routes[i].arrived) {
			if (program_clock_ns() > until_ns)
				return nobody_answers(
				    sink, sink->routes[i].endpoint, options->timeout_s, error);
			if (!sink_wait(sink, NULL, error))
				return false;
		}
	return true;
}

/* ---- sending ---- */

static struct buffer *
sink_borrow(struct sink *base, struct nest_error *error)
{
	struct socket_sink *sink = (struct socket_sink *)base;
	struct buffer *buffer;
	while ((buffer = pool_find(&sink->pool)) == NULL) {
		if (program_interrupted()) {
			program_interrupt_error(error);
			return NULL;
		}
		if (!check_hosts(sink, error))
			return NULL;
	}
	return buffer;
}

static bool
sink_send(struct sink *base, size_t index, struct buffer *buffer, size_t start, struct nest_error *error)
{
	struct socket_sink *sink = (struct socket_sink *)base;
	struct route *route = &sink->routes[index];
	zmq_msg_t message;
	if (!pool_lend(buffer, start, &message, error))
		return false;
	bool fine = check_some(sink, route, error);
	/* A message that was sent belongs to libzmq; one that was not must be closed here. */
	while (fine && zmq_msg_send(&message, route->socket, ZMQ_DONTWAIT) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			fine = nest_error_set(error, NEST_FAILED, "unable to send to %s: %s", route->endpoint,
			    zmq_strerror(errno));
		else
			fine = sink_wait(sink, route, error);
	}
	if (!fine)
		zmq_msg_close(&message);
	return fine;
}

static void
sink_ended(struct sink *base, size_t index)
{
	((struct socket_sink *)base)->routes[index].ended = true;
}

/* A receiver that has all its ends closes its socket, which says that it has taken everything. */
static bool
sink_flush(struct sink *base, struct nest_error *error)
{
	struct socket_sink *sink = (struct socket_sink *)base;
	for (size_t i = 0; i < base->route_count; i++)
		while (!sink->routes[i].gone)
			if (!sink_wait(sink, NULL, error))
				return false;
	return true;
}

/* ---- opening and closing ---- */

static void
sink_close(struct sink *base)
{
	struct socket_sink *sink = (struct socket_sink *)base;
	for (size_t i = 0; i < base->route_count; i++) {
		if (sink->routes[i].monitor != NULL)
			zmq_close(sink->routes[i].monitor);
		if (sink->routes[i].socket != NULL)
			zmq_close(sink->routes[i].socket);
	}
	/* Terminating gives back every lent buffer; only then may the pool go. */
	if (sink->context != NULL)
		zmq_ctx_term(sink->context);
	pool_free(&sink->pool);
	free(sink->items);
	free(sink->routes);
	free(sink->endpoints);
	free(sink);
}

static bool
open_route(struct socket_sink *sink, struct route *route, struct nest_error *error)
{
	if (!transport_check_endpoint(route->endpoint, "--to", error))
		return false;
	if (sink->pool.is_shared && !transport_is_local(route->endpoint))
		return nest_error_set(error, NEST_USAGE,
		    "--wire-memory: '%s' may be on another host; all of --to must be ipc:// then",
		    route->endpoint);
	route->socket = socket_make(sink->context, ZMQ_PUSH, error);
	if (route->socket == NULL)
		return false;
	route->monitor = socket_monitor_open(sink->context, route->socket,
	    ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED, error);
	if (route->monitor == NULL)
		return false;
	if (zmq_connect(route->socket, route->endpoint) != 0)
		return nest_error_set(
		    error, NEST_FAILED, "unable to connect to %s: %s", route->endpoint, zmq_strerror(errno));
	return true;
}

static size_t
count_endpoints(const char *list)
{
	size_t count = 1;
	for (; *list != '\0'; list++)
		count += *list == ',';
	return count;
}

static bool
open_routes(struct socket_sink *sink, const struct wire_options *options, struct nest_error *error)
{
	size_t count = count_endpoints(options->to);
	sink->endpoints = strdup(options->to);
	sink->routes = calloc(count, sizeof *sink->routes);
	sink->items = calloc(count + 1, sizeof *sink->items);
	if (sink->endpoints == NULL || sink->routes == NULL || sink->items == NULL)
		return nest_error_memory(error, count * sizeof *sink->routes, "routes");
	/* Each route has its queue and one frame in transit; one more is being filled. */
	bool is_shared = options->shares_memory && transport_is_local(options->to);
	if (!pool_init(&sink->pool, count * (SOCKET_QUEUE_FRAMES + 1) + 1, is_shared, error))
		return false;
	sink->context = socket_context(count, count, error);
	if (sink->context == NULL)
		return false;

	char *rest = sink->endpoints;
	sink->base.route_count = count;
	sink->base.item_count = count;
	for (size_t i = 0; i < count; i++) {
		sink->routes[i].endpoint = strsep(&rest, ",");
		if (!open_route(sink, &sink->routes[i], error))
			return false;
	}
	return await_arrivals(sink, options, error);
}

bool
socket_sink_open(struct sink **sink, const struct wire_options *options, struct nest_error *error)
{
	struct socket_sink *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "a socket");
	made->base = (struct sink){sink_borrow, sink_send, sink_ended, sink_flush, sink_poll_items,
	    sink_check, sink_close, .route_count = 0};
	made->downstream = options->downstream;
	if (!open_routes(made, options, error)) {
		sink_close(&made->base);
		return false;
	}
	*sink = &made->base;
	return true;
}
