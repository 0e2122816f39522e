/*
 * namesake - functions that have the same name in several files, as only static functions can.
 */
#ifndef METER_AGENT_NAMESAKE_H
#define METER_AGENT_NAMESAKE_H

#include "lib/base/buffer.h"
#include "meter/agent/elf.h"
#include "meter/agent/sources.h"

/* A name, and the first file in which it was found. */
struct namesake {
	struct view name;
	const char *file; /* NULL: the slot is free */
	bool several;
};

/* A hash table, at most half full. */
struct namesakes {
	struct namesake *slots;
	size_t mask;
};

/* Looks at all symbols whose files are known; without any, or without memory, the table is empty. */
struct namesakes namesakes_find(const struct elf_object *elf, const struct sources *sources);
void namesakes_free(struct namesakes *namesakes);

/* Whether SYMBOL, or what the compiler has made of it, is in several files. */
bool namesakes_has(const struct namesakes *namesakes, const char *symbol);

#endif
