/*
 * elf - what the agent needs of an object: its symbols, its patchable places, its imports, where functions
 * begin.
 *
 * The file is read, not mapped, so that a file that changes meanwhile does no harm.  Everything in it is
 * checked: an unsound file counts as one without symbols.  Only 64-bit files of this machine's byte order
 * are read.  What is read comes from meter_pages, and stays; a zeroed struct elf_object is empty.
 *
 * A stripped object still has its table for unwinding the stack, which is loaded with it and says where
 * functions begin.  It is read in place; callers check what it says.  The format is that of the Linux
 * Standard Base, "Exception Frames".
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
	bool is_met;       /* its function is metered, or cannot be */
	bool has_namesake; /* sources_mark_namesakes() has found another in another file */
};

struct elf_object {
	struct elf_symbol *symbols; /* the functions it defines, sorted by address, each once */
	size_t symbol_count;
	uint64_t sleds, sleds_bytes; /* __patchable_function_entries, as linked; 0 bytes if there is none */
	uint64_t unwinding;          /* where .eh_frame_hdr is, as linked */
	const unsigned char *pairs;  /* of its table, sorted */
	size_t pair_count;
	bool calls_hooks;         /* it refers to __cyg_profile_func_enter */
	bool has_handlers;        /* unwinding its functions calls a handler */
	bool unwinds_dynamically; /* by a shared library */
	bool cancels;             /* it refers to pthread_cancel */
};

static inline bool
elf_is_metered(const struct elf_object *object)
{
	return object->sleds_bytes > 0 || object->calls_hooks;
}

/* Reads the above but for the table for unwinding; symbols only if there is something to meter.  Returns
 * whether there is. */
bool elf_read(struct elf_object *object, const char *path);

/* The symbol that contains ADDRESS (as linked); NULL for none.  With EXACT, one that begins there. */
struct elf_symbol *elf_find(const struct elf_object *object, uint64_t address, bool exact);

/* Takes the table of BYTES that is loaded at TABLE and linked at ADDRESS, unless it is of another kind. */
void elf_take_unwinding(
    struct elf_object *object, uint64_t address, const unsigned char *table, size_t bytes);

/* Where the first function at or after ADDRESS begins, by the table for unwinding, else by symbols; 0 for
 * none. */
uint64_t elf_first_from(const struct elf_object *object, uint64_t address);

#endif
