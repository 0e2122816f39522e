/*
 * elf - reads what the agent needs from an object's file: its symbols, its patchable places, its imports.
 *
 * The file is read, not mapped, so that a file that changes meanwhile does no harm.  Everything in it is
 * checked: an unsound file counts as one without symbols.  Only 64-bit files of this machine's byte order
 * are read.  What is read comes from meter_pages, and stays; a zeroed struct elf_object is empty.
 */
#ifndef METER_AGENT_ELF_H
#define METER_AGENT_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A function's symbol; the text ends with a zero byte. */
struct elf_symbol {
	uint64_t address; /* as linked */
	uint64_t size;
	const char *name;
};

struct elf_object {
	struct elf_symbol *symbols; /* the functions it defines, sorted by address, each once */
	size_t symbol_count;
	uint64_t sleds, sleds_bytes; /* __patchable_function_entries, as linked; 0 bytes if there is none */
	bool calls_hooks;            /* it refers to __cyg_profile_func_enter */
	bool has_handlers;           /* unwinding its functions calls a handler */
	bool unwinds_dynamically;    /* by a shared library */
	bool cancels;                /* it refers to pthread_cancel */
};

static inline bool
elf_is_metered(const struct elf_object *object)
{
	return object->sleds_bytes > 0 || object->calls_hooks;
}

/* Reads the above; symbols only if there is something to meter.  Returns whether there is. */
bool elf_read(struct elf_object *object, const char *path);

/* The symbol that contains ADDRESS (as linked); NULL for none.  With EXACT, one that begins there. */
const struct elf_symbol *elf_find(const struct elf_object *object, uint64_t address, bool exact);

/* The first symbol that begins at or after ADDRESS; NULL for none. */
const struct elf_symbol *elf_first_from(const struct elf_object *object, uint64_t address);

#endif
