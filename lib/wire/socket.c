#include "lib/wire/socket.h"

#include "lib/wire/frame.h"

#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

/*
 * Socket buffers of the kernel: large enough that a frame is a few wake-ups,
 * small enough to stay in the cache.
 */
enum { KERNEL_BUFFER_BYTES = 1 << 20 };

/*
 * When a host counts as gone: data unacknowledged for so long, or so many
 * probes of a closed window without an answer.  The kernel would go on for a
 * quarter of an hour; its own limit, TCP_USER_TIMEOUT, also strikes at
 * receivers that answer every probe but have no room yet.
 */
enum { SILENT_MS = 4000, SILENT_PROBES = 5 };

static bool
set_option(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

void *
socket_context(struct nest_error *error)
{
	/*
	 * libzmq takes memory for every frame that comes in.  By default the C
	 * library would map and unmap pages for each; kept, they are touched once.
	 */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 128 << 20);
	void *context = zmq_ctx_new();
	if (context == NULL)
		nest_error_set(error, NEST_FAILED, "unable to start ZeroMQ: %s", zmq_strerror(errno));
	return context;
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
	 * A peer that is not there yet is tried again soon: what a pipeline waits
	 * for at its start is mostly this.
	 *
	 * Keepalive finds a host that has vanished within seconds.  ZeroMQ's own
	 * heartbeats would not do: they queue behind the data, and a receiver that
	 * is busy would pass for dead.
	 */
	if (!set_option(socket, ZMQ_LINGER, 0) || !set_option(socket, ZMQ_SNDHWM, SOCKET_QUEUE_FRAMES) ||
	    !set_option(socket, ZMQ_RCVHWM, SOCKET_QUEUE_FRAMES) || !set_option(socket, ZMQ_IMMEDIATE, 1) ||
	    !set_option(socket, ZMQ_RECONNECT_IVL, 4) ||
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
