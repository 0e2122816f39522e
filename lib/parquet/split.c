/* split.c - writes and reads BYTE_STREAM_SPLIT. */
#include "lib/parquet/split.h"

enum { BLOCK = 16 };

/* For values of a size known to the compiler, which then makes vector code for BLOCK of them. */
static inline size_t
split_blocks(uint8_t *streams, const uint8_t *values, size_t count, size_t value_bytes)
{
	size_t done = 0;
	for (; count - done >= BLOCK; done += BLOCK) {
		const uint8_t *from = values + done * value_bytes;
		for (size_t byte = 0; byte < value_bytes; byte++) {
			uint8_t *to = streams + byte * count + done;
			for (size_t i = 0; i < BLOCK; i++)
				to[i] = from[i * value_bytes + byte];
		}
	}
	return done;
}

bool
split_encode(
    struct buffer *out, const uint8_t *values, size_t count, size_t value_bytes, struct nest_error *error)
{
	size_t done = 0;
	if (count == 0)
		return true;
	if (!buffer_reserve(out, count * value_bytes, error))
		return false;
	uint8_t *streams = out->data + out->size;
	if (value_bytes == 4)
		done = split_blocks(streams, values, count, 4);
	else if (value_bytes == 8)
		done = split_blocks(streams, values, count, 8);
	for (size_t byte = 0; byte < value_bytes; byte++)
		for (size_t i = done; i < count; i++)
			streams[byte * count + i] = values[i * value_bytes + byte];
	out->size += count * value_bytes;
	return true;
}

bool
split_decode(
    struct view *bytes, size_t count, size_t value_bytes, struct buffer *out, struct nest_error *error)
{
	if (value_bytes == 0 || count > bytes->size / value_bytes)
		return nest_error_set(
		    error, NEST_INVALID, "the bytes end within %zu values whose bytes are split", count);
	size_t size = count * value_bytes;
	if (size == 0)
		return true;
	if (!buffer_reserve(out, size, error))
		return false;
	uint8_t *values = out->data + out->size;
	for (size_t byte = 0; byte < value_bytes; byte++)
		for (size_t i = 0; i < count; i++)
			values[i * value_bytes + byte] = bytes->data[byte * count + i];
	out->size += size;
	bytes->data += size;
	bytes->size -= size;
	return true;
}
