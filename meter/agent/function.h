/*
 * function - the table of functions, for object.c, which finds them.
 */
#ifndef METER_AGENT_FUNCTION_H
#define METER_AGENT_FUNCTION_H

#include "meter/agent/agent.h"

/*
 * By address, open addressing, at most half full.  A table that is too small is replaced,
 * and stays for its readers.
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

/* The function that calls hooks at ADDRESS; NULL for one not yet met.  Takes no lock. */
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
 * object.c's, once it has looked at what is loaded: makes known the function that calls the
 * hooks at ADDRESS and is met for the first time; NULL where that can't be done now.
 */
extern struct agent_function *(*function_meet)(uintptr_t address);

/* Enters one; under the lock of object.c.  False without memory. */
bool function_add(struct agent_function *function);

/* Takes the lock of object.c, or gives it back: around a fork. */
void object_lock(bool take);

/* Has the engine tell when names are disabled. */
void function_start(void);

#endif
