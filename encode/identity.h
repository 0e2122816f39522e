/* identity - the run that part files belong to: what is written, and how. */
#ifndef NEST_ENCODE_IDENTITY_H
#define NEST_ENCODE_IDENTITY_H

#include "encode/part.h"
#include "lib/base/digest.h"

/*
 * Sets *RUN to the fingerprint of COLUMNS, the run of the columns that come in,
 * and of all options that affect the bytes of files.  If COLUMNS is zero, a run
 * without a name, so is *RUN.
 */
bool identity_of_parts(struct digest_value columns, const struct part_options *options,
    struct digest_value *run, struct nest_error *error);

#endif
