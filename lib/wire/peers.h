/*
 * peers - the connections of a bound socket, and which message came by which.
 *
 * ZeroMQ says of a message by which descriptor it came, but a descriptor's
 * number is used again as soon as its connection has closed, perhaps before
 * its last messages are read.  What tells connections apart is the metadata
 * that a message has: those of one connection share it, and it lives as long
 * as a message does.  So of every connection one message is kept, until the
 * connection has closed and everything that came by it has been read.
 *
 * A peer that sent what it should not is dropped: a warning names it once, and
 * what else it sends is passed over.  Its connection stays, for it would only
 * come back by another one; unless much memory would have to be kept for it.
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
	uint64_t id;      /* no other connection ever has it; 0: nothing has come yet */
	const void *mark; /* what all its messages have in common */
	zmq_msg_t kept;
	bool is_dropped;
	bool is_blamed; /* a warning has named it */
};

struct peers {
	struct peer *all; /* in the order in which they were accepted */
	size_t count, capacity;
	size_t last_found; /* the next message is mostly of this one, or of the one behind it */
	uint64_t last_id;
	unsigned warnings;
};

/* A connection was accepted: DESCRIPTOR is its own until it closes. */
bool peers_accept(struct peers *peers, int descriptor, struct nest_error *error);

/* The connection that DESCRIPTOR was has closed; there may be messages of it still. */
void peers_close(struct peers *peers, int descriptor);

/*
 * The peer that MESSAGE came from; all connections accepted and closed until
 * now must have been told.  NULL where it is of none of them, because everything
 * of its connection was thought to be read.  Borrowed until the next call.
 */
struct peer *peers_find(struct peers *peers, zmq_msg_t *message);

/* The same for a message known by its MARK, NULL where it has none, and its DESCRIPTOR. */
struct peer *peers_find_mark(struct peers *peers, const void *mark, int descriptor, zmq_msg_t *message);

/* The peer of ID; NULL where there is none. */
struct peer *peers_get(struct peers *peers, uint64_t id);

/*
 * Forgets one connection that has closed, when everything that came by it has
 * been read.  False where there is none; *ID is 0 where nothing ever came.
 */
bool peers_forget_closed(struct peers *peers, const char *endpoint, uint64_t *id);

/* Warns of WHAT the peer did at ENDPOINT: once for each peer, and of so many peers at most. */
void peers_blame(struct peers *peers, struct peer *peer, const char *endpoint, const char *what);

/* What PEER sends is passed over from now on. */
void peers_drop(struct peer *peer);

void peers_free(struct peers *peers);

#endif
