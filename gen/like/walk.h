/* walk - the records of a sample, field by field, into its profile. */
#ifndef NEST_GEN_LIKE_WALK_H
#define NEST_GEN_LIKE_WALK_H

#include "gen/like/profile.h"
#include "lib/records/reader.h"

/*
 * All records that READER has.  They are those that PROFILE's tree was made of; NEST_INVALID where one of
 * them is none any more.
 */
bool walk_records(struct profile *profile, struct reader *reader, struct nest_error *error);

#endif
