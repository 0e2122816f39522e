/* header_keys - checks the keys of a header, beyond the types of their values. */
#ifndef NEST_CAT_HEADER_KEYS_H
#define NEST_CAT_HEADER_KEYS_H

#include "lib/base/faults.h"
#include "lib/wire/frame.h"

enum { HEADER_KEY_COUNT = 22 };

/* The keys that nest-frame(5) knows, in the order in which they are shown. */
extern const char *const header_keys[HEADER_KEY_COUNT];

/* The place of KEY in that order; HEADER_KEY_COUNT if it is unknown. */
unsigned header_key_find(struct view key);

/*
 * Checks that every key in BYTES, from which FRAME was decoded, is a str and comes once, and that files can
 * have the names in it.  FAULTS receive all breaks.
 */
bool header_keys_check(
    const struct frame *frame, struct view bytes, const struct faults *faults, struct nest_error *error);

#endif
