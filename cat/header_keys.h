/* header_keys - what must hold for the keys of a header besides their values' types. */
#ifndef NEST_CAT_HEADER_KEYS_H
#define NEST_CAT_HEADER_KEYS_H

#include "lib/base/faults.h"
#include "lib/wire/frame.h"

enum { HEADER_KEY_COUNT = 22 };

/* The keys that nest-frame(5) knows, in the order in which they are shown. */
extern const char *const header_keys[HEADER_KEY_COUNT];

/* The place of KEY in that order; HEADER_KEY_COUNT where it is not known. */
unsigned header_key_find(struct view key);

/*
 * FRAME is what BYTES were decoded to: every key is a str and none comes twice, no name is one that files
 * cannot have.  FAULTS hear of the others.
 */
bool header_keys_check(
    const struct frame *frame, struct view bytes, const struct faults *faults, struct nest_error *error);

#endif
