/*
 * socket - what the sending and the receiving ZeroMQ socket share: options,
 * and the monitor that tells when peers come and go (zmq_socket_monitor(3)).
 */
#ifndef NEST_WIRE_SOCKET_H
#define NEST_WIRE_SOCKET_H

#include "lib/base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
	SOCKET_QUEUE_FRAMES = 4, /* waiting on either side of a route: enough to keep both ends busy */
};

struct socket_event {
	uint16_t what;  /* ZMQ_EVENT_* */
	int connection; /* its descriptor */
};

/* Makes a socket of TYPE with nest's options; NULL on an error. */
void *socket_make(void *context, int type, struct nest_error *error);

/* Starts reporting EVENTS of SOCKET; returns the socket to read them from, NULL on an error. */
void *socket_monitor_open(void *context, void *socket, int events, struct nest_error *error);

/* The next event; false when there is none now. */
bool socket_monitor_next(void *monitor, struct socket_event *event);

/*
 * Whether the host behind a TCP connection has gone silent: data or window
 * probes are out and nothing has acknowledged them for seconds.  False for
 * anything else, above all for a receiver that is alive and busy.
 */
bool socket_is_silent(int connection);

/*
 * A context for one source or sink with SOCKETS sockets, monitors not counted, and
 * CONNECTIONS connections; NULL on an error, and if this process may not have the
 * descriptors that these take.
 */
void *socket_context(size_t sockets, size_t connections, struct nest_error *error);

#endif
