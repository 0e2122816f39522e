/* walk - takes the records of a sample, field by field, into its profile. */
#ifndef NEST_GEN_LIKE_WALK_H
#define NEST_GEN_LIKE_WALK_H

#include "gen/like/profile.h"
#include "lib/records/reader.h"

/*
 * Takes all records of READER, which must be those that PROFILE's tree was made from; NEST_INVALID if one
 * of them no longer is a record.
 */
bool walk_records(struct profile *profile, struct reader *reader, struct nest_error *error);

#endif
