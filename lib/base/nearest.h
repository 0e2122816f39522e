/*
 * nearest - which of several words was meant by a word that is none of them.
 *
 * The distance of two words is the least number of letters to insert, delete,
 * change, or swap with their neighbour to make one from the other (optimal
 * string alignment).  Nothing is allocated; words are borrowed.
 */
#ifndef NEST_BASE_NEAREST_H
#define NEST_BASE_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *word; /* what was typed; its first NEAREST_LENGTH_MOST bytes count */
	size_t length;
	const char *best; /* the nearest so far; NULL while none is near */
	unsigned distance;
};

enum { NEAREST_LENGTH_MOST = 64 };

/* Starts a search for what the first LENGTH bytes of WORD may mean. */
struct nearest nearest_to(const char *word, size_t length);

/* Tries one of the existing words; of equally near ones the first stays. */
void nearest_try(struct nearest *nearest, const char *candidate);

#endif
