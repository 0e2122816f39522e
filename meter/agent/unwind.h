/*
 * unwind - where an object's functions begin, as it tells those who unwind its stack.
 *
 * The table of .eh_frame_hdr is loaded with the object and stays in one that is stripped.  It is read where
 * it lies, and what it says is checked by whoever asks.
 */
#ifndef METER_AGENT_UNWIND_H
#define METER_AGENT_UNWIND_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed: no function is known. */
struct unwind_table {
	uintptr_t header;
	const unsigned char *pairs; /* a function's beginning and more, seen from the header; in order */
	size_t count;
};

/*
 * Takes up the table of which BYTES are loaded at HEADER; an empty one where it is none, or
 * of another kind.
 */
struct unwind_table unwind_table(uintptr_t header, size_t bytes);

/* Where the first function begins that begins at ADDRESS or behind it; 0 for none. */
uintptr_t unwind_first_from(const struct unwind_table *table, uintptr_t address);

#endif
