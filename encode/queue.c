#include "encode/queue.h"

#include "lib/dataset/nameless.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void
queue_free(struct queue *queue)
{
	if (queue->is_open)
		close(queue->fd);
	free(queue->frames);
	buffer_free(&queue->bytes);
	frame_free(&queue->frame);
	*queue = (struct queue){0};
}

static bool
fail(struct nest_error *error)
{
	return nest_error_system(error, "unable to keep frames aside");
}

/* ---- the heap ---- */

static bool
is_before(const struct queued *a, const struct queued *b)
{
	return a->part != b->part ? a->part < b->part : a->offset < b->offset;
}

static void
swap(struct queued *a, struct queued *b)
{
	struct queued kept = *a;
	*a = *b;
	*b = kept;
}

static bool
push(struct queue *queue, struct queued queued, struct nest_error *error)
{
	struct queued *frames = queue->frames;
	if (queue->count == queue->capacity) {
		size_t capacity = 2 * queue->capacity + 16;
		frames = realloc(frames, capacity * sizeof *frames);
		if (frames == NULL)
			return nest_error_memory(error, capacity * sizeof *frames, "frames kept aside");
		queue->frames = frames;
		queue->capacity = capacity;
	}
	size_t at = queue->count++;
	frames[at] = queued;
	for (size_t above; at > 0 && is_before(&frames[at], &frames[above = (at - 1) / 2]); at = above)
		swap(&frames[at], &frames[above]);
	return true;
}

static struct queued
pop(struct queue *queue)
{
	struct queued *frames = queue->frames, first = frames[0];
	size_t count = --queue->count, at = 0;
	frames[0] = frames[count];
	for (;;) {
		size_t least = at;
		for (size_t below = 2 * at + 1; below <= 2 * at + 2 && below < count; below++)
			if (is_before(&frames[below], &frames[least]))
				least = below;
		if (least == at)
			return first;
		swap(&frames[at], &frames[least]);
		at = least;
	}
}

/* ---- the file ---- */

/* Opens the file; if nothing waits any more, its room is given back. */
static bool
open_file(struct queue *queue, const struct draft *draft, struct nest_error *error)
{
	if (!queue->is_open) {
		queue->fd = draft_scratch(draft, error);
		queue->is_open = queue->fd >= 0;
		return queue->is_open;
	}
	if (queue->count > 0)
		return true;
	queue->end = 0;
	return (ftruncate(queue->fd, 0) == 0 && lseek(queue->fd, 0, SEEK_SET) == 0) || fail(error);
}

bool
queue_put(struct queue *queue, const struct draft *draft, const struct frame *frame, struct nest_error *error)
{
	struct frame plain = *frame;
	plain.codec = FRAME_CODEC_NONE;
	buffer_clear(&queue->bytes);
	if (!open_file(queue, draft, error) ||
	    !frame_encode_header(&plain, plain.body.size, &queue->bytes, error))
		return false;
	struct iovec pieces[] = {
	    {queue->bytes.data, queue->bytes.size}, {(void *)(uintptr_t)plain.body.data, plain.body.size}};
	uint64_t start = queue->end;
	return (pieces_write(queue->fd, pieces, 2, NULL, &queue->end) || fail(error)) &&
	       push(queue, (struct queued){plain.part, start, (size_t)(queue->end - start)}, error);
}

bool
queue_has(const struct queue *queue, uint64_t part)
{
	return queue->count > 0 && queue->frames[0].part == part;
}

bool
queue_take(struct queue *queue, const struct frame **frame, struct nest_error *error)
{
	struct queued queued = pop(queue);
	buffer_clear(&queue->bytes);
	if (!buffer_reserve(&queue->bytes, queued.size_bytes, error))
		return false;
	for (size_t got = 0; got < queued.size_bytes;) {
		ssize_t more = pread(queue->fd, queue->bytes.data + got, queued.size_bytes - got,
		    (off_t)(queued.offset + got));
		if (more == 0)
			errno = EIO;
		if (more == 0 || (more < 0 && errno != EINTR))
			return fail(error);
		got += more > 0 ? (size_t)more : 0;
	}
	*frame = &queue->frame;
	return frame_decode(&queue->frame, (struct view){queue->bytes.data, queued.size_bytes}, error);
}
