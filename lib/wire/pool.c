#include "lib/wire/pool.h"

#include "lib/wire/transport.h"

#include <errno.h>
#include <stdlib.h>

/* Up to this size a frame itself is sent, and not a reference to it. */
enum { SMALL_BYTES = 4096 };

struct pool_slot {
	struct buffer buffer; /* first, so that a buffer has the address of its slot */
	struct pool *pool;
};

bool
pool_init(struct pool *pool, size_t count, bool is_shared, struct nest_error *error)
{
	pool->slots = calloc(count, sizeof *pool->slots);
	if (pool->slots == NULL)
		return nest_error_memory(error, count * sizeof *pool->slots, "frames");
	pool->count = count;
	for (size_t i = 0; i < count; i++)
		pool->slots[i].pool = pool;
	pool->is_shared = is_shared;
	if (is_shared) {
		bool made = shared_memory_make(&pool->memory, count, error);
		pool->loans = pool->memory.loans;
		return made;
	}
	pool->loans = calloc(loans_words(count), sizeof *pool->loans);
	return pool->loans != NULL || nest_error_memory(error, count * sizeof *pool->loans, "frames");
}

void
pool_free(struct pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		buffer_free(&pool->slots[i].buffer);
	free(pool->slots);
	if (pool->is_shared)
		shared_memory_free(&pool->memory);
	else
		free(pool->loans);
	buffer_free(&pool->reference);
}

struct buffer *
pool_find(struct pool *pool)
{
	size_t index;
	if (!loans_find(pool->loans, pool->count, WAIT_MS, &index))
		return NULL;
	struct buffer *buffer = &pool->slots[index].buffer;
	/* At first, and after a frame has outgrown it. */
	if (pool->is_shared && !buffer->is_borrowed) {
		buffer_free(buffer);
		*buffer = (struct buffer){.data = shared_memory_slot(&pool->memory, index),
		    .capacity = SHARED_SLOT_BYTES,
		    .is_borrowed = true};
	}
	buffer_clear(buffer);
	return buffer;
}

static size_t
index_of(const struct pool_slot *slot)
{
	return (size_t)(slot - slot->pool->slots);
}

/* Called by libzmq, from its thread, when the bytes have been sent. */
static void
give_back(void *data, void *hint)
{
	struct pool_slot *slot = hint;
	(void)data;
	loans_return(slot->pool->loans, index_of(slot));
}

static bool
message_failed(struct nest_error *error)
{
	return nest_error_set(error, NEST_FAILED, "unable to make a message: %s", zmq_strerror(errno));
}

/* Makes libzmq send the bytes in place. */
static bool
send_from_slot(struct pool_slot *slot, struct view frame, zmq_msg_t *message, struct nest_error *error)
{
	loans_lend(slot->pool->loans, index_of(slot));
	if (zmq_msg_init_data(message, (void *)(uintptr_t)frame.data, frame.size, give_back, slot) == 0)
		return true;
	give_back(NULL, slot);
	return message_failed(error);
}

static bool
send_copy(struct view bytes, zmq_msg_t *message, struct nest_error *error)
{
	if (zmq_msg_init_size(message, bytes.size) != 0)
		return message_failed(error);
	memcpy(zmq_msg_data(message), bytes.data, bytes.size);
	return true;
}

static bool
send_reference(struct pool_slot *slot, struct view frame, zmq_msg_t *message, struct nest_error *error)
{
	struct pool *pool = slot->pool;
	struct shared_reference reference = shared_memory_reference(&pool->memory, index_of(slot), frame);
	buffer_clear(&pool->reference);
	if (!shared_reference_pack(&reference, &pool->reference, error))
		return false;
	loans_lend(pool->loans, index_of(slot));
	return send_copy((struct view){pool->reference.data, pool->reference.size}, message, error);
}

bool
pool_lend(struct buffer *buffer, size_t start, zmq_msg_t *message, struct nest_error *error)
{
	struct pool_slot *slot = (struct pool_slot *)buffer;
	struct view frame = {buffer->data + start, buffer->size - start};
	if (!buffer->is_borrowed)
		return send_from_slot(slot, frame, message, error);
	return frame.size <= SMALL_BYTES ? send_copy(frame, message, error)
	                                 : send_reference(slot, frame, message, error);
}
