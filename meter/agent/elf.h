/*
 * elf - the few things that the agent asks an object's file: its symbols, its patchable places, what it
 * needs.
 *
 * The file is read, not mapped, so that one that changes meanwhile does no harm, and everything in it is
 * checked: a file that makes no sense is one without symbols.  Only 64-bit files of this machine's byte
 * order. A struct elf_object owns its memory, which comes from mmap; zeroed it is empty.
 */
#ifndef METER_AGENT_ELF_H
#define METER_AGENT_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ELF_FILE_SECTIONS = 65536,
};
#define ELF_PART_LIMIT ((size_t)1 << 30) /* the largest section that is read */

/* A function's symbol; the text ends with a zero. */
struct elf_symbol {
	uint64_t address; /* as linked */
	uint64_t size;
	const char *name;
};

struct elf_object {
	struct elf_symbol *symbols; /* functions that are defined, by address, one each */
	size_t symbol_count;
	uint64_t sleds, sleds_bytes; /* __patchable_function_entries, as linked; 0 bytes without */
	bool calls_hooks;            /* it refers to __cyg_profile_func_enter */
	bool has_handlers;           /* it has something to be called when it is unwound */
	bool unwinds_dynamically;    /* by a library, which it shares with everybody */
	bool cancels;                /* it refers to pthread_cancel */
	void *parts[4];
	size_t part_sizes[4];
};

/* Reads what is interesting; the symbols only where there is something to meter. */
bool elf_read(struct elf_object *object, const char *path);
void elf_free(struct elf_object *object);

/* The symbol that ADDRESS (as linked) lies in, NULL for none; with EXACT, the one that begins there. */
const struct elf_symbol *elf_find(const struct elf_object *object, uint64_t address, bool exact);

/* The first symbol that begins at ADDRESS or behind it; NULL for none. */
const struct elf_symbol *elf_first_from(const struct elf_object *object, uint64_t address);

#endif
