/*
 * seen - the values of a sample, so that none of them is disclosed, and their stand-ins.
 *
 * The answer for such a value is yes; for any other it is mostly no (Bloom
 * filters).
 */
#ifndef NEST_GEN_LIKE_SEEN_H
#define NEST_GEN_LIKE_SEEN_H

#include "lib/base/buffer.h"

struct seen {
	uint64_t *words; /* of the sample; owned */
	uint64_t *taken; /* of stand-ins; owned */
};

bool seen_open(struct seen *seen, struct nest_error *error);
void seen_close(struct seen *seen);

/* Adds a text, or the bytes of a number, of the sample. */
void seen_add(struct seen *seen, struct view value);

/* Adds VALUE as a stand-in, until seen_forget_taken(), for a recipe that is begun anew. */
void seen_take(struct seen *seen, struct view value);
void seen_forget_taken(struct seen *seen);

/* Whether VALUE is in the sample, or a stand-in. */
bool seen_has(const struct seen *seen, struct view value);

/* The same for TEXT or any part of it of 3 bytes or more. */
bool seen_within(const struct seen *seen, struct view text);

#endif
