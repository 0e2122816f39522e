/*
 * rows - the records of frames, as JSON Lines: of rows, and of columns, put together again.
 *
 * A zeroed struct with `binary` set is ready; it is reused from frame to frame until rows_free().
 */
#ifndef NEST_CAT_ROWS_H
#define NEST_CAT_ROWS_H

#include "cat/column_check.h"
#include "lib/parquet/assemble.h"
#include "lib/print/jsonl.h"

/* Columns, and what puts values of them together again. */
struct rows {
	enum jsonl_binary binary;
	struct schema_memo memo; /* of rows */
	struct column_check columns;
	struct assembly assembly;
	struct jsonl *jsonl; /* along the schema of whichever came last */
	bool has_columns;    /* which is of columns */
	struct buffer packed;
};

/* Appends the records of FRAME, of kind rows or columns and with a plain body; NEST_INVALID where it is not
 * sound. */
bool rows_show(struct rows *rows, const struct frame *frame, struct buffer *out, struct nest_error *error);

/*
 * Takes in FRAME, of kind columns: rows->columns has its levels, and rows->assembly its values, to be
 * taken one after the other.
 */
bool rows_take_columns(struct rows *rows, const struct frame *frame, struct nest_error *error);

void rows_free(struct rows *rows);

#endif
