/* dictionary.c - open addressing over values in insertion order. */
#include "lib/parquet/dictionary.h"

#include <stdlib.h>

enum {
	FIRST_BITS = 8,
	LENGTH_BYTES = 4,
	VALUE_SLACK = 16,
};

bool
dictionary_init(struct dictionary *dictionary, bool has_lengths, struct nest_error *error)
{
	if (dictionary->slots == NULL) {
		dictionary->slots = calloc((size_t)1 << FIRST_BITS, sizeof *dictionary->slots);
		if (dictionary->slots == NULL)
			return nest_error_memory(
			    error, sizeof *dictionary->slots << FIRST_BITS, "a dictionary");
		dictionary->slot_bits = FIRST_BITS;
	}
	dictionary->has_lengths = has_lengths;
	dictionary_clear(dictionary);
	return true;
}

void
dictionary_clear(struct dictionary *dictionary)
{
	if (dictionary->count > 0) {
		/*
		 * The next chunk is likely to have as many values, and fresh memory for them costs more than
		 * clearing this; but slots that they did not need this time are not cleared.
		 */
		while (dictionary->slot_bits > FIRST_BITS &&
		       (size_t)dictionary->count * 4 <= (size_t)1 << dictionary->slot_bits)
			dictionary->slot_bits--;
		memset(dictionary->slots, 0, sizeof *dictionary->slots << dictionary->slot_bits);
	}
	dictionary->count = 0;
	dictionary->is_full = false;
	buffer_clear(&dictionary->values);
}

void
dictionary_free(struct dictionary *dictionary)
{
	free(dictionary->slots);
	free(dictionary->entries);
	buffer_free(&dictionary->values);
	*dictionary = (struct dictionary){0};
}

/* Folds eight bytes in each step through a full product, by which every bit affects every other. */
static uint64_t
hash_long(const uint8_t *data, size_t size)
{
	uint64_t hash = size * 0x9e3779b97f4a7c15u, word;
	for (size_t i = 0; i < size; i += 8) {
		/* The last word overlaps the one before. */
		memcpy(&word, data + (i + 8 <= size ? i : size - 8), 8);
		__extension__ unsigned __int128 product =
		    (unsigned __int128)(hash ^ word) * 0xa0761d6478bd642fu;
		hash = (uint64_t)product ^ (uint64_t)(product >> 64) ^ 0xe7037ed1a0b428dbu;
	}
	return hash;
}

static bool
grow_slots(struct dictionary *dictionary, struct nest_error *error)
{
	unsigned bits = dictionary->slot_bits + 1;
	size_t count = (size_t)1 << bits;
	struct dictionary_slot *slots = calloc(count, sizeof *slots);
	if (slots == NULL)
		return nest_error_memory(error, count * sizeof *slots, "a dictionary");
	for (size_t i = 0; i < (size_t)1 << dictionary->slot_bits; i++) {
		const struct dictionary_slot *old = &dictionary->slots[i];
		if (old->mark == 0)
			continue;
		size_t at = dictionary_hash(old->key, old->mark, bits);
		while (slots[at].mark != 0)
			at = (at + 1) & (count - 1);
		slots[at] = *old;
	}
	free(dictionary->slots);
	dictionary->slots = slots;
	dictionary->slot_bits = bits;
	return true;
}

static bool
grow_entries(struct dictionary *dictionary, struct nest_error *error)
{
	uint32_t capacity = dictionary->entry_capacity == 0 ? 64 : dictionary->entry_capacity * 2;
	struct dictionary_entry *entries = realloc(dictionary->entries, capacity * sizeof *entries);
	if (entries == NULL)
		return nest_error_memory(error, capacity * sizeof *entries, "a dictionary");
	dictionary->entries = entries;
	dictionary->entry_capacity = capacity;
	return true;
}

static bool
add(struct dictionary *dictionary, struct dictionary_slot *slot, const uint8_t *data, uint32_t size,
    struct nest_error *error)
{
	struct buffer *values = &dictionary->values;
	const uint8_t length[LENGTH_BYTES] = {
	    (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16), (uint8_t)(size >> 24)};
	dictionary->is_full = dictionary->count == DICTIONARY_VALUES_MOST ||
	                      (size_t)size + LENGTH_BYTES > DICTIONARY_BYTES_MOST - values->size;
	if (dictionary->is_full)
		return nest_error_set(error, NEST_INVALID, "a dictionary is full");
	if (dictionary->count == dictionary->entry_capacity && !grow_entries(dictionary, error))
		return false;
	if (!buffer_reserve(values, (size_t)size + LENGTH_BYTES + VALUE_SLACK, error))
		return false;
	if (dictionary->has_lengths && !buffer_append(values, length, sizeof length, error))
		return false;
	slot->index = dictionary->count & 0xffffff; /* never more: DICTIONARY_VALUES_MOST */
	dictionary->entries[dictionary->count++] = (struct dictionary_entry){values->size, size};
	return buffer_append(values, data, size, error);
}

struct dictionary_slot *
dictionary_search(struct dictionary *dictionary, const uint8_t *data, uint32_t size, struct nest_error *error)
{
	bool is_short = size <= DICTIONARY_SHORT;
	uint8_t mark = is_short ? (uint8_t)(size + 1) : DICTIONARY_SHORT + 2;
	uint64_t key = is_short ? dictionary_short_key(data, size) : hash_long(data, size);
	if ((size_t)dictionary->count * 2 >= (size_t)1 << dictionary->slot_bits &&
	    !grow_slots(dictionary, error))
		return NULL;
	size_t mask = ((size_t)1 << dictionary->slot_bits) - 1;
	size_t at = dictionary_hash(key, mark, dictionary->slot_bits);
	struct dictionary_slot *slot = &dictionary->slots[at];
	for (; slot->mark != 0; slot = &dictionary->slots[at = (at + 1) & mask]) {
		if (slot->key != key || slot->mark != mark)
			continue;
		if (is_short || (dictionary->entries[slot->index].size == size &&
				    memcmp(dictionary_value(dictionary, slot->index), data, size) == 0))
			return slot;
	}
	if (!add(dictionary, slot, data, size, error))
		return NULL;
	slot->key = key;
	slot->mark = mark;
	slot->stamp = 0;
	return slot;
}

bool
dictionary_resolve(const struct dictionary *dictionary, const uint32_t *indices, uint64_t count,
    struct buffer *out, struct nest_error *error)
{
	size_t length_bytes = dictionary->has_lengths ? sizeof(uint32_t) : 0;
	for (uint64_t i = 0; i < count; i++) {
		const struct dictionary_entry *entry = &dictionary->entries[indices[i]];
		if (!buffer_append(out, dictionary->values.data + entry->offset - length_bytes,
			entry->size + length_bytes, error))
			return false;
	}
	return true;
}

size_t
dictionary_bytes(const struct dictionary *dictionary, uint32_t count)
{
	if (count == 0)
		return 0;
	const struct dictionary_entry *last = &dictionary->entries[count - 1];
	return last->offset + last->size;
}
