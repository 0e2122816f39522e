/*
 * listing - the parts of a run that are complete.
 *
 * A zeroed struct listing is an empty one; it owns what it points to, and
 * listing_free() gives it back.
 */
#ifndef NEST_DATASET_LISTING_H
#define NEST_DATASET_LISTING_H

#include "lib/dataset/place.h"

#include <stddef.h>

struct listed_part {
	uint64_t number;
	struct digest_value digest; /* of the run and its bytes, as its name says */
};

struct listing {
	struct listed_part *parts; /* by number */
	size_t count, capacity;
};

/*
 * Fills LISTING, which is empty, with what is complete of the run that PLACE was joined for.
 * Whether a file still is what its name says is not looked at.
 */
bool listing_read(struct listing *listing, const struct place *place, struct nest_error *error);

/* The first of the parts with this number, or NULL. */
const struct listed_part *listing_find(const struct listing *listing, uint64_t number);

/* The name of its file. */
void listing_file(const struct place *place, const struct listed_part *part, char name[PLACE_NAME_BYTES]);

void listing_free(struct listing *listing);

#endif
