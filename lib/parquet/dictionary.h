/*
 * dictionary - values interned in the order in which they come.
 *
 * A struct dictionary owns copies of its values, in PLAIN layout one after
 * another, as in a dictionary page; dictionary_free() gives them back.
 * Errors: NEST_FAILED, for lack of memory.
 *
 * Eight bytes from the start of a value must be readable, whatever its size;
 * those after the value do not matter.
 */
#ifndef NEST_PARQUET_DICTIONARY_H
#define NEST_PARQUET_DICTIONARY_H

#include "lib/base/buffer.h"

enum {
	DICTIONARY_SHORT = 8,             /* most bytes of a value that the table itself holds */
	DICTIONARY_BYTES_MOST = 16 << 20, /* of all values */
	DICTIONARY_VALUES_MOST = 1 << 19,
	DICTIONARY_LARGE_BITS = 11, /* slot_bits of a table too large for the first cache */
};

struct dictionary_slot {
	/* For a value of up to DICTIONARY_SHORT bytes, key is the value and mark its size + 1. */
	/* For a longer one, its hash and DICTIONARY_SHORT + 2.  An empty slot's mark is 0. */
	uint64_t key;
	uint32_t index : 24, mark : 8;
	uint32_t stamp; /* the caller's; 0 for a new value */
};

struct dictionary_entry {
	size_t offset; /* of the value's bytes in the values, after its length */
	uint32_t size;
};

struct dictionary {
	struct dictionary_slot *slots;
	unsigned slot_bits; /* log2 of the number of slots */
	struct dictionary_entry *entries;
	uint32_t count, entry_capacity;
	bool has_lengths;     /* values are BYTE_ARRAY: each follows 4 bytes of length */
	bool is_full;         /* a value found no room */
	struct buffer values; /* PLAIN */
};

/* For a zeroed struct, or one that was used before, which keeps its memory. */
bool dictionary_init(struct dictionary *dictionary, bool has_lengths, struct nest_error *error);

/* Forgets the values; the memory stays for the next ones. */
void dictionary_clear(struct dictionary *dictionary);
void dictionary_free(struct dictionary *dictionary);

/* Private to dictionary_intern(): all but a short value in its first slot. */
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

/* One product: keys that count up, as most short ones do, then get slots that are far apart. */
static inline size_t
dictionary_hash(uint64_t key, uint32_t mark, unsigned slot_bits)
{
	return (size_t)((key ^ (uint64_t)mark << 56) * 0x9e3779b97f4a7c15u >> (64 - slot_bits));
}

/* Prefetches the slot where dictionary_intern() will look, if the table is too large for the cache. */
static inline void
dictionary_expect(const struct dictionary *dictionary, const uint8_t *data, uint32_t size)
{
	uint64_t key = dictionary_short_key(data, size);
	if (dictionary->slot_bits >= DICTIONARY_LARGE_BITS)
		__builtin_prefetch(&dictionary->slots[dictionary_hash(key, size + 1, dictionary->slot_bits)]);
}

/*
 * Finds the value or adds it; returns its slot, valid until the next call.  NULL on failure; `is_full`
 * then tells whether the dictionary is full, or memory ran out.
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

/* Appends the values of COUNT INDICES to OUT, in PLAIN layout. */
bool dictionary_resolve(const struct dictionary *dictionary, const uint32_t *indices, uint64_t count,
    struct buffer *out, struct nest_error *error);

/* The bytes that the first COUNT values take in the dictionary page. */
size_t dictionary_bytes(const struct dictionary *dictionary, uint32_t count);

#endif
