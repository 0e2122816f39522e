/*
 * sources - which source file each function of an object is in.
 *
 * Debug information tells it, which elfutils reads: in a process of nest-meter's own, so that neither that
 * library nor what it needs is in a program that is metered.  That is only done where the configuration asks
 * for files.
 */
#ifndef METER_AGENT_SOURCES_H
#define METER_AGENT_SOURCES_H

#include "meter/agent/elf.h"

/* What `nest-meter sources` has printed: lines, sorted by their addresses. */
struct sources {
	const char *text;
	size_t size;
};

/* Asks nest-meter about the object at PATH; empty if the configuration doesn't ask, or there is no answer. */
struct sources sources_read(const char *path);
void sources_free(struct sources *sources);

/* The path for the function at ADDRESS, as linked; "" if it is not known. */
const char *sources_find(const struct sources *sources, uint64_t address);

/* Marks each symbol whose name, or what the compiler has made of it, is in several files, as static ones can
 * be. */
void sources_mark_namesakes(const struct sources *sources, struct elf_object *elf);

#endif
