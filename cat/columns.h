/*
 * columns - a columns frame held against its schema: its levels and its values.
 *
 * A zeroed struct is ready; it is reused from frame to frame until columns_free().
 */
#ifndef NEST_CAT_COLUMNS_H
#define NEST_CAT_COLUMNS_H

#include "lib/base/faults.h"
#include "lib/columns/cut.h"

struct columns {
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
bool columns_take(struct columns *columns, const struct frame *frame, const struct faults *faults,
    struct nest_error *error);
void columns_free(struct columns *columns);

#endif
