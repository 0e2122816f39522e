#include "lib/wire/socket.h"

#include "lib/wire/frame.h"

#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <zmq.h>

/*
 * Socket buffers of the kernel: large enough that a frame is a few wake-ups,
 * small enough to stay in the cache.
 */
enum { KERNEL_BUFFER_BYTES = 1 << 20 };

/*
 * When a host counts as gone: data unacknowledged for this long, or this many
 * probes of a closed window without an answer.  The kernel would continue for a
 * quarter of an hour; its own limit, TCP_USER_TIMEOUT, also drops receivers that
 * answer every probe but have no room yet.
 */
enum { SILENT_MS = 4000, SILENT_PROBES = 5 };

static bool
set_option(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

/* A socket, and the two ends of the pair that watches it: each has a descriptor to be woken by. */
enum { WATCHED_SOCKETS = 3 };

/* What a context needs for itself, and what a program has open besides: files, directories, streams. */
enum { CONTEXT_DESCRIPTORS = 6, OTHER_DESCRIPTORS = 16 };

/*
 * Raises this process's limit, so that COUNT more descriptors are available besides those
 * requested before.  Without descriptors ZeroMQ aborts on a connection to an ipc endpoint,
 * and accepts none at a port: so a run that could not end well is not begun.
 */
static bool
make_room(size_t count, size_t connections, struct nest_error *error)
{
	static size_t taken = OTHER_DESCRIPTORS;
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return nest_error_system(error, "unable to ask for limits");
	taken += count;
	if (taken > limit.rlim_max)
		return nest_error_set(error, NEST_FAILED,
		    "%zu connections take %zu file descriptors, and this process may have %llu; raise its "
		    "hard "
		    "limit (ulimit -Hn), or connect fewer processes",
		    connections, taken, (unsigned long long)limit.rlim_max);
	/* As many as allowed, since others can connect, too. */
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ||
	       nest_error_system(error, "unable to raise the limit of file descriptors");
}

void *
socket_context(size_t sockets, size_t connections, struct nest_error *error)
{
	sockets *= WATCHED_SOCKETS;
	if (!make_room(CONTEXT_DESCRIPTORS + sockets + connections, connections, error))
		return NULL;
	/*
	 * libzmq allocates memory for every frame that comes in.  By default the C
	 * library would map and unmap pages for each; kept, they are touched once.
	 */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 128 << 20);
	void *context = zmq_ctx_new();
	/* By default ZeroMQ has room for a thousand sockets. */
	if (context != NULL && zmq_ctx_set(context, ZMQ_MAX_SOCKETS, (int)sockets) == 0)
		return context;
	nest_error_set(error, NEST_FAILED, "unable to start ZeroMQ: %s", zmq_strerror(errno));
	if (context != NULL)
		zmq_ctx_term(context);
	return NULL;
}

void *
socket_make(void *context, int type, struct nest_error *error)
{
	int64_t largest = FRAME_HEADER_LIMIT + FRAME_BODY_LIMIT + 2 * FRAME_PREFIX_BYTES;
	void *socket = zmq_socket(context, type);
	if (socket == NULL) {
		nest_error_set(error, NEST_FAILED, "unable to make a ZeroMQ socket: %s", zmq_strerror(errno));
		return NULL;
	}
	/*
	 * A peer that is not there yet is tried again soon: a pipeline mostly waits
	 * for this at its start.
	 *
	 * Keepalive finds a host that has vanished within seconds.  ZeroMQ's own
	 * heartbeats would not do: they queue after the data, and a receiver that
	 * is busy would pass for dead.
	 *
	 * With a shorter backlog the kernel drops some of a thousand connections that come
	 * at once, and their senders try again after one second, two, four, ...
	 */
	if (!set_option(socket, ZMQ_LINGER, 0) || !set_option(socket, ZMQ_SNDHWM, SOCKET_QUEUE_FRAMES) ||
	    !set_option(socket, ZMQ_RCVHWM, SOCKET_QUEUE_FRAMES) || !set_option(socket, ZMQ_IMMEDIATE, 1) ||
	    !set_option(socket, ZMQ_RECONNECT_IVL, 4) || !set_option(socket, ZMQ_BACKLOG, SOMAXCONN) ||
	    !set_option(socket, ZMQ_SNDBUF, KERNEL_BUFFER_BYTES) ||
	    !set_option(socket, ZMQ_RCVBUF, KERNEL_BUFFER_BYTES) ||
	    !set_option(socket, ZMQ_TCP_KEEPALIVE, 1) || !set_option(socket, ZMQ_TCP_KEEPALIVE_IDLE, 2) ||
	    !set_option(socket, ZMQ_TCP_KEEPALIVE_INTVL, 1) ||
	    !set_option(socket, ZMQ_TCP_KEEPALIVE_CNT, 3) ||
	    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) != 0) {
		nest_error_set(
		    error, NEST_FAILED, "unable to set up a ZeroMQ socket: %s", zmq_strerror(errno));
		zmq_close(socket);
		return NULL;
	}
	return socket;
}

void *
socket_monitor_open(void *context, void *socket, int events, struct nest_error *error)
{
	static unsigned opened;
	char address[48];
	snprintf(address, sizeof address, "inproc://nest-monitor-%u", opened++);
	void *monitor = zmq_socket(context, ZMQ_PAIR);
	if (monitor != NULL && set_option(monitor, ZMQ_LINGER, 0) &&
	    zmq_socket_monitor(socket, address, events) == 0 && zmq_connect(monitor, address) == 0)
		return monitor;
	nest_error_set(error, NEST_FAILED, "unable to watch a ZeroMQ socket: %s", zmq_strerror(errno));
	if (monitor != NULL)
		zmq_close(monitor);
	return NULL;
}

bool
socket_monitor_next(void *monitor, struct socket_event *event)
{
	uint8_t bytes[6], address[256];
	if (zmq_recv(monitor, bytes, sizeof bytes, ZMQ_DONTWAIT) != (int)sizeof bytes)
		return false;
	int32_t value;
	memcpy(&event->what, bytes, 2);
	memcpy(&value, bytes + 2, 4);
	event->connection = value;
	return zmq_recv(monitor, address, sizeof address, ZMQ_DONTWAIT) >= 0;
}

bool
socket_is_silent(int connection)
{
	struct tcp_info info;
	socklen_t size = sizeof info;
	if (getsockopt(connection, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
		return false;
	bool unanswered = info.tcpi_unacked > 0 && info.tcpi_retransmits > 0;
	return (unanswered && info.tcpi_last_ack_recv > SILENT_MS) || info.tcpi_probes >= SILENT_PROBES;
}
