/*
 * sweep - what is taken away: attempts of those who are gone, a run that came to nothing, a whole place.
 */
#ifndef NEST_DATASET_SWEEP_H
#define NEST_DATASET_SWEEP_H

#include "lib/dataset/place.h"

/*
 * Takes a place away from a run of which nobody is there and nothing complete.  False if there
 * is somebody or something, or where that cannot be found out.  Nothing of it may be joined here.
 */
bool sweep_dead_run(struct place *place);

/*
 * Removes the place and what runs leave in it, whoever is there.  NEST_FAILED names what is not
 * ours and stays.
 */
bool sweep_all(const struct place *place, struct nest_error *error);

#endif
