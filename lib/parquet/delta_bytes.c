/* delta_bytes.c - byte strings with their lengths, or with what they share, packed apart. */
#include "lib/parquet/delta_bytes.h"

#include "lib/parquet/delta.h"

#include <inttypes.h>

enum { LENGTH_BYTES = 4, SHORT_BYTES = 16 };

static inline uint32_t
length_at(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline void
store_length(uint8_t *at, size_t length)
{
	for (size_t i = 0; i < LENGTH_BYTES; i++)
		at[i] = (uint8_t)(length >> 8 * i);
}

static inline bool
put_length(struct buffer *out, uint32_t length, struct nest_error *error)
{
	uint8_t bytes[LENGTH_BYTES];
	store_length(bytes, length);
	return buffer_append(out, bytes, sizeof bytes, error);
}

/* The value at *AT, which moves to the next one. */
static inline struct view
next_value(const uint8_t **at, size_t fixed)
{
	struct view value = {*at, fixed};
	if (fixed == 0)
		value = (struct view){*at + LENGTH_BYTES, length_at(*at)};
	*at = value.data + value.size;
	return value;
}

/* ---- writing ---- */

/*
 * Writes SIZE bytes to AT, where SHORT_BYTES more can be written; END is the end of readable bytes at FROM.
 * Almost all values are short, and copied in one step whatever their size.
 */
static inline uint8_t *
put_bytes(uint8_t *at, const uint8_t *from, size_t size, const uint8_t *end)
{
	if (__builtin_expect(size <= SHORT_BYTES && (size_t)(end - from) >= SHORT_BYTES, 1))
		memcpy(at, from, SHORT_BYTES);
	else if (size > 0)
		memcpy(at, from, size);
	return at + size;
}

bool
delta_length_encode(
    struct buffer *out, const uint8_t *values, size_t count, struct buffer *scratch, struct nest_error *error)
{
	const uint8_t *at = values;
	size_t size = 0;
	buffer_clear(scratch);
	if (!buffer_reserve(scratch, count * LENGTH_BYTES, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		memcpy(scratch->data + i * LENGTH_BYTES, at, LENGTH_BYTES);
		size += next_value(&at, 0).size;
	}
	if (!delta_encode(out, scratch->data, count, LENGTH_BYTES, error) ||
	    !buffer_reserve(out, size + SHORT_BYTES, error))
		return false;
	const uint8_t *end = at;
	uint8_t *to = out->data + out->size;
	at = values;
	for (size_t i = 0; i < count; i++) {
		struct view value = next_value(&at, 0);
		to = put_bytes(to, value.data, value.size, end);
	}
	out->size += size;
	return true;
}

static inline size_t
shared_bytes(struct view a, struct view b)
{
	size_t most = a.size < b.size ? a.size : b.size, shared = 0;
	while (most - shared >= 8 && memcmp(a.data + shared, b.data + shared, 8) == 0)
		shared += 8;
	while (shared < most && a.data[shared] == b.data[shared])
		shared++;
	return shared;
}

bool
delta_bytes_encode(struct buffer *out, const uint8_t *values, size_t count, size_t fixed,
    struct buffer *scratch, struct nest_error *error)
{
	const uint8_t *at = values;
	struct view last = {values, 0};
	size_t size = 0;
	buffer_clear(scratch);
	if (!buffer_reserve(scratch, 2 * count * LENGTH_BYTES + 1, error))
		return false;
	uint8_t *shared = scratch->data, *rest = shared + count * LENGTH_BYTES;
	for (size_t i = 0; i < count; i++) {
		struct view value = next_value(&at, fixed);
		size_t same = shared_bytes(last, value);
		store_length(shared + i * LENGTH_BYTES, same);
		store_length(rest + i * LENGTH_BYTES, value.size - same);
		size += value.size - same;
		last = value;
	}
	if (!delta_encode(out, shared, count, LENGTH_BYTES, error) ||
	    !delta_encode(out, rest, count, LENGTH_BYTES, error) ||
	    !buffer_reserve(out, size + SHORT_BYTES, error))
		return false;
	const uint8_t *end = at;
	uint8_t *to = out->data + out->size;
	at = values;
	for (size_t i = 0; i < count; i++) {
		struct view value = next_value(&at, fixed);
		size_t same = length_at(shared + i * LENGTH_BYTES);
		to = put_bytes(to, value.data + same, value.size - same, end);
	}
	out->size += size;
	return true;
}

/* ---- reading ---- */

/* Makes room in OUT for COUNT values, whose unshared bytes are BYTES. */
static bool
reserve_values(struct buffer *out, const struct view *bytes, const struct buffer *lengths, size_t count,
    bool has_prefixes, size_t fixed, struct nest_error *error)
{
	uint64_t total = 0, rest = 0, last = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t prefix = has_prefixes ? length_at(lengths->data + i * LENGTH_BYTES) : 0;
		uint64_t length = length_at(lengths->data + (has_prefixes ? count + i : i) * LENGTH_BYTES);
		if (prefix > last)
			return nest_error_set(error, NEST_INVALID,
			    "a value shares %" PRIu64 " bytes with the one before, which has %" PRIu64,
			    prefix, last);
		last = prefix + length;
		rest += length;
		total += last + (fixed == 0 ? LENGTH_BYTES : 0);
		if (rest > bytes->size)
			return nest_error_set(error, NEST_INVALID,
			    "a value of %" PRIu64 " bytes does not end where the bytes do", last);
		if (fixed > 0 && last != fixed)
			return nest_error_set(error, NEST_INVALID,
			    "a value has %" PRIu64 " bytes, where %zu are due", last, fixed);
		if (total > DELTA_BYTES_MOST)
			return nest_error_set(error, NEST_INVALID,
			    "the values of a page have more than %d bytes", DELTA_BYTES_MOST);
	}
	return buffer_reserve(out, (size_t)total, error);
}

/* Moves SIZE bytes to OUT, which has room for them. */
static void
move_bytes(struct view *bytes, size_t size, struct buffer *out)
{
	if (size > 0)
		memcpy(out->data + out->size, bytes->data, size);
	out->size += size;
	bytes->data += size;
	bytes->size -= size;
}

bool
delta_length_decode(
    struct view *bytes, size_t count, struct buffer *out, struct buffer *scratch, struct nest_error *error)
{
	buffer_clear(scratch);
	if (!delta_decode(bytes, count, LENGTH_BYTES, scratch, error) ||
	    !reserve_values(out, bytes, scratch, count, false, 0, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct view length = {scratch->data + i * LENGTH_BYTES, LENGTH_BYTES};
		size_t size = length_at(length.data);
		move_bytes(&length, LENGTH_BYTES, out);
		move_bytes(bytes, size, out);
	}
	return true;
}

bool
delta_bytes_decode(struct view *bytes, size_t count, size_t fixed, struct buffer *out, struct buffer *scratch,
    struct nest_error *error)
{
	size_t last_at = out->size;
	buffer_clear(scratch);
	if (!delta_decode(bytes, count, LENGTH_BYTES, scratch, error) ||
	    !delta_decode(bytes, count, LENGTH_BYTES, scratch, error) ||
	    !reserve_values(out, bytes, scratch, count, true, fixed, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		uint32_t prefix = length_at(scratch->data + i * LENGTH_BYTES);
		uint32_t length = length_at(scratch->data + (count + i) * LENGTH_BYTES);
		if (fixed == 0 && !put_length(out, prefix + length, error))
			return false;
		struct view shared = {out->data + last_at, prefix};
		last_at = out->size;
		move_bytes(&shared, prefix, out);
		move_bytes(bytes, length, out);
	}
	return true;
}
