#include "lib/records/window.h"

#include "lib/base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- reading ---- */

/* Up to SIZE bytes of the file as it is; *GOT is 0 at its end. */
static bool
read_some(struct window *window, uint8_t *to, size_t size, size_t *got, struct nest_error *error)
{
	const struct input_file *file = window->file;
	if (file->is_sized) {
		uint64_t left = file->size - window->raw_offset;
		size = left < size ? (size_t)left : size;
	}
	*got = 0;
	if (window->raw_offset < file->head_size && size > 0) {
		to[0] = file->head[window->raw_offset++];
		*got = 1;
		return true;
	}
	while (size > 0) {
		if (program_interrupted())
			return program_interrupt_error(error);
		if (window->wait != NULL && !file->is_sized &&
		    !window->wait(window->context, window->fd, error))
			return false;
		ssize_t result = file->is_sized
		                     ? pread(window->fd, to, size, (off_t)(file->offset + window->raw_offset))
		                     : read(window->fd, to, size);
		if (result < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (result < 0)
			return nest_error_system(error, "unable to read %s", file->name);
		if (result == 0 && file->is_sized)
			return nest_error_set(error, NEST_FAILED,
			    "%s has become shorter while it was read; run again when nobody writes it",
			    file->name);
		*got = (size_t)result;
		window->raw_offset += *got;
		return true;
	}
	return true;
}

/* As many bytes as asked for, unless the file ends. */
static bool
read_all(struct window *window, uint8_t *to, size_t size, size_t *got, struct nest_error *error)
{
	size_t more = 0;
	for (*got = 0; *got < size; *got += more) {
		if (!read_some(window, to + *got, size - *got, &more, error))
			return false;
		if (more == 0)
			break;
	}
	return true;
}

/* ---- opening ---- */

/* What the file begins with says whether it is compressed; it is read again, or stands in the window. */
static bool
begin(struct window *window, struct nest_error *error)
{
	size_t size;
	if (!read_all(window, window->bytes, COMPRESSION_HEAD, &size, error))
		return false;
	enum compression kind = compression_of(window->bytes, size);
	if (kind == COMPRESSION_NONE) {
		window->size = size;
		window->is_at_end = size == 0;
		memset(window->bytes + size, 0, WINDOW_SLACK);
		return true;
	}
	window->decompressor = decompressor_open(kind, error);
	if (window->decompressor == NULL)
		return false;
	/* The rest of the first chunk, so that chunks stand where they always do. */
	uint8_t *chunk = decompressor_chunk(window->decompressor);
	memcpy(chunk, window->bytes, size);
	size_t more;
	window->chunk_place = window->file->position;
	return read_all(window, chunk + size, DECOMPRESS_CHUNK - size, &more, error) &&
	       decompressor_feed(window->decompressor, size + more, error);
}

bool
window_open(struct window *window, const struct input_file *file,
    bool (*wait)(void *context, int fd, struct nest_error *error), void *context, struct nest_error *error)
{
	*window = (struct window){.file = file, .fd = file->fd, .wait = wait, .context = context};
	window->counted = (struct window_line){0, 1, 1};
	if (file->path != NULL)
		window->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	window->capacity = WINDOW_BYTES;
	window->bytes = window->fd >= 0 ? malloc(window->capacity + WINDOW_SLACK) : NULL;
	bool fine = window->bytes != NULL && begin(window, error);
	if (window->fd < 0)
		nest_error_system(error, "unable to open %s", file->name);
	else if (window->bytes == NULL)
		nest_error_memory(error, window->capacity, "a window");
	if (!fine)
		window_close(window);
	return fine;
}

void
window_close(struct window *window)
{
	if (window->file != NULL && window->file->path != NULL && window->fd >= 0)
		close(window->fd);
	decompressor_close(window->decompressor);
	free(window->bytes);
	free(window->segments);
	*window = (struct window){.fd = -1};
}

/* ---- lines ---- */

/* In sums of one byte, which a compiler keeps in wide registers. */
static uint64_t
count_feeds(const uint8_t *bytes, size_t size)
{
	enum { BLOCK = 128 };
	uint64_t feeds = 0;
	for (; size >= BLOCK; size -= BLOCK, bytes += BLOCK) {
		uint8_t block = 0;
		for (size_t i = 0; i < BLOCK; i++)
			block = (uint8_t)(block + (bytes[i] == '\n'));
		feeds += block;
	}
	for (size_t i = 0; i < size; i++)
		feeds += bytes[i] == '\n';
	return feeds;
}

static void
count_lines(struct window_line *line, const uint8_t *bytes, size_t size)
{
	uint64_t feeds = count_feeds(bytes, size), characters = 0;
	if (feeds > 0) {
		const uint8_t *last = memrchr(bytes, '\n', size);
		size_t before = (size_t)(last + 1 - bytes);
		line->offset += before;
		bytes += before;
		size -= before;
		line->line += feeds;
		line->column = 1;
	}
	for (size_t i = 0; i < size; i++)
		characters += (bytes[i] & 0xc0) != 0x80;
	line->column += characters;
	line->offset += size;
}

/* Of a file where the window may have come from anywhere, what lies before it is read for this alone. */
static bool
count_before(struct window *window, struct nest_error *error)
{
	uint8_t bytes[1 << 14];
	struct window_line *counted = &window->counted;
	while (counted->offset < window->offset) {
		uint64_t left = window->offset - counted->offset;
		ssize_t got = pread(window->fd, bytes, left < sizeof bytes ? (size_t)left : sizeof bytes,
		    (off_t)(window->file->offset + counted->offset));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return nest_error_system(error, "unable to read %s", window->file->name);
		count_lines(counted, bytes, (size_t)got);
	}
	return true;
}

bool
window_line(struct window *window, size_t at, struct window_line *line, struct nest_error *error)
{
	if (window->counted.offset < window->offset && !count_before(window, error))
		return false;
	uint64_t offset = window->offset + at;
	if (window->counted.offset < offset)
		count_lines(&window->counted, window->bytes + (window->counted.offset - window->offset),
		    (size_t)(offset - window->counted.offset));
	*line = window->counted;
	return true;
}

/* ---- moving on ---- */

/* Makes what was read give way to what is not. */
static void
compact(struct window *window)
{
	size_t gone = window->at;
	if (window->is_kept || gone == 0)
		return;
	if (!window_can_seek(window) && window->counted.offset < window->offset + gone)
		count_lines(&window->counted, window->bytes + (window->counted.offset - window->offset),
		    (size_t)(window->offset + gone - window->counted.offset));
	window->size -= gone;
	window->at = 0;
	window->offset += gone;
	window->plain_end = window->plain_end > gone ? window->plain_end - gone : 0;
	memmove(window->bytes, window->bytes + gone, window->size);
	/* The segment that byte 0 belongs to now is the first. */
	size_t first = 0;
	while (first + 1 < window->segment_count && window->segments[first + 1].start <= gone)
		first++;
	window->segment_count -= first;
	if (window->segment_count > 0)
		memmove(window->segments, window->segments + first,
		    window->segment_count * sizeof *window->segments);
	for (size_t i = 0; i < window->segment_count; i++)
		window->segments[i].start -=
		    window->segments[i].start < gone ? window->segments[i].start : gone;
}

/* Room for a read after what is here: half of the window. */
static bool
make_room(struct window *window, struct nest_error *error)
{
	compact(window);
	if (window->size - window->at >= WINDOW_LIMIT)
		return nest_error_set(error, NEST_INVALID,
		    "a record is longer than the %d MiB that there is room for", WINDOW_LIMIT >> 20);
	if (window->size <= window->capacity / 2)
		return true;
	size_t capacity = 2 * window->capacity;
	uint8_t *bytes = realloc(window->bytes, capacity + WINDOW_SLACK);
	if (bytes == NULL)
		return nest_error_memory(error, capacity, "a window");
	window->bytes = bytes;
	window->capacity = capacity;
	return true;
}

static bool
note_segment(struct window *window, struct nest_error *error)
{
	size_t count = window->segment_count;
	if (count > 0 && window->segments[count - 1].place == window->chunk_place)
		return true;
	if (count == window->segment_capacity) {
		size_t capacity = count == 0 ? 16 : 2 * count;
		struct window_segment *segments = realloc(window->segments, capacity * sizeof *segments);
		if (segments == NULL)
			return nest_error_memory(error, capacity * sizeof *segments, "a window");
		window->segments = segments;
		window->segment_capacity = capacity;
	}
	window->segments[window->segment_count++] =
	    (struct window_segment){window->size, window->chunk_place};
	return true;
}

/* Bytes that were compressed; *GOT is 0 at the end of the file. */
static bool
read_decompressed(struct window *window, uint8_t *to, size_t size, size_t *got, struct nest_error *error)
{
	struct decompressor *decompressor = window->decompressor;
	for (;;) {
		if (!decompressor_take(decompressor, to, size, got, error))
			return nest_error_prefix(error, "%s: ", window->file->name);
		if (*got > 0)
			return note_segment(window, error);
		size_t fed;
		window->chunk_place = window->file->position + window->raw_offset;
		if (!read_all(window, decompressor_chunk(decompressor), DECOMPRESS_CHUNK, &fed, error))
			return false;
		if (!decompressor_feed(decompressor, fed, error))
			return nest_error_prefix(error, "%s: ", window->file->name);
		if (fed == 0)
			return true;
	}
}

/* How far all bytes are ASCII, from FROM on. */
static size_t
plain_until(const struct window *window, size_t from)
{
	const uint8_t *bytes = window->bytes;
	while (window->size - from >= 64) {
		uint8_t seen = 0;
		for (size_t i = 0; i < 64; i++)
			seen |= bytes[from + i];
		if (seen >= 0x80)
			break;
		from += 64;
	}
	while (from < window->size && bytes[from] < 0x80)
		from++;
	return from;
}

bool
window_more(struct window *window, struct nest_error *error)
{
	size_t got = 0;
	if (window->is_at_end)
		return true;
	if (!make_room(window, error))
		return nest_error_prefix(error, "%s: ", window->file->name);
	/* A long record is read in longer and longer pieces, since it is looked at again after each. */
	uint8_t *to = window->bytes + window->size;
	size_t room = window->capacity - window->size, unread = window->size - window->at;
	size_t piece = unread / 2 > WINDOW_BYTES ? unread / 2 : WINDOW_BYTES;
	room = room < piece ? room : piece;
	if (!(window->decompressor != NULL ? read_decompressed(window, to, room, &got, error)
					   : read_some(window, to, room, &got, error)))
		return false;
	window->is_at_end = got == 0;
	window->size += got;
	memset(window->bytes + window->size, 0, WINDOW_SLACK);
	/* What is not ASCII is behind at last, or still ahead. */
	if (window->plain_end < window->at)
		window->plain_end = window->at;
	window->plain_end = plain_until(window, window->plain_end);
	return true;
}

bool
window_can_seek(const struct window *window)
{
	return window->file->is_sized && window->decompressor == NULL;
}

void
window_seek(struct window *window, uint64_t offset)
{
	window->at = window->size = window->plain_end = 0;
	window->offset = window->raw_offset = offset;
	window->is_at_end = offset >= window->file->size;
	memset(window->bytes, 0, WINDOW_SLACK);
}

void
window_rewind(struct window *window)
{
	window->at = 0;
	window->is_kept = false;
	window->plain_end = plain_until(window, 0);
}

/* ---- places ---- */

size_t
window_cut(const struct window *window, uint64_t place)
{
	uint64_t begin = window->file->position + window->offset;
	if (window->decompressor == NULL) {
		uint64_t at = place > begin ? place - begin : 0;
		return at < window->size ? (size_t)at : SIZE_MAX;
	}
	for (size_t i = 0; i < window->segment_count; i++)
		if (window->segments[i].place >= place)
			return window->segments[i].start;
	return SIZE_MAX;
}

uint64_t
window_place(const struct window *window, size_t at)
{
	if (window->decompressor == NULL)
		return window->file->position + window->offset + at;
	size_t i = window->segment_count;
	while (i > 0 && window->segments[i - 1].start > at)
		i--;
	return i > 0 ? window->segments[i - 1].place : window->chunk_place;
}
