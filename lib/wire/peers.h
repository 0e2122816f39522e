/*
 * peers - the connections of a bound socket, and which message came by which.
 *
 * ZeroMQ says by which descriptor a message came, but a descriptor's number is
 * reused as soon as its connection has closed, perhaps before its last messages
 * are read.  The metadata of messages tells connections apart: the messages of
 * one connection share it, and it lives as long as any of them does.  So one
 * message of every connection is kept until the connection has closed and
 * everything that came by it has been read.
 *
 * A peer that sent what it should not is dropped: a warning names it once, and
 * anything else that it sends is ignored.  Its connection stays open, since it would
 * only come back by another one, unless that would keep much memory.
 */
#ifndef NEST_WIRE_PEERS_H
#define NEST_WIRE_PEERS_H

#include "lib/base/error.h"

#include <stdint.h>
#include <zmq.h>

enum { PEER_ADDRESS_BYTES = 64 };

struct peer {
	/* The connection as it was accepted. */
	int descriptor;
	bool is_closed;
	char address[PEER_ADDRESS_BYTES]; /* "127.0.0.1:4711" or "process 4711", for messages */

	/* From its first message on. */
	uint64_t id;      /* unique among all connections; 0: nothing has come yet */
	const void *mark; /* which all its messages share */
	zmq_msg_t kept;
	bool is_dropped;
	bool is_blamed; /* a warning has named it */
};

struct peers {
	struct peer *all; /* in the order in which they were accepted */
	size_t count, capacity;
	size_t last_found; /* the next message is mostly from this one, or from the next */
	uint64_t last_id;
	unsigned warnings;
};

/* A connection was accepted: DESCRIPTOR is its own until it closes. */
bool peers_accept(struct peers *peers, int descriptor, struct nest_error *error);

/* The connection of DESCRIPTOR has closed; messages of it may still be unread. */
void peers_close(struct peers *peers, int descriptor);

/*
 * The peer that MESSAGE came from; all connections that were accepted and closed
 * so far must have been reported.  NULL if it is from none of them, because everything
 * of its connection was thought to be read.  Borrowed until the next call.
 */
struct peer *peers_find(struct peers *peers, zmq_msg_t *message);

/* The same for a message known by its MARK, NULL if it has none, and its DESCRIPTOR. */
struct peer *peers_find_mark(struct peers *peers, const void *mark, int descriptor, zmq_msg_t *message);

/* The peer with this ID; NULL if there is none. */
struct peer *peers_get(struct peers *peers, uint64_t id);

/*
 * Forgets one closed connection, once everything that came by it has been
 * read.  False if there is none; *ID is 0 if nothing ever came by it.
 */
bool peers_forget_closed(struct peers *peers, const char *endpoint, uint64_t *id);

/* Warns of WHAT the peer did at ENDPOINT: once for each peer, and of a limited number of peers. */
void peers_blame(struct peers *peers, struct peer *peer, const char *endpoint, const char *what);

/* Ignores from now on what PEER sends. */
void peers_drop(struct peer *peer);

void peers_free(struct peers *peers);

#endif
