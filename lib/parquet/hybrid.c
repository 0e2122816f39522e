/* hybrid.c - runs and bit-packed groups, in the two widths of input that Parquet has. */
#include "lib/parquet/hybrid.h"

enum {
	BLOCK = 32, /* values that are looked at together for a run */
	GROUP = 8,  /* values that bit-packing packs together */
	VARINT_BYTES = 10,
};

static inline uint64_t
load_word(const uint8_t *values)
{
	uint64_t word;
	memcpy(&word, values, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static inline void
store_word(uint8_t *out, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	memcpy(out, &word, sizeof word);
}

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
 * Eight bytes of which WIDTH_BITS (1 to 7) count, as 8 * WIDTH_BITS bits: pairs close up,
 * then fours, then all.
 */
static inline uint64_t
pack_word(uint64_t word, unsigned width_bits)
{
	word = close_gaps(word, 0x0001000100010001u, 16, width_bits);
	word = close_gaps(word, 0x0000000100000001u, 32, 2 * width_bits);
	return close_gaps(word, 1, 64, 4 * width_bits);
}

/* Packs COUNT values, the last group filled up with zeros; writes up to 7 bytes past what it returns. */
static inline uint8_t *
pack_levels(uint8_t *out, const uint8_t *values, size_t count, unsigned width_bits)
{
	size_t i = 0;
	for (; i + GROUP <= count; i += GROUP) {
		uint64_t word = load_word(values + i);
		store_word(out, width_bits == 8 ? word : pack_word(word, width_bits));
		out += width_bits;
	}
	if (i < count) {
		uint8_t last[GROUP] = {0};
		memcpy(last, values + i, count - i);
		uint64_t word = load_word(last);
		store_word(out, width_bits == 8 ? word : pack_word(word, width_bits));
		out += width_bits;
	}
	return out;
}

/* The width as a constant, so that shifts and masks are, too. */
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
	uint64_t first = load_word(values);
	uint64_t differ = first ^ (first & 0xff) * 0x0101010101010101u;
	for (size_t i = GROUP; i < BLOCK; i += GROUP)
		differ |= load_word(values + i) ^ first;
	return differ == 0;
}

/* How many values from the first on are equal to it. */
static size_t
level_run(const uint8_t *values, size_t count)
{
	uint64_t all = values[0] * 0x0101010101010101u;
	size_t i = 0;
	while (i + GROUP <= count && load_word(values + i) == all)
		i += GROUP;
	while (i < count && values[i] == values[0])
		i++;
	return i;
}

/*
 * What COUNT values take at most: all of them packed, their last group full;
 * for each run, of which there is one in BLOCK values, the headers of it and
 * of the packed values behind it and a group begun; and what packing overshoots.
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

/* As put_levels(); a value's bits may straddle words, so what is left of a word waits in PENDING. */
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

/* Eight values whose bits fit one word are put together without a wait. */
static inline uint8_t *
pack_narrow(uint8_t *out, const uint32_t *values, size_t count, unsigned width_bits)
{
	size_t i = 0;
	for (; i + GROUP <= count; i += GROUP) {
		uint64_t word = 0;
		for (unsigned k = 0; k < GROUP; k++)
			word |= (uint64_t)values[i + k] << k * width_bits;
		store_word(out, word);
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
		*out++ = (uint8_t)pack_word(load_word(values + i), 1);
	for (unsigned bit = 0; i < count; i++, bit++) {
		if (bit == 0)
			*out = 0;
		*out = (uint8_t)(*out | values[i] << bit);
	}
}

/* ---- reading ---- */

static bool
refuse_end(struct nest_error *error)
{
	return nest_error_set(error, NEST_INVALID, "the bytes end within a run of levels or indices");
}

static bool
refuse_above(uint32_t value, uint32_t most, struct nest_error *error)
{
	return nest_error_set(
	    error, NEST_INVALID, "a level or an index is %u, and %u is the greatest", value, most);
}

static bool
take_header(struct view *bytes, uint64_t *header, struct nest_error *error)
{
	*header = 0;
	for (unsigned shift = 0; shift < 64 && bytes->size > 0; shift += 7) {
		uint8_t byte = *bytes->data++;
		bytes->size--;
		*header |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return refuse_end(error);
}

static bool
take_run_value(
    struct view *bytes, unsigned width_bits, uint32_t most, uint32_t *value, struct nest_error *error)
{
	size_t size = (width_bits + 7) / 8;
	if (bytes->size < size)
		return refuse_end(error);
	*value = 0;
	for (size_t i = 0; i < size; i++)
		*value |= (uint32_t)bytes->data[i] << 8 * i;
	bytes->data += size;
	bytes->size -= size;
	return *value <= most || refuse_above(*value, most, error);
}

/* Eight values of WIDTH_BITS; at least eight bytes more than theirs are readable. */
static inline void
unpack_group(const uint8_t *at, unsigned width_bits, uint32_t values[GROUP])
{
	uint64_t mask = ((uint64_t)1 << width_bits) - 1;
	for (unsigned i = 0; i < GROUP; i++) {
		unsigned bit = i * width_bits;
		values[i] = (uint32_t)(load_word(at + bit / 8) >> bit % 8 & mask);
	}
}

/* The next group of the packed bytes, which may be cut off behind the values that are wanted. */
static inline void
take_group(struct view *packed, unsigned width_bits, uint32_t values[GROUP])
{
	enum { READ_BYTES = 32 + sizeof(uint64_t) };
	size_t size = packed->size < width_bits ? packed->size : width_bits;
	if (packed->size >= READ_BYTES) {
		unpack_group(packed->data, width_bits, values);
	} else {
		uint8_t copy[READ_BYTES] = {0};
		if (size > 0)
			memcpy(copy, packed->data, size);
		unpack_group(copy, width_bits, values);
	}
	packed->data += size;
	packed->size -= size;
}

/* A run of which COUNT values are wanted: all of them VALUE, or those packed in PACKED. */
struct run {
	size_t count;
	bool is_packed;
	uint32_t value;
	struct view packed;
};

/* The next run, of which WANTED values at most are; a run may be empty. */
static bool
take_run(struct view *bytes, size_t wanted, unsigned width_bits, uint32_t most, struct run *run,
    struct nest_error *error)
{
	uint64_t header;
	if (!take_header(bytes, &header, error))
		return false;
	uint64_t length = header >> 1;
	run->is_packed = header & 1;
	if (!run->is_packed) {
		run->count = length < wanted ? (size_t)length : wanted;
		return take_run_value(bytes, width_bits, most, &run->value, error);
	}
	run->count = length <= wanted / GROUP ? (size_t)length * GROUP : wanted;
	uint64_t whole = length > SIZE_MAX / 32 ? SIZE_MAX : length * width_bits;
	/* No overflow: a page has less than 2^31 levels. */
	if (bytes->size < (run->count * width_bits + 7) / 8)
		return refuse_end(error);
	run->packed = (struct view){bytes->data, whole < bytes->size ? (size_t)whole : bytes->size};
	bytes->data += run->packed.size;
	bytes->size -= run->packed.size;
	return true;
}

bool
hybrid_decode_levels(struct view *bytes, uint8_t *values, size_t count, unsigned width_bits, uint8_t most,
    struct nest_error *error)
{
	struct run run;
	for (size_t done = 0; done < count; done += run.count) {
		uint32_t group[GROUP], greatest = 0;
		if (!take_run(bytes, count - done, width_bits, most, &run, error))
			return false;
		if (!run.is_packed)
			memset(values + done, (int)run.value, run.count);
		for (size_t i = 0; run.is_packed && i < run.count;) {
			take_group(&run.packed, width_bits, group);
			for (size_t k = 0; k < GROUP && i < run.count; k++, i++) {
				greatest = group[k] > greatest ? group[k] : greatest;
				values[done + i] = (uint8_t)group[k];
			}
		}
		if (greatest > most)
			return refuse_above(greatest, most, error);
	}
	return true;
}

bool
hybrid_decode_indices(struct view *bytes, uint32_t *values, size_t count, unsigned width_bits, uint32_t most,
    struct nest_error *error)
{
	struct run run;
	for (size_t done = 0; done < count; done += run.count) {
		uint32_t group[GROUP], greatest = 0;
		if (!take_run(bytes, count - done, width_bits, most, &run, error))
			return false;
		for (size_t i = 0; !run.is_packed && i < run.count; i++)
			values[done + i] = run.value;
		for (size_t i = 0; run.is_packed && i < run.count;) {
			take_group(&run.packed, width_bits, group);
			for (size_t k = 0; k < GROUP && i < run.count; k++, i++) {
				greatest = group[k] > greatest ? group[k] : greatest;
				values[done + i] = group[k];
			}
		}
		if (greatest > most)
			return refuse_above(greatest, most, error);
	}
	return true;
}

void
hybrid_unpack_bits(uint8_t *values, const uint8_t *packed, size_t count)
{
	for (size_t i = 0; i < count; i++)
		values[i] = packed[i / 8] >> i % 8 & 1;
}

bool
hybrid_decode_old_levels(struct view *bytes, uint8_t *values, size_t count, unsigned width_bits, uint8_t most,
    struct nest_error *error)
{
	size_t size = (count * width_bits + 7) / 8;
	if (bytes->size < size)
		return refuse_end(error);
	for (size_t i = 0; i < count; i++) {
		unsigned value = 0;
		for (size_t bit = i * width_bits; bit < (i + 1) * width_bits; bit++)
			value = value << 1 | ((unsigned)bytes->data[bit / 8] >> (7 - bit % 8) & 1u);
		if (value > most)
			return refuse_above(value, most, error);
		values[i] = (uint8_t)value;
	}
	bytes->data += size;
	bytes->size -= size;
	return true;
}
