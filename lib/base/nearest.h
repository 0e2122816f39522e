/*
 * nearest - which of several words was meant by one that is none of them.
 *
 * Words are as far apart as the fewest letters that are put in, left out,
 * changed, or swapped with their neighbour, to make one of the other (optimal
 * string alignment).  Nothing is allocated; words are borrowed.
 */
#ifndef NEST_BASE_NEAREST_H
#define NEST_BASE_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *word; /* what was typed, NEAREST_LENGTH_MOST bytes of which are looked at */
	size_t length;
	const char *best; /* the nearest up to now, NULL while none is near */
	unsigned distance;
};

enum { NEAREST_LENGTH_MOST = 64 };

/* A search for what the first LENGTH bytes of WORD may mean. */
struct nearest nearest_to(const char *word, size_t length);

/* Looks at one of the words that there are; the first of equals stays. */
void nearest_try(struct nearest *nearest, const char *candidate);

#endif
