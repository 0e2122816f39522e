/*
 * loans - which of some slots are lent, and waiting for one to come back.
 *
 * The book is words of 32 bits, in memory of the process or in memory that it
 * shares: the first counts returns and is a futex(2), the word after a slot's
 * number is 1 while it is lent.  Any thread and any process that has the words can
 * return a slot; they are read and written atomically, and only here.
 */
#ifndef NEST_WIRE_LOANS_H
#define NEST_WIRE_LOANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many words COUNT slots take; if all are zero, nothing is lent. */
static inline size_t
loans_words(size_t count)
{
	return 1 + count;
}

void loans_lend(uint32_t *words, size_t slot);
void loans_return(uint32_t *words, size_t slot);

/* Finds one of COUNT slots that is not lent, waiting at most WAIT_MS; false if none came back. */
bool loans_find(uint32_t *words, size_t count, unsigned wait_ms, size_t *slot);

#endif
