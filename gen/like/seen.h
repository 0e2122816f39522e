/*
 * seen - what a sample has, so that nothing of it is told, and what stands for its values.
 *
 * Asked for such a value, it says yes; asked for another one, mostly no
 * (Bloom filters).
 */
#ifndef NEST_GEN_LIKE_SEEN_H
#define NEST_GEN_LIKE_SEEN_H

#include "lib/base/buffer.h"

struct seen {
	uint64_t *words; /* owned: of the sample */
	uint64_t *taken; /* owned: of what stands for values */
};

bool seen_open(struct seen *seen, struct nest_error *error);
void seen_close(struct seen *seen);

/* A text, or the bytes of a number, of the sample. */
void seen_add(struct seen *seen, struct view value);

/* VALUE stands for one of the sample, until a recipe is begun anew. */
void seen_take(struct seen *seen, struct view value);
void seen_forget_taken(struct seen *seen);

/* Whether VALUE is in the sample, or stands for what is. */
bool seen_has(const struct seen *seen, struct view value);

/* Likewise of TEXT and anything of 3 bytes or more in it. */
bool seen_within(const struct seen *seen, struct view text);

#endif
