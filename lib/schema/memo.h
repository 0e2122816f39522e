/*
 * memo - the schema of the last frame.
 *
 * Every frame carries its schema's text, which is nearly always that of
 * the frame before: the memo parses it only when it changes.  A zeroed
 * memo is empty; it owns its schema until schema_memo_free().
 */
#ifndef NEST_SCHEMA_MEMO_H
#define NEST_SCHEMA_MEMO_H

#include "lib/schema/schema.h"

struct schema_memo {
	struct schema schema;
	struct buffer text; /* as it came; empty: there is no schema */
};

/* Makes TEXT the memo's schema; *CHANGED says whether it was another before. */
bool schema_memo_take(struct schema_memo *memo, struct view text, bool *changed, struct nest_error *error);
void schema_memo_free(struct schema_memo *memo);

#endif
