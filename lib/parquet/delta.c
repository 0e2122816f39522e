/* delta.c - writes and reads DELTA_BINARY_PACKED. */
#include "lib/parquet/delta.h"

#include <inttypes.h>

enum {
	BLOCK = 128, /* values of a block in writing */
	MINIBLOCKS = 4,
	MINIBLOCK = BLOCK / MINIBLOCKS,
	VARINT_BYTES = 10,
	BLOCK_UNIT = 128, /* what the sizes of blocks and miniblocks are multiples of */
	MINIBLOCK_UNIT = 32,
};

static inline uint64_t
load(const uint8_t *at, size_t value_bytes)
{
	uint64_t value = 0;
	for (size_t i = 0; i < value_bytes; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

static inline void
store(uint8_t *at, uint64_t value, size_t value_bytes)
{
	for (size_t i = 0; i < value_bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static unsigned
width_of(uint64_t value)
{
	return value == 0 ? 0 : 64 - (unsigned)__builtin_clzll(value);
}

/* ---- writing ---- */

static bool
put_varint(struct buffer *out, uint64_t value, struct nest_error *error)
{
	uint8_t bytes[VARINT_BYTES];
	size_t size = 0;
	for (; value >= 0x80; value >>= 7)
		bytes[size++] = (uint8_t)(value | 0x80);
	bytes[size++] = (uint8_t)value;
	return buffer_append(out, bytes, size, error);
}

/* A difference is as wide as the values, and so is its sign. */
static int64_t
signed_of(uint64_t value, size_t value_bytes)
{
	return value_bytes == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

static bool
put_zigzag(struct buffer *out, int64_t value, struct nest_error *error)
{
	return put_varint(out, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0), error);
}

/* Puts MINIBLOCK values of WIDTH bits, the first in the lowest bits, to where there is room; returns its end.
 */
static uint8_t *
put_miniblock(uint8_t *at, const uint64_t *values, unsigned width)
{
	uint64_t pending = 0;
	unsigned used = 0;
	for (size_t i = 0; i < MINIBLOCK; i++) {
		pending |= values[i] << used;
		used += width;
		if (used < 64)
			continue;
		store(at, pending, 8);
		at += 8;
		used -= 64;
		/* The bits of the value that did not fit: none if it ended here. */
		pending = used > 0 ? values[i] >> (width - used) : 0;
	}
	/* With an odd width, half of the last eight bytes. */
	if (used > 0)
		store(at, pending, 4);
	return at + used / 8;
}

/* Writes COUNT differences, at most BLOCK; the rest of the block is zero. */
static inline bool
put_block(struct buffer *out, uint64_t *deltas, size_t count, size_t value_bytes, struct nest_error *error)
{
	int64_t least = signed_of(deltas[0], value_bytes);
	uint64_t mask = value_bytes == 4 ? UINT32_MAX : UINT64_MAX;
	uint8_t widths[MINIBLOCKS];
	for (size_t i = 1; i < count; i++) {
		int64_t delta = signed_of(deltas[i], value_bytes);
		least = delta < least ? delta : least;
	}
	for (size_t i = count; i < BLOCK; i++)
		deltas[i] = (uint64_t)least;
	for (size_t i = 0; i < MINIBLOCKS; i++) {
		uint64_t any = 0;
		for (size_t j = i * MINIBLOCK; j < (i + 1) * MINIBLOCK; j++) {
			deltas[j] = (deltas[j] - (uint64_t)least) & mask;
			any |= deltas[j];
		}
		widths[i] = (uint8_t)width_of(any);
	}
	if (!put_zigzag(out, least, error) || !buffer_append(out, widths, sizeof widths, error) ||
	    !buffer_reserve(out, BLOCK * sizeof *deltas, error))
		return false;
	/* Miniblocks without values are left out, except their widths. */
	uint8_t *at = out->data + out->size;
	for (size_t i = 0; i * MINIBLOCK < count; i++)
		at = put_miniblock(at, deltas + i * MINIBLOCK, widths[i]);
	out->size = (size_t)(at - out->data);
	return true;
}

/* For values of a size that the compiler knows. */
static inline bool
encode(struct buffer *out, const uint8_t *values, size_t count, size_t value_bytes, struct nest_error *error)
{
	uint64_t deltas[BLOCK], last = count > 0 ? load(values, value_bytes) : 0;
	if (!put_varint(out, BLOCK, error) || !put_varint(out, MINIBLOCKS, error) ||
	    !put_varint(out, count, error) || !put_zigzag(out, signed_of(last, value_bytes), error))
		return false;
	for (size_t done = 1; done < count;) {
		size_t block = count - done < BLOCK ? count - done : BLOCK;
		for (size_t i = 0; i < block; i++) {
			const uint8_t *at = values + (done + i) * value_bytes;
			deltas[i] = load(at, value_bytes) - load(at - value_bytes, value_bytes);
		}
		if (!put_block(out, deltas, block, value_bytes, error))
			return false;
		done += block;
	}
	return true;
}

bool
delta_encode(
    struct buffer *out, const uint8_t *values, size_t count, size_t value_bytes, struct nest_error *error)
{
	return value_bytes == 4 ? encode(out, values, count, 4, error) : encode(out, values, count, 8, error);
}

/* ---- reading ---- */

static bool
refuse_end(struct nest_error *error)
{
	return nest_error_set(error, NEST_INVALID, "the bytes end within packed differences");
}

static bool
take_varint(struct view *bytes, uint64_t *value, struct nest_error *error)
{
	*value = 0;
	for (unsigned shift = 0; shift < 7 * VARINT_BYTES && bytes->size > 0; shift += 7) {
		uint8_t byte = *bytes->data++;
		bytes->size--;
		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return refuse_end(error);
}

static bool
take_zigzag(struct view *bytes, uint64_t *value, struct nest_error *error)
{
	uint64_t raw;
	if (!take_varint(bytes, &raw, error))
		return false;
	*value = raw >> 1 ^ (raw & 1 ? UINT64_MAX : 0);
	return true;
}

/* The WIDTH bits from BIT on; bits after the bytes are zero. */
static inline uint64_t
bits_at(struct view bytes, uint64_t bit, unsigned width)
{
	uint8_t near[9] = {0};
	size_t at = (size_t)(bit / 8), size = bytes.size - at < sizeof near ? bytes.size - at : sizeof near;
	const uint8_t *from = bytes.data + at;
	unsigned shift = bit % 8;
	if (size < sizeof near) {
		memcpy(near, from, size);
		from = near;
	}
	uint64_t low = load(from, 8) >> shift;
	uint64_t high = shift > 0 ? (uint64_t)from[8] << (64 - shift) : 0;
	return (low | high) & (width < 64 ? ((uint64_t)1 << width) - 1 : UINT64_MAX);
}

struct delta_header {
	uint64_t block, miniblocks, miniblock; /* values of a block; its miniblocks, and values of each */
	uint64_t first;
};

static bool
take_header(struct view *bytes, size_t count, struct delta_header *header, struct nest_error *error)
{
	uint64_t told;
	if (!take_varint(bytes, &header->block, error) || !take_varint(bytes, &header->miniblocks, error) ||
	    !take_varint(bytes, &told, error) || !take_zigzag(bytes, &header->first, error))
		return false;
	if (header->block == 0 || header->block > INT32_MAX || header->block % BLOCK_UNIT != 0 ||
	    header->miniblocks == 0 || header->block % header->miniblocks != 0 ||
	    header->block / header->miniblocks % MINIBLOCK_UNIT != 0)
		return nest_error_set(error, NEST_INVALID,
		    "packed differences come in blocks of %" PRIu64 " values and %" PRIu64
		    " miniblocks, which cannot be",
		    header->block, header->miniblocks);
	if (told != count)
		return nest_error_set(error, NEST_INVALID,
		    "packed differences are %" PRIu64 " values by their own word, where %zu are due", told,
		    count);
	header->miniblock = header->block / header->miniblocks;
	return true;
}

/* Reads COUNT values of WIDTH bits above LEAST; the miniblock may be cut off after these. */
static bool
take_miniblock(struct view *bytes, const struct delta_header *header, size_t count, unsigned width,
    uint64_t least, uint64_t *last, size_t value_bytes, uint8_t *out, struct nest_error *error)
{
	uint64_t whole = header->miniblock * width / 8;
	if (width > 8 * value_bytes)
		return nest_error_set(
		    error, NEST_INVALID, "packed differences of %u bits are too wide", width);
	if (bytes->size < ((uint64_t)count * width + 7) / 8)
		return refuse_end(error);
	for (size_t i = 0; i < count; i++) {
		*last += least + (width > 0 ? bits_at(*bytes, (uint64_t)i * width, width) : 0);
		store(out + i * value_bytes, *last, value_bytes);
	}
	size_t size = whole < bytes->size ? (size_t)whole : bytes->size;
	bytes->data += size;
	bytes->size -= size;
	return true;
}

bool
delta_decode(
    struct view *bytes, size_t count, size_t value_bytes, struct buffer *out, struct nest_error *error)
{
	struct delta_header header = {0};
	if (!take_header(bytes, count, &header, error))
		return false;
	if (count == 0)
		return true;
	if (!buffer_reserve(out, count * value_bytes, error))
		return false;
	uint8_t *values = out->data + out->size;
	uint64_t last = header.first;
	store(values, last, value_bytes);
	for (size_t done = 1; done < count;) {
		uint64_t least;
		if (!take_zigzag(bytes, &least, error))
			return false;
		if (bytes->size < header.miniblocks)
			return refuse_end(error);
		const uint8_t *widths = bytes->data;
		bytes->data += header.miniblocks;
		bytes->size -= header.miniblocks;
		for (size_t i = 0; i < header.miniblocks && done < count; i++) {
			size_t left = count - done;
			size_t wanted = left < header.miniblock ? left : (size_t)header.miniblock;
			if (!take_miniblock(bytes, &header, wanted, widths[i], least, &last, value_bytes,
				values + done * value_bytes, error))
				return false;
			done += wanted;
		}
	}
	out->size += count * value_bytes;
	return true;
}
