/*
 * unwind - where an object's functions begin, by its table for unwinding the stack.
 *
 * The table of .eh_frame_hdr is loaded with the object and stays in a stripped one.  It is read in place;
 * callers check what it says.  The format is that of the Linux Standard Base, "Exception Frames".
 */
#ifndef METER_AGENT_UNWIND_H
#define METER_AGENT_UNWIND_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed: no function is known. */
struct unwind_table {
	uintptr_t header;
	const unsigned char *pairs; /* where a function begins, and more, relative to the header; sorted */
	size_t count;
};

/*
 * The table of which BYTES are loaded at HEADER; an empty one if there is no table, or one of
 * another kind.
 */
struct unwind_table unwind_table(uintptr_t header, size_t bytes);

/* The beginning of the first function at or after ADDRESS; 0 for none. */
uintptr_t unwind_first_from(const struct unwind_table *table, uintptr_t address);

#endif
