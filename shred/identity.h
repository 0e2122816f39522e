/* identity - the fingerprint of all that affects which columns records become, and in which parts. */
#ifndef NEST_SHRED_IDENTITY_H
#define NEST_SHRED_IDENTITY_H

#include "lib/base/digest.h"
#include "shred/records.h"

/*
 * Files are identified by their paths, sizes and times of modification, not by
 * their contents.  Input that can be read only once cannot be identified: the run
 * then has a unique fingerprint.  SCHEMA is the text that frames carry, given or
 * inferred.  NEST_FAILED if a path cannot be resolved.
 */
bool identity_of_records(const struct input *input, const struct records_options *options, struct view schema,
    struct digest_value *run, struct nest_error *error);

#endif
