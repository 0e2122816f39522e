/* hybrid.c - writes levels and indices as runs and bit-packed groups. */
#include "lib/parquet/hybrid.h"

#include "lib/parquet/word.h"

enum {
	BLOCK = 32, /* values that are examined together for a run */
	GROUP = HYBRID_GROUP,
	VARINT_BYTES = 10,
};

static uint8_t *
put_varint(uint8_t *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*out++ = (uint8_t)(value | 0x80);
	*out++ = (uint8_t)value;
	return out;
}

static uint8_t *
put_run(uint8_t *out, uint64_t count, uint32_t value, unsigned width_bits)
{
	out = put_varint(out, count << 1);
	for (unsigned bits = 0; bits < width_bits; bits += 8)
		*out++ = (uint8_t)(value >> bits);
	return out;
}

/* Moves the upper half of each lane of LANE_BITS down to where the USED_BITS of the lower half end. */
static inline uint64_t
close_gaps(uint64_t word, uint64_t ones, unsigned lane_bits, unsigned used_bits)
{
	uint64_t low = ones * (((uint64_t)1 << used_bits) - 1);
	unsigned half = lane_bits / 2;
	return (word & low) | (word & low << half) >> (half - used_bits);
}

/*
 * Packs the lower WIDTH_BITS (1 to 7) of eight bytes into 8 * WIDTH_BITS bits: pairs close up,
 * then fours, then all.
 */
static inline uint64_t
pack_word(uint64_t word, unsigned width_bits)
{
	word = close_gaps(word, 0x0001000100010001u, 16, width_bits);
	word = close_gaps(word, 0x0000000100000001u, 32, 2 * width_bits);
	return close_gaps(word, 1, 64, 4 * width_bits);
}

/* Packs COUNT values, padding the last group with zeros; writes up to 7 bytes past the place it returns. */
static inline uint8_t *
pack_levels(uint8_t *out, const uint8_t *values, size_t count, unsigned width_bits)
{
	size_t i = 0;
	for (; i + GROUP <= count; i += GROUP) {
		uint64_t word = word_load(values + i);
		word_store(out, width_bits == 8 ? word : pack_word(word, width_bits));
		out += width_bits;
	}
	if (i < count) {
		uint8_t last[GROUP] = {0};
		memcpy(last, values + i, count - i);
		uint64_t word = word_load(last);
		word_store(out, width_bits == 8 ? word : pack_word(word, width_bits));
		out += width_bits;
	}
	return out;
}

/* Makes the width a constant, so that shifts and masks are, too. */
static uint8_t *
put_levels(uint8_t *out, const uint8_t *values, size_t count, unsigned width_bits)
{
	out = put_varint(out, (uint64_t)((count + GROUP - 1) / GROUP) << 1 | 1);
	switch (width_bits) {
	case 1:
		return pack_levels(out, values, count, 1);
	case 2:
		return pack_levels(out, values, count, 2);
	case 3:
		return pack_levels(out, values, count, 3);
	default:
		return pack_levels(out, values, count, width_bits);
	}
}

static bool
is_level_run(const uint8_t *values)
{
	uint64_t first = word_load(values);
	uint64_t differ = first ^ (first & 0xff) * 0x0101010101010101u;
	for (size_t i = GROUP; i < BLOCK; i += GROUP)
		differ |= word_load(values + i) ^ first;
	return differ == 0;
}

/* How many values from the first on are equal to it. */
static size_t
level_run(const uint8_t *values, size_t count)
{
	uint64_t all = values[0] * 0x0101010101010101u;
	size_t i = 0;
	while (i + GROUP <= count && word_load(values + i) == all)
		i += GROUP;
	while (i < count && values[i] == values[0])
		i++;
	return i;
}

/*
 * The most bytes that COUNT values take: all of them packed, with a full last
 * group; for each run, of which there is at most one in BLOCK values, its header,
 * that of the packed values after it and a partial group; and bytes that packing
 * overshoots.
 */
static size_t
bound_bytes(size_t count, unsigned width_bits)
{
	return (count / GROUP + 1) * width_bits + (count / BLOCK + 2) * (2 * VARINT_BYTES + 4 + width_bits) +
	       2 * sizeof(uint64_t);
}

bool
hybrid_encode_levels(
    struct buffer *out, const uint8_t *values, size_t count, unsigned width_bits, struct nest_error *error)
{
	if (!buffer_reserve(out, bound_bytes(count, width_bits), error))
		return false;
	uint8_t *at = out->data + out->size;
	size_t packed = 0, i = 0; /* [packed, i) waits to be packed */
	while (i < count) {
		size_t left = count - i;
		bool run = left >= BLOCK ? is_level_run(values + i)
		                         : packed == i && level_run(values + i, left) == left;
		if (!run) {
			i += left < BLOCK ? left : BLOCK;
			continue;
		}
		size_t length = level_run(values + i, left);
		if (packed < i)
			at = put_levels(at, values + packed, i - packed, width_bits);
		at = put_run(at, length, values[i], width_bits);
		packed = i += length;
	}
	if (packed < count)
		at = put_levels(at, values + packed, count - packed, width_bits);
	out->size = (size_t)(at - out->data);
	return true;
}

/* As pack_levels(); bits may straddle words, so the rest of a word waits in PENDING. */
static inline uint8_t *
pack_indices(uint8_t *out, const uint32_t *values, size_t count, unsigned width_bits)
{
	uint64_t pending = 0;
	unsigned bits = 0;
	size_t full = (count + GROUP - 1) / GROUP * GROUP;
	for (size_t i = 0; i < full; i++) {
		pending |= (uint64_t)(i < count ? values[i] : 0) << bits;
		bits += width_bits;
		if (bits >= 32) {
			uint32_t low = (uint32_t)pending;
			for (unsigned byte = 0; byte < 4; byte++)
				out[byte] = (uint8_t)(low >> 8 * byte);
			out += 4;
			pending >>= 32;
			bits -= 32;
		}
	}
	for (; bits > 0; bits -= 8, pending >>= 8)
		*out++ = (uint8_t)pending;
	return out;
}

/* Eight values whose bits fit one word are combined without waiting for one another. */
static inline uint8_t *
pack_narrow(uint8_t *out, const uint32_t *values, size_t count, unsigned width_bits)
{
	size_t i = 0;
	for (; i + GROUP <= count; i += GROUP) {
		uint64_t word = 0;
		for (unsigned k = 0; k < GROUP; k++)
			word |= (uint64_t)values[i + k] << k * width_bits;
		word_store(out, word);
		out += width_bits;
	}
	return i < count ? pack_indices(out, values + i, count - i, width_bits) : out;
}

static uint8_t *
put_indices(uint8_t *out, const uint32_t *values, size_t count, unsigned width_bits)
{
	out = put_varint(out, (uint64_t)((count + GROUP - 1) / GROUP) << 1 | 1);
	switch (width_bits) {
	case 1:
		return pack_narrow(out, values, count, 1);
	case 2:
		return pack_narrow(out, values, count, 2);
	default:
		return width_bits <= 8 ? pack_narrow(out, values, count, width_bits)
		                       : pack_indices(out, values, count, width_bits);
	}
}

static size_t
index_run(const uint32_t *values, size_t count)
{
	size_t i = 1;
	while (i < count && values[i] == values[0])
		i++;
	return i;
}

bool
hybrid_encode_indices(
    struct buffer *out, const uint32_t *values, size_t count, unsigned width_bits, struct nest_error *error)
{
	if (!buffer_reserve(out, bound_bytes(count, width_bits), error))
		return false;
	uint8_t *at = out->data + out->size;
	size_t packed = 0, i = 0;
	while (i < count) {
		size_t left = count - i;
		size_t block = left < BLOCK ? left : BLOCK;
		/* The second value tells most blocks apart. */
		bool run = (left >= BLOCK || packed == i) && index_run(values + i, block) == block;
		if (!run) {
			i += block;
			continue;
		}
		size_t length = index_run(values + i, left);
		if (packed < i)
			at = put_indices(at, values + packed, i - packed, width_bits);
		at = put_run(at, length, values[i], width_bits);
		packed = i += length;
	}
	if (packed < count)
		at = put_indices(at, values + packed, count - packed, width_bits);
	out->size = (size_t)(at - out->data);
	return true;
}

void
hybrid_pack_bits(uint8_t *out, const uint8_t *values, size_t count)
{
	size_t i = 0;
	for (; i + GROUP <= count; i += GROUP)
		*out++ = (uint8_t)pack_word(word_load(values + i), 1);
	for (unsigned bit = 0; i < count; i++, bit++) {
		if (bit == 0)
			*out = 0;
		*out = (uint8_t)(*out | values[i] << bit);
	}
}
