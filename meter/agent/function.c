/*
 * The functions that are metered, by name so that they can be disabled, and by
 * address for the hooks.  None is ever removed: an object with metered functions
 * stays loaded.
 */
#include "meter/agent/function.h"

/* By the index of the name.  Only the pages in use take memory. */
static struct agent_function *by_name[METER_NAME_LIMIT];

struct function_table *function_by_address;
struct agent_function *(*function_meet)(uintptr_t address);

void
function_disable(uint32_t name)
{
	struct agent_function *function = __atomic_load_n(&by_name[name], __ATOMIC_ACQUIRE);
	for (; function != NULL; function = function->next) {
		__atomic_store_n(&function->live, 0, __ATOMIC_RELAXED);
		if (function->sled != NULL)
			agent_unpatch(function->sled);
	}
}

/* Zeroed, and never given back; under the lock of object.c. */
static struct agent_function *
take_room(void)
{
	enum { CHUNK = 4096 };
	static struct agent_function *next, *end;
	if (next == end && (next = end = meter_pages(CHUNK * sizeof *next)) != NULL)
		end += CHUNK;
	return next != NULL ? next++ : NULL;
}

/* Enters the function by name first, and then asks whether it is wanted: it may be disabled in between. */
struct agent_function *
agent_function_new(const char *text, uintptr_t address, const struct meter_place *place)
{
	struct agent_function *function = take_room();
	if (function == NULL)
		return NULL;
	uint32_t name = meter_name_at(text, __builtin_strlen(text), place);
	*function = (struct agent_function){.name = name, .address = address};
	if (name >= METER_NAME_LIMIT)
		return function;
	function->live = 1;
	function->next = by_name[name];
	__atomic_store_n(&by_name[name], function, __ATOMIC_RELEASE);
	if (!meter_name_wanted(name))
		__atomic_store_n(&function->live, 0, __ATOMIC_RELAXED);
	return function;
}

static void
insert(struct function_table *table, struct agent_function *function)
{
	size_t at = function_place(function->address, table->mask);
	while (table->slots[at].function != NULL)
		at = (at + 1) & table->mask;
	table->slots[at].function = function;
	__atomic_store_n(&table->slots[at].address, function->address, __ATOMIC_RELEASE);
	table->count++;
}

static struct function_table *
grown(const struct function_table *old)
{
	size_t slots = old != NULL ? 2 * (old->mask + 1) : 1024;
	struct function_table *table = meter_pages(sizeof *table + slots * sizeof table->slots[0]);
	if (table == NULL)
		return NULL;
	table->mask = slots - 1;
	for (size_t i = 0; old != NULL && i <= old->mask; i++)
		if (old->slots[i].function != NULL)
			insert(table, old->slots[i].function);
	return table;
}

bool
function_add(struct agent_function *function)
{
	struct function_table *table = function_by_address;
	if ((table == NULL || 2 * table->count > table->mask) && (table = grown(table)) == NULL)
		return false;
	insert(table, function);
	__atomic_store_n(&function_by_address, table, __ATOMIC_RELEASE);
	return true;
}
