/*
 * buffer - a growable run of bytes that is reused.
 *
 * A struct buffer owns its memory; buffer_free() gives it back and leaves an
 * empty buffer.  A zeroed struct is an empty buffer.  Clearing keeps the
 * memory: touching memory for the first time costs more than filling it.
 */
#ifndef NEST_BASE_BUFFER_H
#define NEST_BASE_BUFFER_H

#include "lib/base/error.h"

#include <stdint.h>
#include <string.h>

struct buffer {
	uint8_t *data;
	size_t size;
	size_t capacity;
	bool is_borrowed; /* the memory is not its own: left when the buffer grows, and never freed */
};

/* Makes room for MORE bytes after the size, growing by half or more; the size stays. */
bool buffer_grow(struct buffer *buffer, size_t more_bytes, struct nest_error *error);
void buffer_free(struct buffer *buffer);

static inline bool
buffer_reserve(struct buffer *buffer, size_t more_bytes, struct nest_error *error)
{
	if (buffer->capacity - buffer->size >= more_bytes)
		return true;
	return buffer_grow(buffer, more_bytes, error);
}

static inline bool
buffer_append(struct buffer *buffer, const void *data, size_t size_bytes, struct nest_error *error)
{
	if (!buffer_reserve(buffer, size_bytes, error))
		return false;
	if (size_bytes > 0)
		memcpy(buffer->data + buffer->size, data, size_bytes);
	buffer->size += size_bytes;
	return true;
}

/* Appends what printf would print; the zero byte that stands behind it does not count. */
bool buffer_print(struct buffer *buffer, struct nest_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static inline void
buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
}

/* Borrowed bytes, not terminated by a zero; the lender says how long they live. */
struct view {
	const uint8_t *data;
	size_t size;
};

static inline bool
view_equal(struct view a, struct view b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline struct view
view_of_text(const char *text)
{
	return (struct view){(const uint8_t *)text, strlen(text)};
}

#endif
