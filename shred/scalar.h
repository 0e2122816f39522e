/*
 * scalar - one msgpack value of a leaf, appended as a PLAIN value.
 *
 * nest-frame(5) says which msgpack types a leaf takes.  Values are laid out as
 * the Parquet format's PLAIN encoding has them, but a boolean is one byte.
 */
#ifndef NEST_SHRED_SCALAR_H
#define NEST_SHRED_SCALAR_H

#include "lib/schema/schema.h"
#include "lib/wire/pack.h"
#include "shred/stripe.h"

/*
 * Appends VALUE, whose bytes, where it is a text or bytes, are still before
 * READER and are stepped over.  NEST_INVALID where the leaf does not take it.
 */
bool scalar_append(struct stripe *stripe, const struct schema_node *leaf, struct pack_value value,
    struct pack_reader *reader, size_t *memory_bytes, struct nest_error *error);

#endif
