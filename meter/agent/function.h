/*
 * function - the table of functions, for object.c, which finds them.
 */
#ifndef METER_AGENT_FUNCTION_H
#define METER_AGENT_FUNCTION_H

#include "meter/agent/agent.h"

/*
 * Hashed by address, with open addressing, at most half full.  A table that is too small is
 * replaced, and kept for its readers.
 */
struct function_table {
	size_t mask, count;
	struct {
		uintptr_t address; /* atomic; 0: free */
		struct agent_function *function;
	} slots[];
};
extern struct function_table *function_by_address;

static inline size_t
function_place(uintptr_t address, size_t mask)
{
	return (size_t)((address * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & mask;
}

/* The function at ADDRESS, which calls the hooks; NULL if it was not met yet.  Takes no lock. */
static inline struct agent_function *
function_at(uintptr_t address)
{
	struct function_table *table = __atomic_load_n(&function_by_address, __ATOMIC_ACQUIRE);
	if (table == NULL)
		return NULL;
	for (size_t at = function_place(address, table->mask);; at = (at + 1) & table->mask) {
		uintptr_t found = __atomic_load_n(&table->slots[at].address, __ATOMIC_ACQUIRE);
		if (found == address)
			return table->slots[at].function;
		if (found == 0)
			return NULL;
	}
}

/*
 * Set by object.c once it has scanned the loaded objects: enters the function at ADDRESS, which
 * calls the hooks and is met for the first time; NULL if that cannot be done now.
 */
extern struct agent_function *(*function_meet)(uintptr_t address);

/* Enters a function; under the lock of object.c.  False for lack of memory. */
bool function_add(struct agent_function *function);

/* Take the lock of object.c, and give it back: around a fork. */
void object_lock(void);
void object_unlock(void);

/* For the engine, on the thread that closed the deciding frame: NAME is disabled. */
void function_disable(uint32_t name);

#endif
