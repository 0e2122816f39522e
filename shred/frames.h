/* frames - the source of records from rows frames, each with its schema and its place. */
#ifndef NEST_SHRED_FRAMES_H
#define NEST_SHRED_FRAMES_H

#include "lib/wire/wire.h"

/* Shreds every rows frame from IN, and ends OUT as IN ended. */
bool frames_shred(struct wire_in *in, struct wire_out *out, struct nest_error *error);

#endif
