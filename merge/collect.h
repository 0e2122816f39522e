/*
 * collect - the parts of a dataset, from frames and from the place where they stand.
 *
 * What a struct collection points to is its own, but for the place;
 * collection_free() gives it back.
 */
#ifndef NEST_MERGE_COLLECT_H
#define NEST_MERGE_COLLECT_H

#include "lib/dataset/place.h"
#include "lib/wire/part_set.h"
#include "merge/dataset.h"
#include "merge/inspect.h"

struct collection {
	struct place *place;
	struct inspection inspection;
	struct dataset dataset;
	struct part_set came; /* the numbers of its parts */
	size_t last_known;    /* the part that came again, for the last of those that did */
};

void collection_init(struct collection *collection, struct place *place);
void collection_free(struct collection *collection);

/*
 * Takes the part that FRAME declares, and joins its run.  The same file again,
 * from a second attempt at the part, is passed over where the run has a name.
 */
bool collect_frame(struct collection *collection, const struct frame *frame, struct nest_error *error);

/*
 * Takes the parts that are complete in the place and did not come, once their
 * bytes have been held against their digests.  One that is broken is removed,
 * with a warning.  The run must have been joined.
 */
bool collect_staged(struct collection *collection, struct nest_error *error);

#endif
