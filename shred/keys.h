/*
 * keys - the keys of the maps of one record, to find those that come twice.
 * They are compared by their PLAIN bytes, whatever notation they came in.
 */
#ifndef NEST_SHRED_KEYS_H
#define NEST_SHRED_KEYS_H

#include "lib/base/buffer.h"

struct key_slot {
	uint64_t hash;
	uint32_t record; /* for which the slot was taken; a slot of another record is free */
	uint32_t map;    /* number among those of the record */
	size_t offset;   /* of the key's bytes */
	size_t size;
	const uint8_t *value; /* the caller's: where the key's value is */
};

/* A zeroed struct is an empty set. */
struct key_set {
	struct key_slot *slots;
	size_t capacity, count; /* slots, a power of two */
	uint32_t record;
	struct buffer bytes;
};

/* Empties the set for the next record; its memory stays. */
void keys_clear(struct key_set *set);
void keys_free(struct key_set *set);

/*
 * Finds or adds KEY of MAP; *IS_NEW says whether it was added.  *SLOT is valid
 * until the next call.
 */
bool keys_add(struct key_set *set, uint32_t map, struct view key, struct key_slot **slot, bool *is_new,
    struct nest_error *error);

#endif
