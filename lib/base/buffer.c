#include "lib/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool
buffer_grow(struct buffer *buffer, size_t more_bytes, struct nest_error *error)
{
	if (more_bytes > SIZE_MAX / 2 - buffer->size)
		return nest_error_memory(error, more_bytes, "a buffer");
	size_t wanted = buffer->size + more_bytes;
	size_t capacity = buffer->capacity + buffer->capacity / 2;
	if (capacity < wanted)
		capacity = wanted;
	if (capacity < 256)
		capacity = 256;
	uint8_t *data = realloc(buffer->is_borrowed ? NULL : buffer->data, capacity);
	if (data == NULL)
		return nest_error_memory(error, capacity, "a buffer");
	if (buffer->is_borrowed && buffer->size > 0)
		memcpy(data, buffer->data, buffer->size);
	buffer->is_borrowed = false;
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

void
buffer_free(struct buffer *buffer)
{
	if (!buffer->is_borrowed)
		free(buffer->data);
	*buffer = (struct buffer){0};
}

bool
buffer_print(struct buffer *buffer, struct nest_error *error, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int size = vsnprintf(NULL, 0, format, args);
	bool printed = size < 0 ? nest_error_system(error, "unable to print a text")
	                        : buffer_reserve(buffer, (size_t)size + 1, error);
	if (printed) {
		vsnprintf((char *)buffer->data + buffer->size, (size_t)size + 1, format, again);
		buffer->size += (size_t)size;
	}
	va_end(again);
	va_end(args);
	return printed;
}
