#include "lib/wire/peers.h"

#include "lib/base/program.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* How many warnings name a stranger, so that a flood of them does not fill the log. */
enum { WARNINGS_LIMIT = 10 };

/* How many bytes of a stranger's are kept for as long as it stays. */
enum { KEPT_BYTES_LIMIT = 1 << 18 };

/* ---- connections ---- */

/* The address as people write it, "" if the connection has gone already. */
static void
describe_address(int descriptor, char address[PEER_ADDRESS_BYTES])
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof peer;
	char host[PEER_ADDRESS_BYTES - 10], port[8];

	address[0] = '\0';
	if (getpeername(descriptor, (struct sockaddr *)&peer, &size) != 0)
		return;
	if (peer.ss_family == AF_UNIX) {
		struct ucred process;
		size = sizeof process;
		if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &process, &size) == 0)
			snprintf(address, PEER_ADDRESS_BYTES, "process %ld", (long)process.pid);
	} else if (getnameinfo((struct sockaddr *)&peer, size, host, sizeof host, port, sizeof port,
		       NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(address, PEER_ADDRESS_BYTES, "%s:%s", host, port);
}

bool
peers_accept(struct peers *peers, int descriptor, struct nest_error *error)
{
	if (peers->count == peers->capacity) {
		size_t capacity = 2 * peers->capacity + 8;
		struct peer *grown = realloc(peers->all, capacity * sizeof *grown);
		if (grown == NULL)
			return nest_error_memory(error, capacity * sizeof *grown, "connections");
		peers->all = grown;
		peers->capacity = capacity;
	}
	struct peer *peer = &peers->all[peers->count++];
	*peer = (struct peer){.descriptor = descriptor};
	describe_address(descriptor, peer->address);
	return true;
}

void
peers_close(struct peers *peers, int descriptor)
{
	/* All others that had this number have closed before. */
	for (size_t i = peers->count; i-- > 0;)
		if (peers->all[i].descriptor == descriptor) {
			peers->all[i].is_closed = true;
			return;
		}
}

/* ---- messages ---- */

/* Moves what comes with the first message; the rest of a struct peer belongs to its connection. */
static void
move_messages(struct peer *to, struct peer *from)
{
	zmq_msg_init(&to->kept);
	zmq_msg_move(&to->kept, &from->kept);
	zmq_msg_close(&from->kept);
	to->id = from->id;
	to->mark = from->mark;
	to->is_dropped = from->is_dropped;
	to->is_blamed = from->is_blamed;
	from->id = 0;
}

/*
 * The connection of DESCRIPTOR from which a first message came.  Nearly always
 * there is only one that has sent nothing yet.  If the number was used again before
 * anything was read, there are several.  Connections that close without sending are
 * more frequent than those that close with messages unread, so the newest is taken;
 * if it turns out that each of them has sent something, they are taken in order.
 */
static struct peer *
find_silent(struct peers *peers, int descriptor)
{
	struct peer *newest = NULL;
	for (size_t i = peers->count; i-- > 0;) {
		struct peer *peer = &peers->all[i];
		if (peer->descriptor != descriptor)
			continue;
		if (newest == NULL)
			newest = peer;
		if (peer->id != 0)
			continue;
		for (struct peer *later = peer + 1; later <= newest; later++)
			if (later->descriptor == descriptor) {
				move_messages(peer, later);
				peer = later;
			}
		return newest;
	}
	return NULL;
}

/*
 * The connection that has sent something before.  ZeroMQ reads from connections in
 * turn, so the search begins where the last one ended.
 */
static struct peer *
find_known(struct peers *peers, const void *mark)
{
	for (size_t i = 0; i < peers->count; i++) {
		size_t at = (peers->last_found + i) % peers->count;
		if (peers->all[at].id == 0 || peers->all[at].mark != mark)
			continue;
		peers->last_found = at;
		return &peers->all[at];
	}
	return NULL;
}

struct peer *
peers_find_mark(struct peers *peers, const void *mark, int descriptor, zmq_msg_t *message)
{
	if (mark == NULL)
		return NULL;
	struct peer *peer = find_known(peers, mark);
	if (peer != NULL)
		return peer;
	peer = find_silent(peers, descriptor);
	if (peer == NULL)
		return NULL;
	zmq_msg_init(&peer->kept);
	/* This fails only for something that is not a message. */
	zmq_msg_copy(&peer->kept, message);
	peer->id = ++peers->last_id;
	peer->mark = mark;
	peer->is_dropped = peer->is_blamed = false;
	return peer;
}

struct peer *
peers_find(struct peers *peers, zmq_msg_t *message)
{
	/* The text is part of the metadata: its address in memory identifies the connection. */
	const char *mark = zmq_msg_gets(message, "Peer-Address");
	return peers_find_mark(peers, mark, zmq_msg_get(message, ZMQ_SRCFD), message);
}

struct peer *
peers_get(struct peers *peers, uint64_t id)
{
	for (size_t i = 0; i < peers->count; i++)
		if (peers->all[i].id == id)
			return &peers->all[i];
	return NULL;
}

bool
peers_forget_closed(struct peers *peers, const char *endpoint, uint64_t *id)
{
	for (size_t i = 0; i < peers->count; i++) {
		struct peer *peer = &peers->all[i];
		if (!peer->is_closed)
			continue;
		*id = peer->id;
		if (peer->id != 0)
			zmq_msg_close(&peer->kept);
		else
			peers_blame(peers, peer, endpoint, "came and went without a frame");
		memmove(peer, peer + 1, (--peers->count - i) * sizeof *peer);
		return true;
	}
	return false;
}

/* ---- misbehaving peers ---- */

void
peers_blame(struct peers *peers, struct peer *peer, const char *endpoint, const char *what)
{
	if (peer->is_blamed || peers->warnings == WARNINGS_LIMIT)
		return;
	peer->is_blamed = true;
	peers->warnings++;
	program_warn("%s: %s %s%s", endpoint, peer->address[0] != '\0' ? peer->address : "a stranger", what,
	    peers->warnings == WARNINGS_LIMIT ? "; there will be no more of these warnings" : "");
}

void
peers_drop(struct peer *peer)
{
	peer->is_dropped = true;
	if (!peer->is_closed && zmq_msg_size(&peer->kept) > KEPT_BYTES_LIMIT)
		shutdown(peer->descriptor, SHUT_RDWR);
}

void
peers_free(struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++)
		if (peers->all[i].id != 0)
			zmq_msg_close(&peers->all[i].kept);
	free(peers->all);
	*peers = (struct peers){0};
}
