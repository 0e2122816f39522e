/* hybrid_read.c - reads runs and bit-packed groups as levels or indices. */
#include "lib/parquet/hybrid.h"

#include "lib/parquet/levels.h"
#include "lib/parquet/word.h"

enum {
	GROUP = HYBRID_GROUP,
	WORD = sizeof(uint64_t),
	GROUP_BYTES_MOST = 32,
};

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

/* ---- runs ---- */

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
take_run_value(struct view *bytes, unsigned width_bits, uint32_t *value, struct nest_error *error)
{
	size_t size = (width_bits + 7) / 8;
	if (bytes->size < size)
		return refuse_end(error);
	*value = 0;
	for (size_t i = 0; i < size; i++)
		*value |= (uint32_t)bytes->data[i] << 8 * i;
	bytes->data += size;
	bytes->size -= size;
	return true;
}

/* A run of COUNT wanted values: all are VALUE, or they are in PACKED. */
struct run {
	size_t count;
	bool is_packed;
	uint32_t value;
	struct view packed;
	size_t readable; /* bytes from PACKED on */
};

/* Takes the next run, of which at most WANTED values are wanted; a run may be empty. */
static bool
take_run(struct view *bytes, size_t wanted, unsigned width_bits, struct run *run, struct nest_error *error)
{
	uint64_t header;
	if (!take_header(bytes, &header, error))
		return false;
	uint64_t length = header >> 1;
	run->is_packed = header & 1;
	if (!run->is_packed) {
		run->count = length < wanted ? (size_t)length : wanted;
		return take_run_value(bytes, width_bits, &run->value, error);
	}
	run->count = length <= wanted / GROUP ? (size_t)length * GROUP : wanted;
	uint64_t whole = length > SIZE_MAX / 32 ? SIZE_MAX : length * width_bits;
	/* No overflow: a page has fewer than 2^31 levels. */
	if (bytes->size < (run->count * width_bits + 7) / 8)
		return refuse_end(error);
	run->readable = bytes->size;
	run->packed = (struct view){bytes->data, whole < bytes->size ? (size_t)whole : bytes->size};
	bytes->data += run->packed.size;
	bytes->size -= run->packed.size;
	return true;
}

/* ---- groups ---- */

/* Moves the USED_BITS above the lower USED_BITS of each lane of LANE_BITS up to its upper half. */
static inline uint64_t
open_gaps(uint64_t word, uint64_t ones, unsigned lane_bits, unsigned used_bits)
{
	uint64_t low = ones * (((uint64_t)1 << used_bits) - 1);
	unsigned half = lane_bits / 2;
	return (word & low) | (word << (half - used_bits) & low << half);
}

/* The opposite of pack_word() in hybrid.c: unpacks 8 * WIDTH_BITS (1 to 7) bits, WIDTH_BITS to a byte. */
static inline uint64_t
open_word(uint64_t word, unsigned width_bits)
{
	word = open_gaps(word, 1, 64, 4 * width_bits);
	word = open_gaps(word, 0x0000000100000001u, 32, 2 * width_bits);
	return open_gaps(word, 0x0001000100010001u, 16, width_bits);
}

static inline __attribute__((always_inline)) void
open_level_group(uint8_t *values, const uint8_t *packed, unsigned width_bits)
{
	uint64_t word = width_bits > 0 ? word_load(packed) : 0;
	word_store(values, width_bits % GROUP > 0 ? open_word(word, width_bits) : word);
}

static inline __attribute__((always_inline)) void
open_index_group(uint32_t *values, const uint8_t *packed, unsigned width_bits)
{
	uint64_t mask = ((uint64_t)1 << width_bits) - 1;
	for (unsigned i = 0; i < GROUP; i++) {
		unsigned bit = i * width_bits;
		values[i] = width_bits > 0 ? (uint32_t)(word_load(packed + bit / 8) >> bit % 8 & mask) : 0;
	}
}

/* Unpacks COUNT groups; a word must be readable wherever a group begins. */
static inline __attribute__((always_inline)) void
open_level_groups(uint8_t *values, const uint8_t *packed, size_t count, unsigned width_bits)
{
	for (size_t i = 0; i < count; i++)
		open_level_group(values + i * GROUP, packed + i * width_bits, width_bits);
}

static inline __attribute__((always_inline)) void
open_index_groups(uint32_t *values, const uint8_t *packed, size_t count, unsigned width_bits)
{
	for (size_t i = 0; i < count; i++)
		open_index_group(values + i * GROUP, packed + i * width_bits, width_bits);
}

/* Makes each width a constant, so that shifts and masks are, too. */
#define WIDTH(BITS)                                \
	case BITS:                                 \
		OPEN(values, packed, count, BITS); \
		break;
#define WIDTHS_TO_8 WIDTH(0) WIDTH(1) WIDTH(2) WIDTH(3) WIDTH(4) WIDTH(5) WIDTH(6) WIDTH(7) WIDTH(8)
#define WIDTHS_TO_16 WIDTH(9) WIDTH(10) WIDTH(11) WIDTH(12) WIDTH(13) WIDTH(14) WIDTH(15) WIDTH(16)
#define WIDTHS_TO_24 WIDTH(17) WIDTH(18) WIDTH(19) WIDTH(20) WIDTH(21) WIDTH(22) WIDTH(23) WIDTH(24)
#define WIDTHS_TO_32 WIDTH(25) WIDTH(26) WIDTH(27) WIDTH(28) WIDTH(29) WIDTH(30) WIDTH(31) WIDTH(32)

static void
open_levels(void *values, const uint8_t *packed, size_t count, unsigned width_bits)
{
#define OPEN open_level_groups
	switch (width_bits) {
		WIDTHS_TO_8
	}
#undef OPEN
}

static void
open_indices(void *values, const uint8_t *packed, size_t count, unsigned width_bits)
{
#define OPEN open_index_groups
	switch (width_bits) {
		WIDTHS_TO_8
		WIDTHS_TO_16
		WIDTHS_TO_24
		WIDTHS_TO_32
	}
#undef OPEN
}

/* ---- what runs become ---- */

static void
fill_levels(void *values, size_t count, uint32_t value)
{
	memset(values, (int)value, count);
}

static void
fill_indices(void *values, size_t count, uint32_t value)
{
	uint32_t *indices = values;
	for (size_t i = 0; i < count; i++)
		indices[i] = value;
}

static uint32_t
greatest_level(const void *values, size_t count)
{
	return levels_max(values, count);
}

static uint32_t
greatest_index(const void *values, size_t count)
{
	const uint32_t *indices = values;
	uint32_t most = 0;
	for (size_t i = 0; i < count; i++)
		most = indices[i] > most ? indices[i] : most;
	return most;
}

struct target {
	size_t value_bytes;
	void (*open)(void *values, const uint8_t *packed, size_t groups, unsigned width_bits);
	void (*fill)(void *values, size_t count, uint32_t value);
	uint32_t (*greatest)(const void *values, size_t count);
};

static const struct target LEVELS = {sizeof(uint8_t), open_levels, fill_levels, greatest_level};
static const struct target INDICES = {sizeof(uint32_t), open_indices, fill_indices, greatest_index};

/* How many groups of WIDTH_BITS can be unpacked in place, though words are read beyond their ends. */
static size_t
groups_readable(size_t readable, unsigned width_bits)
{
	size_t beyond = width_bits * (GROUP - 1) / 8 + WORD;
	if (width_bits == 0)
		return SIZE_MAX;
	return readable < beyond ? 0 : (readable - beyond) / width_bits + 1;
}

/* The groups left over are unpacked from a copy, to a copy. */
static void
open_run(const struct target *target, uint8_t *values, const struct run *run, unsigned width_bits)
{
	size_t groups = groups_readable(run->readable, width_bits);
	groups = groups < run->count / GROUP ? groups : run->count / GROUP;
	target->open(values, run->packed.data, groups, width_bits);
	for (size_t done = groups * GROUP; done < run->count; done += GROUP) {
		uint8_t copy[GROUP_BYTES_MOST + WORD] = {0};
		uint32_t group[GROUP];
		size_t start = done / GROUP * width_bits, left = run->packed.size - start;
		size_t wanted = run->count - done < GROUP ? run->count - done : GROUP;
		if (width_bits > 0)
			memcpy(copy, run->packed.data + start, left < width_bits ? left : width_bits);
		target->open(group, copy, 1, width_bits);
		memcpy(values + done * target->value_bytes, group, wanted * target->value_bytes);
	}
}

static bool
decode(const struct target *target, struct view *bytes, uint8_t *values, size_t count, unsigned width_bits,
    uint32_t most, struct nest_error *error)
{
	struct run run;
	bool may_exceed = width_bits == 32 || (uint32_t)1 << width_bits > most + 1;
	for (size_t done = 0; done < count; done += run.count) {
		uint8_t *to = values + done * target->value_bytes;
		if (!take_run(bytes, count - done, width_bits, &run, error))
			return false;
		if (!run.is_packed && run.value > most)
			return refuse_above(run.value, most, error);
		if (!run.is_packed)
			target->fill(to, run.count, run.value);
		else
			open_run(target, to, &run, width_bits);
		uint32_t greatest = run.is_packed && may_exceed ? target->greatest(to, run.count) : 0;
		if (greatest > most)
			return refuse_above(greatest, most, error);
	}
	return true;
}

bool
hybrid_decode_levels(struct view *bytes, uint8_t *values, size_t count, unsigned width_bits, uint8_t most,
    struct nest_error *error)
{
	return decode(&LEVELS, bytes, values, count, width_bits, most, error);
}

bool
hybrid_decode_indices(struct view *bytes, uint32_t *values, size_t count, unsigned width_bits, uint32_t most,
    struct nest_error *error)
{
	return decode(&INDICES, bytes, (uint8_t *)values, count, width_bits, most, error);
}

void
hybrid_unpack_bits(uint8_t *values, const uint8_t *packed, size_t count)
{
	size_t size = (count + GROUP - 1) / GROUP;
	const struct run run = {.count = count, .packed = {packed, size}, .readable = size};
	open_run(&LEVELS, values, &run, 1);
}

/* ---- the former order ---- */

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
