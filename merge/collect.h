/*
 * collect - the parts of a dataset, from frames and from the place where they are.
 *
 * A struct collection owns what it points to, except the place;
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
	size_t last_known;    /* the last part to come again */
};

void collection_init(struct collection *collection, struct place *place);
void collection_free(struct collection *collection);

/*
 * Takes the part that FRAME declares, and joins its run.  If the same file comes
 * again, from a second attempt at the part, it is ignored if the run has a name.
 */
bool collect_frame(struct collection *collection, const struct frame *frame, struct nest_error *error);

/*
 * Takes the parts that are complete in the place and did not come, after checking
 * their bytes against their digests.  A broken one is removed, with a warning.  The
 * run must have been joined.
 */
bool collect_staged(struct collection *collection, struct nest_error *error);

#endif
