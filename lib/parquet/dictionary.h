/*
 * dictionary - values interned in the order in which they come.
 *
 * A struct dictionary owns copies of its values, in PLAIN layout one after
 * another, as the dictionary page wants them; dictionary_free() gives it back.
 * Errors: NEST_FAILED, for want of memory.
 *
 * Eight bytes from a value's first on must be readable whatever its size is;
 * what is there behind the value does not matter.
 */
#ifndef NEST_PARQUET_DICTIONARY_H
#define NEST_PARQUET_DICTIONARY_H

#include "lib/base/buffer.h"

enum {
	DICTIONARY_SHORT = 8,             /* bytes of a value that the table holds whole */
	DICTIONARY_BYTES_MOST = 16 << 20, /* of all values */
	DICTIONARY_VALUES_MOST = 1 << 19,
	DICTIONARY_LARGE_BITS = 11, /* of slots that do not fit the first cache with all the rest */
};

struct dictionary_slot {
	/* Of a value of up to DICTIONARY_SHORT bytes: itself, and its size + 1. */
	/* Of a longer one: its hash, and DICTIONARY_SHORT + 2.  An empty slot's mark is 0. */
	uint64_t key;
	uint32_t index : 24, mark : 8;
	uint32_t stamp; /* the caller's; 0 for a new value */
};

struct dictionary_entry {
	size_t offset; /* of the value's bytes in the values, behind its length */
	uint32_t size;
};

struct dictionary {
	struct dictionary_slot *slots;
	unsigned slot_bits; /* log2 of the number of slots */
	struct dictionary_entry *entries;
	uint32_t count, entry_capacity;
	bool has_lengths;     /* values are BYTE_ARRAY: 4 bytes of length stand before each */
	bool is_full;         /* a value had no place in it */
	struct buffer values; /* PLAIN */
};

/* For a zeroed struct or one that was used before, whose memory it keeps. */
bool dictionary_init(struct dictionary *dictionary, bool has_lengths, struct nest_error *error);
void dictionary_free(struct dictionary *dictionary);

/* Private to dictionary_intern(): whatever is not a short value found at once. */
struct dictionary_slot *dictionary_search(
    struct dictionary *dictionary, const uint8_t *data, uint32_t size, struct nest_error *error);

static inline uint64_t
dictionary_short_key(const uint8_t *data, uint32_t size)
{
	uint64_t key;
	memcpy(&key, data, sizeof key);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	key = __builtin_bswap64(key);
#endif
	return size < 8 ? key & (((uint64_t)1 << 8 * size) - 1) : key;
}

/* One product: what counts up, as most short keys do, then has places that are far apart. */
static inline size_t
dictionary_hash(uint64_t key, uint32_t mark, unsigned slot_bits)
{
	return (size_t)((key ^ (uint64_t)mark << 56) * 0x9e3779b97f4a7c15u >> (64 - slot_bits));
}

/* Brings near what dictionary_intern() will look at for the value, where the table is too large to be near.
 */
static inline void
dictionary_expect(const struct dictionary *dictionary, const uint8_t *data, uint32_t size)
{
	uint64_t key = dictionary_short_key(data, size);
	if (dictionary->slot_bits >= DICTIONARY_LARGE_BITS)
		__builtin_prefetch(&dictionary->slots[dictionary_hash(key, size + 1, dictionary->slot_bits)]);
}

/*
 * Finds the value or adds it: its slot, until the next one is looked for.  NULL where that fails; if because
 * the dictionary is full, it says so.
 */
static inline struct dictionary_slot *
dictionary_intern(struct dictionary *dictionary, const uint8_t *data, uint32_t size, struct nest_error *error)
{
	if (__builtin_expect(size <= DICTIONARY_SHORT, 1)) {
		uint64_t key = dictionary_short_key(data, size);
		struct dictionary_slot *slot =
		    &dictionary->slots[dictionary_hash(key, size + 1, dictionary->slot_bits)];
		if (__builtin_expect(slot->key == key && slot->mark == size + 1, 1))
			return slot;
	}
	return dictionary_search(dictionary, data, size, error);
}

static inline const uint8_t *
dictionary_value(const struct dictionary *dictionary, uint32_t index)
{
	return dictionary->values.data + dictionary->entries[index].offset;
}

/* Appends the values that COUNT INDICES stand for to OUT, PLAIN. */
bool dictionary_resolve(const struct dictionary *dictionary, const uint32_t *indices, uint64_t count,
    struct buffer *out, struct nest_error *error);

/* The bytes that the first COUNT values take in the dictionary page. */
size_t dictionary_bytes(const struct dictionary *dictionary, uint32_t count);

#endif
