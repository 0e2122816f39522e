/*
 * column_check - checks the levels and the values of a columns frame against its schema.
 *
 * A zeroed struct is ready; it is reused from frame to frame until column_check_free().
 */
#ifndef NEST_CAT_COLUMN_CHECK_H
#define NEST_CAT_COLUMN_CHECK_H

#include "lib/base/faults.h"
#include "lib/columns/cut.h"

struct column_check {
	struct cut cut;      /* the schema, and the levels and values of its leaves */
	struct leaf *leaves; /* what the schema says about them */
	bool is_stale;       /* the leaves are those of an earlier schema */
	struct statistics statistics;
	struct buffer scratch;
};

/*
 * Checks FRAME, whose body must be uncompressed.  FAULTS, unless NULL, receive one fault of each leaf.
 * NEST_INVALID, which FAULTS do not receive, if the body cannot be cut into leaves.
 */
bool column_check_take(struct column_check *columns, const struct frame *frame, const struct faults *faults,
    struct nest_error *error);
void column_check_free(struct column_check *columns);

#endif
