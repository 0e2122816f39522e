/* identity - the run that part files belong to: what came in, and how it is written. */
#ifndef NEST_ENCODE_IDENTITY_H
#define NEST_ENCODE_IDENTITY_H

#include "encode/part.h"
#include "lib/base/digest.h"

/*
 * The fingerprint of COLUMNS, the run of the columns that come in, and of all
 * that decides the bytes of their files.  A run without a name, which is zero,
 * stays without one.
 */
bool identity_of_parts(struct digest_value columns, const struct part_options *options,
    struct digest_value *run, struct nest_error *error);

#endif
