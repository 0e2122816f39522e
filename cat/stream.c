#include "cat/stream.h"

#include "cat/shown.h"
#include "lib/base/program.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	READ_BYTES = 256 << 10,
	MAP_HEAD_BYTES = 5,  /* at most */
	FIRST_KEY_BYTES = 9, /* at most */
	START_BYTES = FRAME_PREFIX_BYTES + MAP_HEAD_BYTES + FIRST_KEY_BYTES,
};

/* ---- reading ---- */

bool
stream_copy(struct view bytes, struct nest_error *error)
{
	const uint8_t *at = bytes.data, *end = bytes.data + bytes.size;
	while (at < end) {
		ssize_t written = write(STDOUT_FILENO, at, (size_t)(end - at));
		if (program_interrupted())
			return program_interrupt_error(error);
		if (written < 0 && errno == EPIPE)
			return nest_error_set(error, NEST_FAILED, "standard output has no reader any more");
		if (written < 0 && errno != EINTR)
			return nest_error_system(error, "unable to write standard output");
		at += written > 0 ? written : 0;
	}
	return true;
}

/* Reads more, or notes the end; before it waits, everything printed so far is flushed. */
static bool
read_more(struct stream *stream, struct nest_error *error)
{
	if (!shown_flush(NEST_OK, error) || !buffer_reserve(&stream->bytes, READ_BYTES, error))
		return false;
	uint8_t *to = stream->bytes.data + stream->bytes.size;
	ssize_t got = read(stream->descriptor, to, READ_BYTES);
	if (program_interrupted())
		return program_interrupt_error(error);
	if (got < 0)
		return errno == EINTR || nest_error_system(error, "unable to read %s", stream->title);
	stream->has_ended = got == 0;
	stream->bytes.size += (size_t)got;
	return !stream->is_copied || stream_copy((struct view){to, (size_t)got}, error);
}

/* Sets *ENOUGH to whether SIZE bytes are there from stream->at on. */
static bool
need(struct stream *stream, size_t size, bool *enough, struct nest_error *error)
{
	while (stream->bytes.size - stream->at < size && !stream->has_ended)
		if (!read_more(stream, error))
			return false;
	*enough = stream->bytes.size - stream->at >= size;
	return true;
}

/* Drops the bytes before FROM. */
static void
drop(struct stream *stream, size_t from)
{
	memmove(stream->bytes.data, stream->bytes.data + from, stream->bytes.size - from);
	stream->bytes.size -= from;
	stream->offset += from;
	stream->at -= stream->at < from ? stream->at : from;
	stream->before -= stream->before < from ? stream->before : from;
}

/* ---- where a frame begins ---- */

/* The size of a map's head that begins with FIRST; 0 if none does. */
static size_t
map_head_bytes(uint8_t first)
{
	if (first == 0xde)
		return 3;
	if (first == 0xdf)
		return 5;
	return (first & 0xf0) == 0x80 ? 1 : 0;
}

/* Whether the key "nest" is here, in any of its forms. */
static bool
is_first_key(const uint8_t *at)
{
	static const struct view forms[] = {{(const uint8_t *)"\xa4nest", 5},
	    {(const uint8_t *)"\xd9\x04nest", 6}, {(const uint8_t *)"\xda\0\x04nest", 7},
	    {(const uint8_t *)"\xdb\0\0\0\x04nest", 9}};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (memcmp(at, forms[i].data, forms[i].size) == 0)
			return true;
	return false;
}

/* Whether a header begins here, by bytes that are unlikely to occur by chance. */
static bool
is_start(const uint8_t *at, size_t size)
{
	if (size < START_BYTES || at[0] != 0xc6 || at[1] != 0)
		return false;
	size_t head = map_head_bytes(at[FRAME_PREFIX_BYTES]);
	return head > 0 && is_first_key(at + FRAME_PREFIX_BYTES + head);
}

/* Searches for a beginning from *AT on, as far as the bytes go; *AT is where to continue. */
static bool
find_start(const struct stream *stream, size_t *at)
{
	const uint8_t *data = stream->bytes.data;
	while (stream->bytes.size - *at >= START_BYTES) {
		const uint8_t *mark = memchr(data + *at, 0xc6, stream->bytes.size - *at);
		*at = mark != NULL ? (size_t)(mark - data) : stream->bytes.size;
		if (is_start(data + *at, stream->bytes.size - *at))
			return true;
		*at += mark != NULL && stream->bytes.size - *at >= START_BYTES;
	}
	return false;
}

/* ---- pieces ---- */

enum shape { SHAPE_WHOLE, SHAPE_WRONG, SHAPE_SHORT };

/* Finds where the frame at stream->at ends, from its two lengths. */
static bool
measure(struct stream *stream, enum shape *shape, struct nest_error *error)
{
	static const char *const names[] = {"header", "body"};
	static const size_t limits[] = {FRAME_HEADER_LIMIT, FRAME_BODY_LIMIT};
	bool enough;
	stream->size = 0;
	for (int i = 0; i < 2; i++) {
		size_t size = 0;
		*shape = SHAPE_SHORT;
		if (!need(stream, stream->size + FRAME_PREFIX_BYTES, &enough, error))
			return false;
		uint8_t prefix[FRAME_PREFIX_BYTES] = {0xc6};
		size_t there = stream->bytes.size - stream->at;
		size_t left = there > stream->size ? there - stream->size : 0;
		memcpy(prefix, stream->bytes.data + stream->at + stream->size,
		    left < sizeof prefix ? left : sizeof prefix);
		if (!frame_decode_prefix(prefix, names[i], limits[i], &size, error))
			*shape = SHAPE_WRONG;
		if (!enough || *shape == SHAPE_WRONG)
			return true;
		stream->size += FRAME_PREFIX_BYTES + size;
	}
	if (!need(stream, stream->size, &enough, error))
		return false;
	*shape = enough ? SHAPE_WHOLE : SHAPE_SHORT;
	return true;
}

/*
 * Any bytes may look like lengths.  If no header begins here, they are trusted if they lead to
 * the end or to a header.
 */
static bool
confirm(struct stream *stream, enum shape *shape, struct nest_error *error)
{
	bool enough;
	if (is_start(stream->bytes.data + stream->at, stream->size))
		return true;
	if (!need(stream, stream->size + START_BYTES, &enough, error))
		return false;
	const uint8_t *behind = stream->bytes.data + stream->at + stream->size;
	size_t left = stream->bytes.size - stream->at - stream->size;
	if (left == 0 || is_start(behind, left))
		return true;
	*shape = SHAPE_WRONG;
	nest_error_set(error, NEST_INVALID,
	    "this is no nest frame: its header is no map that starts with the key \"nest\"");
	return true;
}

/* ERROR says what is wrong at stream->at; finds the next beginning of a frame, and adds where it is. */
static bool
pass_over(struct stream *stream, size_t from, struct nest_error *error)
{
	uint64_t begin = stream->offset + stream->at;
	struct nest_error failure;
	size_t at = from;
	bool found;
	while (!(found = find_start(stream, &at)) && !stream->has_ended) {
		drop(stream, at);
		at = 0;
		if (!read_more(stream, &failure)) {
			*error = failure;
			return false;
		}
	}
	if (!found)
		at = stream->bytes.size;
	uint64_t next = stream->offset + at;
	if (!found)
		nest_error_suffix(error, "; no frame follows: the rest, %llu bytes, is unreadable",
		    (unsigned long long)(next - begin));
	else if (next < begin)
		nest_error_suffix(error,
		    "; a frame begins at byte %llu, within the one before, whose lengths are wrong",
		    (unsigned long long)next);
	else
		nest_error_suffix(error, "; a frame begins %llu bytes on, at byte %llu",
		    (unsigned long long)(next - begin), (unsigned long long)next);
	stream->at = at;
	stream->size = 0;
	return true;
}

bool
stream_next(struct stream *stream, enum stream_piece *piece, struct nest_error *error)
{
	bool enough;
	enum shape shape;
	bool had_frame = stream->has_frame;
	stream->has_frame = false;
	if (stream->before > stream->bytes.size / 2)
		drop(stream, stream->before);
	stream->before = stream->at;
	stream->at += stream->size;
	stream->size = 0;
	*piece = STREAM_END;
	if (!need(stream, 1, &enough, error))
		return false;
	if (!enough)
		return true;
	if (!measure(stream, &shape, error) || (shape == SHAPE_WHOLE && !confirm(stream, &shape, error)))
		return false;
	stream->has_frame = shape == SHAPE_WHOLE;
	*piece = stream->has_frame ? STREAM_FRAME : STREAM_NO_FRAME;
	if (stream->has_frame)
		return true;
	if (shape == SHAPE_SHORT)
		nest_error_set(error, NEST_INVALID, "the stream ends at byte %llu, in the middle of a frame",
		    (unsigned long long)(stream->offset + stream->bytes.size));
	if (!stream->is_searched)
		return true;
	/* A piece that is cut short says nothing about the frame before it. */
	bool looks_back = had_frame && shape == SHAPE_WRONG;
	return pass_over(stream, looks_back ? stream->before + 1 : stream->at + 1, error);
}

void
stream_free(struct stream *stream)
{
	buffer_free(&stream->bytes);
}
