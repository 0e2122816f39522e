/*
 * queue - keeps frames of parts whose turn has not come, in a file without a name.
 *
 * A zeroed struct queue is empty; it owns what it holds, and queue_free() gives that back.  Frames
 * come out in the order of their parts, and those of one part in the order in which they went in.
 *
 * Errors: NEST_FAILED, "unable to keep frames aside: ...".
 */
#ifndef NEST_ENCODE_QUEUE_H
#define NEST_ENCODE_QUEUE_H

#include "lib/dataset/draft.h"
#include "lib/wire/frame.h"

/* Where a frame is in the file; later ones are after it. */
struct queued {
	uint64_t part, offset;
	size_t size_bytes;
};

struct queue {
	int fd; /* if is_open: from the first frame on */
	bool is_open;
	uint64_t end;          /* of the last frame in the file */
	struct queued *frames; /* a heap: the children of frame i are frames 2i + 1 and 2i + 2 */
	size_t count, capacity;
	struct buffer bytes; /* of the last frame that went in or came out */
	struct frame frame;
};

void queue_free(struct queue *queue);

/* Adds a copy of FRAME, whose body must not be compressed; the file is made beside DRAFT. */
bool queue_put(
    struct queue *queue, const struct draft *draft, const struct frame *frame, struct nest_error *error);

/* Whether the next frame to come out is one of PART. */
bool queue_has(const struct queue *queue, uint64_t part);

/* Takes out the next frame, of which there must be one; it is borrowed until the next call. */
bool queue_take(struct queue *queue, const struct frame **frame, struct nest_error *error);

#endif
