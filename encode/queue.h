/*
 * queue - frames of parts whose turn has not come, in a file that has no name.
 *
 * A zeroed struct queue is empty; it owns what it holds, and queue_free() gives that back.  Frames
 * of a part come out as they went in, and those of lower parts before those of higher ones.
 *
 * Errors: NEST_FAILED, "unable to keep frames aside: ...".
 */
#ifndef NEST_ENCODE_QUEUE_H
#define NEST_ENCODE_QUEUE_H

#include "lib/dataset/draft.h"
#include "lib/wire/frame.h"

/* Where a frame stands in the file; those that came later stand behind. */
struct queued {
	uint64_t part, offset;
	size_t size_bytes;
};

struct queue {
	int fd; /* while there are frames, or were */
	bool is_open;
	uint64_t end;          /* of the last frame in the file */
	struct queued *frames; /* a heap: each is before the two at twice its index, and one more or two */
	size_t count, capacity;
	struct buffer bytes; /* of the frame that went in or came out last */
	struct frame frame;
};

void queue_free(struct queue *queue);

/* Takes a copy of FRAME, whose body is not compressed; DRAFT says where the file is made. */
bool queue_put(
    struct queue *queue, const struct draft *draft, const struct frame *frame, struct nest_error *error);

/* Whether a frame of PART is next to come out. */
bool queue_has(const struct queue *queue, uint64_t part);

/* Takes out the frame that is next, where there is one; it is borrowed until the next call. */
bool queue_take(struct queue *queue, const struct frame **frame, struct nest_error *error);

#endif
