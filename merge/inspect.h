/*
 * inspect - whether a part's file is what its frame declares.
 *
 * The file is opened in the staging directory, its footer is read, and size,
 * schema, row count and the key-values of lib/dataset/keys.h are checked against the
 * frame.  All parts must have the schema of the first one.  A struct inspection owns
 * that schema, and inspect_free() gives it back.
 */
#ifndef NEST_MERGE_INSPECT_H
#define NEST_MERGE_INSPECT_H

#include "lib/dataset/place.h"
#include "lib/schema/schema.h"
#include "merge/dataset.h"

struct inspection {
	const struct place *place;
	struct schema schema; /* of the first part */
	bool has_schema;
	uint64_t first_part; /* whose schema it is */
	bool is_bundle;      /* parts are bundles (lib/dataset/bundle.h) */
};

void inspect_init(struct inspection *inspection, const struct place *place);
void inspect_free(struct inspection *inspection);

/*
 * Inspects PART, which FRAME declares, and sets its stamp, and its index if it is a bundle.  If the frame's
 * stamp says that the file may not be as its encoder left it, all of its bytes are read and checked against
 * its digest.  NEST_INVALID names the part and the file.
 */
bool inspect_part(struct inspection *inspection, struct dataset_part *part, const struct frame *frame,
    struct nest_error *error);

#endif
