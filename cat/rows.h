/*
 * rows - prints the records of frames as JSON Lines; those of columns frames are put together first.
 *
 * A zeroed struct with `binary` set is ready; it is reused from frame to frame until rows_free().
 */
#ifndef NEST_CAT_ROWS_H
#define NEST_CAT_ROWS_H

#include "cat/column_check.h"
#include "lib/parquet/assemble.h"
#include "lib/print/jsonl.h"

/* Columns, and what puts their values together. */
struct rows {
	enum jsonl_binary binary;
	struct schema_memo memo; /* of rows */
	struct column_check columns;
	struct assembly assembly;
	struct jsonl *jsonl; /* for the schema that came last */
	bool has_columns;    /* that schema is of columns */
	struct buffer packed;
};

/*
 * Appends the records of FRAME, of kind rows or columns, whose body must be uncompressed; NEST_INVALID if it
 * is not sound.
 */
bool rows_show(struct rows *rows, const struct frame *frame, struct buffer *out, struct nest_error *error);

/*
 * Takes FRAME, of kind columns: rows->columns then has its levels, and rows->assembly its values, to be
 * taken one after the other.
 */
bool rows_take_columns(struct rows *rows, const struct frame *frame, struct nest_error *error);

void rows_free(struct rows *rows);

#endif
