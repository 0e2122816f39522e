/*
 * name_index - which item a name stands for, among those of a group.
 *
 * A zeroed index is empty.  It owns its slots and borrows the names.
 */
#ifndef NEST_GEN_NAME_INDEX_H
#define NEST_GEN_NAME_INDEX_H

#include "lib/base/buffer.h"

struct name_slot {
	struct view name;
	uint32_t group, item;
	bool is_taken;
};

struct name_index {
	struct name_slot *slots; /* a power of two of them, at most half of which are taken */
	size_t mask;             /* their number, less 1 */
};

/* Room for COUNT names. */
bool name_index_open(struct name_index *index, size_t count, struct nest_error *error);
void name_index_free(struct name_index *index);

/*
 * The item of NAME in GROUP; NULL if there is none.  What it points to may be changed, and lives as
 * long as the index.
 */
uint32_t *name_index_find(const struct name_index *index, uint32_t group, struct view name);
/* Adds ITEM, for which there is room and whose name is not found. */
void name_index_add(struct name_index *index, uint32_t group, struct view name, uint32_t item);

#endif
