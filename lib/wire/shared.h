/*
 * shared - frames in memory that a sender and its receiver share, so that only
 * a few bytes cross the socket between them, which say where a frame is.
 *
 * nest-frame(5), "Shared memory", is the specification.  A sender makes one
 * memory file (memfd_create(2)), which has no name and goes away with the
 * processes that hold it.  It begins with the book of which slots are lent
 * (loans.h); the slots follow, and each takes as much memory as was ever touched.
 *
 * The sender may write to the memory at any time.  It is accepted only from
 * processes of the same user, who could just as well change the receiver itself.
 */
#ifndef NEST_WIRE_SHARED_H
#define NEST_WIRE_SHARED_H

#include "lib/base/buffer.h"
#include "lib/wire/loans.h"

#include <sys/types.h>

enum {
	SHARED_BOOK_BYTES = 1 << 16,
	SHARED_SLOT_BYTES = 12 << 20, /* more than the frames of any stage with its defaults */
	SHARED_SLOTS_LIMIT = SHARED_BOOK_BYTES / 4 - 1,
};

/* Where a frame lies: SIZE bytes from AT in the file that is descriptor FD of its sender. */
struct shared_reference {
	uint64_t fd, slot, at, size;
};

/* Appends REFERENCE to OUT as a message. */
bool shared_reference_pack(
    const struct shared_reference *reference, struct buffer *out, struct nest_error *error);

/* Whether a message is a reference, by its first byte; a frame begins with another. */
bool shared_is_reference(struct view message);

/* NEST_INVALID if it is not a reference of this version. */
bool shared_reference_unpack(
    struct shared_reference *reference, struct view message, struct nest_error *error);

/* ---- the sender's side ---- */

/* A zeroed struct is no memory. */
struct shared_memory {
	int fd;
	uint32_t *loans; /* where it begins */
	size_t size;
};

/* NEST_FAILED if the system refuses it.  The caller owns it until shared_memory_free(). */
bool shared_memory_make(struct shared_memory *memory, size_t slot_count, struct nest_error *error);
void shared_memory_free(struct shared_memory *memory);

/* The SHARED_SLOT_BYTES of a slot. */
uint8_t *shared_memory_slot(const struct shared_memory *memory, size_t slot);

/* Says where FRAME lies, in a slot of the memory. */
struct shared_reference shared_memory_reference(
    const struct shared_memory *memory, size_t slot, struct view frame);

/* ---- the receiver's side ---- */

/* One sender's file. */
struct shared_mapping {
	pid_t pid;
	uint64_t fd;
	ino_t inode;
	uint32_t *loans; /* NULL before it is mapped */
	const uint8_t *bytes;
	size_t size;
};

struct shared_mappings {
	struct shared_mapping *all;
	size_t count;
	/* Of the frame that is being read. */
	uint32_t *loans; /* NULL if there is none */
	size_t slot;
};

enum shared_result {
	SHARED_FRAME,
	SHARED_GONE, /* the sender has ended */
	SHARED_ERROR,
};

/*
 * The frame that MESSAGE, which came by CONNECTION, refers to; it is lent until
 * shared_return().  NEST_INVALID for a reference that cannot be right.
 */
enum shared_result shared_take(struct shared_mappings *mappings, int connection, struct view message,
    struct view *frame, struct nest_error *error);

/* Gives the frame back to its sender, if one is lent. */
void shared_return(struct shared_mappings *mappings);
void shared_mappings_free(struct shared_mappings *mappings);

#endif
