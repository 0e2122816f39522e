/*
 * cut - a columns frame, cut into its leaves.
 *
 * A zeroed struct cut is ready; its memory serves one frame after another, and cut_free()
 * gives it back.  Errors: NEST_INVALID for a body that its header or schema does not fit.
 */
#ifndef NEST_COLUMNS_CUT_H
#define NEST_COLUMNS_CUT_H

#include "lib/columns/slice.h"
#include "lib/schema/memo.h"
#include "lib/wire/frame.h"

struct cut {
	struct schema_memo memo;
	bool has_new_schema;       /* the schema is not that of the frame before */
	struct leaf_slice *leaves; /* one for each leaf of the memo's schema; they borrow from the frame */
	struct buffer padded;      /* values followed by readable bytes */
};

void cut_free(struct cut *cut);

/* Fills the leaves, whose levels and values must fill the body exactly. */
bool cut_take(struct cut *cut, const struct frame *frame, struct nest_error *error);

/* Whether what was taken has the schema SCHEMA. */
bool cut_fits(const struct cut *cut, const struct schema *schema);

#endif
