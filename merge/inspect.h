/*
 * inspect - whether a part's file is what its frame declares.
 *
 * The file is opened in the staging directory, its footer is read, and size,
 * schema, row count and the key-values of lib/dataset/keys.h are held against the frame.  All parts must have
 * the schema of the first one; that of a struct inspection is owned by it, and inspect_free() gives it back.
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
	uint64_t first_part; /* the one that it is from */
	bool is_bundle;      /* the parts are (lib/dataset/bundle.h) */
};

void inspect_init(struct inspection *inspection, const struct place *place);
void inspect_free(struct inspection *inspection);

/*
 * Inspects PART, which FRAME declares, and sets its stamp, and its index where it is a bundle.  Where the
 * file is not what its encoder left, as far as the frame's stamp tells, all of its bytes are read and held
 * against its digest. NEST_INVALID names the part and the file.
 */
bool inspect_part(struct inspection *inspection, struct dataset_part *part, const struct frame *frame,
    struct nest_error *error);

#endif
