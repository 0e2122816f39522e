/*
 * part_set - a set of part numbers, which only grows.
 *
 * Neighbours share a bitmap of 512 parts, and the bitmaps are found by hashing:
 * memory grows with what was added, and no number costs more than one bitmap
 * and its room.  A zeroed set is empty; it owns its memory until
 * part_set_free().
 */
#ifndef NEST_WIRE_PART_SET_H
#define NEST_WIRE_PART_SET_H

#include "lib/base/error.h"

#include <stdint.h>

struct part_bitmap;

struct part_set {
	struct part_bitmap *slots;
	size_t used, capacity; /* capacity: 0 or a power of two, at least twice as many as are used */
};

/* PART is below FRAME_PART_LIMIT. */
bool part_set_has(const struct part_set *set, uint64_t part);
bool part_set_add(struct part_set *set, uint64_t part, struct nest_error *error);
void part_set_free(struct part_set *set);

#endif
