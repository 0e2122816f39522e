/* staging - a run that is staged already, and that no sender tells of. */
#ifndef NEST_MERGE_STAGING_H
#define NEST_MERGE_STAGING_H

#include "lib/dataset/place.h"

/* Opens PLACE; NEST_USAGE where there is none. */
bool staging_find(struct place *place, struct nest_error *error);

/*
 * Joins the run that PLACE, which is open, belongs to, and reads how large its dataset is.
 * NEST_USAGE where there is none, NEST_INVALID where nobody has said how many
 * parts there are to be.
 */
bool staging_join(struct place *place, struct place_extent *extent, struct nest_error *error);

#endif
