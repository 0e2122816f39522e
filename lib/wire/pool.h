/*
 * pool - the buffers that a sender builds its frames in.
 *
 * A buffer is lent with the message that carries it, and can be used again once it
 * has come back: from libzmq, whose thread has sent the bytes without a copy,
 * or from the receiver, if frames are in shared memory (shared.h).  A frame
 * that outgrows its slot there goes by libzmq.
 */
#ifndef NEST_WIRE_POOL_H
#define NEST_WIRE_POOL_H

#include "lib/wire/shared.h"

#include <zmq.h>

struct pool_slot;

struct pool {
	struct pool_slot *slots;
	size_t count;
	uint32_t *loans;
	bool is_shared;
	struct shared_memory memory; /* begins with the loans, where frames are shared */
	struct buffer reference;
};

/*
 * A pool of COUNT buffers; pool_free() it, even after a failure, when libzmq has no
 * message of it any more.
 */
bool pool_init(struct pool *pool, size_t count, bool is_shared, struct nest_error *error);
void pool_free(struct pool *pool);

/* An empty buffer that is not lent, waiting a moment for one; NULL when none came back. */
struct buffer *pool_find(struct pool *pool);

/* Makes MESSAGE from the contents of BUFFER, of a pool, from START on, and lends BUFFER. */
bool pool_lend(struct buffer *buffer, size_t start, zmq_msg_t *message, struct nest_error *error);

#endif
