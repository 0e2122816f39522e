/*
 * column_check - a columns frame held against its schema: its levels and its values.
 *
 * A zeroed struct is ready; it is reused from frame to frame until column_check_free().
 */
#ifndef NEST_CAT_COLUMN_CHECK_H
#define NEST_CAT_COLUMN_CHECK_H

#include "lib/base/faults.h"
#include "lib/columns/cut.h"

struct column_check {
	struct cut cut;      /* the schema, and the levels and values of its leaves */
	struct leaf *leaves; /* what must hold for them */
	bool is_stale;       /* the leaves are those of another schema */
	struct statistics statistics;
	struct buffer scratch;
};

/*
 * FRAME has a plain body.  FAULTS, or NULL, hear of one fault of each leaf; NEST_INVALID where the
 * body cannot be cut into leaves, of which they have not heard.
 */
bool column_check_take(struct column_check *columns, const struct frame *frame, const struct faults *faults,
    struct nest_error *error);
void column_check_free(struct column_check *columns);

#endif
