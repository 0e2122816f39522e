/*
 * seen - what a sample has, so that nothing of it is told.
 *
 * Asked for a value of the sample, it says yes; asked for another one, mostly no
 * (a Bloom filter).
 */
#ifndef NEST_GEN_LIKE_SEEN_H
#define NEST_GEN_LIKE_SEEN_H

#include "lib/base/buffer.h"

struct seen {
	uint64_t *words; /* owned */
};

bool seen_open(struct seen *seen, struct nest_error *error);
void seen_close(struct seen *seen);

/* A text, or the bytes of a number. */
void seen_add(struct seen *seen, struct view value);
bool seen_has(const struct seen *seen, struct view value);

/* Whether TEXT, or anything of 3 bytes or more in it, is a value of the sample. */
bool seen_within(const struct seen *seen, struct view text);

#endif
