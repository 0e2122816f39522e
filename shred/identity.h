/* identity - the fingerprint of all that decides what columns records become, and in which parts. */
#ifndef NEST_SHRED_IDENTITY_H
#define NEST_SHRED_IDENTITY_H

#include "lib/base/digest.h"
#include "shred/records.h"

/*
 * Files are told by their paths, sizes and times of modification, not by what
 * is in them.  What can be read only once has no name: then the run has a
 * fingerprint of its own, never the same.  SCHEMA is the text that frames
 * carry, given or inferred.  NEST_FAILED where a path cannot be resolved.
 */
bool identity_of_records(const struct input *input, const struct records_options *options, struct view schema,
    struct digest_value *run, struct nest_error *error);

#endif
