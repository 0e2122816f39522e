/* staging - a run that is staged already, and has no senders. */
#ifndef NEST_MERGE_STAGING_H
#define NEST_MERGE_STAGING_H

#include "lib/dataset/place.h"

/* Opens PLACE; NEST_USAGE if there is nothing staged. */
bool staging_find(struct place *place, struct nest_error *error);

/*
 * Joins the run that PLACE, which is open, belongs to, and reads how large its dataset is.
 * NEST_USAGE if there is no run, NEST_INVALID if the number of its parts is unknown.
 */
bool staging_join(struct place *place, struct place_extent *extent, struct nest_error *error);

#endif
