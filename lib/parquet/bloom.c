/* bloom.c - gathers hashes, fills and queries blocks, writes and reads headers. */
#include "lib/parquet/bloom.h"

#include "lib/parquet/plain.h"
#include "lib/parquet/thrift.h"

#include <math.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
	WORDS = 8,         /* of a block; each has one bit for a hash */
	SLOTS_FIRST = 256, /* of a set */
	LOAD_MOST = 400,   /* hashes of a block for which a rate is computed; with more it is 1 */
};

/* ---- gathering values ---- */

void
bloom_set_clear(struct bloom_set *set)
{
	buffer_clear(&set->slots);
	set->count = 0;
	set->has_zero = false;
}

void
bloom_set_free(struct bloom_set *set)
{
	buffer_free(&set->slots);
	*set = (struct bloom_set){0};
}

uint64_t
bloom_set_count(const struct bloom_set *set)
{
	return set->count + (set->has_zero ? 1 : 0);
}

static bool
make_slots(struct buffer *slots, size_t count, struct nest_error *error)
{
	size_t size = count * sizeof(uint64_t);
	if (!buffer_reserve(slots, size, error))
		return false;
	memset(slots->data, 0, size);
	slots->size = size;
	return true;
}

/* Puts HASH into its slot; false if it is there already. */
static bool
put_hash(struct buffer *slots, uint64_t hash)
{
	uint64_t *hashes = (uint64_t *)(void *)slots->data;
	size_t mask = slots->size / sizeof *hashes - 1, at = (size_t)hash & mask;
	while (hashes[at] != 0 && hashes[at] != hash)
		at = (at + 1) & mask;
	if (hashes[at] == hash)
		return false;
	hashes[at] = hash;
	return true;
}

static bool
grow(struct bloom_set *set, struct nest_error *error)
{
	const uint64_t *hashes = (const uint64_t *)(const void *)set->slots.data;
	size_t count = set->slots.size / sizeof *hashes;
	struct buffer larger = {0};
	if (!make_slots(&larger, count > 0 ? 2 * count : SLOTS_FIRST, error))
		return false;
	for (size_t i = 0; i < count; i++)
		if (hashes[i] != 0)
			put_hash(&larger, hashes[i]);
	buffer_free(&set->slots);
	set->slots = larger;
	return true;
}

static bool
add_hash(struct bloom_set *set, uint64_t hash, struct nest_error *error)
{
	/* At most half of the slots are taken. */
	if (set->count * 2 * sizeof hash >= set->slots.size && !grow(set, error))
		return false;
	if (hash == 0)
		set->has_zero = true;
	else if (put_hash(&set->slots, hash))
		set->count++;
	return true;
}

bool
bloom_set_add(struct bloom_set *set, enum value_order order, struct view value, struct nest_error *error)
{
	/* Little-endian: the bits that make a quiet NaN of two, four and eight bytes are the last. */
	static const uint8_t zeros[8], signs[8] = {0, 0, 0, 0, 0, 0, 0, 0x80};
	static const uint8_t half[] = {0, 0x7e}, single[] = {0, 0, 0xc0, 0x7f};
	static const uint8_t wide[] = {0, 0, 0, 0, 0, 0, 0xf8, 0x7f};
	if (value_order_is_zero(order, value.data)) {
		const struct view negative = {signs + sizeof signs - value.size, value.size};
		return add_hash(set, bloom_hash((struct view){zeros, value.size}), error) &&
		       add_hash(set, bloom_hash(negative), error);
	}
	if (value_order_is_nan(order, value.data)) {
		const uint8_t *quiet = value.size == 2 ? half : value.size == 4 ? single : wide;
		if (!add_hash(set, bloom_hash((struct view){quiet, value.size}), error))
			return false;
	}
	return add_hash(set, bloom_hash(value), error);
}

bool
bloom_set_add_all(struct bloom_set *set, enum value_order order, struct view values, size_t value_bytes,
    struct nest_error *error)
{
	for (size_t at = 0; at < values.size;) {
		size_t size = value_bytes;
		if (value_bytes == 0) {
			size = plain_length(values.data + at);
			at += sizeof(uint32_t);
		}
		if (!bloom_set_add(set, order, (struct view){values.data + at, size}, error))
			return false;
		at += size;
	}
	return true;
}

/* ---- the filter ---- */

void
bloom_free(struct bloom *bloom)
{
	buffer_free(&bloom->bits);
}

/* Not inlined: a compiler that knows the size of a value warns about loops for longer ones. */
__attribute__((noinline)) uint64_t
bloom_hash(struct view value)
{
	return XXH64(value.data, value.size, 0);
}

/* The rate of false positives of BLOCKS blocks with COUNT hashes. */
static double
expected_rate(double count, double blocks)
{
	/* Hashes fall on blocks by chance, as Poisson has it; each sets one bit of 32 in every word. */
	double load = count / blocks, share = exp(-load), rate = 0, unset = 1;
	if (load > LOAD_MOST)
		return 1;
	for (double hashes = 0; hashes < 2 * load + 64; hashes++) {
		rate += share * pow(1 - unset, WORDS);
		share *= load / (hashes + 1);
		unset *= 31.0 / 32;
	}
	return rate;
}

size_t
bloom_bytes(uint64_t count, double rate)
{
	size_t size = BLOOM_BLOCK_BYTES;
	while (size < BLOOM_BYTES_MOST &&
	       expected_rate((double)count, (double)(size / BLOOM_BLOCK_BYTES)) > rate)
		size *= 2;
	return size;
}

/* Where the block of HASH begins, in words; and the bit that HASH sets in word I. */
static size_t
block_of(const struct bloom *bloom, uint64_t hash)
{
	uint64_t blocks = bloom->bits.size / BLOOM_BLOCK_BYTES;
	return (size_t)((hash >> 32) * blocks >> 32) * BLOOM_BLOCK_BYTES;
}

static unsigned
bit_of(uint64_t hash, size_t word)
{
	static const uint32_t salt[WORDS] = {
	    0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};
	return (uint32_t)hash * salt[word] >> 27;
}

static void
add_to_filter(struct bloom *bloom, uint64_t hash)
{
	uint8_t *block = bloom->bits.data + block_of(bloom, hash);
	for (size_t i = 0; i < WORDS; i++) {
		unsigned bit = bit_of(hash, i);
		uint8_t *byte = &block[i * sizeof(uint32_t) + bit / 8];
		*byte = (uint8_t)(*byte | 1u << bit % 8);
	}
}

bool
bloom_has(const struct bloom *bloom, uint64_t hash)
{
	const uint8_t *block = bloom->bits.data + block_of(bloom, hash);
	unsigned all = 1;
	for (size_t i = 0; i < WORDS; i++) {
		unsigned bit = bit_of(hash, i);
		all &= (unsigned)block[i * sizeof(uint32_t) + bit / 8] >> bit % 8;
	}
	return all != 0;
}

bool
bloom_build(struct bloom *bloom, const struct bloom_set *set, double rate, struct nest_error *error)
{
	const uint64_t *hashes = (const uint64_t *)(const void *)set->slots.data;
	size_t size = bloom_bytes(bloom_set_count(set), rate);
	buffer_clear(&bloom->bits);
	if (!buffer_reserve(&bloom->bits, size, error))
		return false;
	memset(bloom->bits.data, 0, size);
	bloom->bits.size = size;
	for (size_t i = 0; i < set->slots.size / sizeof *hashes; i++)
		if (hashes[i] != 0)
			add_to_filter(bloom, hashes[i]);
	if (set->has_zero)
		add_to_filter(bloom, 0);
	return true;
}

/* ---- the header ---- */

/* A union whose first member, the only one there is, is an empty struct. */
static void
put_union(struct thrift_writer *writer, int16_t id)
{
	thrift_field_struct(writer, id);
	thrift_field_struct(writer, 1);
	thrift_struct_end(writer);
	thrift_struct_end(writer);
}

bool
bloom_encode(struct buffer *out, const struct bloom *bloom, struct nest_error *error)
{
	struct thrift_writer writer;
	thrift_writer_init(&writer, out, error);
	thrift_field_i32(&writer, 1, (int32_t)bloom->bits.size);
	for (int16_t id = 2; id <= 4; id++)
		put_union(&writer, id);
	thrift_struct_end(&writer);
	return !writer.failed && buffer_append(out, bloom->bits.data, bloom->bits.size, error);
}

/* Whether a union has its first member. */
static bool
take_union(struct thrift_reader *reader, struct thrift_field field)
{
	bool is_first = false;
	if (!thrift_enter(reader, field))
		return false;
	for (struct thrift_field part = {0}; thrift_next(reader, &part); thrift_skip(reader, part))
		is_first = part.id == 1;
	return is_first;
}

bool
bloom_header_decode(
    struct view bytes, size_t *header_bytes, size_t *bits_bytes, bool *is_short, struct nest_error *error)
{
	struct thrift_reader reader;
	int32_t size = 0;
	unsigned known = 0;
	thrift_reader_init(&reader, bytes);
	for (struct thrift_field field = {0}; thrift_next(&reader, &field);) {
		if (field.id == 1)
			size = thrift_i32(&reader, field);
		else if (field.id >= 2 && field.id <= 4)
			known |= (unsigned)take_union(&reader, field) << field.id;
		else
			thrift_skip(&reader, field);
	}
	*is_short = reader.is_short;
	if (known != 0x1c)
		thrift_fail(&reader, "its algorithm, its hash or its compression is not known");
	if (size <= 0 || size > BLOOM_BYTES_MOST || size % BLOOM_BLOCK_BYTES != 0)
		thrift_fail(&reader, "its size is not that of blocks");
	*header_bytes = (size_t)(reader.at - reader.begin);
	*bits_bytes = (size_t)size;
	return reader.problem == NULL ||
	       nest_error_set(error, NEST_INVALID, "the bloom filter is invalid: %s", reader.problem);
}
